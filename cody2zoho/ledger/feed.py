"""How far Cody's list of all messages is known, and how far it can be trusted.

Nobody documents that the list is newest first, nor that it has the messages of every bot (facts of Cody's API). So it
has to prove itself, bot by bot: what a conversation turns out to hold must have been told by the list before.

Keys, below the prefix:
    feed  hash  top: Unix second of the newest message known; ids: the latest messages; gap_to and offset: see
                `Place`; read_at: Unix second;
                broken: why it is not read, and until: the Unix second when it is tried again; told:<bot>: how often it
                was right; missed:<bot>: Unix second at which it was wrong
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import redis

#: So often it must have been right about a bot before anything relies on it.
_PROOFS = 3

#: After it was wrong once nothing relies on it for a day.
_MISTRUST_SECONDS = 86_400

#: A list that was not read for so long proves nothing.
_STALE_SECONDS = 900

#: Clocks of Cody, Redis and workers may differ by so much.
_SKEW_SECONDS = 60

#: For so long one look at the key holds.
_KNOWN_FOR_SECONDS = 5.0


@dataclass(frozen=True)
class Place:
    """Everything up to `top` is known, and of that Unix second, and a while before it, the messages `ids`.

    0 before the first reading.

    Where more was said than one poll reads, what lies at least `offset` rows below the top and is as new as second
    `gap_to` is still to come.
    """

    top: int = 0
    ids: frozenset[str] = frozenset()
    gap_to: int = 0
    offset: int = 0
    #: Why it is not read now; empty where it is.
    broken: str = ""


@dataclass
class Feed:
    """Shared by all workers."""

    store: redis.Redis
    prefix: str
    clock: Callable[[], float]
    _facts: dict[str, str] = field(default_factory=dict)
    _read_at: float = 0.0

    def place(self) -> Place:
        facts = self._read()
        broken = facts.get("broken", "") if float(facts.get("until", 0)) > self.clock() else ""
        top, gap_to, offset = (int(facts.get(name, 0)) for name in ("top", "gap_to", "offset"))
        return Place(top, frozenset(facts.get("ids", "").split()), gap_to, offset, broken)

    def keep(self, place: Place, read_at: float) -> None:
        facts = {"top": place.top, "ids": " ".join(sorted(place.ids)), "gap_to": place.gap_to, "offset": place.offset}
        self.store.hset(self._key, mapping={**facts, "read_at": int(read_at)})  # type: ignore[dict-item]
        self.store.hdel(self._key, "broken", "until")

    def leave(self, why: str, seconds: float) -> None:
        """Do not read it for so long."""
        self.store.hset(self._key, mapping={"broken": why, "until": int(self.clock() + seconds)})

    def is_trusted(self, bot: str) -> bool:
        """Whether it tells of every message of this bot."""
        facts, now = self._lately(), self.clock()
        is_read = now - float(facts.get("read_at", 0)) < _STALE_SECONDS and float(facts.get("until", 0)) <= now
        return is_read and not int(facts.get("gap_to", 0)) and self._is_proved(facts, bot)

    def judge(self, bot: str, said_at: int, told_at: int, seen_at: float) -> bool:
        """A visitor of this bot spoke at `said_at`, and the list told of `told_at` at the latest; False where it erred.

        What was said before the ledger had `seen` the conversation, or after the last reading, proves nothing.
        """
        facts = self._lately()
        if told_at >= said_at:
            if not self._is_proved(facts, bot):
                self.store.hincrby(self._key, f"told:{bot}", 1)
            return True
        is_read = said_at < float(facts.get("read_at", 0)) - _SKEW_SECONDS and not int(facts.get("gap_to", 0))
        if not is_read or said_at < seen_at + _SKEW_SECONDS:
            return True
        self.store.hset(self._key, f"missed:{bot}", int(self.clock()))
        self.store.hdel(self._key, f"told:{bot}")
        self._read_at = 0.0
        return False

    def bots(self) -> list[str]:
        """Those that it was judged by."""
        return sorted({bot for what, _, bot in (name.partition(":") for name in self._read()) if bot})

    def words(self, bot: str) -> str:
        """Whether it is in use for a bot, for people."""
        if broken := self.place().broken:
            return f"not in use: {broken}"
        facts = self._read()
        if self.is_trusted(bot):
            return "in use"
        if int(facts.get("gap_to", 0)):
            return "not in use yet: more was said than it was read"
        if f"missed:{bot}" in facts:
            return "not in use: it lacked a message"
        return f"not in use yet: right {facts.get(f'told:{bot}', 0)} times of {_PROOFS}"

    def _is_proved(self, facts: dict[str, str], bot: str) -> bool:
        missed_at = float(facts.get(f"missed:{bot}", 0))
        return int(facts.get(f"told:{bot}", 0)) >= _PROOFS and self.clock() - missed_at > _MISTRUST_SECONDS

    def _lately(self) -> dict[str, str]:
        """What was known a moment ago: this is asked for every case."""
        if abs(self.clock() - self._read_at) > _KNOWN_FOR_SECONDS:
            self._facts, self._read_at = self._read(), self.clock()
        return self._facts

    def _read(self) -> dict[str, str]:
        return {str(name): str(value) for name, value in self.store.hgetall(self._key).items()}

    @property
    def _key(self) -> str:
        return f"{self.prefix}feed"
