"""Errors that repeat: the same one ERROR_ALERT_THRESHOLD times, each within an hour of the one before.

Counted by a thread of its own, so that whoever reports an error never waits; told by the check `error`, a minute later
at the most.

Keys, below the prefix:
    alerts:errors  hash  <kind>|count, <kind>|last (Unix second), <kind>|context: what was told of the latest, as JSON
"""

import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from traceback import extract_tb
from types import TracebackType
from typing import Any

import redis
from redis.exceptions import RedisError

from cody2zoho.telemetry.events import (
    ConversationParked,
    Event,
    ForgottenCaseMade,
    ReconcileFailed,
    TaskFailed,
    TokenRefreshFailed,
)

#: A single passing fault is no error: those are tried again, and have a rate.
_TRACKED = (ConversationParked, ForgottenCaseMade, ReconcileFailed, TaskFailed, TokenRefreshFailed)

_EVERY_SECONDS = 1.0
_FORGET_SECONDS = 3_600

#: Where all of our files are; a checkout by the same name has other people's in its `.venv`, too.
_OURS = Path(__file__).parents[1]

#: What waits to be counted while Redis is away; more are more of the same.
_MOST = 1_000


class Tracker:
    """That of one process."""

    def __init__(self, store: redis.Redis, prefix: str, clock: Callable[[], float]) -> None:
        self._store, self._key, self._clock = store, f"{prefix}alerts:errors", clock
        self._heard: deque[Event] = deque(maxlen=_MOST)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tracker", daemon=True)

    def hear(self, event: Event) -> None:
        if isinstance(event, _TRACKED):
            self._heard.append(event)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Count what is left."""
        self._is_over.set()
        self._thread.join()

    def count(self) -> None:
        """What was heard since the last time; what Redis does not take is counted the next time."""
        events = [self._heard.popleft() for _ in range(len(self._heard))]
        if not events:
            return
        try:
            now = str(self._clock())
            with self._store.pipeline() as pipe:
                for event in events:
                    kind = _kind(event)
                    pipe.hincrby(self._key, f"{kind}|count", 1)
                    facts = {f"{kind}|last": now, f"{kind}|context": json.dumps(event.facts)}
                    pipe.hset(self._key, items=[part for pair in facts.items() for part in pair])
                pipe.execute()
        except RedisError:
            self._heard.extendleft(reversed(events))

    def _run(self) -> None:
        while not self._is_over.wait(_EVERY_SECONDS):
            self.count()
        self.count()


def repeated(store: redis.Redis, prefix: str, now: float, threshold: int) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Each kind of error that repeats, how often, and what was told of the latest. Forgets those that do not."""
    key = f"{prefix}alerts:errors"
    found = {str(name): str(value) for name, value in store.hgetall(key).items()}
    for kind in sorted(name.removesuffix("|last") for name in found if name.endswith("|last")):
        count = int(found.get(f"{kind}|count", 0))
        if now - float(found[f"{kind}|last"]) > _FORGET_SECONDS:
            store.hdel(key, f"{kind}|count", f"{kind}|last", f"{kind}|context")
        elif count >= threshold:
            yield kind, count, json.loads(found.get(f"{kind}|context", "{}"))


def place_of(traceback: TracebackType | None) -> str:
    """File and line of the innermost step of ours."""
    steps = [step for step in extract_tb(traceback) if _OURS in Path(step.filename).parents]
    return f"{Path(steps[-1].filename).name}:{steps[-1].lineno}" if steps else ""


def _kind(event: Event) -> str:
    """The same for what differs in ids and figures only."""
    plain = re.sub(r"\d+", "", " ".join(str(value) for value in event.facts.values()))
    return f"{event.name}-{sha256(plain.encode()).hexdigest()[:6]}"
