"""Celery as an operator runs it: real workers and beats, real Redis, real HTTP."""

import json
import signal
from pathlib import Path

import pytest
import redis
import requests

from cody2zoho.processes.ports import free_port
from cody2zoho.processes.roles import answers
from cody2zoho.settings import SIMULATED_KEY_PREFIX, simulated_credentials
from cody2zoho.simulators.audit import audit
from cody2zoho.simulators.faults import Fault
from cody2zoho.simulators.generator import generate
from waiting import eventually

CANARY = "canary-words-of-a-customer"


def chats(account, count: int = 5, words: str = CANARY) -> list[str]:
    ids = []
    for number in range(count):
        conversation = account.add_conversation(bot_id="support", at=account.now() - 600 + number)
        account.say(conversation.id, f"{words} {number}", at=account.now() - 500)
        ids.append(conversation.id)
    return ids


def perfect(server, account, organisation) -> bool:
    return server.run(lambda: audit(account, organisation)).perfect


def test_beat_and_worker_make_every_case_and_their_logs_hold_no_words_and_no_secrets(
    account, organisation, server, start
) -> None:
    account.load(generate(60, 3, now=account.now()))
    chats(account)
    worker, beat = start("worker"), start("beat", POLL_INTERVAL_SECONDS=1)
    eventually(lambda: perfect(server, account, organisation), 60)
    assert beat.end() == 0
    assert worker.end() == 0
    assert worker.said().count('"no_credentials"') == 1
    logged = worker.said() + beat.said()
    for secret in (CANARY, "simulated-cody-key", "simulated-zoho-secret", "1000.simulated.refresh"):
        assert secret not in logged
    for token in server.run(lambda: list(organisation.accounts.access_tokens)):
        assert token not in logged
    assert '"case_created"' in logged


def test_redis_may_be_a_socket_of_this_machine(account, organisation, server, store, redis_address, start) -> None:
    chats(account)
    for role in ("worker", "beat"):
        start(role, REDIS_URL=redis_address, POLL_INTERVAL_SECONDS=1)
    eventually(lambda: perfect(server, account, organisation), 60)


def test_what_one_worker_is_asked_for(account, organisation, server, start, call, subtests: pytest.Subtests) -> None:
    ids = chats(account, 4)
    worker = start("worker")
    worker.says("ready")
    with subtests.test("one call of create_case makes one, and one of fetch_conversations the others"):
        assert start("call", "cody2zoho.create_case", "--args", json.dumps([ids[0]])).process.wait(30) == 0
        eventually(lambda: len(organisation.cases) == 1)
        assert start("call", "cody2zoho.fetch_conversations").process.wait(30) == 0
        eventually(lambda: len(organisation.cases) == 4)
        assert perfect(server, account, organisation)
    with subtests.test("inspect answers without flags"):
        inspect = start("inspect", "registered")
        assert inspect.process.wait(30) == 0
        for task in ("create_case", "fetch_conversations", "refresh_token", "monitor_health", "business_summary"):
            assert f"cody2zoho.{task}" in inspect.said()
    with subtests.test("a short wait is Celery's retry"):
        server.faults.add(Fault("503", path="/crm/v8/Cases", times=1))
        call("create_case", *server.run(lambda: chats(account, 1)))
        eventually(lambda: len(organisation.cases) == 5)
    with subtests.test("the nightly comparison runs when asked, and keeps its figures"):
        server.run(lambda: organisation.add_case(Cody_Conversation_ID="unknownHere1"))
        call("reconcile")
        worker.says('"reconcile_completed"')
        assert '"unrecorded": 1' in worker.said()


def test_a_warm_shutdown_finishes_what_the_worker_holds(account, organisation, server, start, call) -> None:
    chats(account, 5)
    server.latency_seconds = 0.3
    worker = start("worker")
    worker.says("ready")
    call("fetch_conversations")
    eventually(lambda: server.journal["cody"].kinds["GET /api/v1/messages"])
    assert worker.end() == 0
    assert len(organisation.cases) == 5


def test_what_a_killed_worker_held_is_made_by_the_next_one_once(account, organisation, server, start) -> None:
    chats(account, 8)
    server.latency_seconds = 0.2
    short = {"TASK_BUDGET_SECONDS": 2, "LEASE_SECONDS": 3, "VISIBILITY_TIMEOUT_SECONDS": 4, "POLL_INTERVAL_SECONDS": 1}
    start("beat", **short)
    first = start("worker", **short)
    eventually(lambda: server.journal["zoho"].kinds["POST /crm/v8/Cases"])
    first.end(signal.SIGKILL)
    start("worker", **short)
    eventually(lambda: perfect(server, account, organisation), 40)


def test_a_worker_goes_on_by_itself_when_redis_was_away(account, organisation, server, start, broker) -> None:
    chats(account, 3)
    worker, _ = start("worker"), start("beat", POLL_INTERVAL_SECONDS=1)
    eventually(lambda: perfect(server, account, organisation), 40)
    broker.end(signal.SIGKILL)
    worker.says("Cannot connect to redis")
    broker.start()
    # Between two requests: a conversation seen before its words would be let go.
    server.run(lambda: chats(account, 3))
    eventually(lambda: perfect(server, account, organisation), 60)
    assert worker.process.poll() is None


