"""Whether work goes on: age finds a stalled one, where a rate of errors sees none because nothing is tried.

Keys, below the prefix:
    alerts:paused  string  the Unix second at which everything was seen to be paused last
    alerts:queues  hash    one of Celery's queues, or `agenda` -> digest of what comes next, and Unix second since when
"""

from collections.abc import Iterator
from hashlib import sha256

from cody2zoho.alerts.alert import AUTH_ISSUE, DATA_MISMATCH, HIGH_ERROR_RATE, SYSTEM_ERROR, Alert, Level
from cody2zoho.ledger.blocks import STOPS_WORK
from cody2zoho.ledger.records import State
from cody2zoho.services import Services
from cody2zoho.text.times import span
from cody2zoho.watching import sentinel

_QUEUE, _QUEUES = "queue", ("cases", "ticks")

#: Fewer conversations than that have no rate.
_FEWEST = 10


def blocked(services: Services) -> Iterator[Alert]:
    for what, sentence in services.blocks.current().items():
        level = Level.CRITICAL if what in STOPS_WORK else Level.HIGH
        kind = AUTH_ISSUE if what in ("cody", "zoho") else SYSTEM_ERROR
        name, cases = f"{what[0].upper()}{what[1:]}", "no case" if level is Level.CRITICAL else "no case of it"
        yield Alert(f"blocked:{what}", level, kind, f"{name} is blocked: {cases} can be made", sentence, {"api": what})


def paused_until(services: Services) -> float:
    """The Unix second to which a person wanted no cases; 0 where nobody did."""
    key = _key(services, "alerts:paused")
    if services.paused.is_everything():
        services.store.set(key, str(services.shared_clock()))
    return float(str(services.store.get(key) or 0))


def late(services: Services) -> Iterator[Alert]:
    hours, resumed_seconds = services.settings.max_sync_age_hours, services.shared_clock() - paused_until(services)
    seconds, conversation_id, count = services.ledger.oldest_due(hours)
    seconds = min(seconds, resumed_seconds)
    if seconds > hours * 3_600:
        message = f"A conversation has been due to its case for {span(seconds)}"
        details = {"conversation": conversation_id, "affected_count": count, "hours": round(seconds / 3_600, 1)}
        yield Alert("late", Level.HIGH, SYSTEM_ERROR, message, details=details)


def queue(services: Services) -> Iterator[Alert]:
    """A long one is none, as after a stop: what comes next must have come next for so long."""
    is_held = services.paused.is_everything() or set(services.blocks.current()) & set(STOPS_WORK)
    overdue = services.ledger.overdue_seconds()
    comes_next = "" if is_held or not overdue else str(services.store.zrange(_key(services, "agenda"), 0, 0))
    seconds = min(overdue, _standing_seconds(services, _QUEUE, "agenda", comes_next))
    if seconds > 60 * services.settings.alert_queue_minutes:
        message = f"Nobody has handed out what is due for {span(seconds)}"
        yield Alert(_QUEUE, Level.HIGH, SYSTEM_ERROR, message, details={"minutes": round(seconds / 60)})


def broker(services: Services) -> Iterator[Alert]:
    """Messages do not say when they were sent; but one that still comes next was taken by nobody."""
    for name in _QUEUES:
        key = f"broker:{name}"
        # Celery puts them in on the left, and takes on the right.
        seconds = _standing_seconds(services, key, name, str(services.store.lindex(_key(services, name), -1) or ""))
        if seconds > 60 * services.settings.alert_queue_minutes:
            message = f"Nobody has taken a message from Celery's queue {name} for {span(seconds)}"
            details = {"queue": name, "minutes": round(seconds / 60)}
            yield Alert(key, Level.HIGH, SYSTEM_ERROR, message, details=details)


def _standing_seconds(services: Services, alert: str, name: str, comes_next: str) -> float:
    """For how long the same is seen to come next, while there was anybody who could have taken it."""
    store, now, looks = services.store, services.shared_clock(), _key(services, "alerts:queues")
    digest = sha256(comes_next.encode()).hexdigest()[:16] if comes_next else ""
    seen, _, since = str(store.hget(looks, name) or "").partition(" ")
    if digest and digest == seen:
        return now - max(float(since), sentinel.watched_since(services, alert))
    store.hset(looks, name, f"{digest} {now}")
    return 0.0


def polls(services: Services) -> Iterator[Alert]:
    """Of a bot that was never read, since somebody first looked; what is blocked is told as that."""
    places, now, blocks = services.places, services.shared_clock(), services.blocks.current()
    for name in (bot or "all" for bot in services.settings.bots):
        read_at = places.read_at(name) or places.awaited_since(name, now)
        age = now - max(read_at, sentinel.watched_since(services, f"polls:{name}"))
        if age > 60 * services.settings.alert_poll_minutes and not {"cody", f"bot {name}"} & set(blocks):
            message = f"Cody's list of conversations has not been read for {span(age)} (bot {name})"
            details = {"api": "Cody", "bot": name, "minutes": round(age / 60)}
            yield Alert(f"polls:{name}", Level.HIGH, SYSTEM_ERROR, message, details=details)


def parked(services: Services) -> Iterator[Alert]:
    if count := services.ledger.counts()[State.PARKED]:
        message = "A conversation is parked" if count == 1 else f"{count} conversations are parked"
        yield Alert("parked", Level.MEDIUM, DATA_MISMATCH, message, details={"affected_count": count})


def sync_rate(services: Services) -> Iterator[Alert]:
    """Of what was due so long ago: a first start, and what came in while nobody worked, takes its time."""
    counts, settings = services.ledger.counts(), services.settings
    is_resumed = services.shared_clock() - paused_until(services) > 3_600 * settings.max_sync_age_hours
    if not is_resumed or not services.ledger.is_open():
        return
    *_, late = services.ledger.oldest_due(settings.max_sync_age_hours)
    made, lacking = counts[State.CREATED], counts[State.PARKED] + late
    rate = 100 * made / max(1, made + lacking)
    if made + lacking >= _FEWEST and rate < settings.alert_sync_rate_percent:
        message = f"Only {rate:.1f}% of the conversations that are due have their case"
        details = {"affected_count": lacking, "sync_rate": f"{rate:.1f}%"}
        yield Alert("sync_rate", Level.HIGH, HIGH_ERROR_RATE, message, details=details)


def _key(services: Services, name: str) -> str:
    return f"{services.settings.redis_key_prefix}{name}"
