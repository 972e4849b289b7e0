"""What happens, in order: a conversation is found, noted, claimed, read, written as a case, recorded.

Nothing here knows Celery: values flow up, and whoever calls sends messages, or does not.
"""

import random
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from cody2zoho import rebuild
from cody2zoho.cody.api import Page
from cody2zoho.errors import (
    Blocked,
    Cody2ZohoError,
    Gone,
    OutOfTurn,
    Permanent,
    ReadInPart,
    Transient,
)
from cody2zoho.http import time_limit
from cody2zoho.ledger.blocks import PROBE_SECONDS
from cody2zoho.ledger.claims import Claim, Due
from cody2zoho.ledger.records import Held, State
from cody2zoho.limits.keeper import KEEPER
from cody2zoho.models import Conversation, Message
from cody2zoho.services import Services
from cody2zoho.sync import filing, following, outcomes, parts, quiet
from cody2zoho.sync.outcomes import Outcome
from cody2zoho.sync.parts import Part
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import (
    ConversationNotFound,
    ConversationProcessed,
)

#: Conversations queued or worked on, for each call that Zoho takes at once: one calls Zoho, one reads at Cody, one is
#: on its way to a worker.
_IN_HAND = 3

#: Leases in a row that may end without a word before the fault is looked for in the conversation.
_MOST_LAPSES = 5


def ready(services: Services, limit: int = 50) -> list[str]:
    """Conversations to work on now, handed out to the caller; a single one, to probe, while something is blocked.

    So few that none has to wait for long in Celery's queue: what waits in the agenda costs nothing. A message that
    no worker takes for two leases counts as lost, and its conversation comes again.
    """
    limit = min(limit, services.limits.room())
    if limit < 1:
        return []
    due = _due(limit, services)
    if not due.is_open and rebuild.ensure(services):
        due = _due(limit, services)
    if due.is_blocked and services.blocks.may_probe("work", PROBE_SECONDS):
        due = _due(limit, services, while_blocked=1)
    return due.ids


def _due(limit: int, services: Services, while_blocked: int = 0) -> Due:
    in_hand = _IN_HAND * services.settings.zoho_max_concurrency
    return services.ledger.due(limit, in_hand, 2 * services.settings.lease_seconds, while_blocked=while_blocked)


def create_case(conversation_id: str, services: Services) -> Outcome:
    """Make the case of one conversation, unless it has one, or someone else is at it.

    One that no poll has seen yet is asked of Cody first. Raises Gone, Transient or Blocked where that fails; what
    fails afterwards is recorded in the ledger instead.
    """
    with time_limit(services.settings.task_budget_seconds):
        try:
            claim = _claimed(conversation_id, services)
        except Cody2ZohoError as error:
            report(ConversationNotFound(str(error)))
            raise
        if not claim.owner:
            return Outcome(f"nothing to do: {claim.was}")
        began = time.monotonic()
        with _released_on_surprise(claim, services), _kept(claim, services):
            outcome = _survivors_turn(claim, services) or _worked(claim, services)
        seconds = time.monotonic() - began
        report(
            ConversationProcessed(outcome.what, seconds, outcome.delay_seconds, outcome.messages, outcome.characters)
        )
        return outcome


def _claimed(conversation_id: str, services: Services) -> Claim:
    claim = services.ledger.claim(conversation_id)
    if claim.was == "closed" and rebuild.ensure(services):
        claim = services.ledger.claim(conversation_id)
    if claim.was == "unknown":
        services.ledger.add_new([services.cody.conversation(conversation_id)])
    elif claim.was == State.EMPTY:
        # A person asks for it again, or Cody's feed told that somebody spoke.
        services.ledger.again(_as_cody_knows_it(conversation_id, services))
    else:
        return claim
    return services.ledger.claim(conversation_id)


def _as_cody_knows_it(conversation_id: str, services: Services) -> Conversation:
    """One that was deleted goes the way of all those, or the agenda would send it again for ever."""
    try:
        return services.cody.conversation(conversation_id)
    except Gone:
        if services.cody.has(conversation_id):
            raise
        return Conversation(conversation_id, "", 0)


def _kept(claim: Claim, services: Services) -> AbstractContextManager[None]:
    return KEEPER.keeping(lambda: services.ledger.renew(claim), services.ledger.lease_seconds)


