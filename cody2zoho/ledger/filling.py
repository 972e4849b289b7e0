"""The ledger as it is filled from Zoho, or brought up to date: closed until then, and open from then on."""

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
