"""What workers count, and what their processes say, is true however they end."""

import os
import signal
import time
from collections.abc import Callable

import psutil
import pytest

from cody2zoho import logs
from cody2zoho.ledger.records import State
from cody2zoho.ops import figures, prometheus
from cody2zoho.ops.situation import look
from cody2zoho.services import Services
from cody2zoho.settings import SIMULATED_KEY_PREFIX as PREFIX
from cody2zoho.simulators.audit import audit
from cody2zoho.telemetry import counters
from cody2zoho.watching import summary
from ingestion import ingestion
from waiting import eventually

#: A second between two sendings, and what a busy machine takes for one.
LOST_SECONDS = 1.5

#: Celery takes `-P prefork` for what nobody chose; `processes` is the same pool.
PROCESSES = ("-P", "processes", "-c", "2")


def chats(account, count: int) -> None:
    for number in range(count):
        conversation = account.add_conversation(bot_id="support", at=account.now() - 600 + number)
        account.say(conversation.id, "Where is my order?", at=account.now() - 500)


def made_all(server, account, organisation) -> bool:
    return server.run(lambda: audit(account, organisation)).perfect


def noted(services: Services, count: int) -> bool:
    """The ledger knows of so many cases; whoever made one may have died before it could say so."""
    return services.ledger.counts()[State.CREATED] == count


@pytest.fixture
def services(plugged, broker) -> Services:
    """As the workers have them."""
    return plugged(redis_url=broker.url, redis_key_prefix=PREFIX)


@pytest.fixture
def counted(services) -> Callable[[str], int]:
    """The sum of all counters whose fields begin like this, seconds left out."""

    def counted(begins: str) -> int:
        found = counters.read(services.store, PREFIX)
        return round(sum(n for field, n in found.items() if field.startswith(begins) and not field.endswith("|sum")))

    return counted


@pytest.fixture
def asked(server) -> Callable[[str], int]:
    """How many requests had a path that begins like this, as the simulators saw them."""

    def asked(begins: str) -> int:
        return server.run(lambda: sum(one.path.startswith(begins) for one in server.journal.entries))

    return asked


#: A dead worker's work comes back in seconds; and of what Cody tells late, nothing opens a case's conversation again.
SHORT = {"TASK_BUDGET_SECONDS": 2, "LEASE_SECONDS": 3, "VISIBILITY_TIMEOUT_SECONDS": 4, "FOLLOW_UP_HOURS": 0}

POOLS = {"threads": ("-c", "2"), "processes": (*PROCESSES, "--max-tasks-per-child", "3")}


@pytest.mark.parametrize("pool", POOLS.values(), ids=POOLS)
def test_a_worker_that_is_told_to_end_has_counted_and_logged_all_that_it_did(
    pool, account, organisation, server, start, services, counted, asked
) -> None:
    chats(account, 12)
    server.latency_seconds = 0.1
    worker, beat = start("worker", *pool, **SHORT), start("beat", POLL_INTERVAL_SECONDS=1)
    eventually(lambda: organisation.cases, 60)
    assert worker.end() == 0
    last = start("worker", *pool, **SHORT)
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


HUNG = """
from celery import signals

from cody2zoho.celery import app
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import PollFailed
app.Worker(hostname="hung@here")
signals.task_prerun.send(sender=None, task_id="hung")
while True:
    report(PollFailed("support", "no"))
    print("told", flush=True)
    signals.heartbeat_sent.send(sender=None)
"""


def test_a_worker_that_ends_itself_because_a_task_hangs_has_counted_all(start, counted) -> None:
    hung = start("-c", HUNG, TASK_BUDGET_SECONDS=0.2)
    assert hung.process.wait(30) == 70
    assert counted("polls_total|failed") == hung.said().count("told\n") > 1


