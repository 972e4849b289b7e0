"""`cody2zoho redis connectivity|performance`."""

import json
import sys
from dataclasses import asdict

import click

from cody2zoho.cli.local import store_at_hand
from cody2zoho.tending import connectivity as way
from cody2zoho.tending import measuring
from cody2zoho.tending.measuring import Measured


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def connectivity(as_json: bool) -> None:
    """Go the way to Redis step by step: DNS, connection, TLS, login, round trip, a key, a script."""
    steps = []
    with store_at_hand() as (settings, client):
        if not as_json:
            click.echo(settings.shown_redis_address)
        for step in way.steps(settings, client):
            steps.append(step)
            if not as_json:
                _show(step)
    if as_json:
        click.echo(json.dumps([asdict(step) for step in steps], ensure_ascii=False))
    if any(step.remedy for step in steps):
        sys.exit(1)


@click.command()
@click.option(
    "--seconds", default=5.0, type=click.FloatRange(0, 3600), show_default=True, help="How long it is measured."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def performance(seconds: float, as_json: bool) -> None:
    """Measure how fast it answers what we ask, and how busy it is; writes a few keys of its own, and deletes them."""
    with store_at_hand() as (settings, client):
        found = measuring.measure(client, settings.redis_key_prefix, settings.shown_redis_address, seconds)
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False))
    else:
        _show_measured(found)


def _show(step: way.Step) -> None:
    sign, colour = ("✓", "green") if not step.remedy else ("!", "yellow") if step.is_passed else ("✗", "red")
    click.echo(f"{click.style(sign, fg=colour)} {step.name}: {step.words} ({step.milliseconds:.1f} ms)")
    if step.remedy:
        click.echo(f"  → {step.remedy}")


def _show_measured(found: Measured) -> None:
    click.echo(f"{'milliseconds':<22}{'half':>8}{'99 %':>8}{'longest':>9}{'times':>8}")
    for one in found.latencies:
        click.echo(f"{one.operation:<22}{one.half:>8.2f}{one.most:>8.2f}{one.worst:>9.2f}{one.count:>8,}")
    click.echo()
    if found.commands_per_second is not None:
        rate = f"{found.commands_per_second:,.0f} commands and {found.kilobytes_per_second:,.0f} kB a second"
        click.echo(f"all clients      {rate}, while this was measured")
    if found.hit_rate is not None:
        click.echo(f"reads            {found.hit_rate:.0f} % found their key")
    if found.fragmentation is not None:
        click.echo(f"fragmentation    {found.fragmentation:.2f} times the memory its data needs")
    for place, (name, share, micros) in enumerate(found.busiest):
        click.echo(f"{'busiest with' if not place else '':<17}{name:<20}{share:>4.0f} %{micros:>10.1f} µs each")
    for place, slow in enumerate(found.slow):
        click.echo(f"{'slow lately' if not place else '':<17}{slow.milliseconds:.1f} ms  {slow.words}")
    for sentence in found.refusals:
        click.secho(sentence, fg="yellow", err=True)
