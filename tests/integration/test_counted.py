"""What workers count, and what their processes say, is true however they end."""

from collections.abc import Callable

import pytest

from cody2zoho import logs
from cody2zoho.services import Services
from cody2zoho.settings import SIMULATED_KEY_PREFIX
from cody2zoho.simulators.audit import audit
from cody2zoho.telemetry import counters
from waiting import eventually

#: Celery takes `-P prefork` for what nobody chose; `processes` is the same pool.
PROCESSES = ("-P", "processes", "-c", "2")


def chats(account, count: int) -> None:
    for number in range(count):
        conversation = account.add_conversation(bot_id="support", at=account.now() - 600 + number)
        account.say(conversation.id, "Where is my order?", at=account.now() - 500)


def made_all(server, account, organisation) -> bool:
    return server.run(lambda: audit(account, organisation)).perfect


@pytest.fixture
def services(plugged, broker) -> Services:
    """As the workers have them."""
    return plugged(redis_url=broker.url, redis_key_prefix=SIMULATED_KEY_PREFIX)


@pytest.fixture
def counted(services) -> Callable[[str], int]:
    """The sum of all counters whose fields begin like this, seconds left out."""

    def counted(begins: str) -> int:
        found = counters.read(services.store, SIMULATED_KEY_PREFIX)
        return round(sum(n for field, n in found.items() if field.startswith(begins) and not field.endswith("|sum")))

    return counted


@pytest.fixture
def asked(server) -> Callable[[str], int]:
    """How many requests had a path that begins like this, as the simulators saw them."""

    def asked(begins: str) -> int:
        return server.run(lambda: sum(one.path.startswith(begins) for one in server.journal.entries))

    return asked


POOLS = {"threads": ("-c", "2"), "processes": (*PROCESSES, "--max-tasks-per-child", "3")}


@pytest.mark.parametrize("pool", POOLS.values(), ids=POOLS)
def test_a_worker_that_is_told_to_end_has_counted_and_logged_all_that_it_did(
    pool, account, organisation, server, start, services, counted, asked
) -> None:
    chats(account, 12)
    server.latency_seconds = 0.1
    worker, beat = start("worker", *pool), start("beat", POLL_INTERVAL_SECONDS=1)
    eventually(lambda: organisation.cases, 60)
    assert worker.end() == 0
    last = start("worker", *pool)
    eventually(lambda: made_all(server, account, organisation), 60)
    assert (beat.end(), last.end()) == (0, 0)
    assert counted("conversations_total|created") == counted("conversations_total|seen") == 12
    assert counted("case_delay_seconds|") == 12
    assert counted("api_requests_total|zoho|") == asked("/crm/")
    assert counted("api_requests_total|zoho_accounts|") == asked("/oauth/")
    assert counted("api_requests_total|cody|") == asked("/api/")
    told = [one for one in logs.latest(services, 1_000) if one["message"] == "case_created"]
    assert len(told) == 12
    assert {one["worker"].partition("@")[0] for one in told} == {"celery"}
