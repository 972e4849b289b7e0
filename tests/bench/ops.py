"""What the operations API takes to answer where a million conversations are known, and its memory."""

import time
from collections.abc import Iterator
from http.client import HTTPConnection
from statistics import quantiles

from cody2zoho.models import Conversation
from cody2zoho.processes.ports import LOOPBACK, free_port
from cody2zoho.services import Services
from cody2zoho.telemetry.counters import KEPT_HOURS

from . import conversations, process, state
from .figures import Figure
from .installation import installation

PARKED = 10_000

#: Longer than a look holds, so that some answers wait for one.
_SECONDS = 4.0

_TEXT = {"Accept": "text/plain"}

#: What is asked for, with which headers.
_PATHS = {
    "/metrics": {},
    "/metrics for Prometheus": _TEXT,
    "/": {},
    "/stats": {},
    "/health": {},
    "/conversations": {},
}


def measure() -> Iterator[Figure]:
    with installation(lambda file: conversations.write(file, 1)) as at:
        plugged = at.services()
        plugged.ledger.open()
        state.fill(plugged.ledger)
        _busy(plugged)
        port = free_port()
        at.start_ops(port)
        idle = process.resident_mb(at.pid("ops"))
        first = _asked(port, "/health", {})
        found = {name: _times(port, name.partition(" ")[0], headers) for name, headers in _PATHS.items()}
        resident = process.resident_mb(at.pid("ops"))
        plugged.store.close()
    yield Figure("the first answer of /health", 1000 * first, "ms", 100)
    for name, seconds in found.items():
        yield Figure(f"{name}, {state.MANY:,} known: 99 of 100", 1000 * quantiles(seconds, n=100)[98], "ms", 50)
        yield Figure("  half of them", 1000 * quantiles(seconds, n=2)[0], "ms")
    yield Figure("ops resident", resident, "MB", 90)
    yield Figure("  idle", idle, "MB")


def _busy(services: Services) -> None:
    """A month of figures in each hour, and many that are parked."""
    ledger, prefix, hour = services.ledger, services.settings.redis_key_prefix, int(time.time() // 3600)
    with services.store.pipeline(transaction=False) as pipe:
        for ago in range(KEPT_HOURS):
            for what in ("seen", "created", "parked", "empty", "gone"):
                pipe.hset(f"{prefix}metrics:hours", f"{hour - ago}|{what}", 1_000 + ago)
        pipe.execute()
    for number in range(PARKED):
        conversation_id = f"P{number:011}"
        ledger.add_new([Conversation(conversation_id, conversations.BOT, 1_755_000_157)])
        ledger.park(ledger.claim(conversation_id), f"Zoho refuses field {number % 7}")


def _times(port: int, path: str, headers: dict[str, str]) -> list[float]:
    """Of each answer, one after the other."""
    ends_at, found = time.monotonic() + _SECONDS, []
    while time.monotonic() < ends_at:
        found.append(_asked(port, path, headers))
    return found


def _asked(port: int, path: str, headers: dict[str, str]) -> float:
    began = time.perf_counter()
    connection = HTTPConnection(LOOPBACK, port, timeout=10)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status not in (200, 503):
        raise RuntimeError(f"{path} answered {answer.status}")
    return time.perf_counter() - began
