"""`cody2zoho forget`: erase what we know of one conversation."""

import sys
from collections.abc import Iterator

import click

from cody2zoho.cli import asking
from cody2zoho.cli.local import services_at_hand
from cody2zoho.explain import why
from cody2zoho.explain.lives import Life, look
from cody2zoho.ledger.records import State
from cody2zoho.services import Services
from cody2zoho.sync import erasure


@click.command()
@click.argument("id_", metavar="ID")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
def forget(id_: str, is_sure: bool) -> None:
    """Erase our traces of a conversation, by its id or its case's, and bar it; say what a person has to delete."""
    with services_at_hand() as services:
        life = look(services, id_.strip())
        if not life.conversation_id and "zoho" in life.away:
            click.echo(f"Zoho cannot be asked whose case that is: {life.away['zoho']}. Nothing was done.", err=True)
            sys.exit(1)
        if not _is_known(life):
            click.echo("Nobody knows such a conversation; nothing was done. Is the id right?", err=True)
            sys.exit(1)
        click.secho(f"conversation {life.conversation_id}", bold=True)
        for whom, words in _about(life, services):
            click.echo(f"{whom:<8}{words}")
        if not is_sure:
            _ask()
        erasure.forget(services, life.conversation_id, click.echo)
        # A worker may have made a case meanwhile.
        left = look(services, life.conversation_id)
    click.echo("\nIt is forgotten here, and gets no case again. For you to do:")
    for task in _tasks(life, left, services):
        click.echo(f"- {task}")
    if left.away:
        sys.exit(1)


def _is_known(life: Life) -> bool:
    """By somebody, or perhaps by one who cannot be asked."""
    return bool(life.conversation_id and (life.state or life.conversation or life.cases or life.away))


def _about(life: Life, services: Services) -> Iterator[tuple[str, str]]:
    yield "Ledger", why.ledger_says(life)
    yield "Cody", why.cody_says(life)
    yield "Zoho", why.zoho_says(life, services.settings)


def _ask() -> None:
    asking.must_ask("Forgetting")
    asking.go_on_if(click.confirm("\nForget it? This cannot be undone"))


def _tasks(before: Life, left: Life, services: Services) -> Iterator[str]:
    """What we cannot do: the cases that anybody knew of, the contact, the conversation, the logs."""
    known = {one.case_id for one in (*before.cases, *left.cases)}
    if before.state == State.CREATED and "case" in before.ledger and "zoho" in left.away:
        known.add(before.ledger["case"])
    for case_id in sorted(known):
        where = why.link(services.settings, case_id)
        yield f"delete case {case_id} in Zoho, also from its recycle bin{f': {where}' if where else ''}"
    if services.settings.contact_create:
        yield "delete the visitor's contact in Zoho, if CONTACT_CREATE made it and no other case needs it"
    if "zoho" in left.away:
        key = f"{services.cases.unique_field} {left.conversation_id}"
        yield f"look in Zoho for any other case with {key}; it cannot be asked: {left.away['zoho']}"
    if "cody" in left.away:
        yield f"delete the conversation at Cody, if it is there; it cannot be asked: {left.away['cody']}"
    elif left.conversation:
        yield "delete the conversation at Cody: should Redis ever be lost, it would be found there and get a case"
    yield "logs and Flower's history name its id until they are rotated away: see docs/privacy.md"
