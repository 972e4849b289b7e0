"""What a finished conversation costs Redis when there are a million of them, and a look at a page of them."""

import time
from collections.abc import Iterator
from statistics import median

from cody2zoho import cases
from cody2zoho.ledger.ledger import Ledger
from cody2zoho.ledger.records import Held

from . import conversations
from .figures import Figure
from .installation import installation

MANY = 1_000_000
LOOKS = 200

_PER_CALL = 500
_PER_PAGE = 15


def measure() -> Iterator[Figure]:
    with installation(lambda file: conversations.write(file, 1)) as at:
        ledger, before = at.services().ledger, at.redis_memory_mb()
        began = time.monotonic()
        fill(ledger)
        filled = time.monotonic() - began
        bytes_each = (at.redis_memory_mb() - before) * 2**20 / MANY
        seconds = [_look(ledger, number) for number in range(1, MANY, MANY // LOOKS)]
    yield Figure(f"Redis per finished conversation, {MANY:,} of them", bytes_each, "bytes", 150)
    yield Figure(f"a look at a page of {_PER_PAGE}, median", 1000 * median(seconds), "ms")
    yield Figure("time to note all of them", filled, "s")


def fill(ledger: Ledger) -> None:
    """As many as there are, as a ledger that was lost is filled."""
    for first in range(1, MANY + 1, _PER_CALL):
        numbers = range(first, min(first + _PER_CALL, MANY + 1))
        ledger.adopt((conversations.id_of(number), str(_held(number))) for number in numbers)


def _held(number: int) -> Held:
    """All that the ledger keeps of a case that we have made; its id is as long as those of Zoho's records are."""
    return Held(f"5725767000{number:09}", 12, f"{number:016x}", 1_755_000_157, cases.fingerprint(str(number)))


def _look(ledger: Ledger, first: int) -> float:
    ids = [conversations.id_of(number) for number in range(first, first + _PER_PAGE)]
    began = time.perf_counter()
    if len(ledger.looked_up(ids)) != _PER_PAGE:
        raise RuntimeError("the ledger does not know what it was told")
    return time.perf_counter() - began
