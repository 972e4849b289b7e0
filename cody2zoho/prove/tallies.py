"""What all workers together have counted, against what there is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import redis

from cody2zoho.prove.scale import PREFIX
from cody2zoho.simulators.journal import Entry
from cody2zoho.telemetry import counters
from cody2zoho.telemetry.metrics import CONVERSATIONS, REQUESTS

#: What the requests of each API begin with.
_PATHS = {"cody": "/api/", "zoho": "/crm/", "zoho_accounts": "/oauth/"}


@dataclass(frozen=True)
class Truth:
    """As the simulators and the ledger have it."""

    cases: int
    #: Of these, cases of conversations that were deleted while they were made, so that the ledger may not know of them.
    unknown: int
    conversations: int
    #: Requests that arrived, by API.
    requests: Mapping[str, int]
    #: Whether Redis lost what had been counted.
    wiped: bool


@dataclass(frozen=True)
class Tallies:
    """All counters, and what of conversations is counted by the hour, summed up."""

    counted: Mapping[str, float]
    hours: Mapping[str, int]

    def of(self, what: str) -> int:
        return int(self.counted.get(CONVERSATIONS.field(what), 0))

    def answered(self, api: str) -> int:
        """Requests to it that were answered."""
        begins, unanswered = REQUESTS.field(api, ""), REQUESTS.field(api, "none")
        return int(sum(n for name, n in self.counted.items() if name.startswith(begins) and name != unanswered))


def read(store: redis.Redis) -> Tallies:
    summed: dict[str, int] = {}
    for (_, what), count in counters.hours(store, PREFIX).items():
        summed[what] = summed.get(what, 0) + count
    return Tallies(counters.read(store, PREFIX), summed)


def arrived(entries: Sequence[Entry]) -> dict[str, int]:
    return {api: sum(entry.path.startswith(path) for entry in entries) for api, path in _PATHS.items()}


def miscounted(found: Tallies, truth: Truth) -> Iterator[str]:
    """A sentence for each figure that is wrong. What was wiped is counted anew, so that there may be less of it.

    Whoever is killed takes a second's requests with it, but none is counted twice.
    """
    least = 0 if truth.wiped else truth.cases - truth.unknown
    if not least <= found.of("created") <= truth.cases:
        yield f"{found.of('created')} cases were counted, and Zoho has {truth.cases}"
    if found.of("seen") > truth.conversations or (found.of("seen") < truth.conversations and not truth.wiped):
        yield f"{found.of('seen')} conversations were counted, and the ledger knows {truth.conversations}"
    for what in ("seen", "created", "parked", "empty", "gone"):
        if found.hours.get(what, 0) != found.of(what):
            yield f"{found.of(what)} are {what} in all, and {found.hours.get(what, 0)} by the hour"
    for api, count in truth.requests.items():
        if found.answered(api) > count:
            yield f"{found.answered(api)} answers of {api} were counted, and it was asked {count} times"
