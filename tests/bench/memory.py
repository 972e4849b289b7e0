"""How much memory a worker takes after many cases, and whether it keeps growing."""

from collections.abc import Iterator

from . import conversations, process
from .figures import Figure
from .installation import installation

CASES = 5_000
_EARLY = 1_000
_LOOKS = (1, 500, _EARLY, 2_000, 3_000, 4_000, CASES)


def measure() -> Iterator[Figure]:
    """No latency and a poll every second, so that the worker never waits for long."""
    with installation(lambda file: conversations.write(file, CASES), POLL_INTERVAL_SECONDS="1") as at:
        at.start_workers()
        worker = at.pid("worker")
        idle_mb, cpu = process.resident_mb(worker), process.cpu_seconds(worker)
        at.start_beat()
        began = at.wait_for_cases(1, 60)
        resident: dict[int, float] = {}
        for count in _LOOKS:
            ended = at.wait_for_cases(count, 300)
            resident[count] = process.resident_mb(worker)
        cpu = process.cpu_seconds(worker) - cpu
        at.check_audit()

    yield Figure("worker resident, idle", idle_mb, "MB")
    for count, resident_mb in resident.items():
        yield Figure(f"worker resident after {count:,} cases", resident_mb, "MB", 90 if count == CASES else None)
    yield Figure("growth from 1,000 to 5,000 cases", resident[CASES] - resident[_EARLY], "MB", 5)
    yield Figure("rate without latency", CASES / (ended - began), "/s")
    yield Figure("worker CPU per case", 1000 * cpu / CASES, "ms")
