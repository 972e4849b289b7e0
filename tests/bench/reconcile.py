"""How long it takes to fill an empty ledger from Zoho, and to reconcile many conversations, and how much memory."""

import json
import time
from collections.abc import Iterator

from cody2zoho import services
from cody2zoho.reconcile import nightly
from cody2zoho.settings import Settings
from cody2zoho.simulators.cody import Cody, CodyKnobs
from cody2zoho.simulators.server import SimulatorServer
from cody2zoho.simulators.zoho import Zoho

from . import conversations, process
from .figures import Figure
from .installation import only_redis

CONVERSATIONS = 100_000

_REBUILD = """
from cody2zoho import rebuild
from cody2zoho.services import services
assert rebuild.ensure(services())
"""


class _Clock:
    """Cases made long ago: those of the last hour a rebuild leaves to the polls."""

    ago = 86_400.0

    def __call__(self) -> float:
        return time.time() - self.ago


def measure() -> Iterator[Figure]:
    """Without latency and limits, so that it is our own time and the simulators'."""
    clock = _Clock()
    account, organisation = Cody(knobs=CodyKnobs(requests_per_minute=None)), Zoho(clock)
    organisation.set_up_fields()
    _fill(account, organisation)
    clock.ago = 0.0
    with only_redis() as (folder, environment), SimulatorServer([account, organisation]) as server:
        environment |= {"SIMULATORS_URL": server.url}
        worker = services.build(Settings(redis_url=environment["REDIS_URL"], simulators_url=server.url))
        # The token is there, as in a running system.
        worker.tokens.get()
        server.journal.clear()
        rebuild_seconds, rebuild_mb, _ = process.run(["-c", _REBUILD], environment, folder)
        rebuilding = server.journal["zoho"].requests
        server.journal.clear()
        seconds, peak_mb, said = process.run(["-m", "cody2zoho", "reconcile", "--json"], environment, folder)
        if json.loads(said)["cases"] != CONVERSATIONS:
            raise RuntimeError(f"reconcile found what is not there: {said[:500]}")
        asked = {name: server.journal[name].requests for name in ("cody", "zoho")}
        server.journal.clear()
        began = time.monotonic()
        nightly.compare(worker)
        nightly_seconds = time.monotonic() - began
        worker.store.close()

    yield Figure(f"filling an empty ledger with {CONVERSATIONS:,} cases", rebuild_seconds, "s", 60)
    yield Figure("  its memory at most", rebuild_mb, "MB", 64)
    yield Figure("  requests to Zoho", rebuilding)
    yield Figure(f"reconcile of {CONVERSATIONS:,} conversations", seconds, "s", 60)
    yield Figure("  its memory at most", peak_mb, "MB", 64)
    yield Figure("  requests to Cody", asked["cody"])
    yield Figure("  requests to Zoho", asked["zoho"])
    yield Figure(f"nightly comparison of {CONVERSATIONS:,} cases", nightly_seconds, "s", 60)


def _fill(account: Cody, organisation: Zoho) -> None:
    account.add_bot("Bench", bot_id=conversations.BOT)
    for number in range(1, CONVERSATIONS + 1):
        one, at = conversations.id_of(number), conversations.began_at(number, CONVERSATIONS)
        account.add_conversation("A chat", bot_id=conversations.BOT, conversation_id=one, at=at)
        organisation.add_case(Cody_Conversation_ID=one)
