"""How many of Zoho's API credits are left, how long that can go on, and what has to wait for what.

Each lane of work leaves a share to the lanes before it, ZOHO_CREDITS_RESERVE at the least; nothing holds back cases:

    cases  >  follow_ups  >  reconcile  >  backfill
              10 %           25 %          50 %

Nothing here asks Redis: `credits` fills it in.
"""

from dataclasses import dataclass
from typing import Any

#: What each lane leaves to the lanes before it, as a share of the allowance.
KEPT_BACK = {"cases": 0.0, "follow_ups": 0.10, "reconcile": 0.25, "backfill": 0.50}

#: Fewer than this many: a 429 means that they are used up. As much as 25 calls in flight may cost.
_NEARLY_GONE = 75

DAY_SECONDS, QUARTER_SECONDS = 86_400, 900


@dataclass(frozen=True)
class Budget:
    """Credits at one moment; None where nobody knows. `spent` has the Unix second each quarter of an hour began in."""

    now: float
    spent: dict[tuple[int, str], int]
    allowance: int | None
    remaining: int | None
    reserve: int
    #: Until Zoho is to be asked anew what is left, where it said so lately.
    told_for_seconds: float

    @property
    def used(self) -> int:
        """In the last 24 hours."""
        return sum(self.spent.values())

    @property
    def by_lane(self) -> dict[str, int]:
        return {name: sum(count for (_, of), count in self.spent.items() if of == name) for name in KEPT_BACK}

    @property
    def per_day(self) -> int:
        """What a day costs at the rate of the last hour."""
        since = self.now // QUARTER_SECONDS * QUARTER_SECONDS - 3600
        lately = sum(count for (second, _), count in self.spent.items() if second >= since)
        return round(lately / (self.now - since) * DAY_SECONDS)

    @property
    def headroom_days(self) -> float | None:
        """Days until nothing is left at this rate; None where that does not happen, or nobody knows.

        What was spent a day ago comes back, so only a rate above the allowance ever ends, and then within a day.
        """
        if self.remaining is None or self.allowance is None or self.per_day <= self.allowance:
            return None
        return round(self.remaining / max(1, self.per_day - self.used), 3) if self.per_day > self.used else None

    @property
    def words(self) -> str:
        """How long it can go on."""
        if self.is_exhausted:
            return "used up; they come back a day after they were spent"
        if self.allowance is None:
            return "unknown how long they last: Zoho does not say before half are used"
        if self.headroom_days is None:
            lasts = "they last: " if self.per_day <= self.allowance else ""
            return f"{lasts}the present rate takes {self.per_day} of {self.allowance} a day"
        return f"used up in {self.headroom_days * 24:.1f} hours at the present rate of {self.per_day} a day"

    def as_json(self) -> dict[str, Any]:
        return {
            "used": self.used,
            "by_lane": self.by_lane,
            "allowance": self.allowance,
            "remaining": self.remaining,
            "per_day": self.per_day,
            "headroom_days": self.headroom_days,
            "headroom": self.words,
        }

    @property
    def is_exhausted(self) -> bool:
        return self.remaining is not None and self.remaining <= 0

    @property
    def is_nearly_gone(self) -> bool:
        return self.remaining is not None and self.remaining < _NEARLY_GONE

    def lacks(self, name: str) -> int:
        """How many credits have to come back before the lane may go on."""
        if name == "cases" or self.remaining is None:
            return 0
        return max(0, self.kept_from(name) + 1 - self.remaining)

    def kept_from(self, name: str) -> int:
        """What a lane leaves to the lanes before it."""
        return max(self.reserve, round(KEPT_BACK[name] * (self.allowance or 0)))

    def seconds_until_back(self, lacking: int) -> float:
        """When so many will have come back, or Zoho is asked anew; the latter it is where others spend them too."""
        come_back = 0
        for (second, _), count in sorted(self.spent.items()):
            come_back += count
            if come_back >= lacking:
                wait = second + DAY_SECONDS + QUARTER_SECONDS - self.now
                return max(1.0, min(wait, self.told_for_seconds or wait))
        return max(1.0, self.told_for_seconds or QUARTER_SECONDS)
