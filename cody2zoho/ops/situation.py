"""Everything that the operations API tells, as it stands in Redis at one moment."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from redis.exceptions import ResponseError

from cody2zoho.alerts.alert import Notice
from cody2zoho.alerts.board import Raised
from cody2zoho.ledger.paused import Pause
from cody2zoho.ledger.records import State
from cody2zoho.limits.limits import Now
from cody2zoho.reconcile import nightly
from cody2zoho.services import Services
from cody2zoho.telemetry import counters
from cody2zoho.watching import signs
from cody2zoho.watching.signs import Seen

#: So many of each list are shown.
SHOWN = 50


@dataclass(frozen=True)
class Entry:
    """A conversation in a list; `at` is the Unix second of its next look, of the end of its lease, or since when."""

    conversation_id: str
    at: float
    state: str = ""
    bot: str = ""
    reason: str = ""
    attempts: int = 0


@dataclass(frozen=True)
class Made:
    """A case, and the Unix second at which it was made."""

    conversation_id: str
    case_id: str
    at: float


@dataclass(frozen=True)
class Situation:
    """Moments in Unix seconds of Redis's clock."""

    now: float
    states: dict[State, int]
    counters: dict[str, float]
    hours: dict[tuple[int, str], int]
    blocked: dict[str, str]
    paused: list[Pause]
    aside: int
    is_filled: bool
    #: Whether Redis takes what is new; where it does not, no worker can even say that it is well.
    is_writable: bool
    limits: Now
    seen: Seen
    queued: dict[str, int]
    due: int
    #: How long the conversation that is due the longest has waited for a worker.
    oldest_due_seconds: float
    #: How long the conversation that lacks its case for longest has been due to it.
    late_seconds: float
    #: Since that bot's list was read last without a fault whose turn is longest ago; None before the first.
    list_seconds: float | None
    #: None where there is no token.
    token_seconds: float | None
    #: What the latest comparison with Zoho found; empty before the first.
    compared: dict[str, int]
    waiting: list[Entry]
    working: list[Entry]
    parked: list[Entry]
    made: list[Made]
    #: The worst first.
    raised: list[Raised]
    #: The newest first.
    resolved: list[Notice]

    @property
    def workers(self) -> list[str]:
        """Those that were well lately."""
        return [name for name, at in sorted(self.seen.workers.items()) if self.now - at <= LATELY_SECONDS]

    def age(self, what: str) -> float | None:
        """Seconds since it was last well; None where it never was."""
        at = self.seen.others.get(what)
        return None if at is None else max(0.0, self.now - at)


#: As often as Prometheus asks.
_LATE_SECONDS = 15.0

#: A worker or beat that has not been seen for so long is gone.
LATELY_SECONDS = 6 * signs.EVERY_SECONDS


class Late:
    """How long the conversation that lacks its case for longest has been due to it.

    Looked at now and then only: where 2,000 wait, Redis needs 12 ms for it, and answers nobody else meanwhile.
    """

    def __init__(self) -> None:
        self._seconds, self._good_until = 0.0, float("-inf")

    def seconds(self, services: Services) -> float:
        if time.monotonic() >= self._good_until:
            found = services.ledger.oldest_due(services.settings.max_sync_age_hours)
            self._seconds, self._good_until = found[0], time.monotonic() + _LATE_SECONDS
        return self._seconds


def look(services: Services, late: Late | None = None) -> Situation:
    """In about a dozen round trips, each of which costs the same at a million conversations. Raises RedisError."""
    store, prefix, ledger = services.store, services.settings.redis_key_prefix, services.ledger
    with store.pipeline(transaction=False) as pipe:
        pipe.time()
        for queue in ("cases", "ticks"):
            pipe.llen(f"{prefix}{queue}")
        pipe.hlen(f"{prefix}unacked")
        pipe.pttl(f"{prefix}token:zoho")
        for name in ("agenda", "working", "parked"):
            pipe.zrange(f"{prefix}{name}", 0, SHOWN - 1, withscores=True)
        pipe.lrange(f"{prefix}metrics:latest", 0, SHOWN - 1)
        (seconds, micros), cases, ticks, unacked, token_ms, agenda, working, parked, latest = pipe.execute()
    now = seconds + micros / 1_000_000
    return Situation(
        now=now,
        states=ledger.counts(),
        counters=counters.read(store, prefix),
        hours=counters.hours(store, prefix),
        blocked=services.blocks.current(),
        paused=services.paused.current(),
        aside=services.paused.aside(),
        is_filled=ledger.is_open(),
        is_writable=_is_writable(services, int(now)),
        limits=services.limits.now(),
        seen=signs.read(store, prefix),
        queued={"cases": cases, "ticks": ticks, "unacknowledged": unacked},
        due=ledger.overdue(),
        oldest_due_seconds=max(0.0, now - agenda[0][1] / 1000) if agenda else 0.0,
        late_seconds=(late or Late()).seconds(services),
        list_seconds=_list_seconds(services),
        token_seconds=token_ms / 1000 if token_ms > 0 else None,
        compared=nightly.latest(services),
        waiting=[one for one in _entries(services, agenda) if one.state == State.WAITING],
        working=_entries(services, working),
        parked=_entries(services, parked),
        made=[_made(entry) for entry in latest],
        raised=services.alerts.raised(),
        resolved=services.alerts.resolved(),
    )


def _is_writable(services: Services, now: int) -> bool:
    """Not with its memory or disk full, nor where it is a replica, or a user may only read: only a write tells."""
    try:
        services.store.hset(f"{services.settings.redis_key_prefix}signs", "ops", now)
    except ResponseError:
        return False
    return True


def _list_seconds(services: Services) -> float | None:
    read = [at for bot in services.settings.bots if (at := services.places.read_at(bot or "all"))]
    return services.shared_clock() - min(read) if read else None


def _entries(services: Services, found: Sequence[tuple[str, float]]) -> list[Entry]:
    """With what the ledger holds of each, in one round trip."""
    prefix = services.settings.redis_key_prefix
    with services.store.pipeline(transaction=False) as pipe:
        for one, _ in found:
            pipe.hmget(f"{prefix}conversation:{one}", "state", "bot", "reason", "attempts")
        known = pipe.execute()
    return [
        Entry(one, ms / 1000, state or "", bot or "", reason or "", int(attempts or 0))
        for (one, ms), (state, bot, reason, attempts) in zip(found, known, strict=True)
    ]


def _made(entry: str) -> Made:
    ms, conversation_id, case_id = [*entry.split(" "), ""][:3]
    return Made(conversation_id, case_id, int(ms) / 1000)
