"""What stops all work until a person mends it, told once and known to every worker.

While something is blocked, new conversations are still noted, and one at a time is tried, to notice when it is
mended.

Keys, below the prefix:
    blocked        hash    `cody`, `zoho`, `zoho set-up` or `bot <id>` -> what is wrong and how to mend it
    blocked:probe  string  someone tries whether it is mended; gone after a minute
"""

import logging

import redis

log = logging.getLogger(__name__)


_PROBE_SECONDS = 60


class Blocks:
    """Shared by all workers."""

    def __init__(self, store: redis.Redis, prefix: str) -> None:
        self._store = store
        self._key = f"{prefix}blocked"

    def put(self, what: str, sentence: str) -> None:
        """Say that it is blocked; only the first worker to find out writes the log line."""
        with self._store.pipeline() as pipe:
            pipe.hget(self._key, what)
            pipe.hset(self._key, what, sentence)
            before, _ = pipe.execute()
        if before != sentence:
            log.error("work_blocked", extra={"what": what, "remedy": sentence})

    def lift(self, *whats: str) -> None:
        """It works again."""
        if self._store.hdel(self._key, *whats):
            log.warning("work_unblocked", extra={"what": ", ".join(whats)})

    def current(self) -> dict[str, str]:
        """What is blocked now, and why."""
        return {str(what): str(sentence) for what, sentence in self._store.hgetall(self._key).items()}

    def stop_work(self) -> bool:
        """Whether cases cannot be made at all; a single unknown bot does not stop the others."""
        return bool(self.current().keys() & {"cody", "zoho", "zoho set-up"})

    def may_probe(self) -> bool:
        """Whether it is this caller's turn to try; one in a minute, over all workers."""
        return bool(self._store.set(f"{self._key}:probe", "1", nx=True, ex=_PROBE_SECONDS))
