"""Polls and cases in this process, where workers of their own would add nothing: the simulators and a real Redis."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from cody2zoho import services
from cody2zoho.services import Services
from cody2zoho.settings import Settings, simulated_credentials
from cody2zoho.simulators.cody import Cody, CodyKnobs
from cody2zoho.simulators.journal import Entry
from cody2zoho.simulators.server import SimulatorServer
from cody2zoho.simulators.zoho import Zoho

from .installation import PREFIX, only_redis


class Clock:
    """Runs in step with that of Redis, which moves the agenda, and can be put forward; in Unix seconds.

    It begins long ago: the ledger knows by the clock of Redis since when a conversation is awaited, and ahead of that
    each would seem to go on for hours.
    """

    def __init__(self) -> None:
        self._ahead = -1_000_000.0

    def __call__(self) -> float:
        return self.now

    @property
    def now(self) -> float:
        return time.time() + self._ahead

    @now.setter
    def now(self, moment: float) -> None:
        self._ahead = moment - time.time()


@dataclass(frozen=True)
class Inside:
    """What there is: both simulators, and what a worker has."""

    account: Cody
    organisation: Zoho
    server: SimulatorServer
    services: Services

    def asked(self, simulator: str, what: str = "") -> list[Entry]:
        """Requests in whose address this stands."""
        return [one for one in self.server.journal.entries if one.simulator == simulator and what in one.path]


@contextmanager
def inside(bots: Sequence[str], clock: Callable[[], float] = time.time, **chosen: object) -> Iterator[Inside]:
    """Nothing was said yet; `chosen` are settings."""
    # What it logs is for its own log; without a place for it Python writes it to the terminal.
    logging.getLogger("cody2zoho").addHandler(logging.NullHandler())
    account, organisation = Cody(clock=clock, knobs=CodyKnobs(requests_per_minute=None)), Zoho(clock)
    organisation.set_up_fields()
    for bot in bots:
        account.add_bot(bot, bot_id=bot, at=clock() - 10**7)
    given = {"cody_bot_id": ",".join(bots), "redis_key_prefix": PREFIX, "cody_requests_per_minute": 1_000_000}
    with only_redis() as (_, environment), SimulatorServer([account, organisation]) as server:
        credentials = simulated_credentials(server.url)
        settings = Settings(**{**credentials, **given, "redis_url": environment["REDIS_URL"], **chosen})
        plugged = services.build(settings, clock)
        plugged.ledger.open()
        yield Inside(account, organisation, server, plugged)
        plugged.store.close()