def _survivors_turn(claim: Claim, services: Services) -> Outcome | None:
    """What to do with one whose worker died over it, again and again: the fault may lie in the conversation.

    Those that died with it, innocent, would die with the next worker too, were they all tried again at once.
    """
    if claim.lapses >= _MOST_LAPSES:
        return outcomes.parked(claim, f"Its worker died or hung {claim.lapses} times while it worked on it", services)
    if claim.lapses < 2:
        return None
    services.ledger.later(claim, random.uniform(0, 60 * claim.lapses), "its worker died", counts=False)
    return Outcome("waiting: its worker died")


def _worked(claim: Claim, services: Services) -> Outcome:
    try:
        return _written(claim, services)
    except ReadInPart as error:
        return outcomes.postponed(claim, error, services)
    except OutOfTurn as error:
        return outcomes.put_off(claim, error, services)
    except Transient as error:
        return outcomes.postponed(claim, error, services)
    except Blocked as error:
        return outcomes.held_up(claim, error, services)
    except Permanent as error:
        return outcomes.parked(claim, str(error), services)
    except filing.TakenOver as lost:
        parts.tell_of_forgotten(claim, lost.case_id, services)
        return Outcome("nothing to do: another worker took it over")
    except Gone:
        return outcomes.gone(claim, services)


def _written(claim: Claim, services: Services) -> Outcome:
    with_sources = services.forms.of(claim.conversation.bot_id).sources
    newest = services.cody.newest_messages(claim.conversation.id, with_sources=with_sources)
    quiet_seconds, now = services.settings.conversation_quiet_seconds, services.clock()
    began_at = claim.conversation.created_at if newest.is_last else newest.rows[-1].created_at
    since = quiet.going_since(newest.rows, began_at, max(claim.seen_at, claim.goes_on_since), now, quiet_seconds)
    if left := quiet.seconds_left(newest.rows, since, now, quiet_seconds):
        services.ledger.wait(claim, left, "the conversation goes on", since)
        return Outcome("waiting: the conversation goes on")
    if claim.held:
        return _followed(claim, claim.held, newest, services, had_sources=with_sources)
    found = parts.of_new(claim.conversation, newest, services, with_sources=with_sources)
    if not found:
        return outcomes.nothing_said(claim, services, newest.rows[0].created_at if newest.rows else 0)
    return _made(claim, found, newest, services)


def _made(claim: Claim, found: list[Part], newest: Page[Message], services: Services) -> Outcome:
    """Their cases, one after the other; of a conversation that is not split there is one."""
    *earlier, last = found
    for part in earlier:
        held, created = parts.file(claim, part, services)
        if not services.ledger.hold(claim, held):
            raise filing.TakenOver(held.case_id)
        report(created)
    held, created = parts.file(claim, last, services)
    parts.note(claim, held, created, services, newest.rows)
    if claim.is_blocked:
        services.blocks.lift("zoho", "zoho set-up")
    following.judge_feed(claim, last.messages, services)
    # What was said long before we were there, as before a first start, was not late.
    due_at = max(held.last_said_at + services.settings.conversation_quiet_seconds, claim.seen_at)
    said = [message for part in found for message in part.messages]
    return Outcome(
        f"case {held.case_id}",
        delay_seconds=max(0.0, services.clock() - due_at),
        messages=len(said),
        characters=sum(len(message.content) for message in said),
    )


def _followed(claim: Claim, held: Held, newest: Page[Message], services: Services, *, had_sources: bool) -> Outcome:
    """Its case is there; what was said since goes into it, or after a long silence into a case of its own."""
    if following.has_all(claim, held, newest, services):
        following.record(claim, held, services, newest.rows)
        return Outcome(f"case {held.case_id}: nothing new")
    known = following.with_bot(claim, services)
    with_sources = services.forms.of(known.conversation.bot_id).sources
    first = newest if with_sources == had_sources else None
    mine, later = parts.of_held(known, held, first, services, with_sources=with_sources)
    if mine:
        held = following.follow(replace(known, conversation=mine.conversation), held, mine.messages, services)
    if later and services.paused.of(known.conversation.bot_id):
        services.ledger.put_off(known, "its bot is paused")
        return Outcome("waiting: its bot is paused")
    if later:
        return _made(known, later, newest, services)
    following.record(known, held, services, newest.rows)
    return Outcome(f"case {held.case_id}: up to date")


@contextmanager
def _released_on_surprise(claim: Claim, services: Services) -> Iterator[None]:
    """An error nobody foresaw must not hold the conversation until its lease ends, nor repeat at once."""
    try:
        yield
    except Cody2ZohoError:
        raise
    except Exception as error:
        seconds = outcomes.wait_seconds(claim.attempts + 3, None)
        services.ledger.later(claim, seconds, f"unexpected {type(error).__name__}")
        raise
