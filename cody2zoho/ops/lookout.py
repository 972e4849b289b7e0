"""Looks at Redis that end in time, whatever Redis does: whoever asks waits a moment, and learns no more than that."""

import logging
import threading
import time
from collections.abc import Callable

from redis.exceptions import RedisError

from cody2zoho.ops.situation import Situation

log = logging.getLogger(__name__)

#: A look holds for so long: a thousand visitors cost Redis no more than one.
_HOLDS_SECONDS = 1.0

#: Health has to answer within a tenth of a second.
_PATIENCE_SECONDS = 0.07

#: Before the first question is taken: then the first answer is as quick as all others.
_FIRST_PATIENCE_SECONDS = 2.0

#: A look by itself every so often, so that nobody waits for one even where the machine is busy.
_EVERY_SECONDS = 2.0

#: What was seen so long ago is no answer any more.
_STALE_SECONDS = 10.0


class Lookout:
    """One look at a time, in a thread of its own, shared by all who ask meanwhile."""

    def __init__(self, look: Callable[[], Situation]) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._under_way: threading.Event | None = None
        self._latest: Situation | None = None
        self._at = float("-inf")
        self._told = ""
        self._is_over = threading.Event()

    def start(self) -> None:
        """Returns after the first look, or when that takes too long."""
        self._begun().wait(_FIRST_PATIENCE_SECONDS)
        threading.Thread(target=self._keep_looking, name="lookouts", daemon=True).start()

    def stop(self) -> None:
        self._is_over.set()

    def situation(self, patience_seconds: float = _PATIENCE_SECONDS) -> Situation | None:
        """The latest, anew if it is old; None where Redis does not answer."""
        if self._age() > _HOLDS_SECONDS:
            self._begun().wait(patience_seconds)
        return self._latest if self._age() < _STALE_SECONDS else None

    def anew(self) -> None:
        """Something was changed: the next one who asks sees it."""
        with self._lock:
            self._at = min(self._at, time.monotonic() - 2 * _HOLDS_SECONDS)
            self._under_way = None

    def _keep_looking(self) -> None:
        while not self._is_over.is_set():
            self._begun().wait()
            self._is_over.wait(_EVERY_SECONDS)

    def _age(self) -> float:
        return time.monotonic() - self._at

    def _begun(self) -> threading.Event:
        with self._lock:
            if self._under_way is None:
                self._under_way = threading.Event()
                threading.Thread(target=self._run, args=[self._under_way], name="lookout", daemon=True).start()
            return self._under_way

    def _run(self, ended: threading.Event) -> None:
        began, found = time.monotonic(), None
        try:
            found = self._look()
        except (RedisError, OSError):
            pass
        except Exception as error:  # noqa: BLE001 - whatever stands in Redis, who asks gets an answer
            self._tell(type(error).__name__)
        with self._lock:
            # Where something was changed meanwhile, another look has begun, and this one may have missed the change.
            if self._under_way is ended:
                self._under_way = None
                # Asked and refused: what was seen before is no answer now.
                self._latest, self._at = found, began if found is not None else float("-inf")
        if found is not None:
            self._told = ""
        ended.set()

    def _tell(self, what: str) -> None:
        """Once until it is over: a line each look would wash all others out of `/logs` within hours."""
        if what != self._told:
            log.error("ops_look_failed", extra={"what": what})
            self._told = what
