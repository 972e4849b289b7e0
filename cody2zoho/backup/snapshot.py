"""All that a backup holds, line by line, read while workers go on.

Nothing stops meanwhile, so a conversation may move while it is looked for. It is open, or in a bucket, and goes from
one to the other in one step. Each is read in one step too, with its places; whatever its state was then stands in the
backup. To miss one it would have to be in the bucket while the open ones are listed, and open while its bucket is
read. So all is read again for what was missed, until a whole round finds nothing that was there when it began: to be
missed then, a conversation must have got its case and been opened again twice, in antiphase, within these seconds.

A line is a JSON object. docs/backup.md has its fields.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from typing import Any

import redis

from cody2zoho.backup.catalogue import PLACES, REST, Kept
from cody2zoho.backup.container import Totals
from cody2zoho.ledger.records import BUCKETS, State
from cody2zoho.store import script

#: One for all lines: `json.dumps` would make another for each.
_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_PER_LOOK = 250
_PER_LINE = 500
_MOST_ROUNDS = 10


class Snapshot:
    """The state below a prefix; `totals` are known when all lines were taken."""

    def __init__(self, store: redis.Redis, prefix: str) -> None:
        self._store, self._prefix = store, prefix
        self._buckets = script(store, "buckets")
        self._began_ms = 0
        self.totals = Totals()

    def lines(self) -> Iterator[str]:
        seconds, micros = self._store.time()
        self._began_ms = seconds * 1000 + micros // 1000
        for line in self._all():
            self.totals.lines += 1
            yield _written(line)

    def _all(self) -> Iterator[dict[str, Any]]:
        for kept in PLACES:
            yield from self._key(kept)
        yield from self._conversations()
        for kept in REST:
            yield from self._key(kept)

    def _conversations(self) -> Iterator[dict[str, Any]]:
        with _seen() as seen:
            for round_ in range(_MOST_ROUNDS):
                missed = 0
                for line in self._round():
                    if seen.add(line["id"]):
                        missed += self._was_there(line)
                        state = line["record"].partition(" ")[0] if "record" in line else line["fields"]["state"]
                        self.totals.states[state] = self.totals.states.get(state, 0) + 1
                        yield line
                if round_ and not missed:
                    return

    def _round(self) -> Iterator[dict[str, Any]]:
        buckets = bytearray(BUCKETS)
        for ids in batched(self._open_ids(buckets), _PER_LOOK):
            yield from self._opened(ids)
        for numbers in batched((number for number, is_there in enumerate(buckets) if is_there), _PER_LOOK):
            yield from self._finished(numbers)

    def _was_there(self, line: dict[str, Any]) -> bool:
        """Whether it may have been known before the backup began; what came in since need not be in it."""
        return "record" in line or "held" in line["fields"] or int(line["fields"].get("seen", 0)) < self._began_ms

    def _open_ids(self, buckets: bytearray) -> Iterator[str]:
        """Ids of those that stand by themselves; marks the buckets that there are on the way."""
        start = f"{self._prefix}conversation:"
        for key in self._store.scan_iter(match=f"{start}*", count=2_000, _type="hash"):
            one = str(key).removeprefix(start)
            if one.startswith("finished:"):
                buckets[int(one.removeprefix("finished:"))] = 1
            else:
                yield one

    def _opened(self, ids: list[str]) -> Iterator[dict[str, Any]]:
        """Those of these that are open now. What is being worked on waits again, with its attempts."""
        with self._store.pipeline() as pipe:
            for one in ids:
                pipe.hgetall(f"{self._prefix}conversation:{one}")
                for place in ("agenda", "aside", "parked"):
                    pipe.zscore(f"{self._prefix}{place}", one)
            answers = iter(pipe.execute())
        for one in ids:
            fields, *scores = islice(answers, 4)
            if not fields:
                continue
            fields.pop("owner", None)
            if fields["state"] == State.WORKING:
                fields["state"] = State.WAITING.value
            places = zip(("agenda", "aside", "parked"), scores, strict=True)
            yield {
                "is": "open",
                "id": one,
                "fields": fields,
                **{name: _ms(at) for name, at in places if at is not None},
            }

    def _finished(self, numbers: list[int]) -> Iterator[dict[str, Any]]:
        keys = [f"{self._prefix}conversation:finished:{number}" for number in numbers]
        found = iter(self._buckets(keys=[f"{self._prefix}agenda", *keys]))
        for one, record, next_look in zip(found, found, found, strict=True):
            yield {"is": "finished", "id": one, "record": record, **({"agenda": next_look} if next_look else {})}

    def _key(self, kept: Kept) -> Iterator[dict[str, Any]]:
        """A key, or all of its pattern, in lines of at most 500 members."""
        names = [kept.pattern]
        if kept.pattern.endswith("*"):
            found = self._store.scan_iter(match=f"{self._prefix}{kept.pattern}", count=2_000)
            names = sorted({str(key).removeprefix(self._prefix) for key in found})
        for name in names:
            until = self._until(name)
            for some in batched(self._members(name, kept), _PER_LINE):
                yield {"is": kept.kind, "key": kept.into or name, "value": some, **until}

    def _members(self, name: str, kept: Kept) -> Iterator[Any]:
        key = f"{self._prefix}{name}"
        match kept.kind:
            case "hash":
                found: dict[str, str] = self._store.hgetall(key)  # type: ignore[assignment]
                yield from (
                    [field, value]
                    for field, value in found.items()
                    if not (kept.without and field.startswith(kept.without))
                )
            case "zset":
                yield from ([one, _ms(score)] for one, score in self._store.zscan_iter(key, count=_PER_LINE))
            case "list":
                yield from self._store.lrange(key, 0, -1)
            case "string":
                if (value := self._store.get(key)) is not None:
                    yield value

    def _until(self, name: str) -> dict[str, str]:
        """The millisecond at which the key ends, as an absolute moment: it goes on to count while nobody has it."""
        left_ms = self._store.pttl(f"{self._prefix}{name}")
        seconds, micros = self._store.time()
        return {"until": str(seconds * 1000 + micros // 1000 + left_ms)} if left_ms > 0 else {}


def batched(all_: Iterable[Any], size: int) -> Iterator[list[Any]]:
    some = iter(all_)
    while found := list(islice(some, size)):
        yield found


def _ms(score: float) -> str:
    """Exact, and readable: moments are whole numbers."""
    return str(int(score)) if score == score // 1 and abs(score) < 2**53 else repr(score)


class _Seen:
    """Ids that were found, 20 bytes each: Python's own set would need 90."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def add(self, conversation_id: str) -> bool:
        """Whether it is new."""
        return bool(self._database.execute("insert or ignore into seen values (?)", (conversation_id,)).rowcount)


@contextmanager
def _seen() -> Iterator[_Seen]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        database.executescript("pragma journal_mode = off; create table seen (id text primary key) without rowid;")
        yield _Seen(database)
