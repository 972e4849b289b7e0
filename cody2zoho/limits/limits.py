"""What all workers together may ask of Cody and Zoho, and how much of it is used now."""

import time
from dataclasses import dataclass
from typing import Any

import redis

from cody2zoho.limits.budget import Budget
from cody2zoho.limits.credits import Credits
from cody2zoho.limits.patience import Patience
from cody2zoho.limits.pauses import Pauses
from cody2zoho.limits.permits import Permits
from cody2zoho.limits.turns import LEASE_SECONDS, Turns
from cody2zoho.settings import Settings
from cody2zoho.store import script

#: For so long a look at the credits holds.
_BUDGET_SECONDS = 5.0


@dataclass(frozen=True)
class Now:
    """One moment: seconds left of each pause in force, calls and requests under way, and what they may be."""

    pauses: dict[str, float]
    zoho_in_flight: int
    zoho_limit: int
    cody_requests: int
    cody_limit: int
    #: Conversations whose reading may be begun.
    cody_starts: int
    budget: Budget

    def as_json(self) -> dict[str, Any]:
        """What `cody2zoho status --json` shows."""
        return {
            "pauses": self.pauses,
            "zoho": {"in_flight": self.zoho_in_flight, "limit": self.zoho_limit, "credits": self.budget.as_json()},
            "cody": {"requests": self.cody_requests, "limit": self.cody_limit},
        }


class Limits:
    """All of them, for one process."""

    def __init__(self, store: redis.Redis, settings: Settings) -> None:
        prefix = settings.redis_key_prefix
        self.most_calls = settings.zoho_max_concurrency
        self.patience, self.pauses = Patience(), Pauses(store, prefix)
        self.credits = Credits(store, prefix, settings.zoho_credits_per_day, settings.zoho_credits_reserve)
        self.turn = Turns(store, prefix, self.most_calls, self.credits, self.pauses, self.patience)
        self.permit = Permits(store, prefix, settings.cody_requests_per_minute, self.pauses, self.patience)
        self._store = store
        self._look = script(store, "window", "paused", "look")
        own = self.pauses.key
        self._keys = [*self.permit.window_keys, own("cody"), f"{prefix}limit:zoho", own("zoho")]
        self._is_exhausted, self._budget_good_until = False, 0.0
        self._numbers = [settings.cody_requests_per_minute or 0, int(LEASE_SECONDS * 1000)]

    def now(self) -> Now:
        """How much is used, in one round trip."""
        with self._store.pipeline(transaction=False) as pipe:
            self.credits.ask(pipe)
            # The whole text: by its digest it would be a round trip more, to see whether Redis knows it.
            pipe.eval(self._look.script, len(self._keys), *self._keys, *self._numbers)
            *answers, (cody, zoho, in_flight, asked, limit, starts) = pipe.execute()
        pauses = {api: left / 1000 for api, left in (("cody", cody), ("zoho", zoho)) if left}
        return Now(pauses, in_flight, self.most_calls, asked, limit, starts, self.credits.understood(answers))

    def room(self) -> int:
        """How many cases could usefully be begun now, over all workers: none that would only wait."""
        cody, zoho, in_flight, _, _, starts = self._look(keys=self._keys, args=self._numbers)
        if cody or zoho or self._credits_are_gone():
            return 0
        # While one half calls Zoho, the other reads at Cody.
        return max(0, min(2 * self.most_calls - int(in_flight), int(starts)))

    def _credits_are_gone(self) -> bool:
        """Looked at now and then: credits go slowly, and this is asked for nearly every case."""
        if time.monotonic() >= self._budget_good_until:
            self._is_exhausted = self.credits.budget().is_exhausted
            self._budget_good_until = time.monotonic() + _BUDGET_SECONDS
        return self._is_exhausted

    def stop_waiting(self) -> None:
        """The worker stops: whoever waits for a turn gives up, and hands back what it holds."""
        self.patience.end()
