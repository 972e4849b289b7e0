"""How fast history becomes cases in batches, against one by one at the same limits, and what that asks of Zoho."""

import time
from collections.abc import Iterator

from cody2zoho.backfill import backfill
from cody2zoho.backfill.backfill import Wanted
from cody2zoho.ledger.records import State
from cody2zoho.services import Services
from cody2zoho.sync import polling

from . import conversations, process
from .figures import Figure
from .installation import Installation, installation

BATCHED, ONE_BY_ONE = 2_000, 200
LATENCY_SECONDS = 0.2

#: Calls at a time that are left to us of Zoho's limit. Where it is Cody's limit that decides, nothing makes it faster.
MOST_CALLS = 2

_LIMITS = {"ZOHO_MAX_CONCURRENCY": str(MOST_CALLS), "CODY_REQUESTS_PER_MINUTE": "1000000"}
_LOOK_SECONDS = 0.02


def measure() -> Iterator[Figure]:
    with installation(lambda file: conversations.write(file, ONE_BY_ONE), **_LIMITS) as at:
        single = _one_by_one(at)
    with installation(lambda file: conversations.write(file, BATCHED), **_LIMITS, SYNC_SINCE="1h") as at:
        rate, figures = _in_batches(at)
    yield Figure(f"one by one, {MOST_CALLS} calls to Zoho at a time: rate", single, "/s")
    yield Figure("in batches, at the same limits: rate", rate, "/s")
    yield Figure("  in batches to one by one", rate / single, "×", 5, "at least")
    yield from figures


def _one_by_one(at: Installation) -> float:
    plugged = at.services()
    while plugged.ledger.counts()[State.WAITING] < ONE_BY_ONE:
        polling.poll(plugged)
    plugged.store.close()
    at.set_latency(LATENCY_SECONDS)
    at.start_workers()
    at.start_beat()
    full = at.wait_for_cases(10, 60)
    last = at.wait_for_cases(ONE_BY_ONE, 120)
    at.check_audit()
    return (ONE_BY_ONE - 10) / (last - full)


def _in_batches(at: Installation) -> tuple[float, list[Figure]]:
    """From the first batch that is done to the last."""
    plugged = at.services()
    at.start_workers()
    at.start_beat()
    at.wait_for(lambda: plugged.ledger.is_open() and plugged.places.line() is not None, 60)
    plan = backfill.plan(plugged, Wanted())
    at.set_latency(LATENCY_SECONDS)
    worker = at.pid("worker")
    cpu = process.cpu_seconds(worker)
    plugged.history.start(plan.conversations)
    begun, first = _done(plugged, 1)
    _, last = _done(plugged, BATCHED)
    asked = at.requests("zoho")
    at.check_audit()
    cpu = process.cpu_seconds(worker) - cpu
    plugged.store.close()
    return (BATCHED - begun) / (last - first), [
        Figure("cases per request to Zoho, all requests counted", BATCHED / sum(asked.values()), "", 20, "at least"),
        Figure("requests to Cody per case", at.requests("cody").get("GET /api/v1/messages", 0) / BATCHED, "", 1),
        Figure("worker CPU per case", 1000 * cpu / BATCHED, "ms"),
        Figure("worker's memory at most", process.peak_mb(worker), "MB"),
    ]


def _done(services: Services, count: int) -> tuple[int, float]:
    """How many were done, and the moment, when so many were."""
    ends_at = time.monotonic() + 180
    while (run := services.history.latest()) and run.done < count:
        if time.monotonic() > ends_at:
            raise TimeoutError(f"not done within 3 minutes: {run.words}")
        time.sleep(_LOOK_SECONDS)
    return run.done if run else 0, time.monotonic()
