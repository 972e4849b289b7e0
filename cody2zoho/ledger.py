"""The ledger: which conversations there are, and what has become of each. It is the truth; the queue is a hint.

    unseen ──add──▶ WAITING ──claim──▶ WORKING ──created──▶ CREATED
                      ▲                 │ │ │
                      ├──── later ──────┘ │ ├── let_go ───▶ EMPTY, GONE
                      │                   └──── park ─────▶ PARKED ──dismiss──▶ DISMISSED
                      ├──── retry, by a person ─────────────┘
                      └── the lease ended, and someone else claimed

Every conversation that is not finished stands in the agenda with the time of its next look. Sending a message
about it pushes that time forward, claiming pushes it to the end of the lease, finishing takes it out. Whatever
dies in between comes up again by itself.

Every move is one atomic script that checks the state and the owner, on the clock of the Redis server.

Keys, below the prefix:
    conversation:<id>  hash  state, bot, created_at (s), seen (ms), attempts; while working: owner, lease_ends (ms);
                             while waiting or parked: reason; once created: case, messages, digest
    agenda             zset  id -> ms of its next look
    parked             zset  id -> ms since it is parked
    metrics:states     hash  state -> how many conversations are in it
    poll:<bot>         hash  how far the bot's list is known; see `Place`
    sync:since         str   the line drawn at the first start, in Unix seconds
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import islice

import redis

from cody2zoho.models import Conversation
from cody2zoho.store import script

#: Conversations looked at in one round trip.
_PER_LOOK = 500


class State(StrEnum):
    WAITING = "waiting"  # until its next look
    WORKING = "working"  # a worker owns it until its lease ends
    CREATED = "created"  # its case exists
    PARKED = "parked"  # trying again cannot help; a person decides
    DISMISSED = "dismissed"  # a person decided that it gets no case
    EMPTY = "empty"  # nothing was said while it was young
    GONE = "gone"  # it was deleted at Cody before it became a case


@dataclass(frozen=True)
class Claim:
    """What a claim was answered: `owner` is empty unless the conversation is ours now."""

    conversation: Conversation
    was: str
    owner: str = ""
    attempts: int = 0


@dataclass(frozen=True)
class Parked:
    """A parked conversation and the reason, in words that name no conversation."""

    conversation_id: str
    reason: str


@dataclass(frozen=True)
class Known:
    """What the ledger has about one conversation; `case_id` is empty unless its case exists."""

    state: State
    case_id: str = ""


@dataclass(frozen=True)
class Place:
    """How far a bot's list is known, newest first. Times are `created_at`, in Unix seconds.

    Everything up to `known_to` is known, and everything after `top` is new. Where the list was too long for one
    poll, at least `offset` rows from its top have been read, and the rest down to `known_to` is still to come.
    """

    known_to: int
    top: int
    offset: int = 0


class Ledger:
    """All of it in one Redis, shared by every worker."""

    def __init__(self, store: redis.Redis, prefix: str, lease_seconds: float) -> None:
        self._store = store
        self._prefix = prefix
        self._lease_ms = int(lease_seconds * 1000)
        self._add = script(store, "add")
        self._claim = script(store, "claim")
        self._settle = script(store, "settle")
        self._due = script(store, "due")
        self._decide = script(store, "decide")

    def add_new(self, conversations: Iterable[Conversation]) -> list[str]:
        """Note those never seen before, in one round trip; returns their ids."""
        known = list(conversations)
        if not known:
            return []
        keys = [self._key("agenda"), self._key("metrics:states"), *(self._conversation(one.id) for one in known)]
        arguments = [part for one in known for part in (one.id, one.bot_id, one.created_at)]
        return list(self._add(keys=keys, args=arguments))

    def due(self, limit: int, lost_after_seconds: float) -> list[str]:
        """Ids whose next look has come; they come up again after `lost_after_seconds` unless claimed by then."""
        return list(self._due(keys=[self._key("agenda")], args=[limit, int(lost_after_seconds * 1000)]))

    def claim(self, conversation_id: str) -> Claim:
        """Take the conversation for the length of a lease, unless it is finished or someone else's."""
        owner = secrets.token_hex(8)
        keys = [self._conversation(conversation_id), self._key("agenda"), self._key("metrics:states")]
        was, *facts = self._claim(keys=keys, args=[conversation_id, owner, self._lease_ms])
        if was != "claimed":
            return Claim(Conversation(conversation_id, "", 0), was)
        attempts, bot, created_at = facts
        return Claim(Conversation(conversation_id, bot, int(created_at)), was, owner, int(attempts))

    def created(self, claim: Claim, case_id: str, messages: int, digest: str) -> bool:
        """The case exists. False where that was known already, so that nobody counts it twice."""
        return self._move(claim, State.CREATED, None, case=case_id, messages=messages, digest=digest)

    def later(self, claim: Claim, seconds: float, reason: str) -> bool:
        """Look again in so many seconds. False where the claim was lost meanwhile."""
        return self._move(claim, State.WAITING, seconds, reason=reason)

    def let_go(self, claim: Claim, state: State, reason: str) -> bool:
        """Nothing is to be done, now or later."""
        return self._move(claim, state, None, reason=reason)

    def park(self, claim: Claim, reason: str) -> bool:
        """Trying again cannot help; a person has to look."""
        return self._move(claim, State.PARKED, None, reason=reason)

    def parked(self) -> Iterator[Parked]:
        """All that are parked, the longest first."""
        ids = [str(found) for found in self._store.zrange(self._key("parked"), 0, -1)]
        for first in range(0, len(ids), _PER_LOOK):
            some = ids[first : first + _PER_LOOK]
            with self._store.pipeline(transaction=False) as pipe:
                for conversation_id in some:
                    pipe.hget(self._conversation(conversation_id), "reason")
                reasons = pipe.execute()
            yield from (Parked(one, str(reason or "")) for one, reason in zip(some, reasons, strict=True))

    def retry(self, conversation_id: str) -> bool:
        """Let a parked conversation begin anew. False where it is not parked."""
        return self._decided(conversation_id, State.WAITING)

    def dismiss(self, conversation_id: str) -> bool:
        """A person decided that it gets no case. False where it is not parked."""
        return self._decided(conversation_id, State.DISMISSED)

    def counts(self) -> dict[State, int]:
        found = self._store.hgetall(self._key("metrics:states"))
        return {state: int(found.get(state, 0)) for state in State}

    def about(self, conversation_id: str) -> dict[str, str]:
        """All the ledger holds of one conversation; empty where it is unknown."""
        found = self._store.hgetall(self._conversation(conversation_id))
        return {str(name): str(value) for name, value in found.items()}

    def line(self, wanted: int | None) -> int:
        """The Unix second before which conversations do not count: `wanted` at the first start, then for ever."""
        self._store.set(self._key("sync:since"), wanted or 0, nx=True)
        return int(self._store.get(self._key("sync:since")) or 0)

    def place(self, bot: str, line: int) -> Place:
        found = self._store.hgetall(self._key(f"poll:{bot}"))
        known_to = int(found.get("known_to", line - 1))
        return Place(known_to, int(found.get("top", known_to)), int(found.get("offset", 0)))

    def keep_place(self, bot: str, place: Place) -> None:
        self._store.hset(self._key(f"poll:{bot}"), items=[part for pair in asdict(place).items() for part in pair])

    def swept(self, bot: str) -> int:
        """The page of the bot's list that the sweep read last; 0 before its first."""
        return int(self._store.hget(self._key(f"poll:{bot}"), "swept") or 0)

    def keep_swept(self, bot: str, page: int) -> None:
        self._store.hset(self._key(f"poll:{bot}"), "swept", page)

    def looked_up(self, ids: Sequence[str]) -> dict[str, Known]:
        """What is known of these, in one round trip; who is unknown is absent."""
        with self._store.pipeline(transaction=False) as pipe:
            for conversation_id in ids:
                pipe.hmget(self._conversation(conversation_id), "state", "case")
            found = pipe.execute()
        return {
            one: Known(State(state), str(case or "")) for one, (state, case) in zip(ids, found, strict=True) if state
        }

    def adopt(self, pairs: Iterable[tuple[str, str]]) -> int:
        """Conversation id and case id: these cases exist. Returns how many that was news of."""
        wanted = dict(pairs)
        known = self.looked_up(list(wanted))
        new = {one: case for one, case in wanted.items() if one not in known or known[one].state is not State.CREATED}
        with self._store.pipeline() as pipe:
            for one, case_id in new.items():
                pipe.hdel(self._conversation(one), "owner", "lease_ends", "reason", "attempts")
                pipe.hset(self._conversation(one), mapping={"state": State.CREATED, "case": case_id})
                pipe.zrem(self._key("agenda"), one)
                pipe.zrem(self._key("parked"), one)
                self._count(pipe, known.get(one), State.CREATED)
            pipe.execute()
        return len(new)

    def again(self, conversation: Conversation) -> bool:
        """Let it begin anew, due now, whatever it was and also if it was unknown. False while someone works on it."""
        one = conversation.id
        known = self.looked_up([one]).get(one)
        if known and known.state is State.WORKING:
            return False
        facts: list[str | int] = ["state", State.WAITING, "bot", conversation.bot_id]
        facts += ["created_at", conversation.created_at]
        with self._store.pipeline() as pipe:
            pipe.hdel(self._conversation(one), "reason", "attempts", "case", "messages", "digest")
            pipe.hset(self._conversation(one), items=facts)
            pipe.hsetnx(self._conversation(one), "seen", str(int(self._store.time()[0]) * 1000))
            pipe.zadd(self._key("agenda"), {one: int(self._store.time()[0]) * 1000})
            pipe.zrem(self._key("parked"), one)
            self._count(pipe, known, State.WAITING)
            pipe.execute()
        return True

    def all_created(self) -> Iterator[tuple[str, str]]:
        """Conversation id and case id of all whose case exists, in no order."""
        start = self._conversation("")
        keys = self._store.scan_iter(match=f"{start}*", count=_PER_LOOK)
        while ids := [str(key).removeprefix(start) for key in islice(keys, _PER_LOOK)]:
            for one, known in self.looked_up(ids).items():
                if known.state is State.CREATED:
                    yield one, known.case_id

    def next_look(self, conversation_id: str) -> float | None:
        """When it comes up again, in Unix seconds; None where it is finished or unknown."""
        found = self._store.zscore(self._key("agenda"), conversation_id)
        return None if found is None else float(found) / 1000

    def _count(self, pipe: redis.client.Pipeline, known: Known | None, state: State) -> None:
        if known:
            pipe.hincrby(self._key("metrics:states"), known.state, -1)
        pipe.hincrby(self._key("metrics:states"), state, 1)

    def _move(self, claim: Claim, state: State, seconds: float | None, **facts: str | int) -> bool:
        keys = [self._conversation(claim.conversation.id), *map(self._key, ("agenda", "metrics:states", "parked"))]
        next_look = "" if seconds is None else int(seconds * 1000)
        pairs = [part for pair in facts.items() for part in pair]
        return bool(self._settle(keys=keys, args=[claim.conversation.id, claim.owner, state, next_look, *pairs]))

    def _decided(self, conversation_id: str, state: State) -> bool:
        keys = [self._conversation(conversation_id), *map(self._key, ("agenda", "metrics:states", "parked"))]
        return bool(self._decide(keys=keys, args=[conversation_id, state]))

    def _conversation(self, conversation_id: str) -> str:
        return self._key(f"conversation:{conversation_id}")

    def _key(self, name: str) -> str:
        return f"{self._prefix}{name}"
