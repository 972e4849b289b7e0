"""Whether one, two and four workers reach what Zoho allows at once, and never pass it."""

from collections.abc import Iterator

from cody2zoho.ledger.records import State
from cody2zoho.sync import polling

from . import conversations
from .figures import Figure
from .installation import Installation, installation

CASES = 600
LATENCY_SECONDS = 0.2
MOST_CALLS = 10

#: So many calls at a time, one of 0.2 s a case.
IDEAL = MOST_CALLS / LATENCY_SECONDS

#: Workers, and threads of each: together always more than are needed for ten calls and as many readings.
FLEETS = ((1, 24), (2, 12), (4, 6))


def measure() -> Iterator[Figure]:
    for workers, threads in FLEETS:
        with installation(
            lambda file: conversations.write(file, CASES),
            WORKER_CONCURRENCY=str(threads),
            ZOHO_MAX_CONCURRENCY=str(MOST_CALLS),
            CODY_REQUESTS_PER_MINUTE="1000000",
        ) as at:
            yield from _run(at, workers)


def _run(at: Installation, workers: int) -> Iterator[Figure]:
    plugged = at.services()
    while plugged.ledger.counts()[State.WAITING] < CASES:
        polling.poll(plugged)
    plugged.store.close()
    at.set_latency(LATENCY_SECONDS)
    at.start_workers(workers)
    at.start_beat()
    full = at.wait_for_cases(3 * MOST_CALLS, 60)
    last = at.wait_for_cases(CASES - MOST_CALLS, 120)
    at.wait_for_cases(CASES, 60)
    at.check_audit()
    rate = (CASES - 4 * MOST_CALLS) / (last - full)
    name = f"{workers} worker{'s' if workers > 1 else ''}"
    yield Figure(f"{name}: rate", rate, "/s")
    yield Figure(f"  of the ideal {MOST_CALLS} / 0.2 s = {IDEAL:g} /s", 100 * rate / IDEAL, "%", 90, "at least")
    yield Figure("  calls in flight at Zoho, highest", at.most_in_flight("zoho"), "", MOST_CALLS)
