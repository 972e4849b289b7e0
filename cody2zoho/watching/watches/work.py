"""Whether work goes on: age finds a stalled one, where a rate of errors sees none because nothing is tried.

Keys, below the prefix:
    alerts:queues  hash  one of Celery's queues -> digest of the message that comes next, and the Unix second since when
"""

from collections.abc import Iterator
from hashlib import sha256

from cody2zoho.alerts.alert import AUTH_ISSUE, DATA_MISMATCH, HIGH_ERROR_RATE, SYSTEM_ERROR, Alert, Level
from cody2zoho.ledger.blocks import STOPS_WORK
from cody2zoho.ledger.records import State
from cody2zoho.services import Services
from cody2zoho.text.times import span

_QUEUES = ("cases", "ticks")

#: Fewer conversations than that have no rate.
_FEWEST = 10


def blocked(services: Services) -> Iterator[Alert]:
    for what, sentence in services.blocks.current().items():
        level = Level.CRITICAL if what in STOPS_WORK else Level.HIGH
        kind = AUTH_ISSUE if what in ("cody", "zoho") else SYSTEM_ERROR
        name, cases = f"{what[0].upper()}{what[1:]}", "no case" if level is Level.CRITICAL else "no case of it"
        yield Alert(f"blocked:{what}", level, kind, f"{name} is blocked: {cases} can be made", sentence, {"api": what})


def late(services: Services) -> Iterator[Alert]:
    if services.paused.is_everything():
        return
    hours = services.settings.max_sync_age_hours
    seconds, conversation_id, count = services.ledger.oldest_due(services.settings.conversation_quiet_seconds, hours)
    if seconds > hours * 3_600:
        message = f"A conversation has been due to its case for {span(seconds)}"
        details = {"conversation": conversation_id, "affected_count": count, "hours": round(seconds / 3_600, 1)}
        yield Alert("late", Level.HIGH, SYSTEM_ERROR, message, details=details)


def queue(services: Services) -> Iterator[Alert]:
    if services.paused.is_everything() or set(services.blocks.current()) & set(STOPS_WORK):
        return
    seconds = services.ledger.overdue_seconds()
    if seconds > 60 * services.settings.alert_queue_minutes:
        message = f"Nobody has handed out what is due for {span(seconds)}"
        yield Alert("queue", Level.HIGH, SYSTEM_ERROR, message, details={"minutes": round(seconds / 60)})


def broker(services: Services) -> Iterator[Alert]:
    """Messages do not say when they were sent; but one that still comes next was taken by nobody."""
    for name in _QUEUES:
        seconds = _standing_seconds(services, name)
        if seconds > 60 * services.settings.alert_queue_minutes:
            message = f"Nobody has taken a message from Celery's queue {name} for {span(seconds)}"
            details = {"queue": name, "minutes": round(seconds / 60)}
            yield Alert(f"broker:{name}", Level.HIGH, SYSTEM_ERROR, message, details=details)


def _standing_seconds(services: Services, name: str) -> float:
    """For how long the same message is seen to come next: Celery puts them in on the left, and takes on the right."""
    store, prefix, now = services.store, services.settings.redis_key_prefix, services.clock()
    message = store.lindex(f"{prefix}{name}", -1)
    digest = sha256(str(message).encode()).hexdigest()[:16] if message else ""
    seen, _, since = str(store.hget(f"{prefix}alerts:queues", name) or "").partition(" ")
    if digest and digest == seen:
        return now - float(since)
    store.hset(f"{prefix}alerts:queues", name, f"{digest} {now}")
    return 0.0


def polls(services: Services) -> Iterator[Alert]:
    """Of a bot that was never read, since somebody first looked; what is blocked is told as that."""
    places, now, blocks = services.places, services.clock(), services.blocks.current()
    for name in (bot or "all" for bot in services.settings.bots):
        age = now - (places.read_at(name) or places.awaited_since(name, now))
        if age > 60 * services.settings.alert_poll_minutes and not {"cody", f"bot {name}"} & set(blocks):
            message = f"Cody's list of conversations has not been read for {span(age)} (bot {name})"
            details = {"api": "Cody", "bot": name, "minutes": round(age / 60)}
            yield Alert(f"polls:{name}", Level.HIGH, SYSTEM_ERROR, message, details=details)


def parked(services: Services) -> Iterator[Alert]:
    if count := services.ledger.counts()[State.PARKED]:
        message = "A conversation is parked" if count == 1 else f"{count} conversations are parked"
        yield Alert("parked", Level.MEDIUM, DATA_MISMATCH, message, details={"affected_count": count})


def sync_rate(services: Services) -> Iterator[Alert]:
    counts = services.ledger.counts()
    made, lacking = counts[State.CREATED], counts[State.PARKED] + services.ledger.overdue()
    rate = 100 * made / max(1, made + lacking)
    if made + lacking >= _FEWEST and rate < services.settings.alert_sync_rate_percent:
        message = f"Only {rate:.1f}% of the conversations that are due have their case"
        details = {"affected_count": lacking, "sync_rate": f"{rate:.1f}%"}
        yield Alert("sync_rate", Level.HIGH, HIGH_ERROR_RATE, message, details=details)
