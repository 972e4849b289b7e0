"""`cody2zoho why`: the life of one conversation."""

import json
import sys

import click

from cody2zoho.cli.local import services_at_hand
from cody2zoho.explain import why as life_story
from cody2zoho.explain.lives import look


@click.command()
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def why(id_: str, as_json: bool) -> None:
    """Tell why a conversation has its case or has none, by its id or its case's; exit code 1 if none is to come."""
    with services_at_hand() as services:
        life, settings = look(services, id_.strip()), services.settings
    if as_json:
        click.echo(json.dumps(life_story.as_json(life, settings), indent=2, ensure_ascii=False))
    else:
        click.secho(f"conversation {life.conversation_id or '?'}", bold=True)
        for whom, words in life_story.says(life, settings).items():
            click.echo(f"{whom.capitalize():<8}{words}")
    if not life_story.is_well(life):
        sys.exit(1)
