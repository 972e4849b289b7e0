"""What the ledger knows, for whoever only wants to read it: states, buckets, and where each conversation stands."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha1
from itertools import islice
from zlib import crc32

import redis

from cody2zoho.store import script

#: Conversations looked at in one round trip.
PER_LOOK = 500

#: At a million conversations 15 in each bucket; Redis packs up to 128 (hash-max-listpack-entries).
BUCKETS = 65_536


#: What all of this looks like in Redis. In 1, finished conversations stood by themselves, as open ones do.
SCHEMA = 2


class State(StrEnum):
    WAITING = "waiting"  # until its next look
    WORKING = "working"  # a worker owns it until its lease ends
    CREATED = "created"  # its case exists
    PARKED = "parked"  # trying again cannot help; a person decides
    DISMISSED = "dismissed"  # a person decided that it gets no case
    EMPTY = "empty"  # nothing was said while it was young
    GONE = "gone"  # it was deleted at Cody before it became a case
    FORGOTTEN = "forgotten"  # a person erased it; only a digest of its id is known


#: These stand in buckets; what a person dismissed stays as it was, with the reason for which it was parked.
FINISHED = {State.CREATED, State.EMPTY, State.GONE}


@dataclass(frozen=True)
class Parked:
    """A parked conversation and the reason, in words that name no conversation."""

    conversation_id: str
    reason: str


@dataclass(frozen=True)
class Held:
    """What the case of a conversation holds, as far as the ledger knows; a rebuilt one knows the case's id alone.

    `messages` counts them, `digest` is over all of them, `last_said_at` is the Unix second of the newest, and
    `described` is the digest of the description as we wrote it, empty where somebody else did.
    Of a conversation that is split by silences it is the latest part's case: `since` is the Unix second at which that
    part begins, 0 = with the conversation. A rebuilt one knows it too.
    """

    case_id: str
    messages: int | None = None
    digest: str = ""
    last_said_at: int = 0
    described: str = ""
    since: int = 0

    @classmethod
    def of(cls, record: str) -> "Held":
        """As it stands in a bucket, after the state."""
        known, _, since = record.partition(" @")
        case_id, messages, digest, last_said_at, described = [*known.split(" "), "", "", "", "", ""][:5]
        count = int(messages) if messages else None
        return cls(case_id, count, digest, int(last_said_at or 0), described.strip("-"), int(since or 0))

    def __str__(self) -> str:
        since = f" @{self.since}" if self.since else ""
        if self.messages is None:
            return f"{self.case_id}{since}"
        return f"{self.case_id} {self.messages} {self.digest} {self.last_said_at} {self.described or '-'}{since}"


@dataclass(frozen=True)
class Known:
    """What the ledger knows of a conversation; `case_id` once there is a case, and `since` of its part."""

    state: State
    case_id: str = ""
    since: int = 0

    @property
    def words(self) -> str:
        """For a report: the state, and the case where there is one."""
        return f"{self.state} {self.case_id}".rstrip()

    @property
    def is_earlier(self) -> bool:
        """Whether only the earlier product's mark tells of its case, which then lacks the conversation's id in Zoho."""
        return self.state is State.CREATED and not self.case_id


class Records:
    """The reading half of the ledger."""

    def __init__(self, store: redis.Redis, prefix: str) -> None:
        self._store = store
        self._prefix = prefix
        self._oldest_due = script(store, "oldest_due")

    def looked_up(self, ids: Sequence[str]) -> dict[str, Known]:
        """What is known of these, in one round trip, and a second for the unknown; one that stays so is left out."""
        with self._store.pipeline(transaction=False) as pipe:
            for one in ids:
                pipe.hmget(self._conversation(one), "state", "held")
                pipe.hget(self._finished(one), one)
            answers = iter(pipe.execute())
        found = {one: _known(next(answers), next(answers)) for one in ids}
        forgotten = self._forgotten([one for one, known in found.items() if not known])
        return {one: known for one, known in found.items() if known} | dict.fromkeys(forgotten, Known(State.FORGOTTEN))

    def _forgotten(self, ids: Sequence[str]) -> list[str]:
        """Those of these that a person erased."""
        with self._store.pipeline(transaction=False) as pipe:
            for one in ids:
                pipe.zscore(self._key("forgotten"), digest_of(one))
            return [one for one, since in zip(ids, pipe.execute(), strict=True) if since is not None]

    def about(self, conversation_id: str) -> dict[str, str]:
        """All the ledger holds of one conversation, times in ms; empty where it is unknown."""
        with self._store.pipeline(transaction=False) as pipe:
            pipe.hgetall(self._conversation(conversation_id))
            pipe.hget(self._finished(conversation_id), conversation_id)
            pipe.zscore(self._key("agenda"), conversation_id)
            pipe.zscore(self._key("parked"), conversation_id)
            pipe.zscore(self._key("forgotten"), digest_of(conversation_id))
            facts, record, next_look, parked, forgotten = pipe.execute()
        if record and not facts:
            state, _, held = record.partition(" ")
            facts = {"state": state, "held": held}
        if held := facts.pop("held", ""):
            known, _, since = held.partition(" @")
            names = ("case", "messages", "digest", "last_said_at", "described")
            facts |= dict(zip(names, known.split(" "), strict=False))
            facts |= {"since": since} if since else {}
        if forgotten is not None:
            facts = {"state": State.FORGOTTEN.value}
        times = {"next_look": next_look, "parked_since": parked, "forgotten_since": forgotten}
        return {**facts, **{name: str(int(ms)) for name, ms in times.items() if ms is not None}}

    def parked(self, most: int = 0) -> Iterator[Parked]:
        """All that are parked, or so many, the longest first."""
        ids = [str(found) for found in self._store.zrange(self._key("parked"), 0, most - 1)]
        for first in range(0, len(ids), PER_LOOK):
            some = ids[first : first + PER_LOOK]
            with self._store.pipeline(transaction=False) as pipe:
                for conversation_id in some:
                    pipe.hget(self._conversation(conversation_id), "reason")
                reasons = pipe.execute()
            yield from (Parked(one, str(reason or "")) for one, reason in zip(some, reasons, strict=True))

    def all_created(self) -> Iterator[tuple[str, Known]]:
        """Every conversation that has a case, in no order; one that comes in meanwhile may be left out."""
        numbers = self._buckets()
        while some := list(islice(numbers, PER_LOOK)):
            with self._store.pipeline(transaction=False) as pipe:
                for number in some:
                    pipe.hgetall(self._key(f"conversation:finished:{number}"))
                buckets = pipe.execute()
            for bucket in buckets:
                for conversation_id, record in bucket.items():
                    known = _known((None, None), record)
                    if known and known.state is State.CREATED:
                        yield conversation_id, known

    def _buckets(self) -> Iterator[int]:
        """Those that hold something, of which a small installation has few; SCAN may name one twice."""
        start = self._key("conversation:finished:")
        there = bytearray(BUCKETS)
        for key in self._store.scan_iter(match=f"{start}*", count=1_000):
            there[int(str(key).removeprefix(start))] = 1
        return (number for number, is_there in enumerate(there) if is_there)

    def counts(self) -> dict[State, int]:
        found = self._store.hgetall(self._key("metrics:states"))
        return {state: int(found.get(state, 0)) for state in State}

    def in_hand(self) -> int:
        """How many conversations a worker has now."""
        seconds, micros = self._store.time()
        return int(self._store.zcount(self._key("working"), seconds * 1000 + micros // 1000, "+inf"))

    def overdue(self) -> int:
        """How many conversations are due and not handed out, because workers have enough in hand."""
        seconds, micros = self._store.time()
        return int(self._store.zcount(self._key("agenda"), "-inf", seconds * 1000 + micros // 1000))

    def overdue_seconds(self) -> float:
        """How long what is due longest has not been handed out; 0 where nothing is due."""
        seconds, micros = self._store.time()
        first = self._store.zrange(self._key("agenda"), 0, 0, withscores=True)
        return max(0.0, seconds + micros / 1_000_000 - float(first[0][1]) / 1000) if first else 0.0

    def oldest_due(self, late_hours: float) -> tuple[float, str, int]:
        """For how long the oldest has been due to its case, its id, and how many are later than so many hours.

        Of the next 2,000 in the agenda: among them are all that nobody hands out, and all that are tried again.
        """
        facts = [2_000, self._conversation(""), int(late_hours * 3_600_000)]
        milliseconds, conversation_id, late = self._oldest_due(keys=[self._key("agenda")], args=facts)
        return milliseconds / 1000, str(conversation_id), int(late)

    def schema(self) -> int:
        """Of what is there; ours where nothing is there yet."""
        known = self._store.hget(self._key("ledger"), "schema")
        return int(known) if known else 1 if self._store.exists(self._key("metrics:states")) else SCHEMA

    def opened_at(self) -> float:
        """The Unix second since when it may be trusted; 0 while it is closed."""
        return int(self._store.hget(self._key("ledger"), "epoch") or 0) / 1000

    def is_open(self) -> bool:
        """Whether it was filled, and has not been found to be old since."""
        return bool(self._store.hexists(self._key("ledger"), "epoch"))

    def _places(self, ids: Iterable[str]) -> list[str]:
        """Where a conversation may stand: by itself while it is open, and in a bucket afterwards."""
        return [key for one in ids for key in (self._conversation(one), self._finished(one))]

    def _conversation(self, conversation_id: str) -> str:
        return self._key(f"conversation:{conversation_id}")

    def _finished(self, conversation_id: str) -> str:
        return self._key(f"conversation:finished:{crc32(conversation_id.encode()) % BUCKETS}")

    def _keys(self, *names: str) -> list[str]:
        return [self._key(name) for name in names]

    def _key(self, name: str) -> str:
        return f"{self._prefix}{name}"


def digest_of(conversation_id: str) -> str:
    """What stays of one that was forgotten, as the scripts make it; twelve random characters are not guessed back."""
    return sha1(conversation_id.encode(), usedforsecurity=False).hexdigest()


def _known(opened: Sequence[str | None], record: str | None) -> Known | None:
    state, held = opened
    if not state:
        state, _, held = (record or "").partition(" ")
    if not state:
        return None
    case_id, _, rest = (held or "").partition(" ")
    return Known(State(state), case_id, int(rest.partition("@")[2] or 0))
