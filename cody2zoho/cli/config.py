"""`cody2zoho config`."""

import json
import sys
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from cody2zoho import configuration
from cody2zoho.cases import reading, shown
from cody2zoho.errors import ConfigurationError


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def config(as_json: bool) -> None:
    """Show the settings in force, what cody2zoho.toml gives each bot, and where each came from; secrets are masked."""
    found, wrong = list(configuration.origins()), ""
    try:
        settings = configuration.settings()
        found += [configuration.Origin(*row) for row in shown.rows(reading.load(settings), settings)]
    except ConfigurationError as error:
        wrong = str(error)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
    else:
        _show(found)
    if wrong:
        click.echo("\n" + wrong, err=True)
        sys.exit(2)


def _show(found: list[configuration.Origin]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("setting", "value", "from"):
        table.add_column(heading, overflow="fold")
    for one in found:
        style = {"default": "dim", "not set": "red"}.get(one.source, "")
        table.add_row(one.name, one.value, one.source, style=style)
    Console(highlight=False, markup=False, emoji=False).print(table)
