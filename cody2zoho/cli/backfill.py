"""`cody2zoho backfill`: cases of what was said before SYNC_SINCE."""

import sys
import time
from collections.abc import Callable
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cody2zoho.backfill import backfill as history
from cody2zoho.cli.local import services_at_hand
from cody2zoho.errors import Transient
from cody2zoho.ledger.history import Run
from cody2zoho.limits import locks
from cody2zoho.services import Services
from cody2zoho.settings.formats import since as moment
from cody2zoho.text.times import span
from cody2zoho.text.transcript import at

_LOOK_SECONDS = 1.0

#: Without any progress for so long there may be nobody who works.
_STILL_SECONDS = 90.0


class _Moment(click.ParamType):  # type: ignore[type-arg]
    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        try:
            found = moment(str(value), time.time())
        except ValueError as error:
            self.fail(f"{value!r} {error}.", param, ctx)
        if found is None:
            self.fail("an empty date would be all of history; leave the option out for that.", param, ctx)
        return found


@click.command()
@click.option(
    "--since", type=_Moment(), help="Only what began at this date (2026-01-31, in UTC) or later; an age, too (90d)."
)
@click.option("--until", type=_Moment(), help="Only what began before it.")
@click.option("--bot", help="Only of this bot.")
@click.option("--limit", type=click.IntRange(min=1), help="So many at most, the newest.")
@click.option("--dry-run", is_flag=True, help="Say what would be done and what it would cost; touch nothing.")
@click.option("--yes", is_flag=True, help="Begin without asking.")
@click.option("--stop", is_flag=True, help="End the one under way.")
def backfill(
    since: int | None, until: int | None, bot: str | None, limit: int | None, dry_run: bool, yes: bool, stop: bool
) -> None:
    """Make cases of conversations from before SYNC_SINCE; show how far it is where one is under way."""
    if since is not None and until is not None and since >= until:
        raise click.UsageError("--since is not before --until: nothing began between them.")
    with services_at_hand() as services:
        if services.settings.conversation_split_hours and not stop:
            raise click.UsageError(
                "Backfill splits no conversation: unset CONVERSATION_SPLIT_HOURS, "
                "or draw an earlier line of SYNC_SINCE."
            )
        if stop:
            _stop(services)
            return
        run = services.history.latest()
        if run is None or run.is_over:
            if not services.ledger.is_open():
                raise Transient(
                    "The ledger is not filled from Zoho yet, so nobody knows what has its case: "
                    "start worker and beat, and try again."
                )
            plan = history.plan(services, history.Wanted(since, until, bot, limit), _tell)
            _explain(plan, since, services)
            if dry_run or not plan.conversations:
                return
            _begin(plan, services, yes=yes)
        elif dry_run or since is not None or until is not None or bot or limit:
            raise click.UsageError("A backfill is under way: wait for its end, or end it with --stop.")
        _watch(services)


def _tell(what: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"Now {what} …", err=True)


def _explain(plan: history.Plan, since: int | None, services: Services) -> None:
    before = history.line(services)
    if not before:
        click.echo("There is no history to make cases of: SYNC_SINCE is empty, so all of it comes by itself.")
        return
    zone = services.settings.zone
    if since is not None and since >= before:
        click.echo(
            f"There is no history to make cases of: what began since {at(before, zone)} (SYNC_SINCE) comes by itself."
        )
        return
    if not plan.conversations:
        click.echo("There is no history to make cases of: the ledger knows all that is asked for.")
        return
    newest, oldest = plan.conversations[0].created_at, plan.conversations[-1].created_at
    click.echo(f"{len(plan.conversations)} conversations from before {at(before, zone)} (SYNC_SINCE),")
    click.echo(f"the newest of {at(newest, zone)}, the oldest of {at(oldest, zone)}. They will cost about")
    click.echo(f"{plan.cody_requests:>8}  requests to Cody")
    click.echo(f"{plan.zoho_requests:>8}  requests to Zoho")
    click.echo(f"{plan.credits:>8}  of Zoho's API credits")
    click.echo(f"{span(plan.seconds):>8} at the least, behind the work on new conversations.")
    if plan.lacks_credits:
        click.echo("It will rest whenever the credits run low that are kept for new cases, and go on by itself.")


def _begin(plan: history.Plan, services: Services, *, yes: bool) -> None:
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("There is nobody to ask: add --yes to begin, or --dry-run to look only.")
        if not click.confirm("Begin?"):
            click.echo("Nothing was done.", err=True)
            sys.exit(1)
    with locks.alone(services.store, f"{services.settings.redis_key_prefix}lock:backfill") as alone:
        if not alone or services.history.is_under_way():
            raise Transient("Another backfill has just begun: see `cody2zoho backfill`.")
        services.history.start(plan.conversations)


def _stop(services: Services) -> None:
    run = services.history.stop()
    if run is None:
        raise Transient("No backfill is under way.")
    click.echo(f"Ended with {run.done} of {run.total} done; workers finish what they have in hand.")
    click.echo("What is left then has no case; begin again whenever you like.")


def _watch(services: Services) -> None:
    """Until its end; it goes on without us."""
    if not sys.stdout.isatty():
        click.echo("It is under way, and goes on by itself: see `cody2zoho status`.")
        return
    try:
        run = _shown(services.history.latest)
    except KeyboardInterrupt:
        click.echo("\nIt goes on by itself: `cody2zoho backfill` shows it again, `--stop` ends it.")
        raise
    click.echo(run.words)


def _shown(latest: Callable[[], Run | None], look_seconds: float = _LOOK_SECONDS) -> Run:
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(highlight=False)) as progress:
        task = progress.add_task("")
        done, moved_at = -1, time.monotonic()
        while (run := latest()) and not run.is_over:
            if run.done != done:
                done, moved_at = run.done, time.monotonic()
            still = time.monotonic() - moved_at > _STILL_SECONDS
            progress.update(task, total=run.total, completed=run.done, description=_pace(run, still=still))
            time.sleep(look_seconds)
        if run is None:
            raise Transient("The backfill is gone: Redis was lost. Begin again; no case is made twice.")
        progress.update(task, total=run.total, completed=run.done, description="")
    return run


def _pace(run: Run, *, still: bool) -> str:
    if still and not run.rests:
        return "nothing moves: do worker and beat run, and is nothing blocked?"
    return f"{run.pace}; {run.figures['cody']}+{run.figures['zoho']} requests, {run.figures['credits']} credits"
