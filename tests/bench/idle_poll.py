"""What a poll costs that finds nothing new, where few and where many conversations are known."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

from cody2zoho.ledger.places import Place
from cody2zoho.models import Conversation
from cody2zoho.services import Services
from cody2zoho.sync import polling

from . import conversations
from .figures import Figure
from .installation import Installation, installation

FEW, MANY = 1_000, 100_000
POLLS = 300

_WARM_UP = 20
_PER_CALL = 500


@dataclass
class _Known:
    """An installation whose ledger knows all that Cody lists."""

    count: int
    at: Installation
    services: Services
    seconds: list[float] = field(default_factory=list)

    def fill(self) -> None:
        for start in range(1, self.count + 1, _PER_CALL):
            self.services.ledger.add_new(
                Conversation(conversations.id_of(number), conversations.BOT, conversations.began_at(number, self.count))
                for number in range(start, min(start + _PER_CALL, self.count + 1))
            )
        # Only an open ledger wants to hear what is said.
        self.services.ledger.open()
        newest = conversations.began_at(self.count, self.count)
        self.services.places.keep_place("all", Place(newest, newest))

    def poll(self) -> None:
        began = time.perf_counter()
        found = polling.poll(self.services)
        self.seconds.append(time.perf_counter() - began)
        if (found.pages, found.new) != (1, 0):
            raise RuntimeError(f"a poll of known conversations found {found}")

    def warm_up(self) -> None:
        """Connections are made and scripts are loaded once in a process's life."""
        for _ in range(_WARM_UP):
            self.poll()
        self.seconds.clear()
        self.at.forget_requests()

    @property
    def milliseconds(self) -> float:
        return 1000 * median(self.seconds)


def measure() -> Iterator[Figure]:
    """Polls of both in turn, so that whatever else the machine does strikes both alike."""
    with ExitStack() as running:
        few, many = _known(running, FEW), _known(running, MANY)
        before = _redis_commands(few, many)
        for _ in range(POLLS):
            few.poll()
            many.poll()
        sent = [after - earlier for after, earlier in zip(_redis_commands(few, many), before, strict=True)]
        asked = [one.at.requests() for one in (few, many)]
        redis_mb = many.at.redis_memory_mb()

    to_cody = [sum(count for kind, count in one.items() if kind.startswith("GET /api/v1/")) for one in asked]
    for known, requests in zip((FEW, MANY), to_cody, strict=True):
        # One for the bot's conversations, one for the list of all messages.
        yield Figure(f"requests to Cody per poll, {known:,} known", requests / POLLS, "", 2)
    yield Figure("requests to Zoho in all polls", sum(sum(one.values()) for one in asked) - sum(to_cody), "", 0)
    for known, commands in zip((FEW, MANY), sent, strict=True):
        yield Figure(f"Redis commands per poll, scripts' own included, {known:,} known", commands / POLLS)
    yield Figure("  many to few", sent[1] / sent[0], "×", 1)
    for one in (few, many):
        yield Figure(f"time of a poll, median of {POLLS}, {one.count:,} known", one.milliseconds, "ms")
    yield Figure("  many to few", many.milliseconds / few.milliseconds, "×", 2)
    yield Figure(f"memory of Redis, {MANY:,} known", redis_mb, "MB")


def _known(running: ExitStack, count: int) -> _Known:
    """Nothing is said in them: a poll lists, it does not read."""
    at = running.enter_context(installation(lambda file: conversations.write(file, count, silent=True)))
    plugged = at.services()
    running.callback(plugged.store.close)
    known = _Known(count, at, plugged)
    known.fill()
    known.warm_up()
    return known


def _redis_commands(*all_known: _Known) -> list[int]:
    return [known.at.redis_commands()["ours"] for known in all_known]
