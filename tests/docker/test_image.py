"""The shipped image at work: containers started, killed and looked at as an operator would."""

import base64
import json
import re
import time
import urllib.error
import urllib.request

import pytest
from containers import COMPOSE, CONVERSATIONS, Flower, Web, Worker
from pytest_celery import CeleryTestSetup


@pytest.fixture
def worker(celery_setup: CeleryTestSetup) -> Worker:
    container: Worker = celery_setup.worker.container
    return container


def test_every_conversation_becomes_one_case(worker: Worker, simulators: Web) -> None:
    worker.call("fetch_conversations")

    audit = simulators.becomes(lambda audit: audit["cases"] >= audit["expected"])

    assert audit["conversations"] == CONVERSATIONS
    assert audit["perfect"], audit


def test_a_worker_killed_at_its_work_leaves_none_without_a_case_and_none_with_two(
    celery_setup: CeleryTestSetup, worker: Worker, simulators: Web
) -> None:
    simulators.post("/control/latency", {"seconds": 0.2})
    worker.call("fetch_conversations")
    before = simulators.becomes(lambda audit: audit["cases"] > 0)
    assert before["cases"] < before["expected"], "killed too late to show anything"

    celery_setup.worker.kill()
    simulators.post("/control/latency", {"seconds": 0})
    celery_setup.worker.restart()
    # Without beat: the ticks that bring up what the dead worker held, once its leases are over.
    until = time.monotonic() + 60
    while not (audit := simulators.get("/control/audit"))["perfect"]:
        assert time.monotonic() < until, audit
        worker.call("dispatch_due")

    assert audit["cases"] == audit["expected"]


def test_the_worker_is_nobody_and_cannot_change_its_own_code(worker: Worker) -> None:
    assert worker.run("id", "-u") == "10001"
    code, _ = worker.exec_run(["touch", worker.run("python", "-c", "import cody2zoho; print(cody2zoho.__file__)")])
    assert code != 0
    worker.run("touch", "/var/lib/cody2zoho/a-file-of-its-state")


def test_the_health_check_notices_a_worker_that_hangs(worker: Worker) -> None:
    [check] = re.findall(r'test: (\["CMD-SHELL".*worker\.heartbeat.*\])', COMPOSE)
    command = json.loads(check)[1].replace("$$", "$")
    heartbeat = "/var/lib/cody2zoho/worker.heartbeat"
    worker.run("sh", "-c", f"until [ -e {heartbeat} ]; do sleep 0.1; done; {command}")

    worker.kill("SIGSTOP")
    worker.run("touch", "-d", "61 seconds ago", heartbeat)

    code, _ = worker.exec_run(["sh", "-c", command])
    assert code != 0
    worker.kill("SIGCONT")
    worker.run("sh", "-c", f"sleep 5; {command}")


def test_flower_without_a_login_of_ours_has_one_that_nobody_can_guess(flower: Flower) -> None:
    login = flower.exec_run(["cat", "flower.login"])[1].decode().strip()

    assert re.fullmatch(r"flower:[\w-]{20,}", login)
    assert login.split(":")[1] not in flower.logs()
    assert _status(flower, login=None) == 401
    assert _status(flower, login="flower:flower") == 401
    assert _status(flower, login=login) == 200


def _status(flower: Flower, login: str | None) -> int:
    request = urllib.request.Request("http://{}:{}/workers".format(*flower.get_addr("5555/tcp")))
    if login:
        request.add_header("Authorization", f"Basic {base64.b64encode(login.encode()).decode()}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
