"""What a person has paused: no new case is begun, of one bot or at all, while new conversations are still noted.

What is being worked on finishes. What waits of a paused bot is put aside at once, and what comes in afterwards when a
worker would claim it; so nobody looks at it again, and it holds up no other bot. Resuming brings all of it back; should
whoever resumes be killed half-way, the next poll does the rest.

Keys, below the prefix:
    paused       hash  `all` or `bot <id>` -> since when, in Unix seconds, and the reason
    paused:told  hash  the same, as far as a log line was written about it, or what was put aside is to be brought back
    aside        zset  id -> ms of its next look, of what would stand in the agenda if it were not paused
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import redis

from cody2zoho.ledger.records import PER_LOOK
from cody2zoho.store import script
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import WorkPaused, WorkResumed
from cody2zoho.text.times import span

ALL = "all"


@dataclass(frozen=True)
class Pause:
    """`what` is `all` or `bot <id>`; `since` in Unix seconds."""

    what: str
    since: int
    reason: str

    @property
    def is_all(self) -> bool:
        return self.what == ALL

    @property
    def bot(self) -> str:
        """Empty where it is everything."""
        return "" if self.is_all else self.what.removeprefix("bot ")

    def words(self, now: float) -> str:
        what = "everything" if self.what == ALL else self.what
        return f"{what} was paused {span(now - self.since)} ago{f': {self.reason}' if self.reason else ''}"


class Paused:
    """Shared by all workers."""

    def __init__(self, store: redis.Redis, prefix: str, clock: Callable[[], float]) -> None:
        self._store, self._prefix, self._clock = store, prefix, clock
        self._key, self._told_key = f"{prefix}paused", f"{prefix}paused:told"
        self._agenda, self._aside = f"{prefix}agenda", f"{prefix}aside"
        self._put_aside = script(store, "put_aside")
        self._bring_back = script(store, "bring_back")

    def current(self) -> list[Pause]:
        """What is paused now, the longest first."""
        return sorted(_understood(self._held(self._key)), key=lambda pause: pause.since)

    def is_everything(self) -> bool:
        """Whether no case at all is begun."""
        return bool(self._store.hexists(self._key, ALL))

    def of(self, bot_id: str) -> Pause | None:
        """What keeps this bot's cases from being begun."""
        return next((pause for pause in self.current() if pause.what in (ALL, name_of(bot_id))), None)

    def pause(self, bot_id: str | None, reason: str) -> int:
        """Begin no more cases, of one bot or at all; returns how many conversations were put aside.

        Of everything nothing need be put aside: the agenda itself is not looked at.
        """
        what = ALL if bot_id is None else name_of(bot_id)
        self._store.hset(self._key, what, f"{int(self._clock())} {reason}".strip())
        if bot_id is None:
            return 0
        return sum(self._moved(self._put_aside, some, what) for some in self._in(self._agenda))

    def resume(self, bot_id: str | None) -> list[str]:
        """Let one bot go on, or everything there is; returns what was paused."""
        known = self._held(self._key)
        chosen = {what: since for what, since in known.items() if bot_id is None or what == name_of(bot_id)}
        if chosen:
            with self._store.pipeline() as pipe:
                # In one step: whoever polls next brings back what we might not.
                for what, since in chosen.items():
                    pipe.hset(self._told_key, what, since)
                pipe.hdel(self._key, *chosen)
                pipe.execute()
            self.bring_back()
        return sorted(chosen)

    def bring_back(self) -> int:
        """Into the agenda with what is paused no more; what was finished meanwhile is dropped."""
        return sum(self._moved(self._bring_back, some) for some in self._in(self._aside))

    def aside(self) -> int:
        """How many conversations are put aside."""
        return int(self._store.zcard(self._aside))

    def tell(self) -> None:
        """A log line for what was paused or resumed since the last one; only one process at a time may poll."""
        with self._store.pipeline(transaction=False) as pipe:
            pipe.hgetall(self._key)
            pipe.hgetall(self._told_key)
            paused, told = pipe.execute()
        for pause in _understood({what: since for what, since in paused.items() if told.get(what) != since}):
            report(WorkPaused(pause.what, pause.reason))
            self._store.hset(self._told_key, pause.what, paused[pause.what])
        for pause in _understood({what: since for what, since in told.items() if what not in paused}):
            self.bring_back()
            report(WorkResumed(pause.what, int(self._clock()) - pause.since))
            self._store.hdel(self._told_key, pause.what)

    def _held(self, key: str) -> dict[str, str]:
        return {str(what): str(since) for what, since in self._store.hgetall(key).items()}

    def _moved(self, move: Any, ids: list[str], *facts: str) -> int:
        keys = [self._agenda, self._aside, self._key, *(f"{self._prefix}conversation:{one}" for one in ids)]
        return int(move(keys=keys, args=[*ids, *facts]))

    def _in(self, key: str) -> Iterator[list[str]]:
        """All that stands in a sorted set, some at a time; what comes in or goes meanwhile may be left out."""
        some: list[str] = []
        for one, _ in self._store.zscan_iter(key, count=PER_LOOK):
            some.append(str(one))
            if len(some) == PER_LOOK:
                yield some
                some = []
        if some:
            yield some


def name_of(bot_id: str) -> str:
    return f"bot {bot_id}"


def _understood(found: dict[str, str]) -> Iterator[Pause]:
    for what, since in found.items():
        seconds, _, reason = since.partition(" ")
        yield Pause(what, int(seconds), reason)
