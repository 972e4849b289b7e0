"""How fast one worker process makes the cases of conversations that wait, and what they cost it."""

import time
from collections.abc import Iterator

from cody2zoho.ledger.records import State
from cody2zoho.sync import polling

from . import conversations, process
from .figures import Figure
from .installation import Installation, installation

CASES = 500
CONCURRENCY = 10
LATENCY_SECONDS = 0.2

#: One page of messages, one insert.
CALLS_PER_CASE = 2
IDEAL = CONCURRENCY / (CALLS_PER_CASE * LATENCY_SECONDS)

_OF_A_CASE = ("GET /api/v1/messages", "POST /crm/v8/Cases")


def measure() -> Iterator[Figure]:
    with installation(lambda file: conversations.write(file, CASES)) as at:
        _find_all(at)
        at.set_latency(LATENCY_SECONDS)
        at.start_workers()
        figures = list(_run(at))
        at.check_audit()
    yield from figures


def _find_all(at: Installation) -> None:
    """The backlog itself: all known, none looked at."""
    plugged = at.services()
    while plugged.ledger.counts()[State.WAITING] < CASES:
        polling.poll(plugged)
    plugged.store.close()


def _run(at: Installation) -> Iterator[Figure]:
    """From the 10th case on all threads are at work, each in the midst of a case of its own."""
    worker, simulators = at.pid("worker"), at.pid("simulators")
    cpu, simulators_cpu, sent = process.cpu_seconds(worker), process.cpu_seconds(simulators), at.redis_commands()
    at.start_beat()
    began = time.monotonic()
    first = at.wait_for_cases(1, 60)
    full = at.wait_for_cases(CONCURRENCY, 60)
    last = at.wait_for_cases(CASES, 300)
    cpu, simulators_cpu = process.cpu_seconds(worker) - cpu, process.cpu_seconds(simulators) - simulators_cpu
    asked, now_sent = at.requests(), at.redis_commands()
    rate = (CASES - CONCURRENCY) / (last - full)

    yield Figure("rate, 10th to last case", rate, "/s")
    yield Figure("  of the ideal 10 / (2 calls × 0.2 s) = 25 /s", 100 * rate / IDEAL, "%", 95, "at least")
    yield Figure("rate, start of beat to last case", CASES / (last - began), "/s")
    yield Figure("start of beat to first case", first - began, "s")
    yield Figure("calls per case", sum(asked.get(kind, 0) for kind in _OF_A_CASE) / CASES, "", CALLS_PER_CASE)
    yield Figure("  with polls, token and a look at the fields", sum(asked.values()) / CASES)
    yield Figure("worker CPU per case", 1000 * cpu / CASES, "ms", 8)
    yield Figure("worker CPU", 100 * cpu / (last - began), "%")
    yield Figure("simulators' CPU, no bottleneck below 50", 100 * simulators_cpu / (last - began), "%", 50)
    yield Figure("worker resident", process.resident_mb(worker), "MB")
    for whose in ("ours", "celery"):
        yield Figure(
            f"Redis commands per case, scripts' own included, {whose}", (now_sent[whose] - sent[whose]) / CASES
        )
