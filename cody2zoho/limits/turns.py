"""Calls to Zoho, so many at a time over all workers on all machines.

A slot is held by renewing it while the call runs, so those of a dead process come back within 10 seconds. A call that
got no answer may still run at Zoho: its slot is not given back, but left to run out.

Keys, below the prefix:
    limit:zoho  zset  a random name -> ms at which it runs out, for each call in flight
"""

import secrets
import threading
from collections.abc import Callable
from contextlib import suppress

import redis
from redis.exceptions import RedisError

from cody2zoho.errors import NotSent, OutOfTurn
from cody2zoho.http import Answer, retry_after_seconds
from cody2zoho.limits.credits import Credits, lane_now
from cody2zoho.limits.keeper import KEEPER, Keeper
from cody2zoho.limits.patience import Patience
from cody2zoho.limits.pauses import LONGEST_SECONDS, Pauses
from cody2zoho.store import script
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import CleanedUp

#: How long a slot outlives its holder, and a call of which nothing was heard.
LEASE_SECONDS = 10.0

#: A call that waits has mostly read a conversation before: to come back later would cost that reading once more.
_PATIENCE_SECONDS = 5.0

#: When to come back after waiting in vain in a crowd.
_CROWD_SECONDS = 2.0

#: What costs no credits (Zoho: every call that reaches the service does).
_FREE = (401, 429)


class Turns:
    """Raises OutOfTurn where it is nobody's turn in time; nothing was asked then."""

    def __init__(
        self,
        store: redis.Redis,
        prefix: str,
        most: int,
        books: Credits,
        pauses: Pauses,
        patience: Patience,
        keeper: Keeper = KEEPER,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._lease_seconds, self._lease_ms = lease_seconds, int(lease_seconds * 1000)
        self._store, self._key, self._most = store, f"{prefix}limit:zoho", most
        self._books, self._pauses, self._patience, self._keeper = books, pauses, patience, keeper
        # In front of Redis: should that be wiped, one process alone still keeps to the limit.
        self._own = threading.BoundedSemaphore(most)
        self._turn = script(store, "paused", "turn")
        self._over = script(store, "turn_over")

    def __call__(self, send: Callable[[], Answer], cost: int) -> Answer:
        """What `send` answers, in our turn; `cost` is in credits."""
        self._books.check()
        if not self._own.acquire(timeout=self._patience.seconds(_PATIENCE_SECONDS)):
            raise _crowded()
        try:
            return self._called(send, cost, self._slot())
        finally:
            self._own.release()

    def _slot(self) -> str:
        slot = secrets.token_hex(6)
        wait = self._patience.until(lambda: self._wait(slot), _PATIENCE_SECONDS)
        if wait is None:
            return slot
        raise OutOfTurn("Zoho may not be asked yet: it wants a pause", wait) if wait else _crowded()

    def _wait(self, slot: str) -> float | None:
        """None where the slot is ours now; else the seconds until Zoho may be asked, 0 in a crowd."""
        keys = [self._key, self._pauses.key("zoho")]
        what, found = self._turn(keys=keys, args=[slot, self._most, self._lease_ms])
        if what == "paused":
            return float(found) / 1000
        if found:
            report(CleanedUp("slots", found))
        return None if what == "taken" else 0.0

    def _called(self, send: Callable[[], Answer], cost: int, slot: str) -> Answer:
        runs_on, spent, remaining = True, cost, ""
        try:
            with self._keeper.keeping(lambda: self._renewed(slot), self._lease_seconds):
                answer = send()
            # Whatever stands before Zoho lost patience, Zoho itself may not have.
            runs_on = answer.status == 504
            spent = 0 if answer.status in _FREE else cost
            remaining = _remaining(answer)
        except NotSent:
            runs_on, spent = False, 0
            raise
        finally:
            self._end(slot, runs_on, spent, remaining)
        if answer.status == 429:
            self._pause(answer)
        return answer

    def _end(self, slot: str, runs_on: bool, spent: int, remaining: str) -> None:
        keys = [self._key, *self._books.keys]
        # Without Redis the slot runs out by itself, and what Zoho answered is not lost.
        with suppress(RedisError):
            self._over(keys=keys, args=[slot, self._lease_ms if runs_on else 0, lane_now(), spent, remaining])

    def _renewed(self, slot: str) -> bool:
        seconds, microseconds = self._store.time()
        ends = seconds * 1000 + microseconds // 1000 + self._lease_ms
        return bool(self._store.zadd(self._key, {slot: ends}, xx=True, ch=True))

    def _pause(self, answer: Answer) -> None:
        """Zoho's 429 says neither how long nor why; credits come back slowly, a crowd is gone in seconds."""
        with suppress(RedisError):
            seconds = retry_after_seconds(answer)
            if seconds is None and self._books.budget().is_nearly_gone:
                seconds = LONGEST_SECONDS
            self._pauses.begin("zoho", seconds)


def _crowded() -> OutOfTurn:
    return OutOfTurn("As many calls to Zoho as ZOHO_MAX_CONCURRENCY allows are under way", _CROWD_SECONDS)


def _remaining(answer: Answer) -> str:
    value = answer.headers.get("X-API-CREDITS-REMAINING", "")
    return value if value.isdecimal() else ""
