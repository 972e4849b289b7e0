"""Signs of life: which workers, beat and APIs were well when, for whoever looks from another process.

A process says that it is well from the loop that does its work, and a thread of its own passes that on, so that neither
a slow Redis holds up the loop nor a loop that hangs looks alive.

Keys, below the prefix:
    signs          hash  `beat`, `poll`, `cody`, `zoho` or `zoho_accounts` -> Unix second at which it was last well;
                         `ops` -> at which the operations API found that Redis takes what is new
    signs:workers  zset  a worker's name -> Unix second at which it was last well; gone an hour later
"""

import threading
from dataclasses import dataclass
from typing import Any

import redis
from redis.exceptions import RedisError

from cody2zoho.store import script
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import ApiCall, CleanedUp, CodyPollCompleted, Event

#: Between two sendings.
EVERY_SECONDS = 5.0

BEAT = "beat"


class Signs:
    """Those of one process; a worker has a name, beat has none."""

    def __init__(self, store: redis.Redis, prefix: str, worker: str = "") -> None:
        self._keys, self._worker = [f"{prefix}signs", f"{prefix}signs:workers"], worker
        self._script: Any = script(store, "signs")
        self._is_well = threading.Event()
        self._seen: set[str] = set()
        self._lock = threading.Lock()

    def well(self) -> None:
        """The loop that does the work goes round."""
        self._is_well.set()

    def hear(self, event: Event) -> None:
        """Note which API answered, and that a poll was completed."""
        match event:
            case ApiCall(status=status) if 200 <= status < 300:
                self._note(event.api)
            case CodyPollCompleted():
                self._note("poll")

    def start(self) -> None:
        threading.Thread(target=self._run, name="signs", daemon=True).start()

    def send(self) -> None:
        """Pass on what was well since the last time; what Redis cannot take now is soon seen again."""
        with self._lock:
            seen, self._seen = self._seen, set()
        is_well = self._is_well.is_set()
        self._is_well.clear()
        if is_well and not self._worker:
            seen.add(BEAT)
        if not (is_well or seen):
            return
        try:
            gone = self._script(keys=self._keys, args=[self._worker if is_well else "", *seen])
        except RedisError:
            with self._lock:
                self._seen |= seen - {BEAT}
            return
        if gone:
            report(CleanedUp("signs", gone))

    def _note(self, what: str) -> None:
        with self._lock:
            self._seen.add(what)

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(EVERY_SECONDS):
            self.send()


@dataclass(frozen=True)
class Seen:
    """Unix seconds at which each was last well."""

    workers: dict[str, float]
    others: dict[str, float]


def read(store: redis.Redis, prefix: str) -> Seen:
    with store.pipeline(transaction=False) as pipe:
        pipe.zrange(f"{prefix}signs:workers", 0, -1, withscores=True)
        pipe.hgetall(f"{prefix}signs")
        workers, others = pipe.execute()
    return Seen(dict(workers), {str(what): float(second) for what, second in others.items()})
