"""`cody2zoho azure redis show`, `metrics`, `alerts`, `diagnostics`, `logs`, `health`, `watch`: they change nothing."""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path

import click

from cody2zoho import configuration
from cody2zoho.azure_redis import activity, alarms, diagnosis, metrics
from cody2zoho.azure_redis import health as healthy
from cody2zoho.azure_redis.finding import Found
from cody2zoho.checks.finding import Level
from cody2zoho.cli.azure_redis import view
from cody2zoho.cli.azure_redis.options import as_json_option, at_instance, folder_option, write
from cody2zoho.errors import Cody2ZohoError, Refused, Transient
from cody2zoho.text.times import span

_HOURS = click.IntRange(1, metrics.LONGEST_HOURS)


@click.command()
@at_instance
@as_json_option
def show(found: Found, as_json: bool) -> None:
    """Show what Azure knows of the instance."""
    shown = view.instance(found.instance, found.service.maintenance(found.instance))
    if as_json:
        click.echo(view.as_json(asdict(found.instance) | {"maintenance": shown["patched"]}))
        return
    for row in view.columns(shown.items()):
        click.echo(row)


@click.command(name="metrics")
@at_instance
@click.option("--hours", default=6, type=_HOURS, show_default=True, help="So far back.")
@folder_option("A folder for all figures, as JSON and CSV.")
@as_json_option
def show_metrics(found: Found, hours: int, folder: Path | None, as_json: bool) -> None:
    """Show what Azure measured, as a table with small bars."""
    now = time.time()
    measured = metrics.measured(found, hours, now)
    if as_json:
        click.echo(view.as_json([series.as_json() for series in measured]))
    else:
        for row in view.metrics(measured, hours):
            click.echo(row)
    if folder:
        every = view.as_json([series.as_json() for series in measured])
        _tell(write(folder, "metrics.json", every, now), write(folder, "metrics.csv", view.metrics_csv(measured), now))


@click.command(name="alerts")
@at_instance
@click.option("--hours", default=24, type=_HOURS, show_default=True, help="What is over, so far back.")
@as_json_option
def show_alerts(found: Found, hours: int, as_json: bool) -> None:
    """Show Azure's own alerts: rules, and what they raised.

    Exit code 1 while one goes on.
    """
    rules, fired = alarms.rules(found), alarms.fired(found, hours, time.time())
    if as_json:
        click.echo(view.as_json({"rules": [asdict(one) for one in rules], "fired": [asdict(one) for one in fired]}))
    else:
        for row in (*view.rules(rules), "", *view.fired(fired)):
            click.echo(row)
    sys.exit(1 if any(not one.is_over for one in fired) else 0)


@click.command()
@at_instance
@as_json_option
def diagnostics(found: Found, as_json: bool) -> None:
    """Look at how it is set up, and say what to mend.

    Exit code 1 while something keeps cases from being made.
    """
    findings = list(diagnosis.findings(found, configuration.provisional()))
    if as_json:
        click.echo(view.as_json([asdict(one) for one in findings]))
    else:
        for one in findings:
            click.echo(view.finding(one))
    sys.exit(1 if any(one.level is Level.FAILED for one in findings) else 0)


@click.command()
@at_instance
@click.option("--hours", default=24, type=_HOURS, show_default=True, help="So far back.")
@click.option(
    "--level",
    default="INFO",
    type=click.Choice(activity.LEVELS, case_sensitive=False),
    help="Only these and worse ones.",
)
@click.option("--follow", is_flag=True, help="Go on with new ones, until Ctrl-C.")
@folder_option("A folder for all lines, as JSON, one object a line.")
@as_json_option
def logs(found: Found, hours: int, level: str, follow: bool, folder: Path | None, as_json: bool) -> None:
    """Show what was done to it, and who connected.

    Who connected is written down only where a diagnostic setting sends it to Log Analytics. Exit code 1 where one of
    the two logs may not be read.
    """
    now = time.time()
    lines, missing = activity.lines(found, hours, now, level)
    for line in lines:
        _show(line, as_json)
    for error in missing:
        _say(error)
    if not lines and not missing and not as_json:
        click.echo(f"Nothing was logged in the last {span(hours * 3600)}.", err=True)
    if folder:
        every = "".join(f"{_as_json(line)}\n" for line in lines)
        _tell(write(folder, "logs.jsonl", every, now))
    if follow:
        for new in activity.following(found, lines, missing, time.time, time.sleep, level):
            if isinstance(new, Cody2ZohoError):
                _say(new)
            else:
                _show(new, as_json)
    sys.exit(1 if missing else 0)


