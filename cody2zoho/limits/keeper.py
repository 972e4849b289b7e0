"""What a process holds in Redis for a while, it renews for as long as it lives; what the dead held soon runs out.

One thread a process renews all of it. A hold that ends before its first renewal, as nearly every one does, costs two
steps in a dictionary and nothing in Redis.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from redis.exceptions import RedisError

log = logging.getLogger(__name__)


@dataclass
class _Hold:
    renew: Callable[[], bool]
    every_seconds: float
    next_at: float


@dataclass
class Keeper:
    """Renews holds until they end."""

    #: How often it looks, while anything is held; no lease may be shorter than three of these.
    tick_seconds: float = 1.0
    _holds: dict[int, _Hold] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)
    _any: threading.Event = field(default_factory=threading.Event)
    _starting: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None

    @contextmanager
    def keeping(self, renew: Callable[[], bool], lease_seconds: float) -> Iterator[None]:
        """Renew it three times a lease while the context lasts, or until `renew` says that it is ours no more."""
        every = lease_seconds / 3
        number = next(self._numbers)
        self._holds[number] = _Hold(renew, every, time.monotonic() + every)
        self._wake()
        try:
            yield
        finally:
            self._holds.pop(number, None)

    def begin_anew(self) -> None:
        """Hold nothing, and have no thread."""
        self._holds, self._any, self._starting, self._thread = {}, threading.Event(), threading.Lock(), None

    def _wake(self) -> None:
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
                    self._thread.start()
        if not self._any.is_set():
            self._any.set()

    def _run(self) -> None:
        while self._any.wait():
            time.sleep(self.tick_seconds)
            if not self._holds:
                self._any.clear()
                # One that came in just now has set it before we cleared it.
                if self._holds:
                    self._any.set()
            for number, hold in list(self._holds.items()):
                if hold.next_at <= time.monotonic():
                    self._renew(number, hold)

    def _renew(self, number: int, hold: _Hold) -> None:
        hold.next_at = time.monotonic() + hold.every_seconds
        try:
            if not hold.renew():
                self._holds.pop(number, None)
        except RedisError:
            # The next turn may reach it again; if not, it runs out, as it should.
            return
        except Exception:
            # Whatever is wrong with one must not end the thread that renews all others.
            log.exception("renewal_failed")
            self._holds.pop(number, None)


#: The one of this process; one that is forked off holds nothing, and has not the thread that would renew it.
KEEPER = Keeper()
os.register_at_fork(after_in_child=KEEPER.begin_anew)
