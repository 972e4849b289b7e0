"""`cody2zoho status`."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click

from cody2zoho.backup import known
from cody2zoho.cli.local import services_at_hand
from cody2zoho.ledger.history import Run
from cody2zoho.ledger.paused import Pause
from cody2zoho.limits.limits import Now
from cody2zoho.reconcile import nightly
from cody2zoho.services import Services
from cody2zoho.telemetry import counters
from cody2zoho.text.times import span


@dataclass(frozen=True)
class _Seen:
    """All there is to tell, at one moment."""

    counts: dict[str, int]
    blocked: dict[str, str]
    is_filled: bool
    paused: list[Pause]
    aside: int
    feed: dict[str, str]
    reconciled: dict[str, int]
    backup: dict[str, str]
    cleaned_up: dict[str, int]
    run: Run | None
    limits: Now
    now: float

    def as_json(self) -> dict[str, Any]:
        return {
            "conversations": self.counts,
            "filled": self.is_filled,
            "blocked": self.blocked,
            "paused": {pause.what: {"since": pause.since, "reason": pause.reason} for pause in self.paused},
            "aside": self.aside,
            "feed": self.feed,
            "reconciled": self.reconciled,
            "backup": self.backup,
            "cleaned_up": self.cleaned_up,
            "backfill": self.run.as_json() if self.run else {},
            **self.limits.as_json(),
        }


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def status(as_json: bool) -> None:
    """Show how many conversations are in which state; exit code 1 while something needs a person."""
    with services_at_hand() as services:
        seen = _seen(services)
    if as_json:
        click.echo(json.dumps(seen.as_json(), ensure_ascii=False))
    else:
        _show(seen)
    if seen.blocked or seen.counts["parked"]:
        sys.exit(1)


def _seen(services: Services) -> _Seen:
    return _Seen(
        counts={state.value: count for state, count in services.ledger.counts().items()},
        blocked=services.blocks.current(),
        is_filled=services.ledger.is_open(),
        paused=services.paused.current(),
        aside=services.paused.aside(),
        feed=_feed(services),
        reconciled=nightly.latest(services),
        backup=known.latest(services),
        cleaned_up=counters.cleaned_up(counters.read(services.store, services.settings.redis_key_prefix)),
        run=services.history.latest(),
        limits=services.limits.now(),
        now=services.clock(),
    )


def _show(seen: _Seen) -> None:
    for state, count in seen.counts.items():
        click.echo(f"{count:>8}  {state}")
    click.echo("\n".join(["", *_of_limits(seen.limits)]))
    for bot, words in seen.feed.items():
        click.echo(f"Cody's list of all messages, for {bot}: {words}")
    if seen.reconciled:
        click.echo(_last_reconciled(seen.reconciled, seen.now - seen.reconciled.get("at", 0)))
    if seen.backup:
        click.echo(known.words(seen.backup, seen.now))
    if words := counters.in_words(seen.cleaned_up):
        click.echo(f"after dead workers, {words}")
    for pause in seen.paused:
        click.secho(f"{pause.words(seen.now)}; `cody2zoho resume` lets it go on", fg="yellow")
    if seen.aside:
        click.echo(f"{seen.aside} of those that wait are put aside, because they are paused")
    if seen.run:
        click.echo(_of_backfill(seen.run))
    if not seen.is_filled:
        click.secho("The ledger is not filled from Zoho yet, and no case is made before it is.", fg="yellow")
    for what, sentence in seen.blocked.items():
        click.secho(f"{what} is blocked: {sentence}", fg="red")


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
