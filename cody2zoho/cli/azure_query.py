"""`cody2zoho azure query`."""

import json
import re
from functools import partial
from typing import Any

import click

from cody2zoho.cli.azure_place import place_of, placed
from cody2zoho.cloud import asking
from cody2zoho.cloud.asking import Query, Table
from cody2zoho.cloud.az import Az

_LONGEST = 60


@click.command()
@click.argument("query", metavar="[QUERY]", default="")
@partial(placed, always=False)
@click.option("--conversation", metavar="ID", help="The one that life_of_a_conversation tells of.")
@click.option("--hours", type=click.FloatRange(0.1, 720), default=24, show_default=True, help="How far back it looks.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def query(
    query: str,
    resource_group: str | None,
    name: str,
    subscription: str,
    conversation: str | None,
    hours: float,
    as_json: bool,
) -> None:
    """Ask Application Insights one of the saved queries; without a name, show all."""
    known = {one.name: one for one in asking.queries()}
    if not query:
        _show_all(list(known.values()))
        return
    if query not in known:
        raise click.UsageError(f"There is no query {query}; `cody2zoho azure query` shows all.")
    if not resource_group:
        raise click.MissingParameter(param_type="option", param_hint="'--resource-group' / '-g'")
    asked = _about(known[query], conversation)
    az = Az(subscription)
    table = asking.ask(az, place_of(az, resource_group, name), asked, hours)
    if as_json:
        click.echo(json.dumps([dict(zip(table.columns, row, strict=True)) for row in table.rows]))
    else:
        _show(table)


def _about(asked: Query, conversation: str | None) -> Query:
    if asked.is_about_one != bool(conversation):
        raise click.UsageError("--conversation goes with life_of_a_conversation, which needs it.")
    if conversation and not re.fullmatch(r"[\w-]+", conversation):
        raise click.UsageError("--conversation takes the id of a conversation.")
    return asked.of(conversation) if conversation else asked


def _show_all(known: list[Query]) -> None:
    widest = max(len(one.name) for one in known)
    for one in known:
        click.echo(f"{one.name:<{widest}}  {one.sentence}")


def _show(table: Table) -> None:
    if not table.rows:
        click.echo("Nothing was found; what is sent arrives within five minutes.")
        return
    lines = [table.columns, *([_plain(cell) for cell in row] for row in table.rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip())


def _plain(cell: Any) -> str:
    """A cell in a line: figures without a tail, texts cut."""
    text = f"{cell:.2f}".rstrip("0").rstrip(".") if isinstance(cell, float) else str("" if cell is None else cell)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
