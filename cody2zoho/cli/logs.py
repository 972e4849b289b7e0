"""`cody2zoho logs`."""

import json
import time
from typing import Any

import click

from cody2zoho import logs as telling
from cody2zoho.cli.local import services_at_hand

_LEVELS = ("INFO", "WARNING", "ERROR", "CRITICAL")
_COLOURS = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}

#: Shown at the beginning of the line, or only with --json.
_APART = ("id", "time", "level", "message", "name", "exc_info")


@click.command()
@click.option("--limit", default=100, type=click.IntRange(1, 10_000), show_default=True, help="So many at most.")
@click.option(
    "--level", default="INFO", type=click.Choice(_LEVELS, case_sensitive=False), help="Only these and worse ones."
)
@click.option("--conversation", metavar="ID", help="Only of this conversation.")
@click.option("--follow", is_flag=True, help="Go on with new ones, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one object a line.")
def logs(limit: int, level: str, conversation: str | None, follow: bool, as_json: bool) -> None:
    """Show the latest log lines of all workers and beats, wherever they run; the newest last."""
    with services_at_hand() as services:
        found = telling.latest(services, limit, level, conversation)
        for line in found:
            _show(line, as_json)
        if follow:
            after = found[-1]["id"] if found else "0"
            for line in telling.following(services, after, level, conversation):
                _show(line, as_json)


def _show(line: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(line, ensure_ascii=False))
        return
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(line["time"]))
    fields = " ".join(f"{name}={value}" for name, value in line.items() if name not in _APART)
    click.secho(f"{at} {line['level']:<7} {line['message']}  {fields}", fg=_COLOURS.get(line["level"]))
    if "exc_info" in line:
        click.echo(line["exc_info"])
