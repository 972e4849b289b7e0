"""`cody2zoho status`."""

import json
import sys
from collections.abc import Iterator

import click

from cody2zoho import nightly
from cody2zoho.cli.local import services_at_hand
from cody2zoho.history import Run
from cody2zoho.limits import Now
from cody2zoho.services import Services
from cody2zoho.times import span


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def status(as_json: bool) -> None:
    """Show how many conversations are in which state; exit code 1 while something needs a person."""
    with services_at_hand() as services:
        counts = {state.value: count for state, count in services.ledger.counts().items()}
        blocked, is_filled = services.blocks.current(), services.ledger.is_open()
        now = services.limits.now()
        feed = _feed(services)
        reconciled = nightly.latest(services)
        run = services.history.latest()
        age_seconds = services.clock() - reconciled.get("at", 0)
    if as_json:
        shown = {
            "conversations": counts,
            "filled": is_filled,
            "blocked": blocked,
            "feed": feed,
            "reconciled": reconciled,
            "backfill": run.as_json() if run else {},
            **now.as_json(),
        }
        click.echo(json.dumps(shown, ensure_ascii=False))
    else:
        for state, count in counts.items():
            click.echo(f"{count:>8}  {state}")
        click.echo("\n".join(["", *_of_limits(now)]))
        for bot, words in feed.items():
            click.echo(f"Cody's list of all messages, for {bot}: {words}")
        if reconciled:
            click.echo(_last_reconciled(reconciled, age_seconds))
        if run:
            click.echo(_of_backfill(run))
        if not is_filled:
            click.secho("The ledger is not filled from Zoho yet, and no case is made before it is.", fg="yellow")
        for what, sentence in blocked.items():
            click.secho(f"{what} is blocked: {sentence}", fg="red")
    if blocked or counts["parked"]:
        sys.exit(1)


def _feed(services: Services) -> dict[str, str]:
    """Whether each bot's later words are told by one request a poll; empty where nobody wants to know."""
    settings = services.settings
    if not (settings.conversation_quiet_seconds or settings.follow_up_hours):
        return {}
    bots = services.feed.bots() if None in settings.bots else [bot for bot in settings.bots if bot]
    return {f"bot {bot}": services.feed.words(bot) for bot in bots}


def _of_limits(now: Now) -> Iterator[str]:
    budget = now.budget
    yield f"Cody: {now.cody_requests} of {now.cody_limit} requests in the last minute"
    yield f"Zoho: {now.zoho_in_flight} of {now.zoho_limit} calls in flight"
    allowance = "" if budget.allowance is None else f" of {budget.allowance}"
    remaining = "" if budget.remaining is None else f", {budget.remaining} remaining"
    yield f"Zoho's API credits: {budget.used}{allowance} used in 24 hours{remaining}; {budget.words}"
    for api, seconds in now.pauses.items():
        yield f"{api.capitalize()} wants a pause: {seconds:.0f} seconds left"


def _of_backfill(run: Run) -> str:
    if not run.is_over:
        return f"backfill under way, {run.pace}: {run.words}"
    how = "stopped" if run.is_stopped else "ended"
    return f"backfill {how} {span(run.now - (run.ended_at or run.now))} ago: {run.words}"


def _last_reconciled(figures: dict[str, int], age_seconds: float) -> str:
    found = [f"{count} {what}" for what, count in figures.items() if count and what not in ("at", "cases")]
    return f"last reconciled {span(age_seconds)} ago: {', '.join(found) or 'nothing off'}"
