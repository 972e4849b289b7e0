"""`cody2zoho redis flush`: asks twice, and says what is lost."""

import sys

import click
import redis

from cody2zoho.cli import asking
from cody2zoho.cli.local import store_at_hand
from cody2zoho.cli.redis.looking import lively
from cody2zoho.errors import Refused
from cody2zoho.settings import Settings
from cody2zoho.store import now
from cody2zoho.tending import flushing, scanning
from cody2zoho.tending.kinds import EARLIER_MARKS, LOSS_OF_EARLIER, LOSSES
from cody2zoho.watching import signs

_WIDTH = 100


@click.command()
@click.option(
    "--only", multiple=True, type=click.Choice(list(LOSSES)), help="Only this kind; may be given several times."
)
@click.option("--everything", is_flag=True, help="All keys of the database, those of other programs too.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def flush(only: tuple[str, ...], everything: bool, yes: bool) -> None:
    """Delete our keys, or one kind of them; says what is lost and what happens then, and asks twice."""
    if only and everything:
        raise click.UsageError("--only and --everything contradict each other: choose one.")
    with store_at_hand() as (settings, client):
        pattern = "*" if everything else scanning.below(settings.redis_key_prefix)
        look = scanning.look(client, settings.redis_key_prefix, pattern)
        meant = [found for found in look.kinds if not only or found.kind.goes_with in only]
        count = sum(found.count for found in meant)
        if not count:
            click.echo("There is no such key: nothing was deleted.")
            return
        click.echo(f"{count:,} keys at {settings.shown_redis_address} are to be deleted. Lost with them:")
        _explain(meant)
        _warn(settings, client)
        if not yes:
            _ask(count)
        gone = _flushed(client, settings.redis_key_prefix, only, everything=everything)
    click.echo(f"{gone:,} keys are gone.")
    if any(found.kind.goes_with == "ledger" for found in meant):
        click.echo(
            "Workers fill the ledger from Zoho before they make a case; `cody2zoho status` says when it is done."
        )


def _flushed(client: redis.Redis, prefix: str, only: tuple[str, ...], *, everything: bool) -> int:
    """How many went. Where it breaks off, it says that some did."""
    try:
        return flushing.flush_everything(client, prefix) if everything else flushing.flush(client, prefix, only)
    except (redis.RedisError, Refused, KeyboardInterrupt):
        click.echo("It was broken off: some of these keys are gone, and some are not. Run it once more.", err=True)
        raise


def _explain(meant: list[scanning.Found]) -> None:
    counts: dict[str, int] = {}
    for found in meant:
        counts[found.kind.goes_with] = counts.get(found.kind.goes_with, 0) + found.count
    for name, loss in LOSSES.items():
        if name in counts:
            click.echo(click.wrap_text(f"- {name} ({counts[name]:,}): {loss}.", _WIDTH, "", "  "))
    earlier = sum(found.count for found in meant if found.kind is EARLIER_MARKS)
    if earlier:
        click.secho(click.wrap_text(f"- earlier ({earlier:,}): {LOSS_OF_EARLIER}.", _WIDTH, "", "  "), fg="red")
    if others := counts.get("", 0) - earlier:
        click.secho(f"- {others:,} keys that are not ours: nobody here knows what they hold.", fg="red")


def _warn(settings: Settings, client: redis.Redis) -> None:
    workers = lively(signs.read(client, settings.redis_key_prefix), now(client))
    if workers:
        click.secho(
            f"{len(workers)} of ours work now ({', '.join(workers)}): stop them first, or they write meanwhile.",
            fg="yellow",
        )


def _ask(count: int) -> None:
    asking.must_ask("Flushing")
    sure = click.confirm(f"\nDelete {count:,} keys? This cannot be undone") and (
        click.prompt("Type flush to do it", default="", show_default=False) == "flush"
    )
    if not sure:
        click.echo("Nothing was deleted.", err=True)
        sys.exit(1)
