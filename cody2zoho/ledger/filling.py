"""The ledger as it is filled from Zoho, or from a backup and then from Zoho: closed until then, and open from then on.

While a backup is put back, the ledger's hash has a field `restoring`, and nothing opens it. Whoever does that and dies
half-way leaves the field behind, until a restore has come to its end.
"""

from collections.abc import Iterable, Sequence

import redis

from cody2zoho.ledger.records import FINISHED, PER_LOOK, SCHEMA, Records, State
from cody2zoho.store import script


class Filling(Records):
    """Moves that concern many conversations at once, and no worker's claim."""

    def __init__(self, store: redis.Redis, prefix: str) -> None:
        super().__init__(store, prefix)
        self._adopt = script(store, "adopt")
        self._fill = script(store, "fill")
        self._restore = script(store, "restore")

    def adopt(self, pairs: Iterable[tuple[str, str]]) -> int:
        """Conversations and what is known to be `Held` of cases that exist; returns how many were new to the ledger.

        Of a conversation's parts the latest one counts.
        What was tried and is not done stays as it is: its case may lack notes, and it finds the case by itself.
        """
        new, known = 0, list(pairs)
        for first in range(0, len(known), PER_LOOK):
            some = known[first : first + PER_LOOK]
            keys = [
                *self._keys("agenda", "working", "metrics:states", "parked"),
                *self._places(conversation_id for conversation_id, _ in some),
                self._key("forgotten"),
            ]
            facts = [part for one, held in some for part in (one, f"{State.CREATED} {held}".rstrip())]
            new += self._adopt(keys=keys, args=facts)
        return new

    def look_again(self, ids: Sequence[str], first_seconds: float, apart_seconds: float) -> None:
        """Put those of these that are finished and have their case into the agenda, one after the other."""
        # Nobody may claim what is parked or was forgotten: it would be handed out, and named, for ever.
        known = self.looked_up(ids) if ids else {}
        created = [one for one, found in known.items() if found.state is State.CREATED]
        if not created:
            return
        seconds, micros = self._store.time()
        first = seconds * 1000 + micros // 1000 + int(first_seconds * 1000)
        apart = int(apart_seconds * 1000)
        self._store.zadd(
            self._key("agenda"), {one: first + apart * number for number, one in enumerate(created)}, nx=True
        )

    def pack(self, ids: Sequence[str]) -> int:
        """Put those that are finished and stand by themselves, as in version 1, into their buckets; how many."""
        with self._store.pipeline(transaction=False) as pipe:
            for one in ids:
                pipe.hgetall(self._conversation(one))
            facts = dict(zip(ids, pipe.execute(), strict=True))
        finished = {one: found for one, found in facts.items() if found.get("state") in FINISHED}
        with self._store.pipeline() as pipe:
            for one, found in finished.items():
                record = " ".join(found[name] for name in ("state", "case", "messages", "digest") if name in found)
                pipe.hset(self._finished(one), one, record)
                pipe.delete(self._conversation(one))
            pipe.execute()
        return len(finished)

    def filled_to(self) -> str:
        """The case up to which it was filled already, so that who goes on need not begin anew."""
        self._store.hsetnx(self._key("ledger"), "filled_to", "0")
        return str(self._store.hget(self._key("ledger"), "filled_to"))

    def keep_filled_to(self, before: str, case_id: str) -> bool:
        """It is filled further. False where it is not filled up to `before`: it was lost meanwhile."""
        return bool(self._fill(keys=self._keys("ledger"), args=[before, case_id, SCHEMA]))

    def open(self, filled_to: str = "") -> bool:
        """From now on it may be trusted. False where it is not filled so far: it was lost meanwhile."""
        return bool(self._fill(keys=self._keys("ledger"), args=[filled_to, "", SCHEMA]))

    def close(self) -> None:
        """It cannot be trusted until it is filled again; what is being worked on is still recorded."""
        self._store.hdel(self._key("ledger"), "epoch")

    def restoring(self) -> str:
        """The mark of a restore that has not ended; empty where there is none."""
        return str(self._store.hget(self._key("ledger"), "restoring") or "")

    def begin_restoring(self, mark: str) -> None:
        """Close it for good until `end_restoring`, whoever wants to open it."""
        with self._store.pipeline() as pipe:
            pipe.hset(self._key("ledger"), "restoring", mark)
            pipe.hdel(self._key("ledger"), "epoch", "filled_to")
            pipe.execute()

    def put_back(self, mark: str, lines: Sequence[tuple[str, str]]) -> int:
        """Conversations by id, each with its line of a backup; how many were new. -1 where this restore is over."""
        keys = self._keys("ledger", "metrics:states", "forgotten", "agenda", "aside", "parked")
        places = self._places(conversation_id for conversation_id, _ in lines)
        return int(self._restore(keys=[*keys, *places], args=[mark, *(line for _, line in lines)]))

    def end_restoring(self) -> None:
        """All of it is there: the next worker fills it from Zoho, and opens it."""
        with self._store.pipeline() as pipe:
            pipe.zcard(self._key("forgotten"))
            pipe.hset(self._key("ledger"), "schema", str(SCHEMA))
            [forgotten, _] = pipe.execute()
        with self._store.pipeline() as pipe:
            if forgotten:
                pipe.hset(self._key("metrics:states"), State.FORGOTTEN, forgotten)
            pipe.hdel(self._key("ledger"), "restoring")
            pipe.execute()
