"""Zoho's API credits: what the last 24 hours cost, how long that can go on, and what has to wait for what.

Zoho counts over 24 hours that move along, and what is spent comes back a day later. Nothing tells how much is left
before half of it is gone; from then on every answer does (`X-API-CREDITS-REMAINING`). So we count for ourselves.

So work stands in lanes, and each lane leaves a share of the credits to those before it: see `budget.KEPT_BACK`.

Keys, below the prefix:
    metrics:credits            hash    <quarter of an hour since 1970>:<lane> -> credits spent in it; for 25 hours
    metrics:credits:remaining  string  what Zoho last said is left; for 15 minutes, so that the next call learns anew
    metrics:credits:allowance  string  twice the most that Zoho ever said is left; for two days
"""

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import redis

from cody2zoho.errors import OutOfTurn
from cody2zoho.limits.budget import DAY_SECONDS, KEPT_BACK, QUARTER_SECONDS, Budget

_lane: ContextVar[str] = ContextVar("lane", default="cases")


@contextmanager
def lane(name: str) -> Iterator[None]:
    """All calls to Zoho inside are made in this lane."""
    assert name in KEPT_BACK, name
    mark = _lane.set(name)
    try:
        yield
    finally:
        _lane.reset(mark)


def lane_now() -> str:
    return _lane.get()


def cost_of(path: str, body: Any = None) -> int:
    """Credits of one call (Zoho, "API limits"): records by tens, COQL by its LIMIT, all else that we call one."""
    if not isinstance(body, dict):
        return 1
    if path == "coql":
        limit = re.search(r"\blimit\s+(?:\d+\s*,\s*)?(\d+)", str(body.get("select_query")), re.IGNORECASE)
        rows = int(limit[1]) if limit else 200
        return 1 if rows <= 200 else 2 if rows <= 1_000 else 3
    records = body.get("data")
    return max(1, math.ceil(len(records) / 10)) if isinstance(records, list) else 1


@dataclass(frozen=True)
class Credits:
    """The books of all workers. Calls are entered by `turn_over.lua`."""

    store: redis.Redis
    prefix: str
    #: ZOHO_CREDITS_PER_DAY, 0 = unknown.
    allowance: int
    reserve: int

    def check(self) -> None:
        """Raise OutOfTurn unless the lane may spend credits now. Costs nothing in the first lane."""
        if (name := _lane.get()) == "cases":
            return
        budget = self.budget()
        if lacking := budget.lacks(name):
            raise OutOfTurn(
                f"Zoho's API credits are kept for what comes before {name}", budget.seconds_until_back(lacking)
            )

    def budget(self) -> Budget:
        with self.store.pipeline(transaction=False) as pipe:
            self.ask(pipe)
            return self.understood(pipe.execute())

    def ask(self, pipe: Any) -> None:
        """Put what `understood` wants into a round trip."""
        hash_, remaining, allowance = self.keys
        pipe.time().hgetall(hash_).get(remaining).ttl(remaining).get(allowance)

    def understood(self, answers: Sequence[Any]) -> Budget:
        """The budget in the first five answers."""
        (seconds, _), books, told, told_for, learnt = answers[:5]
        oldest = seconds // QUARTER_SECONDS * QUARTER_SECONDS - DAY_SECONDS
        entries = ((int(quarter) * QUARTER_SECONDS, of) for quarter, _, of in (name.partition(":") for name in books))
        # What was spent in the future was booked before the server's clock was put back.
        spent = {
            entry: int(count)
            for entry, count in zip(entries, books.values(), strict=True)
            if oldest <= entry[0] <= seconds
        }
        ours = self.allowance - sum(spent.values()) if self.allowance else None
        known = [left for left in (ours, None if told is None else int(told)) if left is not None]
        return Budget(
            now=seconds,
            spent=spent,
            allowance=self.allowance or (int(learnt) if learnt else None),
            remaining=min(known, default=None),
            reserve=self.reserve,
            told_for_seconds=max(0, told_for),
        )

    @property
    def keys(self) -> tuple[str, str, str]:
        """The books, what Zoho last said, and what can be concluded from it."""
        books = f"{self.prefix}metrics:credits"
        return books, f"{books}:remaining", f"{books}:allowance"