def _say(error: Cody2ZohoError) -> None:
    click.secho(str(error), fg="yellow", err=True)


def _show(line: activity.Line, as_json: bool) -> None:
    click.echo(_as_json(line) if as_json else view.line(line))


def _as_json(line: activity.Line) -> str:
    return json.dumps(asdict(line) | {"fields": dict(line.fields)}, ensure_ascii=False)


@click.command()
@at_instance
@click.option("--hours", default=24, type=_HOURS, show_default=True, help="How far back the report goes.")
@folder_option("A folder for a report of all that can be asked: Markdown, JSON, CSV.")
@as_json_option
def health(found: Found, hours: int, folder: Path | None, as_json: bool) -> None:
    """Show how well it is, as a score with its reasons.

    Exit code 1 below 80.
    """
    now = time.time()
    one = healthy.look(found, configuration.provisional(), now)
    if as_json:
        click.echo(view.as_json(one.as_json()))
    else:
        for row in view.health(one):
            click.echo(row)
    if folder:
        for name, text in _parts(found, one, hours, now).items():
            try:
                words = text()
            except Refused as error:
                # One missing right leaves the rest of the report.
                _say(error)
            else:
                _tell(write(folder, name, words, now))
    sys.exit(0 if one.score >= healthy.WELL else 1)


def _parts(found: Found, one: healthy.Health, hours: int, now: float) -> dict[str, Callable[[], str]]:
    """What a report consists of, by the names of its files."""

    @cache
    def measured() -> list[metrics.Series]:
        return metrics.measured(found, hours, now)

    def report() -> str:
        shown = view.instance(found.instance, found.service.maintenance(found.instance))
        return view.report(shown, one, measured(), hours, now)

    def alerts() -> str:
        rules, fired = alarms.rules(found), alarms.fired(found, hours, now)
        return view.as_json({"rules": [asdict(each) for each in rules], "fired": [asdict(each) for each in fired]})

    def logs() -> str:
        lines, missing = activity.lines(found, hours, now)
        for error in missing:
            _say(error)
        return "".join(f"{_as_json(line)}\n" for line in lines)

    return {
        "report.md": report,
        "instance.json": lambda: view.as_json(asdict(found.instance)),
        "health.json": lambda: view.as_json(one.as_json()),
        "metrics.csv": lambda: view.metrics_csv(measured()),
        "logs.jsonl": logs,
        "alerts.json": alerts,
    }


@click.command()
@at_instance
@click.option("--interval", default=60, type=click.IntRange(30, 3600), show_default=True, help="Seconds between looks.")
@click.option("--minutes", type=click.IntRange(min=1), help="End after so many; else at Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one object a line.")
def watch(found: Found, interval: int, minutes: int | None, as_json: bool) -> None:
    """Show how well it is, one line a look, until Ctrl-C.

    Exit code 1 where a look was below 80, or told of a fault.
    """
    ends_at = time.time() + minutes * 60 if minutes else float("inf")
    settings = configuration.provisional()
    was_well = True
    for at, one in healthy.watching(found, settings, time.time, time.sleep, interval):
        _show_look(at, one, as_json)
        was_well = was_well and isinstance(one, healthy.Health) and one.score >= healthy.WELL
        if at + interval > ends_at:
            break
    sys.exit(0 if was_well else 1)


def _show_look(at: float, one: healthy.Health | Transient, as_json: bool) -> None:
    if as_json:
        told = {"fault": str(one)} if isinstance(one, Transient) else one.as_json()
        click.echo(json.dumps({"at": at} | told, ensure_ascii=False))
    elif isinstance(one, Transient):
        click.secho(f"{view.stamp(at)}    –  {one}", fg="yellow")
    else:
        click.echo(view.glance(at, one))


def _tell(*paths: Path) -> None:
    """Beside what is shown, not in it: a script may read that."""
    for path in paths:
        click.echo(f"written: {path}", err=True)
