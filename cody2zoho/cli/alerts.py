"""`cody2zoho alerts`: what is wrong now, and whether the channels work."""

import json
import sys
from dataclasses import replace

import click

from cody2zoho.alerts import Alert, Channel, Level, Notice, refusal
from cody2zoho.alerts.alert import SYSTEM_ERROR
from cody2zoho.alerts.channels import Form, who_takes
from cody2zoho.cli.local import services_at_hand
from cody2zoho.errors import ConfigurationError
from cody2zoho.text.times import span
from cody2zoho.watching import digest as daily


@click.group(invoke_without_command=True)
@click.pass_context
def alerts(context: click.Context) -> None:
    """Show what is raised now; `alerts test` sends a message to every channel, `alerts digest` shows the daily one."""
    if context.invoked_subcommand:
        return
    with services_at_hand() as services:
        raised, now = services.alerts.raised(), services.shared_clock()
    for one in raised:
        alert, told = one.alert, "" if one.is_told else ", not told: it came back within the cool-down"
        click.echo(f"{alert.key}, {alert.level.lower()}, for {span(now - one.since)}{told}: {alert.message}")
    if not raised:
        click.echo("Nothing is raised.")
    sys.exit(1 if raised else 0)


@alerts.command()
@click.option("--level", type=click.Choice([level.lower() for level in Level]), help="Only who is told of this level.")
def test(level: str | None) -> None:
    """Send a message to every channel, and say who took it."""
    with services_at_hand() as services:
        alert = Alert("test", Level((level or "low").upper()), SYSTEM_ERROR, "A test of cody2zoho's alerts")
        known = services.alerts.channels
        notice = Notice(alert, "test", services.clock())
    if not known:
        raise ConfigurationError(["No channel is set: write ALERT_URLS, or one of the other settings of alerts."])
    fit = who_takes(alert, known) if level else known
    took = [_sent(channel, notice) for channel in fit]
    sys.exit(0 if all(took) else 1)


@alerts.command()
@click.option("--json", "as_json", is_flag=True, help="As a webhook gets it.")
def digest(as_json: bool) -> None:
    """Show the daily digest as it would be now, and send it to nobody."""
    with services_at_hand() as services:
        notice = daily.of_now(services)
    click.echo(json.dumps(notice.as_json(), indent=2, ensure_ascii=False) if as_json else notice.text)


def _sent(channel: Channel, notice: Notice) -> bool:
    for message in _messages(channel, notice):
        if reason := refusal(channel, [message]):
            click.secho(f"✗ {channel.name}: {reason}", fg="red")
            return False
    click.echo(f"{click.style('✓', fg='green')} {channel.name} took it")
    return True


def _messages(channel: Channel, notice: Notice) -> list[Notice]:
    """PagerDuty opens an incident, which somebody would have to close."""
    return [notice, replace(notice, status="resolved")] if channel.form is Form.PAGERDUTY else [notice]
