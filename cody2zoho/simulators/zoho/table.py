"""The records of one module: the living ones, the recycle bin, the indexes, and what search has yet to notice."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from cody2zoho.simulators.wire import Clock

from .knobs import ZohoKnobs

Record = dict[str, Any]

#: After 60 days in the recycle bin a record is gone for good, and 120 days later it is not even listed.
RECYCLE_SECONDS = 60 * 86_400
PERMANENT_SECONDS = 120 * 86_400


@dataclass
class Deleted:
    record: Record
    at: float
    by: dict[str, str]

    def kind(self, now: float) -> str | None:
        """`recycle`, `permanent`, or None for what nobody remembers."""
        if now - self.at < RECYCLE_SECONDS:
            return "recycle"
        return "permanent" if now - self.at < RECYCLE_SECONDS + PERMANENT_SECONDS else None


class Change(NamedTuple):
    """What a record was before; None before it existed."""

    at: float
    record_id: str
    before: Record | None


class Index:
    """Value to the ids of its holders, oldest first; upper and lower case are the same."""

    def __init__(self) -> None:
        self._holders: dict[str, list[str]] = {}

    def add(self, value: Any, record_id: str) -> None:
        if value is not None and value != "":
            self._holders.setdefault(str(value).lower(), []).append(record_id)

    def discard(self, value: Any, record_id: str) -> None:
        holders = self._holders.get(str(value).lower(), [])
        if record_id in holders:
            holders.remove(record_id)

    def find(self, value: Any) -> list[str]:
        return [] if value is None or value == "" else self._holders.get(str(value).lower(), [])


class Table:
    """Changes are remembered for as long as search or counting may lag behind."""

    def __init__(self, clock: Clock, knobs: ZohoKnobs) -> None:
        self.clock = clock
        self.knobs = knobs
        self.live: dict[str, Record] = {}
        self.bin: dict[str, Deleted] = {}
        self.created_at: dict[str, float] = {}
        self.indexes: dict[str, Index] = {}
        self._changes: deque[Change] = deque()

    def index(self, api_name: str) -> Index:
        """The index over a field; made on the first call."""
        if api_name not in self.indexes:
            self.indexes[api_name] = index = Index()
            for record_id, record in self.live.items():
                index.add(record.get(api_name), record_id)
        return self.indexes[api_name]

    def add(self, record: Record) -> None:
        record_id = record["id"]
        self._remember(record_id, None)
        self.live[record_id] = record
        self.created_at[record_id] = self.clock()
        for api_name, index in self.indexes.items():
            index.add(record.get(api_name), record_id)

    def change(self, record_id: str, values: Record) -> None:
        record = self.live[record_id]
        self._remember(record_id, dict(record))
        for api_name in self.indexes.keys() & values.keys():
            self.indexes[api_name].discard(record.get(api_name), record_id)
            self.indexes[api_name].add(values[api_name], record_id)
        record.update(values)

    def remove(self, record_id: str, by: dict[str, str], at: float | None = None) -> None:
        """Into the recycle bin. The indexes keep the record: whether it still counts is a knob."""
        record = self.live.pop(record_id)
        self._remember(record_id, record)
        self.bin[record_id] = Deleted(record, self.clock() if at is None else at, by)

    def restore(self, record_id: str) -> None:
        self.live[record_id] = self.bin.pop(record_id).record
        self._remember(record_id, None)

    def deleted(self) -> Iterator[tuple[str, Deleted]]:
        """Kind and record, the latest first."""
        now = self.clock()
        for gone in sorted(self.bin.values(), key=lambda gone: -gone.at):
            if kind := gone.kind(now):
                yield kind, gone

    def in_recycle_bin(self, record_id: str) -> bool:
        gone = self.bin.get(record_id)
        return gone is not None and gone.kind(self.clock()) == "recycle"

    def as_of(self, moment: float) -> Iterable[Record]:
        """All records as they were then: what an index shows that has not caught up."""
        before: dict[str, Record | None] = {}
        for change in self._changes:
            if change.at > moment:
                before.setdefault(change.record_id, change.before)
        if not before:
            return self.live.values()
        untouched = (record for record_id, record in self.live.items() if record_id not in before)
        return [*untouched, *(record for record in before.values() if record is not None)]

    def _remember(self, record_id: str, before: Record | None) -> None:
        now = self.clock()
        forgotten = now - max(self.knobs.index_lag_seconds, self.knobs.count_lag_seconds)
        while self._changes and self._changes[0].at <= forgotten:
            self._changes.popleft()
        self._changes.append(Change(now, record_id, before))