def test_a_restart_of_beat_is_no_reason_to_compare_everything(start, broker) -> None:
    start("beat")
    with redis.Redis.from_url(broker.url, decode_responses=True) as client:

        def sent() -> str:
            return "".join(client.lrange(f"{SIMULATED_KEY_PREFIX}ticks", 0, -1))

        eventually(lambda: sent().count('"cody2zoho.dispatch_due"') > 1)
        assert '"cody2zoho.monitor_health"' in sent()
        assert "cody2zoho.reconcile" not in sent()


def test_celerys_own_worker_and_beat_need_no_flags_and_touch_their_health_files(start, tmp_path: Path) -> None:
    for role in ("worker", "beat"):
        start("-m", "celery", "-A", "cody2zoho", role)
    for role in ("worker", "beat"):
        file = tmp_path / "state" / f"{role}.heartbeat"
        eventually(file.exists)
        before = file.stat().st_mtime
        eventually(lambda file=file, before=before: file.stat().st_mtime > before)


HUNG = """
from celery import signals
import cody2zoho.celery
signals.setup_logging.send(sender=None)
signals.task_prerun.send(sender=None, task_id="hung")
while True:
    signals.heartbeat_sent.send(sender=None)
"""


CLOSED = """
from cody2zoho.celery import PromptScheduler, app
beat = PromptScheduler(app=app)
beat.close()
beat.tick()
print("it went on")
"""


def test_a_beat_that_was_told_to_end_does_not_tick_on(start) -> None:
    """SIGTERM came while Python threw an object away, and the SystemExit it raised was ignored."""
    beat = start("-c", CLOSED)
    assert beat.process.wait(20) == 0
    assert "it went on" not in beat.said()


def test_a_hung_task_ends_the_worker_so_that_its_supervisor_starts_it_anew(start) -> None:
    hung = start("-c", HUNG, TASK_BUDGET_SECONDS=0.2)
    assert hung.process.wait(20) == 70
    assert '"worker_hung"' in hung.said()


def test_a_worker_told_to_stop_hands_back_what_it_cannot_finish_in_time(account, organisation, server, start) -> None:
    chats(account, 5)
    server.latency_seconds = 0.2
    server.faults.add(Fault("slow", simulator="zoho", path="*/Cases", seconds=3, when="after"))
    worker = start("worker", WORKER_CONCURRENCY=2, POLL_INTERVAL_SECONDS=1)
    start("beat", POLL_INTERVAL_SECONDS=1)
    eventually(lambda: server.journal["zoho"].in_flight)
    assert worker.end() == 0
    server.faults.clear()
    start("worker", POLL_INTERVAL_SECONDS=1)
    eventually(lambda: perfect(server, account, organisation), 40)


def test_a_worker_waits_for_simulators_that_are_started_with_it(start) -> None:
    port = free_port()
    worker = start("worker", SIMULATORS_URL=f"http://127.0.0.1:{port}")
    start("simulate", "--port", str(port))
    worker.says("ready")


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"CODY_API_KEY": "wrong"}, "Cody refuses the key (401): write a valid CODY_API_KEY"),
        ({"ZOHO_REFRESH_TOKEN": "1000.wrong"}, "Zoho refuses ZOHO_REFRESH_TOKEN (invalid_code)"),
    ],
)
def test_what_is_wrong_stands_in_the_workers_log(account, server, start, variables: dict[str, str], says: str) -> None:
    chats(account, 3)
    given = {name.upper(): value for name, value in simulated_credentials(server.url).items()} | {"CODY_BOT_ID": "all"}
    worker = start("worker", **{**given, **variables})
    start("beat", **{**given, **variables, "POLL_INTERVAL_SECONDS": 1})
    worker.says(says)
    eventually(lambda: worker.said().count('"cody_poll_completed"') > 3)
    assert worker.said().count('"work_blocked"') == 1


def test_flower_wants_a_login_shows_conversation_ids_and_keeps_its_history(
    account, organisation, server, start, call
) -> None:
    [conversation_id] = chats(account, 1)
    port = free_port()
    flower = start("flower", FLOWER_BASIC_AUTH="watch:me", FLOWER_PORT=port)
    start("worker").says("ready")
    eventually(lambda: answers(port, "/healthcheck"))
    assert requests.get(f"http://127.0.0.1:{port}/tasks", timeout=5).status_code == 401
    call("create_case", conversation_id)

    def shown() -> bool:
        tasks = requests.get(f"http://127.0.0.1:{port}/api/tasks", auth=("watch", "me"), timeout=5).json().values()
        return any(conversation_id in str(task["args"]) and task["state"] == "SUCCESS" for task in tasks)

    eventually(shown)
    flower.end()
    flower.start()
    eventually(lambda: answers(port, "/healthcheck"))
    assert shown(), "its history is gone"
