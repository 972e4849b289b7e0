"""A backfill by real workers that are killed half-way, with nobody at the command."""

import signal

from chats import chat
from cody2zoho import services
from cody2zoho.backfill import backfill
from cody2zoho.backfill.backfill import Wanted
from cody2zoho.ledger.history import PLACES
from cody2zoho.settings import SIMULATED_KEY_PREFIX, Settings, simulated_credentials
from cody2zoho.simulators.audit import audit
from cody2zoho.simulators.faults import Fault
from waiting import eventually

DAY = 86_400
CHOSEN = {
    "SYNC_SINCE": "2025-09-15",
    "LEASE_SECONDS": 5,
    "TASK_BUDGET_SECONDS": 20,
    "VISIBILITY_TIMEOUT_SECONDS": 25,
    "CODY_REQUESTS_PER_MINUTE": 1_000_000,
    "CONVERSATION_QUIET_SECONDS": 0,
}
HISTORY = 220

#: Of both places together.
IN_HAND = PLACES * 100


def test_workers_killed_three_times_half_way_make_each_case_once_and_read_nothing_twice_but_what_was_in_hand(
    account, organisation, server, broker, start
) -> None:
    for number in range(HISTORY):
        chat(account, ago=90 * DAY + 60 * number)
    chat(account, ago=600)
    worker, _ = start("worker", **CHOSEN), start("beat", POLL_INTERVAL_SECONDS=1, **CHOSEN)
    eventually(lambda: len(organisation.cases) == 1, 40)
    ours = services.build(
        Settings(
            **simulated_credentials(server.url),
            cody_bot_id="all",
            redis_url=broker.url,
            redis_key_prefix=SIMULATED_KEY_PREFIX,
            sync_since="2025-09-15",
        )
    )
    server.faults.add(Fault("slow", path="*/messages", seconds=0.05))
    server.faults.add(Fault("slow", path="/crm/v8/Cases", seconds=0.2))
    assert ours.history.start(backfill.plan(ours, Wanted()).conversations) == HISTORY
    server.journal.clear()

    def read() -> int:
        return server.journal["cody"].kinds["GET /api/v1/messages"]

    for moment in (30, 110, 190):
        eventually(lambda moment=moment: read() >= moment, 60)
        worker.end(signal.SIGKILL)
        # As they would run out in six seconds.
        ours.store.delete(*(f"{SIMULATED_KEY_PREFIX}lock:backfill:{place}" for place in range(PLACES)))
        worker = start("worker", **CHOSEN)
    eventually(lambda: server.run(lambda: audit(account, organisation)).perfect, 90)
    eventually(lambda: ours.history.latest().is_over, 30)
    assert len(organisation.cases) == HISTORY + 1
    assert read() < HISTORY + 3 * IN_HAND
    ours.store.close()
