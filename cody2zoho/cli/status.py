"""`cody2zoho status`."""

import json
import sys

import click

from cody2zoho.cli.local import services_at_hand


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def status(as_json: bool) -> None:
    """Show how many conversations are in which state; exit code 1 while something needs a person."""
    with services_at_hand() as services:
        counts = {state.value: count for state, count in services.ledger.counts().items()}
        blocked = services.blocks.current()
    if as_json:
        click.echo(json.dumps({"conversations": counts, "blocked": blocked}, ensure_ascii=False))
    else:
        for state, count in counts.items():
            click.echo(f"{count:>8}  {state}")
        for what, sentence in blocked.items():
            click.secho(f"{what} is blocked: {sentence}", fg="red")
    if blocked or counts["parked"]:
        sys.exit(1)
