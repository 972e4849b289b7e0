"""What was asked of the simulators: the latest requests, and counts of all of them."""

import re
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

#: Hashids and Zoho's record ids.
RECORD_ID = re.compile(r"[0-9]{6,}|(?=[^/]*[A-Z0-9])[0-9A-Za-z]{12}")
KEPT_ENTRIES = 100_000


@dataclass
class Entry:
    """One request. `path` has its query; `answered` is false when the client got no whole answer.

    `at` is when it arrived, by the clock of the loop; `seconds` end with the answer, or when the client went.
    """

    simulator: str
    method: str
    path: str
    status: int
    seconds: float
    at: float = 0.0
    answered: bool = True

    @property
    def kind(self) -> str:
        return f"{self.method} {kind_of(self.path.partition('?')[0])}"


def kind_of(path: str) -> str:
    """The path with every record's id replaced by `{id}`."""
    return "/".join("{id}" if RECORD_ID.fullmatch(part) else part for part in path.split("/"))


@dataclass
class Tally:
    """The counts of one simulator."""

    requests: int = 0
    unanswered: int = 0
    in_flight: int = 0
    peak_in_flight: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "kinds": dict(self.kinds), "statuses": dict(self.statuses)}


class Journal:
    """Written by the server only; a request is counted when its answer is ready to leave."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEPT_ENTRIES)
        self.tallies: dict[str, Tally] = defaultdict(Tally)

    def __getitem__(self, simulator: str) -> Tally:
        return self.tallies[simulator]

    def arrived(self, simulator: str) -> int:
        """Requests of this simulator now in flight, this one included."""
        tally = self.tallies[simulator]
        tally.in_flight += 1
        tally.peak_in_flight = max(tally.peak_in_flight, tally.in_flight)
        return tally.in_flight

    def left(self, simulator: str) -> None:
        self.tallies[simulator].in_flight -= 1

    def write(self, entry: Entry) -> None:
        self.entries.append(entry)
        tally = self.tallies[entry.simulator]
        tally.requests += 1
        tally.kinds[entry.kind] += 1
        tally.statuses[entry.status] += 1

    def lost(self, entry: Entry) -> None:
        """The answer of an entry did not arrive."""
        entry.answered = False
        self.tallies[entry.simulator].unanswered += 1

    def clear(self) -> None:
        """Forgets the past; requests in flight stay counted."""
        self.entries.clear()
        for name, tally in self.tallies.items():
            self.tallies[name] = Tally(in_flight=tally.in_flight, peak_in_flight=tally.in_flight)

    def as_json(self) -> dict[str, Any]:
        return {name: tally.as_json() for name, tally in self.tallies.items()}
