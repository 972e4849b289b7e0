"""Conversations of which Cody's list of all messages tells, and that nobody has listed to the ledger.

Where silences split conversations, one that began before the line of SYNC_SINCE may go on with a part behind it. Whose
it is only Cody knows, and is asked once.

Keys, below the prefix:
    strangers     zset    id -> Unix second at which Cody said that it is none of ours, infinite before it was asked;
                          the latest 10,000
    strangers:of  string  the bots that were ours then
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import redis

_MOST = 10_000


@dataclass(frozen=True)
class Strangers:
    """Shared by all workers."""

    store: redis.Redis
    prefix: str
    #: Ours.
    bots: Sequence[str | None]

    def meet(self, ids: Sequence[str], at_once: int) -> list[str]:
        """Note those that are new; returns some, by chance, of which nobody knows yet whose they are."""
        bots = " ".join(sorted(bot or "all" for bot in self.bots))
        with self.store.pipeline() as pipe:
            pipe.set(f"{self._key}:of", bots, get=True)
            for one in ids:
                pipe.zadd(self._key, {one: "inf"}, nx=True)
            pipe.zremrangebyrank(self._key, 0, -_MOST - 1)
            pipe.zrangebyscore(self._key, "inf", "inf")
            before, *_, unknown = pipe.execute()
        if before not in (None, bots):
            # Those of a bot that was added since are ours; each is asked about when somebody speaks in it again.
            self.store.zremrangebyscore(self._key, "-inf", "(inf")
            return self.meet(ids, at_once)
        # One that Cody has trouble with must not hold up the others.
        return [str(one) for one in random.sample(unknown, min(at_once, len(unknown)))]

    def know(self, conversation_id: str, now: float) -> None:
        """It is none of ours."""
        self.store.zadd(self._key, {conversation_id: int(now)})

    def forget(self, conversation_id: str) -> None:
        self.store.zrem(self._key, conversation_id)

    @property
    def _key(self) -> str:
        return f"{self.prefix}strangers"
