"""What the simulators' journal shows: how much at a time, how often in a minute."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cody2zoho.simulators.journal import Entry

_CRM = "/crm/"
_TOKEN = "/oauth/v2/token"
_INSERT = "POST /crm/v8/Cases"
_MINUTE = 60.0


@dataclass(frozen=True)
class Figures:
    """Of one run, counted where the requests arrive."""

    requests: dict[str, int]
    #: Inserts that Zoho's unique field refused.
    refused_duplicates: int
    #: CRM calls at a time whose client still waited for the answer.
    zoho_at_a_time: int
    #: Requests to Cody in any 60 seconds.
    cody_a_minute: int
    token_refreshes: int
    #: Refreshes beyond the ten in ten minutes that Zoho allows.
    refused_refreshes: int


def figures(entries: Sequence[Entry]) -> Figures:
    inserts = [entry for entry in entries if entry.kind == _INSERT]
    refreshes = [entry for entry in entries if entry.path.startswith(_TOKEN)]
    return Figures(
        requests=dict(Counter(entry.simulator for entry in entries)),
        # One record a call: refused, it makes the whole call a 400.
        refused_duplicates=sum(entry.status == 400 for entry in inserts),
        zoho_at_a_time=most_at_a_time(entry for entry in entries if entry.path.startswith(_CRM)),
        cody_a_minute=most_in(_MINUTE, (entry for entry in entries if entry.simulator == "cody")),
        token_refreshes=len(refreshes),
        refused_refreshes=sum(entry.status == 400 for entry in refreshes),
    )


def most_at_a_time(entries: Iterable[Entry]) -> int:
    """The highest number of requests between arrival and answer; one that ends makes room for one that begins."""
    changes = sorted(change for entry in entries for change in ((entry.at, 1), (entry.at + entry.seconds, -1)))
    present = most = 0
    for _, change in changes:
        present += change
        most = max(most, present)
    return most


def most_in(seconds: float, entries: Iterable[Entry]) -> int:
    """The highest number of requests that arrived within so many seconds."""
    moments = sorted(entry.at for entry in entries)
    first = most = 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most
