"""Credits in 24 hours and requests at the same time. A refusal is a 429 without Retry-After (Zoho, "API limits")."""

from collections import deque

from cody2zoho.simulators.wire import Clock

from .errors import Refused
from .knobs import ZohoKnobs

DAY_SECONDS = 86_400
#: Credits are booked by the minute, so that a busy day is 1,440 entries.
BOOKING_SECONDS = 60


class Credits:
    """What was spent in the last 24 hours."""

    def __init__(self, clock: Clock, knobs: ZohoKnobs) -> None:
        self.clock = clock
        self.knobs = knobs
        self.spent = 0
        self._bookings: deque[list[float]] = deque()

    def refuse_unaffordable(self, cost: int) -> None:
        remaining = self._remaining()
        if remaining is not None and remaining < cost:
            raise too_many_requests()

    def spend(self, cost: int) -> dict[str, str]:
        """Books the cost; returns the header that tells what is left once half is gone."""
        minute = self.clock() // BOOKING_SECONDS * BOOKING_SECONDS
        if not self._bookings or self._bookings[-1][0] != minute:
            self._bookings.append([minute, 0])
        self._bookings[-1][1] += cost
        self.spent += cost
        allowed, remaining = self.knobs.allowed_credits(), self._remaining()
        if allowed is None or remaining is None or remaining > allowed / 2:
            return {}
        return {"X-API-CREDITS-REMAINING": str(max(0, remaining))}

    def _remaining(self) -> int | None:
        yesterday = self.clock() - DAY_SECONDS
        while self._bookings and self._bookings[0][0] <= yesterday:
            self.spent -= int(self._bookings.popleft()[1])
        allowed = self.knobs.allowed_credits()
        return None if allowed is None else allowed - self.spent


def refuse_crowd(knobs: ZohoKnobs, in_flight: int, *, heavy: bool) -> None:
    """Only the number of requests is known, not their kinds: a heavy one counts all of them as heavy."""
    crowded = heavy and knobs.sub_concurrency is not None and in_flight > knobs.sub_concurrency
    if crowded or in_flight > knobs.allowed_concurrency():
        raise too_many_requests()


def too_many_requests() -> Refused:
    return Refused(429, "TOO_MANY_REQUESTS", "You have made too many requests")
