"""A backfill as all workers share it: what is still to be done, who is at it, and what has become of the rest.

Nothing of it is the truth. Which conversation has its case is in the ledger, where each is noted before it is worked
on; should all of this be lost, the next `cody2zoho backfill` finds what the ledger does not know.

Keys, below the prefix:
    backfill                hash    the latest run: run, a name; began and ended (s); stopped; total; and by figure how
                                    many: made, ordinary, silent; cody, zoho and credits, which is what it has cost;
                                    lapses:<place>, batches of a place that were begun and not struck off
    backfill:todo           zset    id, bot, created_at and, if needed, name of a conversation -> created_at (s); the
                                   newest is next
    backfill:taken:<place>  zset    the same, for those that the batch of one place works on
    backfill:hand           zset    id -> ms at which its lease ends, while a batch has it: the steady work's limit of
                                    conversations in hand leaves them out
    backfill:heard          hash    id -> second of the newest message that Cody's feed told of in the last hour, of all
                                    conversations, as long as a batch may be reading them
    backfill:rest           string  why no batch begins; gone when one may
    backfill:faults         string  passing faults in a row
"""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import redis

from cody2zoho.models import Conversation
from cody2zoho.store import script
from cody2zoho.text.times import span

#: Batches at a time, over all workers: while one waits for Zoho, the other reads at Cody.
PLACES = 2

#: What is counted; `made` are cases of batches, `ordinary` goes the way of all conversations, in `silent` nobody spoke.
FIGURES = ("made", "ordinary", "silent", "cody", "zoho", "credits")

_PER_CALL = 1_000

#: For so long a row of faults is remembered.
_FAULTS_SECONDS = 3_600

#: No batch has read anything for so long when it claims it.
_HEARD_SECONDS = 3_600


@dataclass(frozen=True)
class Run:
    """A backfill at one moment; times in Unix seconds."""

    name: str
    began_at: int
    now: int
    total: int
    left: int
    figures: dict[str, int]
    ended_at: int | None = None
    is_stopped: bool = False
    #: Why no batch begins now, and for how many more seconds.
    rests: str = ""
    rest_seconds: float = 0.0

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None

    @property
    def done(self) -> int:
        return self.total - self.left

    @property
    def per_minute(self) -> float:
        """Conversations since it began."""
        return 60 * self.done / max(1, (self.ended_at or self.now) - self.began_at)

    @property
    def seconds_left(self) -> float | None:
        """None where nobody can tell yet."""
        return 60 * self.left / self.per_minute if self.done else None

    @property
    def pace(self) -> str:
        """How fast it goes on, or why it does not."""
        if self.rests:
            return f"rests for {span(self.rest_seconds)}: {self.rests}"
        left = f", about {span(self.seconds_left)} left" if self.seconds_left is not None else ""
        return f"{self.per_minute:.0f} a minute{left}"

    @property
    def words(self) -> str:
        """What has become of it, in one sentence."""
        made, ordinary, silent, cody, zoho, spent = (self.figures[name] for name in FIGURES)
        parts = [
            f"{made} cases in batches",
            f"{ordinary} left to the way of all" if ordinary else "",
            f"{silent} in which nothing was said" if silent else "",
        ]
        cost = f"{cody} requests to Cody, {zoho} to Zoho, {spent} credits"
        return f"{self.done} of {self.total} conversations: {', '.join(filter(None, parts))}; {cost}"

    def as_json(self) -> dict[str, object]:
        return {
            "began": self.began_at,
            "ended": self.ended_at,
            "stopped": self.is_stopped,
            "conversations": self.total,
            "done": self.done,
            "left": self.left,
            **self.figures,
            "per_minute": round(self.per_minute, 1),
            "rests": self.rests,
        }


@dataclass(frozen=True)
class Taken:
    """What one batch works on."""

    run: str
    place: int
    #: As each stands in Redis; whoever noted it may have had other settings.
    standing: dict[str, Conversation]
    #: Batches of this place in a row that ended without a word before this one.
    lapses: int = 0

    @property
    def conversations(self) -> list[Conversation]:
        return list(self.standing.values())


