"""`cody2zoho telemetry`."""

import json
import sys

import click

from cody2zoho import configuration, insights
from cody2zoho.telemetry import insights as sending


@click.group()
def telemetry() -> None:
    """See whether what is told outside arrives."""


@telemetry.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def test(as_json: bool) -> None:
    """Send Application Insights an event, a metric and an exception; exit code 1 unless all of it arrives."""
    told = insights.test_in_detail(configuration.settings())
    sending.stop()
    if as_json:
        click.echo(json.dumps(told))
    elif told["status"] != "disabled":
        for name, result in told["tests"].items():
            click.echo(f"{result:>8}  {name}")
        for name, is_reached in told["connectivity"].items():
            click.echo(f"{'success' if is_reached else 'failed':>8}  {name} answers")
    if told["status"] == "disabled":
        click.echo("Application Insights is off: set ENABLE_APPLICATION_INSIGHTS.", err=True)
    if told["status"] != "completed":
        sys.exit(1)
