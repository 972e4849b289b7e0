"""What a poll costs that finds nothing new, where few and where many conversations are known."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from statistics import median

from cody2zoho import polling
from cody2zoho.ledger import Place
from cody2zoho.models import Conversation
from cody2zoho.services import Services

from . import conversations
from .figures import Figure
from .installation import Installation, installation

FEW, MANY = 1_000, 100_000
POLLS = 300

_PER_CALL = 500


@dataclass
class _Known:
    """An installation whose ledger knows all that Cody lists."""

    count: int
    at: Installation
    services: Services
    seconds: list[float] = field(default_factory=list)
    redis_commands: float = 0
    requests: dict[str, int] = field(default_factory=dict)

    def fill(self) -> None:
        for start in range(1, self.count + 1, _PER_CALL):
            numbers = range(start, min(start + _PER_CALL, self.count + 1))
            self.services.ledger.add_new(
                Conversation(
                    conversations.id_of(number), conversations.BOT, conversations.began_at(number, self.count)
                )
                for number in numbers
            )
        newest = conversations.began_at(self.count, self.count)
        self.services.ledger.keep_place("all", Place(newest, newest))

    def poll(self) -> None:
        began = time.perf_counter()
        found = polling.poll(self.services)
        self.seconds.append(time.perf_counter() - began)
        if (found.new, found.conversations) != (0, 15):
            raise RuntimeError(f"a poll of known conversations found {found}")

    def figures(self) -> Iterator[Figure]:
        cody = sum(count for kind, count in self.requests.items() if kind.startswith("GET /api/v1/"))
        others = sum(self.requests.values()) - cody
        known = f"{self.count:,} known"
        yield Figure(f"requests to Cody per poll, {known}", cody / POLLS, "", 1)
        yield Figure(f"requests to Zoho per poll, {known}", others / POLLS)
        yield Figure(f"Redis commands per poll, {known}", self.redis_commands)
        yield Figure(f"time of a poll, median of {POLLS}, {known}", 1000 * median(self.seconds), "ms")


def measure() -> Iterator[Figure]:
    """Polls of both in turn, so that whatever else the machine does strikes both alike."""
    with ExitStack() as running:
        few, many = (_known(running, count) for count in (FEW, MANY))
        for one in (few, many):
            _count(one)
        for _ in range(POLLS):
            few.poll()
            many.poll()
        for one in (few, many):
            one.requests = one.at.requests()
            one.services.store.close()
        memory_mb = many.at.redis_memory_mb()

    yield from few.figures()
    yield from many.figures()
    yield Figure("requests to Zoho per poll, both", few.others() + many.others(), "", 0)
    yield Figure("Redis commands, many to few", many.redis_commands / few.redis_commands, "×", 1)
    yield Figure("time, many to few", median(many.seconds) / median(few.seconds), "×", 2)
    yield Figure("memory of Redis, 100,000 known", memory_mb, "MB")
