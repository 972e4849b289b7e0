"""`cody2zoho redis health|report|watch`."""

import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

import click

from cody2zoho.alerts import Level
from cody2zoho.cli.local import store_at_hand
from cody2zoho.cli.redis.looking import about
from cody2zoho.errors import ConfigurationError
from cody2zoho.tending import health as judged
from cody2zoho.tending import measuring, page, scanning
from cody2zoho.tending import report as told
from cody2zoho.tending import watch as watching
from cody2zoho.tending.health import Health, Reason
from cody2zoho.tending.sample import EXIT_CODES
from cody2zoho.tending.server import read
from cody2zoho.text.amounts import size

_COLOURS = {"critical": "red", "high": "red", "medium": "yellow", "low": "blue", "unknown": "yellow"}

#: A report measures so long, unless it is told otherwise.
_SECONDS = 5.0


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def health(as_json: bool) -> None:
    """Judge it with a score of 100, say what it loses and how to mend that; the exit code is that of the worst."""
    with store_at_hand() as (settings, client):
        found = judged.look(settings, client, time.time)
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False))
    else:
        _show(found)
    sys.exit(found.exit_code)


@click.command()
@click.option(
    "--format",
    "kind",
    default="md",
    type=click.Choice(["md", "json", "html"]),
    show_default=True,
    help="What it is written as.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="A file, or a folder, without an ending, for one with the date in its name.",
)
@click.option(
    "--seconds", default=_SECONDS, type=click.FloatRange(0, 3600), show_default=True, help="How long it is measured."
)
def report(kind: str, output: Path | None, seconds: float) -> None:
    """Write down how it stands: score, facts, keys, speed and slow commands; as HTML with charts."""
    with store_at_hand() as (settings, client):
        server = read(client, settings.shown_redis_address)
        prefix = settings.redis_key_prefix
        look = scanning.look(client, prefix, scanning.below(prefix))
        speed = measuring.measure(client, prefix, settings.shown_redis_address, seconds)
        found = judged.look(settings, client, time.time)
    whole = told.Report(time.time(), dict(about(server)), found, look, speed)
    text = {"md": told.as_markdown, "json": told.as_json, "html": page.as_html}[kind](whole)
    if output is None:
        click.echo(text)
        return
    click.echo(f"Score {found.score} of 100; written to {_written(output, kind, text)}")


@click.command()
@click.option(
    "--interval", default=60.0, type=click.FloatRange(1, 86_400), show_default=True, help="Seconds between two looks."
)
@click.option("--minutes", default=60.0, type=click.FloatRange(0, 1_000_000), show_default=True, help="How long.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one object a line.")
def watch(interval: float, minutes: float, as_json: bool) -> None:
    """Look again and again; a line for each look, and the exit code of the worst."""
    worst = 0
    with store_at_hand() as (settings, client):
        if not as_json:
            click.echo(_HEADINGS)
        for seen in watching.watch(settings, client, interval, minutes):
            worst = max(worst, EXIT_CODES[seen.worst] if seen.worst else 0)
            click.echo(json.dumps(seen.as_json()) if as_json else _line(seen))
    sys.exit(worst)


_HEADINGS = (
    f"{'time':<10}{'score':>5}{'commands/s':>12}{'memory':>10}{'clients':>9}{'keys':>11}{'ping 99 %':>12}  wrong"
)


def _line(seen: watching.Seen) -> str:
    at = time.strftime("%H:%M:%S", time.localtime(seen.second))
    rate = "" if seen.commands_per_second is None else f"{seen.commands_per_second:,.0f}"
    used = "" if seen.used is None else size(seen.used)
    clients = "" if seen.clients is None else f"{seen.clients:,}"
    keys = "" if seen.keys is None else f"{seen.keys:,}"
    most = "" if seen.most_milliseconds is None else f"{seen.most_milliseconds:.1f} ms"
    colour = _COLOURS[seen.worst.lower()] if seen.worst else None
    line = (
        f"{at:<10}{seen.score:>5}{rate:>12}{used:>10}{clients:>9}{keys:>11}{most:>12}  {', '.join(seen.wrong) or '–'}"
    )
    return click.style(line, fg=colour)


def _show(found: Health) -> None:
    colour = "green" if found.worst in (None, Level.LOW) else _COLOURS[found.worst.lower()]
    by = "" if found.told == len(found.reasons) else f", by {found.told} of {len(found.reasons)} checks"
    click.secho(f"{found.score} of 100{by}", fg=colour, bold=True)
    for reason in found.reasons:
        _show_reason(reason)


def _show_reason(reason: Reason) -> None:
    if reason.result == "ok":
        click.echo(f"{click.style('✓', fg='green')} {reason.check}: {reason.words}")
    elif reason.result == "unknown":
        click.secho(f"? {reason.check}: {reason.words}", fg="yellow")
    else:
        click.secho(f"✗ {reason.check}, {reason.result}, −{reason.points}: {reason.words}", fg=_COLOURS[reason.result])
        click.echo(f"  → {reason.remedy}")


def _written(output: Path, kind: str, text: str) -> Path:
    """A file is written whole or not at all. A name without an ending is one of a folder, which is made."""
    is_folder = output.is_dir() or not (output.suffix or output.exists())
    file = output / time.strftime(f"redis-%Y-%m-%d-%H%M%S.{kind}") if is_folder else output
    draft = file.with_name(f"{file.name}.draft")
    try:
        if is_folder:
            output.mkdir(parents=True, exist_ok=True)
        if file.exists() and not file.is_file():
            # /dev/stdout, or a pipe: root would replace it for everybody.
            file.write_text(text + "\n", encoding="utf-8")
            return file
        draft.write_text(text + "\n", encoding="utf-8")
        os.replace(draft, file)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise ConfigurationError([f"{file} cannot be written: {error.strerror}."]) from None
    return file
