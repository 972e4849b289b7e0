"""What is known of the latest backup, for whoever only wants to tell of it.

Keys, below the prefix:
    backup  hash  the latest good one: at (s), name, to, conversations, bytes, seconds; failed: why one after it was
                  none, and failed_at (s)
"""

from cody2zoho.services import Services
from cody2zoho.text.times import span


def keep(services: Services, facts: dict[str, str | int]) -> None:
    """Of a good one: it was written, and read once more."""
    with services.store.pipeline() as pipe:
        pipe.delete(_key(services))
        pipe.hset(_key(services), items=[part for pair in facts.items() for part in pair])
        pipe.execute()


def note_failure(services: Services, reason: str) -> None:
    services.store.hset(_key(services), mapping={"failed": reason, "failed_at": int(services.clock())})


def latest(services: Services) -> dict[str, str]:
    """Empty before the first."""
    return {str(name): str(value) for name, value in services.store.hgetall(_key(services)).items()}


def words(latest: dict[str, str], now: float) -> str:
    """When the latest good one was made, and whether one failed since."""
    made = (
        f"last backup {span(now - int(latest['at']))} ago: {latest['name']}" if "at" in latest else "no good backup yet"
    )
    return f"{made}; one after it failed: {latest['failed']}" if "failed" in latest else made


def _key(services: Services) -> str:
    return f"{services.settings.redis_key_prefix}backup"
