"""`cody2zoho preview`: the case of a conversation as it would be made now."""

import json
import re
import sys

import click

from cody2zoho.cli import preview_view
from cody2zoho.cli.local import services_at_hand
from cody2zoho.errors import Gone
from cody2zoho.explain import preview as previewing
from cody2zoho.services import Services


@click.command()
@click.argument("id_", metavar="ID", required=False)
@click.option("--latest", type=click.IntRange(1, 100), metavar="N", help="The newest N, instead of an ID.")
@click.option("--bot", metavar="B", help="With --latest: only of this bot.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def preview(id_: str | None, latest: int | None, bot: str | None, as_json: bool) -> None:
    """Show the case of a conversation as it would be made now, and touch nothing; by its id or its case's."""
    # Empty is mostly a variable of a script that was never set.
    given = (id_ or "").strip()
    if bool(given) == bool(latest):
        raise click.UsageError("Name a conversation, or write --latest and how many.")
    if bot and not latest:
        raise click.UsageError("--bot goes with --latest.")
    with services_at_hand() as at_hand:
        services = previewing.looking(at_hand)
        ids = [given] if given else previewing.latest(services, latest or 0, bot)
        if as_json:
            _write(services, ids, is_one=bool(given))
        else:
            _print(services, ids, is_one=bool(given))


def _print(services: Services, ids: list[str], *, is_one: bool) -> None:
    """One after the other, as they are read: that may take a while."""
    fields = services.fields.all()
    for number, one in enumerate(ids):
        if number:
            click.echo()
        _tell(one)
        try:
            shown = previewing.preview(services, one, fields)
        except Gone as error:
            if is_one:
                raise
            # Since it was listed.
            click.echo(str(error))
            continue
        preview_view.show(shown, services.settings)
    if not ids:
        click.echo("There are no conversations yet.")


def _write(services: Services, ids: list[str], *, is_one: bool) -> None:
    fields, rows = services.fields.all(), []
    for one in ids:
        _tell(one)
        try:
            rows.append(preview_view.as_json(previewing.preview(services, one, fields), services.settings))
        except Gone:
            if is_one:
                raise
    text = json.dumps(rows[0] if is_one else rows, indent=2, ensure_ascii=False)
    # What a customer typed is not to steer a terminal.
    click.echo(re.sub("[\x7f-\x9f]", lambda found: f"\\u{ord(found[0]):04x}", text))


def _tell(one: str) -> None:
    """A long conversation takes a minute: Cody answers ten messages a request."""
    if sys.stderr.isatty():
        click.echo(f"Now reading {one} …", err=True)
