"""The backup that a worker makes by itself, and what is known of the latest one.

Keys, below the prefix:
    backup  hash  the latest good one: at (s), name, to, conversations, bytes, seconds; failed: why one after it was
                  none, and failed_at (s)
"""

from cody2zoho.backup import making, shelf
from cody2zoho.backup.making import Made
from cody2zoho.backup.place import Place
from cody2zoho.errors import Cody2ZohoError, Transient
from cody2zoho.services import Services
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import BackupCompleted, BackupFailed
from cody2zoho.text.times import span

#: A row of empty backups would push out the good ones.
_NOT_FILLED = "The ledger is not filled from Zoho yet: there is nothing whole to back up."


def back_up(services: Services) -> str:
    """Make one where BACKUP_TO says, read it once more, and keep BACKUP_KEEP; returns words for Flower."""
    try:
        if not services.ledger.is_open():
            raise Transient(_NOT_FILLED)
        place = shelf.place_of("", services.settings)
        made = making.create(services, place, secret=making.secret_of(services.settings))
        made.item.check()
        keep(services, made)
        removed = _prune(services, place)
    except Cody2ZohoError as error:
        note_failure(services, str(error))
        report(BackupFailed(str(error)))
        raise
    report(BackupCompleted(made.totals.conversations, made.size, made.seconds, removed))
    return f"{made.item.name}: {made.totals.conversations} conversations, {made.size} bytes"


def keep(services: Services, made: Made) -> None:
    """Let `status` and the check know of it; it was written, and read once more."""
    facts: dict[str, str | int] = {
        "at": made.header.made_at,
        "name": made.item.name,
        "to": made.item.place.address,
        "conversations": made.totals.conversations,
        "bytes": made.size,
        "seconds": f"{made.seconds:.1f}",
    }
    with services.store.pipeline() as pipe:
        pipe.delete(_key(services))
        pipe.hset(_key(services), items=[part for pair in facts.items() for part in pair])
        pipe.execute()


def note_failure(services: Services, reason: str) -> None:
    services.store.hset(_key(services), mapping={"failed": reason, "failed_at": int(services.clock())})


def latest(services: Services) -> dict[str, str]:
    """What is known of the latest one; empty before the first."""
    return {str(name): str(value) for name, value in services.store.hgetall(_key(services)).items()}


def words(latest: dict[str, str], now: float) -> str:
    """When the latest good one was made, and whether one failed since."""
    made = (
        f"last backup {span(now - int(latest['at']))} ago: {latest['name']}" if "at" in latest else "no good backup yet"
    )
    return f"{made}; one after it failed: {latest['failed']}" if "failed" in latest else made


def _prune(services: Services, place: Place) -> int:
    settings = services.settings
    old = shelf.superfluous(
        place, services.clock(), keep=settings.backup_keep, keep_days=0, zoho=making.zoho_of(settings)
    )
    for one in old:
        place.delete(one.entry.name)
    return len(old)


def _key(services: Services) -> str:
    return f"{services.settings.redis_key_prefix}backup"
