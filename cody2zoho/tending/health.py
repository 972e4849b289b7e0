"""A score of 100 with its reasons: each check takes off what its trouble is worth, and says how to mend it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import redis
from redis.exceptions import RedisError

from cody2zoho.alerts import Level
from cody2zoho.errors import Refused
from cody2zoho.settings import Settings
from cody2zoho.tending.checks import CHECKS
from cody2zoho.tending.sample import EXIT_CODES, Sample, sample


@dataclass(frozen=True)
class Reason:
    """What one check came to; `words` are its trouble, or why it could not be told."""

    check: str
    result: str
    points: int
    words: str
    remedy: str


@dataclass(frozen=True)
class Health:
    score: int
    worst: Level | None
    reasons: list[Reason]

    @property
    def told(self) -> int:
        """How many checks this Redis let be made."""
        return sum(reason.result != "unknown" for reason in self.reasons)

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.worst] if self.worst else 0

    def as_json(self) -> dict[str, Any]:
        return {
            "score": self.score,
            "worst": self.worst and self.worst.lower(),
            "checks": [asdict(reason) for reason in self.reasons],
        }


def look(settings: Settings, client: redis.Redis, clock: Callable[[], float]) -> Health:
    """Look at it once; where it does not answer, that is the whole of it."""
    try:
        return judge(sample(settings, client, clock))
    except RedisError as error:
        return away(error)


def away(error: RedisError) -> Health:
    words = f"It does not answer ({type(error).__name__}): no case is made"
    remedy = "`cody2zoho redis connectivity` shows where the way ends"
    return Health(0, Level.CRITICAL, [Reason("answers", Level.CRITICAL.lower(), 100, words, remedy)])


def judge(seen: Sample) -> Health:
    reasons, levels = [], []
    for check in CHECKS:
        try:
            trouble = check.look(seen)
        except Refused as refusal:
            reasons.append(Reason(check.name, "unknown", 0, str(refusal), ""))
            continue
        if trouble is None:
            reasons.append(Reason(check.name, "ok", 0, check.sentence, ""))
            continue
        levels.append(trouble.level)
        reasons.append(Reason(check.name, trouble.level.lower(), trouble.points, trouble.words, check.remedy))
    worst = min(levels, key=list(Level).index, default=None)
    return Health(max(0, 100 - sum(reason.points for reason in reasons)), worst, reasons)
