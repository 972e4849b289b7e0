"""A worker consumes again after Redis was away: ten times out of ten, the same process throughout.

Releases of Celery differ here: one ends its worker when Redis restarts under running tasks, others stop consuming.
"""

import signal
from functools import partial

from cody2zoho.simulators.audit import audit
from waiting import eventually

ROUNDS = 10
#: Chats that are under way when Redis goes, and as many that begin while it is away.
CHATS = 4

#: Short enough for ten rounds.
SHORT = {
    "POLL_INTERVAL_SECONDS": 1,
    "TASK_BUDGET_SECONDS": 2,
    "LEASE_SECONDS": 3,
    "VISIBILITY_TIMEOUT_SECONDS": 4,
    "REDIS_CONNECT_TIMEOUT": 1.1,
    "REDIS_READ_TIMEOUT": 1.1,
    "REDIS_WRITE_TIMEOUT": 1.1,
}


def test_ten_restarts_of_redis_one_worker(account, organisation, server, start, broker) -> None:
    def say() -> None:
        for _ in range(CHATS):
            account.say(account.add_conversation(bot_id="support").id, "Is anybody there?")
        account.clock.now += 1

    def is_perfect() -> bool:
        return server.run(lambda: audit(account, organisation)).perfect

    def is_at_work(made: int) -> bool:
        return bool(server.journal["cody"].in_flight) or len(organisation.cases) > made

    server.latency_seconds = 0.1
    worker, beat = start("worker", **SHORT), start("beat", **SHORT)
    worker.says("ready")
    for number in range(1, ROUNDS + 1):
        server.run(say)
        eventually(partial(is_at_work, len(organisation.cases)))
        broker.end(signal.SIGKILL if number % 2 else signal.SIGTERM)
        server.run(say)
        broker.start()
        eventually(is_perfect, 30)
        assert len(organisation.cases) == 2 * CHATS * number
        assert worker.process.poll() is None, f"the worker ended in round {number}"
        assert beat.process.poll() is None, f"beat ended in round {number}"