def test_what_goes_wrong_in_a_child_reaches_sentry_graylog_and_the_files(start, call, settle, tmp_path) -> None:
    with ingestion() as far_end:
        host, port = far_end.url.removeprefix("http://").split(":")
        sinks = {
            "SENTRY_DSN": f"http://key@{host}:{port}/1",
            "ENABLE_GRAYLOG": "true",
            "GRAYLOG_HOST": host,
            "GRAYLOG_PORT": port,
            "GRAYLOG_PROTOCOL": "http",
            "LOG_DIR": tmp_path / "logs",
        }
        worker = start("worker", *PROCESSES, "--max-tasks-per-child", "1", **sinks)
        worker.says("ready")
        # Without the conversation that it is about.
        call("create_case")
        worker.says("task_failed")
        settle()
        assert worker.end() == 0
        told = {path: body for path, body in zip(far_end.paths, far_end.bodies, strict=True) if "task_failed" in body}
    assert {path.partition("?")[0] for path in told} == {"/api/1/envelope/", "/gelf"}
    assert (tmp_path / "logs" / "sync.log").read_text().count('"task_failed"') == 1


def test_whoever_is_killed_takes_a_second_of_requests_with_it_and_no_conversation(
    account, organisation, server, start, services, counted
) -> None:
    chats(account, 60)
    server.latency_seconds = 0.1
    start("beat", POLL_INTERVAL_SECONDS=1)
    workers = [start("worker", "-c", "2", "-n", f"worker{number}@here", **SHORT) for number in range(3)]
    killed = []
    for count, worker in zip((8, 16, 24), workers, strict=True):
        eventually(lambda count=count: len(organisation.cases) >= count, 40)
        killed.append(time.monotonic())
        worker.end(signal.SIGKILL)
        worker.start()
    eventually(lambda: made_all(server, account, organisation) and noted(services, 60), 60)
    eventually(lambda: counted("cleaned_up_total|leases") and counted("cleaned_up_total|messages"))
    assert [worker.end() for worker in workers] == [0, 0, 0]
    truth(services, counted, 60)
    assert len(organisation.cases) == 60
    least, most = within(server, killed)
    assert least <= counted("api_requests_total|zoho|") <= most
    assert least < most


def test_a_child_that_is_killed_takes_a_second_of_requests_with_it_and_no_conversation(
    account, organisation, server, start, services, counted
) -> None:
    chats(account, 20)
    server.latency_seconds = 0.1
    start("beat", POLL_INTERVAL_SECONDS=1)
    worker = start("worker", *PROCESSES, **SHORT)
    eventually(lambda: len(organisation.cases) >= 6, 40)
    killed = time.monotonic()
    os.kill(children(worker)[0], signal.SIGKILL)
    eventually(lambda: made_all(server, account, organisation) and noted(services, 20), 60)
    assert worker.end() == 0
    truth(services, counted, 20)
    least, most = within(server, [killed])
    assert least <= counted("api_requests_total|zoho|") <= most


def truth(services, counted, count: int) -> None:
    """All figures of conversations that there are say so many, and so does whoever tells them."""
    assert counted("conversations_total|created") == counted("conversations_total|seen") == count
    assert sum(n for (_, what), n in counters.hours(services.store, PREFIX).items() if what == "created") == count
    told = figures.metrics(look(services), 1, time.time())["conversations"]
    assert (told["cases_created"], told["total_processed"], told["total_errors"]) == (count, count, 0)
    assert figures.stats(look(services), services.settings, [])["outcomes"]["created"] == count
    assert (
        f'conversations_total{{what="created"}} {count}.0'
        in prometheus.text(look(services), services.settings).decode()
    )
    assert summary.tell(services)["created"] == count


def within(server, killed: list[float]) -> tuple[int, int]:
    """How many of Zoho's requests are counted at least, where each death may cost a second's, and how many at most."""
    asked = server.run(lambda: [one.at + one.seconds for one in server.journal.entries if one.path.startswith("/crm/")])
    lost = sum(any(at - LOST_SECONDS < one < at + server.latency_seconds for at in killed) for one in asked)
    return len(asked) - lost, len(asked)


def children(worker) -> list[int]:
    """Of a pool of processes."""
    return [one.pid for one in psutil.Process(worker.process.pid).children()]
