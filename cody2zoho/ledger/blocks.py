"""What stops all work until a person mends it, told once and known to every worker.

While something is blocked, new conversations are still noted, and one at a time is tried, to notice when it is
mended.

Keys, below the prefix:
    blocked               hash    `cody`, `zoho`, `zoho set-up` or `bot <id>` -> what is wrong and how to mend it
    blocked:told          hash    the same, as far as a log line was written about it
    blocked:probe:<what>  string  someone has looked whether it is mended; gone when the next may look
"""

import redis

from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import WorkBlocked, WorkUnblocked

#: What keeps cases from being made; a single unknown bot does not stop the others.
STOPS_WORK = ("cody", "zoho", "zoho set-up")

#: Between two tries whether it works again.
PROBE_SECONDS = 60


class Blocks:
    """Shared by all workers."""

    def __init__(self, store: redis.Redis, prefix: str) -> None:
        self._store = store
        self._key = f"{prefix}blocked"

    def put(self, what: str, sentence: str) -> None:
        """Say that it is blocked; only the first worker to find out writes the log line."""
        with self._store.pipeline() as pipe:
            pipe.hset(self._key, what, sentence)
            pipe.hget(f"{self._key}:told", what)
            pipe.hset(f"{self._key}:told", what, sentence)
            _, told, _ = pipe.execute()
        if told != sentence:
            report(WorkBlocked(what, sentence))

    def lift(self, *whats: str) -> None:
        """It works again."""
        if whats and self._store.hdel(self._key, *whats):
            self._store.hdel(f"{self._key}:told", *whats)
            report(WorkUnblocked(", ".join(whats)))

    def current(self) -> dict[str, str]:
        """What is blocked now, and why."""
        return {str(what): str(sentence) for what, sentence in self._store.hgetall(self._key).items()}

    def may_probe(self, what: str, every_seconds: int) -> bool:
        """Whether it is this caller's turn to look; one in so many seconds, over all workers."""
        return bool(self._store.set(f"{self._key}:probe:{what}", "1", nx=True, ex=every_seconds))

    def start_over(self, *probes: str) -> None:
        """Look at these, and tell of everything, anew: whoever starts a worker reads its log."""
        self._store.delete(f"{self._key}:told", *(f"{self._key}:probe:{what}" for what in probes))
