"""`cody2zoho pause` and `resume`: no new case is begun, until a person says so."""

import sys

import click

from cody2zoho.cli.local import services_at_hand
from cody2zoho.errors import Cody2ZohoError, NotSetUp
from cody2zoho.http import time_limit
from cody2zoho.ledger.paused import ALL
from cody2zoho.services import Services

_LONGEST_REASON = 200
_LOOK_SECONDS = 5.0


@click.command()
@click.option("--bot", help="Only of this bot.")
@click.option("--reason", default="", help="Shown wherever the pause is.")
def pause(bot: str | None, reason: str) -> None:
    """Begin no new case, of one bot or at all; what is being worked on finishes, new conversations are still noted."""
    with services_at_hand() as services:
        _check(bot, services)
        aside = services.paused.pause(bot, " ".join(reason.split())[:_LONGEST_REASON])
        put_aside = f"; of those that wait {aside} {'is' if aside == 1 else 'are'} put aside" if aside else ""
        command = f"cody2zoho resume --bot {bot}" if bot else "cody2zoho resume"
    click.echo(f"{'Everything' if bot is None else f'bot {bot}'} is paused until `{command}`{put_aside}.")


@click.command()
@click.option("--bot", help="Only of this bot.")
def resume(bot: str | None) -> None:
    """Go on with one bot, or with all that is paused; exit code 1 where nothing is."""
    with services_at_hand() as services:
        resumed, left = services.paused.resume(bot), services.paused.current()
    for what in resumed:
        click.echo(f"{'everything' if what == ALL else what} goes on")
    if bot is not None and any(one.what == ALL for one in left):
        click.echo("Everything is paused all the same, until `cody2zoho resume`.")
    if not resumed:
        click.echo("Nothing was paused that fits.", err=True)
        sys.exit(1)


def _check(bot: str | None, services: Services) -> None:
    """Nobody should believe that a mistyped bot is paused."""
    bots = services.settings.bots
    if bot is not None and None not in bots and bot not in bots:
        raise click.UsageError(f"There is no bot {bot} in CODY_BOT_ID, which has {', '.join(map(str, bots))}.")
    if bot is not None and bot not in bots:
        try:
            with time_limit(_LOOK_SECONDS):
                services.cody.ensure_bot(bot)
        except NotSetUp:
            raise
        except Cody2ZohoError:
            # A pause may be urgent just because Cody cannot be asked.
            return
