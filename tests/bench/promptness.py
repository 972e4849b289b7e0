"""How soon after it is due a case is made, at half of what Zoho allows."""

import time
from collections.abc import Iterator
from statistics import median

from cody2zoho.ledger.records import State
from cody2zoho.services import Services
from cody2zoho.sync import polling

from . import conversations
from .figures import Figure
from .installation import PREFIX, Installation, installation
from .scale import IDEAL, LATENCY_SECONDS, MOST_CALLS

CASES = 750
RATE = IDEAL / 2

#: Until the first ones are made nothing is under way that would hand out the next.
_WARM_UP = 150
_HEAD_START_SECONDS = 8
_LOOK_SECONDS = 0.01


def measure() -> Iterator[Figure]:
    with installation(
        lambda file: conversations.write(file, CASES),
        WORKER_CONCURRENCY="12",
        ZOHO_MAX_CONCURRENCY=str(MOST_CALLS),
        CODY_REQUESTS_PER_MINUTE="1000000",
    ) as at:
        waits = sorted(_waits(at)[_WARM_UP:])
    p99 = waits[int(len(waits) * 0.99)]
    yield Figure(f"due to made at {RATE:g} cases a second, median", median(waits), "s")
    yield Figure("  99 of 100", p99, "s", 3 * LATENCY_SECONDS)
    yield Figure("  of the 2 calls' latency", p99 / (2 * LATENCY_SECONDS), "×")


def _waits(at: Installation) -> list[float]:
    """Seconds between due and made, in the order in which they became due."""
    plugged = at.services()
    while plugged.ledger.counts()[State.WAITING] < CASES:
        polling.poll(plugged)
    at.set_latency(LATENCY_SECONDS)
    due = _spread(plugged)
    at.start_workers(2)
    at.start_beat()
    made = _made(plugged, due)
    plugged.store.close()
    at.check_audit()
    return [made[one] - moment for one, moment in due.items()]


def _spread(services: Services) -> dict[str, float]:
    """Unix second at which each is due: one after the other."""
    began = time.time() + _HEAD_START_SECONDS
    ids = sorted(services.store.zrange(f"{PREFIX}agenda", 0, -1))
    due = {one: began + number / RATE for number, one in enumerate(ids)}
    services.store.zadd(f"{PREFIX}agenda", {one: moment * 1000 for one, moment in due.items()})
    return due


def _made(services: Services, due: dict[str, float]) -> dict[str, float]:
    """Unix second at which the ledger was first seen to know the case of each."""
    made: dict[str, float] = {}
    ends_at = max(due.values()) + 60
    while len(made) < len(due):
        now = time.time()
        if now > ends_at:
            raise TimeoutError(f"{len(due) - len(made)} cases were not made within a minute")
        open_ones = [one for one, moment in due.items() if moment < now and one not in made]
        known = services.ledger.looked_up(open_ones) if open_ones else {}
        made.update((one, time.time()) for one, what in known.items() if what.state is State.CREATED)
        time.sleep(_LOOK_SECONDS)
    return made
