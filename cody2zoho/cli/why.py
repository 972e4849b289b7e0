"""`cody2zoho why`: the life of one conversation."""

import json
import sys

import click

from cody2zoho import why as life_story
from cody2zoho.cli.local import services_at_hand
from cody2zoho.lives import Life, look
from cody2zoho.settings import Settings


@click.command()
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def why(id_: str, as_json: bool) -> None:
    """Tell why a conversation has its case or has none, by its id or its case's; exit code 1 if none is to come."""
    with services_at_hand() as services:
        life, settings = look(services, id_.strip()), services.settings
    says = {
        "ledger": life_story.ledger_says(life),
        "cody": life_story.cody_says(life),
        "zoho": life_story.zoho_says(life, settings),
        "next": life_story.what_next(life),
    }
    if not life.conversation_id:
        says = {"zoho": says["zoho"]}
    if as_json:
        click.echo(json.dumps({**_facts(life, settings), "says": says}, indent=2, ensure_ascii=False))
    else:
        click.secho(f"conversation {life.conversation_id or '?'}", bold=True)
        for whom, words in says.items():
            click.echo(f"{whom.capitalize():<8}{words}")
    if not life_story.is_well(life):
        sys.exit(1)


def _facts(life: Life, settings: Settings) -> dict[str, object]:
    return {
        "conversation": life.conversation_id,
        "state": life.state or "unknown",
        "next_look": life.next_look,
        "messages_at_cody": life.messages if life.conversation else None,
        "cases": [
            {"case": one.case_id, "messages": one.messages, "link": life_story.link(settings, one.case_id)}
            for one in life.cases
        ],
        "away": life.away,
    }