@dataclass
class History:
    """Shared by all workers."""

    store: redis.Redis
    prefix: str
    #: Whether a conversation's name is needed for its case; customers' addresses may stand in it.
    keeps_name: Callable[[str], bool] = lambda _: False
    _keys: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._keys = {name: f"{self.prefix}backfill:{name}" for name in ("todo", "hand", "heard", "rest", "faults")}
        self._run = f"{self.prefix}backfill"
        self._taken = [f"{self._run}:taken:{place}" for place in range(PLACES)]
        self._take = script(self.store, "take")
        self._strike = script(self.store, "strike")

    def latest(self) -> Run | None:
        """The run under way, or the last one."""
        with self.store.pipeline(transaction=False) as pipe:
            pipe.time()
            pipe.hgetall(self._run)
            pipe.get(self._keys["rest"])
            pipe.pttl(self._keys["rest"])
            for key in (self._keys["todo"], *self._taken):
                pipe.zcard(key)
            (now, _), facts, rests, rest_ms, *left = pipe.execute()
        if "run" not in facts:
            return None
        ended = int(facts["ended"]) if "ended" in facts else None
        return Run(
            name=facts["run"],
            began_at=int(facts["began"]),
            now=now,
            total=int(facts["total"]),
            left=sum(left) if ended is None else int(facts.get("left", 0)),
            figures={name: int(facts.get(name, 0)) for name in FIGURES},
            ended_at=ended,
            is_stopped="stopped" in facts,
            rests=str(rests or "") if ended is None else "",
            rest_seconds=max(0, rest_ms) / 1000,
        )

    def start(self, conversations: Iterable[Conversation]) -> int:
        """Begin a run over these. No worker takes one before all are noted, so whatever interrupts it began nothing."""
        self.store.delete(self._run, *self._taken, *self._keys.values())
        some: dict[str, int] = {}
        total = 0
        for one in conversations:
            some[self._written(one)] = one.created_at
            total += 1
            if len(some) == _PER_CALL:
                self.store.zadd(self._keys["todo"], some)
                some = {}
        if some:
            self.store.zadd(self._keys["todo"], some)
        began, _ = self.store.time()
        self.store.hset(self._run, mapping={"run": secrets.token_hex(4), "began": began, "total": total})
        return total

    def forget(self, conversation_id: str) -> None:
        """Strike off one conversation, and every trace of it."""
        for key in (self._keys["todo"], *self._taken):
            for written, _ in self.store.zscan_iter(key, match=f"{conversation_id} *"):
                self.store.zrem(key, written)
        self.store.zrem(self._keys["hand"], conversation_id)
        self.store.hdel(self._keys["heard"], conversation_id)

    def hear(self, said: Mapping[str, int]) -> None:
        """Note, while a run is under way, in which conversations somebody spoke, and at which Unix second.

        What a batch reads, the ledger does not know until the batch claims it.
        """
        if said and self.is_under_way():
            with self.store.pipeline() as pipe:
                pipe.hset(self._keys["heard"], items=[part for pair in said.items() for part in pair])
                pipe.expire(self._keys["heard"], _HEARD_SECONDS)
                pipe.execute()

    def heard(self, ids: Sequence[str]) -> dict[str, int]:
        """Of these, those in which somebody spoke in the last hour, with the Unix second."""
        seconds = self.store.hmget(self._keys["heard"], ids) if ids else []
        return {one: int(at) for one, at in zip(ids, seconds, strict=True) if at}

    def kept(self, one: Conversation) -> Conversation:
        """Without its name where its case needs none."""
        return one if one.name and self.keeps_name(one.name) else replace(one, name=None)

    def _written(self, one: Conversation) -> str:
        return f"{one.id} {one.bot_id} {one.created_at} {self.kept(one).name or ''}".rstrip()

    def stop(self) -> Run | None:
        """End the run: no further batch begins. Returns it as it was, None where none was under way."""
        run = self.latest()
        if run is None or run.is_over:
            return None
        with self.store.pipeline() as pipe:
            pipe.delete(*self._taken, self._keys["todo"], self._keys["rest"])
            pipe.hset(self._run, mapping={"ended": run.now, "stopped": 1, "left": run.left, "run": f"{run.name}!"})
            pipe.execute()
        return run

    def is_under_way(self) -> bool:
        """Whether a batch may begin."""
        run, ended = self.store.hmget(self._run, "run", "ended")
        return bool(run) and not ended

    def has(self, one: Conversation) -> bool:
        """Whether a batch has it, or will."""
        began = one.created_at
        there = [
            str(written)
            for key in (self._keys["todo"], *self._taken)
            for written in self.store.zrangebyscore(key, began, began)
        ]
        return self.is_under_way() and any(written.startswith(f"{one.id} ") for written in there)

    def is_left_at(self, place: int) -> bool:
        """Whether a batch works there, or has left something behind."""
        return bool(self.store.exists(self._taken[place]))

    def take(self, place: int, most: int) -> Taken | None:
        """What is next for a place: what its last batch left behind, then the newest. None where nothing is to do."""
        keys = [self._run, self._keys["todo"], self._taken[place], self._keys["rest"]]
        run, lapses, *found = self._take(keys=keys, args=[most, f"lapses:{place}"]) or ["", 0]
        taken = Taken(run, place, {one: _read(one) for one in found}, lapses)
        if run and not found:
            # The last of it was forgotten: no batch is left that would note the end.
            self.strike(taken, [], {})
        return taken if found else None

    def strike(self, taken: Taken, done: Sequence[Conversation], figures: dict[str, int]) -> int:
        """These are done, the ledger knows how; returns how many are left, -1 where the run is over."""
        own = self._taken[taken.place]
        keys = [self._run, self._keys["todo"], own, *(key for key in self._taken if key != own)]
        counted = [part for pair in figures.items() for part in pair]
        ids = {one.id for one in done}
        struck = [written for written, one in taken.standing.items() if one.id in ids]
        return int(self._strike(keys=keys, args=[taken.run, f"lapses:{taken.place}", len(figures), *counted, *struck]))

    def hold(self, ids: Sequence[str], seconds: float) -> None:
        """A batch has these for so long; 0 = no more."""
        if ids and seconds:
            now, micros = self.store.time()
            ends = now * 1000 + micros // 1000 + int(seconds * 1000)
            self.store.zadd(self._keys["hand"], dict.fromkeys(ids, ends))
        elif ids:
            self.store.zrem(self._keys["hand"], *ids)

    def rest(self, seconds: float, why: str) -> None:
        """No batch begins for so long. A rest in force is never shortened."""
        wait_ms = max(1, int(seconds * 1000))
        if self.store.pttl(self._keys["rest"]) < wait_ms:
            self.store.set(self._keys["rest"], why, px=wait_ms)

    def fault(self) -> int:
        """A passing fault; how many there were in a row."""
        with self.store.pipeline() as pipe:
            pipe.incr(self._keys["faults"])
            pipe.expire(self._keys["faults"], _FAULTS_SECONDS)
            return int(pipe.execute()[0])

    def well(self) -> None:
        """The row of faults has ended."""
        self.store.delete(self._keys["faults"])


def _read(written: str) -> Conversation:
    conversation_id, bot, created_at, name = f"{written} ".split(" ", 3)
    return Conversation(conversation_id, bot, int(created_at), name.removesuffix(" ") or None)
