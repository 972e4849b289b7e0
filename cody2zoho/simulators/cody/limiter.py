"""Laravel's limiter: a window of 60 s that opens with the first hit; rejected requests do not count."""

import math

from cody2zoho.simulators.wire import Clock

from .errors import Throttled

WINDOW_SECONDS = 60


class Limiter:
    """One account, whatever the number of its keys."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._hits = 0
        self._ends_at = -math.inf

    def admit(self, limit: int | None) -> dict[str, str]:
        """Counts a request and returns the headers of its answer; raises Throttled when the window is full."""
        if limit is None:
            return {}
        self._open_window()
        if self._hits >= limit:
            raise Throttled(self._refusal(limit))
        self._hits += 1
        return {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(limit - self._hits)}

    def _open_window(self) -> None:
        now = self._clock()
        if now >= self._ends_at:
            self._hits, self._ends_at = 0, now + WINDOW_SECONDS

    def _refusal(self, limit: int) -> dict[str, str]:
        seconds = math.ceil(self._ends_at - self._clock())
        return {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": "0",
            "Retry-After": str(seconds),
            "X-RateLimit-Reset": str(int(self._clock()) + seconds),
        }
