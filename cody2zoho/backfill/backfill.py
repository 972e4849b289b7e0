"""What a backfill would do, and what it would cost: the conversations before the line that nobody knows yet.

Polls take what began since the line of SYNC_SINCE; what lies before it is history, and is taken on request only.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from cody2zoho.backfill.batches import PER_CALL, READING
from cody2zoho.cody.api import Cody
from cody2zoho.errors import ConfigurationError, Gone
from cody2zoho.limits.credits import cost_of
from cody2zoho.limits.permits import patient
from cody2zoho.models import Conversation
from cody2zoho.reconcile.reconcile import Insistence
from cody2zoho.services import Services
from cody2zoho.settings.formats import since

#: Conversations whose messages are counted to estimate those of all.
_SAMPLE = 12

#: What a backfill may use of Cody's limit, as `window.lua` has it.
_SHARE = 0.6

_PER_PAGE = 10

#: Time of one batch's call to Zoho, and of writing it down.
_BATCH_SECONDS = 3.0


@dataclass(frozen=True)
class Wanted:
    """Which part of history: Unix seconds, `until` not included; None is no bound, and all bots."""

    since: int | None = None
    until: int | None = None
    bot: str | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Plan:
    """The newest first, and an estimate of what they cost from now on."""

    conversations: list[Conversation]
    cody_requests: int
    zoho_requests: int
    credits: int
    seconds: float
    #: More credits than may be spent on history now; it will have to wait for some.
    lacks_credits: bool


def plan(
    services: Services,
    wanted: Wanted,
    tell: Callable[[str], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Plan:
    """Read Cody's lists, which may take hours, and estimate. Touches nothing.

    Raises ConfigurationError, and what Cody raises.
    """
    cody = replace(services.cody, permit=Insistence(sleep).of(patient(services.cody.permit, sleep=sleep)))
    found: dict[str, Conversation] = {}
    for bot in _bots(services, cody, wanted.bot):
        tell(f"reading the conversations of {bot or 'all bots'}")
        found.update((one.id, one) for one in _unknown(services, cody, bot, wanted))
    newest_first = sorted(found.values(), key=lambda one: one.created_at, reverse=True)[: wanted.limit]
    tell("counting the messages of some")
    return _estimated(newest_first, _sampled(services, cody, newest_first), services)


def line(services: Services) -> int:
    """What began before this Unix second is history."""
    return services.places.line_or(since(services.settings.sync_since, services.clock()))


def _bots(services: Services, cody: Cody, bot: str | None) -> tuple[str | None, ...]:
    ours = services.settings.bots
    if bot is None:
        return tuple(ours)
    if bot not in ours and None not in ours:
        raise ConfigurationError([f"--bot {bot} is not in CODY_BOT_ID: name one of {', '.join(map(str, ours))}."])
    if bot not in ours:
        # Cody may answer for a mistyped one as for one without conversations.
        cody.ensure_bot(bot)
    return (bot,)


def _unknown(services: Services, cody: Cody, bot: str | None, wanted: Wanted) -> Iterator[Conversation]:
    """Those of a bot that are wanted, began before the line, and are not in the ledger."""
    before = min(line(services), wanted.until if wanted.until is not None else math.inf)
    for page in cody.conversations_since(bot, wanted.since or 0):
        old = [one for one in page if one.created_at < before]
        known = services.ledger.looked_up([one.id for one in old]) if old else {}
        yield from (services.history.kept(one) for one in old if one.id not in known)


@dataclass(frozen=True)
class _Average:
    """Of one conversation: requests for its messages, and calls to Zoho to find its contact."""

    pages: float = 1.0
    looks: float = 0.0


def _sampled(services: Services, cody: Cody, conversations: list[Conversation]) -> _Average:
    """On the average of some."""
    step = max(1, len(conversations) // _SAMPLE)
    pages, looks = [], []
    for one in conversations[::step][:_SAMPLE]:
        try:
            page = cody.newest_messages(one.id)
        except Gone:
            continue
        pages.append(max(page.page_count, math.ceil((page.total or 0) / _PER_PAGE), 1))
        looks.append(services.matching.calls(one.name, page.rows))
    return _Average(sum(pages) / len(pages), sum(looks) / len(looks)) if pages else _Average()


def _estimated(conversations: list[Conversation], average: _Average, services: Services) -> Plan:
    count, now = len(conversations), services.limits.now()
    read_in_time = _SHARE * now.cody_limit * READING * services.settings.task_budget_seconds / 60 / average.pages
    size = max(1, min(PER_CALL, int(read_in_time)))
    batches = math.ceil(count / size)
    beside = math.ceil(count * average.looks) + (count if services.settings.enable_notes else 0)
    full, rest = divmod(count, size)
    inserts = sum(cost_of("Cases", {"data": [None] * some}) for some in (*[size] * full, rest) if some)
    cody_requests = math.ceil(count * average.pages)
    return Plan(
        conversations,
        cody_requests,
        batches + beside,
        inserts + beside,
        60 * cody_requests / (_SHARE * now.cody_limit) + _BATCH_SECONDS * batches,
        inserts + beside > _spare(services),
    )


def _spare(services: Services) -> float:
    """Credits that history may use now; infinite where nobody knows how many there are."""
    budget = services.limits.credits.budget()
    if budget.remaining is None:
        return math.inf
    return max(0, budget.remaining - budget.kept_from("backfill"))
