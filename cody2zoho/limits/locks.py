"""One at a time over all workers: locks in Redis that no dead holder keeps.

A lock lives a few seconds, and its holder renews it for as long as it lives. Nothing may rest on a lock alone: a
holder that was stopped for longer finds somebody else in its place, so whoever gets one looks first what is done.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import redis
from redis.exceptions import LockError, RedisError
from redis.lock import Lock

from cody2zoho.http import time_left
from cody2zoho.limits.keeper import KEEPER, Keeper
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import LockLost

#: How long a holder that was killed stands in the way. Longer than a busy process may pause.
LEASE_SECONDS = 6.0


@contextmanager
def alone(
    store: redis.Redis,
    key: str,
    *,
    wait_seconds: float = 0,
    lease_seconds: float = LEASE_SECONDS,
    keeper: Keeper = KEEPER,
) -> Iterator[bool]:
    """Whether we are the only one, after waiting so long for our turn, but within `http.time_limit`."""
    wait_seconds = max(0.0, min(wait_seconds, time_left()))
    lock = store.lock(key, timeout=lease_seconds, thread_local=False)
    if not lock.acquire(blocking=wait_seconds > 0, blocking_timeout=wait_seconds or None):
        yield False
        return
    try:
        with keeper.keeping(lambda: _renewed(lock), lease_seconds):
            yield True
    finally:
        # It ran out, or Redis is away: either way it is ours no more in a few seconds.
        with suppress(LockError, RedisError):
            lock.release()


def _renewed(lock: Lock) -> bool:
    try:
        return bool(lock.reacquire())
    except LockError:
        # Released just now, or gone to another.
        if lock.local.token is not None:
            report(LockLost(str(lock.name)))
        return False
