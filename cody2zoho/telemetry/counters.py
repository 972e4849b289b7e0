"""Counters of all workers together, which outlive every one of them.

A process adds up what it hears of and sends it once a second, so that a case costs no round trip. What may have been
lost on its way is sent again by the same number, and added once. One that is killed takes a second's worth with it; but
conversations and cases are counted by the ledger's own scripts, in the step that makes them so, and are true.

Keys, below the prefix:
    metrics:counters        hash    a counter with its labels, as `metrics.Counter.field` -> sum since the first start
    metrics:sent:<process>  string  the number of its latest sending, so that each counts once; gone an hour later
    metrics:hours           hash    <hour since 1970>|<what> -> how many conversations came in or found that end, for
                                    32 days
"""

import secrets
import threading
from collections import defaultdict
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import redis
from redis.exceptions import RedisError

from cody2zoho.telemetry.events import LEFT_BEHIND, Event
from cody2zoho.telemetry.metrics import CLEANED_UP, amounts

#: For so long the figures of an hour are kept.
KEPT_HOURS = 32 * 24

#: Between two sendings.
_EVERY_SECONDS = 1.0


class Counters:
    """Those of one process, on their way to everybody's."""

    def __init__(self, store: redis.Redis, prefix: str) -> None:
        self._keys = [f"{prefix}metrics:counters", f"{prefix}metrics:sent:{secrets.token_hex(6)}"]
        self._add: Any = store.register_script(files("cody2zoho").joinpath("lua", "sums.lua").read_text())
        self._pending: defaultdict[str, float] = defaultdict(float)
        #: What Redis may have taken: its answer did not come.
        self._unsure: dict[str, float] = {}
        self._sendings = 0
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="counters", daemon=True)

    def hear(self, event: Event) -> None:
        with self._lock:
            for field, amount in amounts(event):
                self._pending[field] += amount

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Send what is left."""
        self._is_over.set()
        self._thread.join()

    def send(self) -> None:
        """Add what was heard since the last time. Kept for the next time where Redis cannot be reached."""
        while sums := self._next():
            try:
                self._add(keys=self._keys, args=[self._sendings, *(part for sum_ in sums.items() for part in sum_)])
            except RedisError:
                return
            self._unsure = {}

    def _next(self) -> dict[str, float]:
        """The same sums as before, by the same number, until Redis has said that it took them."""
        if not self._unsure:
            with self._lock:
                self._unsure, self._pending = self._pending, defaultdict(float)
            self._sendings += 1
        return self._unsure

    def _run(self) -> None:
        while not self._is_over.wait(_EVERY_SECONDS):
            self.send()
        self.send()


def read(store: redis.Redis, prefix: str) -> dict[str, float]:
    """All counters, by their fields."""
    return {str(field): float(value) for field, value in store.hgetall(f"{prefix}metrics:counters").items()}


def cleaned_up(counted: Mapping[str, float]) -> dict[str, int]:
    """How much of each kind that dead workers left behind was cleaned up, of all counters."""
    return {what: int(counted.get(CLEANED_UP.field(what), 0)) for what in LEFT_BEHIND}


def in_words(cleaned: Mapping[str, int]) -> str:
    """What was cleaned up; empty where there was nothing."""
    return "; ".join(f"{LEFT_BEHIND[what]}: {count}" for what, count in cleaned.items() if count)


def hours(store: redis.Redis, prefix: str) -> dict[tuple[int, str], int]:
    """How many conversations came in (`seen`) or found which end, by the hour since 1970 in which they did."""
    found = store.hgetall(f"{prefix}metrics:hours")
    parts = ((str(field).partition("|"), count) for field, count in found.items())
    return {(int(hour), what): int(count) for (hour, _, what), count in parts}


def trim(store: redis.Redis, prefix: str, now: float | None = None) -> None:
    """Drop the hours that nobody looks at any more, by the clock that wrote them: Redis's."""
    oldest = (store.time()[0] if now is None else now) // 3600 - KEPT_HOURS
    key = f"{prefix}metrics:hours"
    if old := [field for field in store.hkeys(key) if int(str(field).partition("|")[0]) < oldest]:
        store.hdel(key, *old)
