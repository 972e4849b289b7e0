"""`cody2zoho monitor`: all checks, now."""

import json
import sys
from typing import Any

import click

from cody2zoho.alerts import Alert, Level, send_waiting
from cody2zoho.cli.local import services_at_hand
from cody2zoho.watching import watches
from cody2zoho.watching.watches.check import Check

#: By the worst alert; what could not be told counts as high.
_EXIT_CODES = {Level.CRITICAL: 4, Level.HIGH: 3, Level.MEDIUM: 1, Level.LOW: 0}
_COLOURS = {Level.CRITICAL: "red", Level.HIGH: "red", Level.MEDIUM: "yellow", Level.LOW: "blue"}

Found = list[tuple[Check, list[Alert] | None]]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def monitor(as_json: bool) -> None:
    """Make all checks now, and tell the channels; the exit code is that of the worst alert."""
    with services_at_hand() as services:
        found: Found = []
        for check, alerts in watches.look(services):
            found.append((check, alerts))
            if not as_json:
                _show(check, alerts)
        left = send_waiting(services.alerts)
    if as_json:
        click.echo(json.dumps(_as_json(found), ensure_ascii=False))
    if left:
        click.echo(f"{left} messages could not be sent yet; workers send them again every minute.", err=True)
    sys.exit(_exit_code(found))


def _show(check: Check, alerts: list[Alert] | None) -> None:
    if alerts is None:
        click.secho(f"? {check.name}: could not be told; the log says why", fg="yellow")
    elif not alerts:
        click.echo(f"{click.style('✓', fg='green')} {check.name}: {check.sentence}")
    for alert in alerts or ():
        click.secho(f"✗ {alert.key}, {alert.level.lower()}: {alert.message}", fg=_COLOURS[alert.level])
        click.echo(f"  → {alert.remedy}")


def _as_json(found: Found) -> dict[str, Any]:
    checks = {check.name: "unknown" if alerts is None else "alert" if alerts else "ok" for check, alerts in found}
    return {"checks": checks, "alerts": [alert.facts() for _, alerts in found for alert in alerts or ()]}


def _exit_code(found: Found) -> int:
    levels = [alert.level for _, alerts in found for alert in alerts or ()]
    levels += [Level.HIGH for _, alerts in found if alerts is None]
    return max((_EXIT_CODES[level] for level in levels), default=0)
