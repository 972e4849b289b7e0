"""What a worker, a beat or Flower does not begin with, and the sentence that it ends with."""

import math
import socket
from urllib.parse import urlsplit

import pytest
import redis
from click.testing import CliRunner

from cody2zoho.cli import main
from cody2zoho.settings import SIMULATED_KEY_PREFIX
from relay import relayed
from waiting import eventually


def test_a_worker_refuses_state_of_a_newer_version_in_one_sentence(start, broker) -> None:
    with redis.Redis.from_url(broker.url) as store:
        store.hset(f"{SIMULATED_KEY_PREFIX}ledger", "schema", 99)
    worker = start("worker")
    assert worker.process.wait(40) == 2
    assert "Redis holds state of version 99, written by a newer cody2zoho" in worker.said()
    assert "Traceback" not in worker.said()


def test_a_worker_that_cannot_see_the_state_when_it_starts_looks_again(start, broker) -> None:
    with redis.Redis.from_url(broker.url) as store:
        store.hset(f"{SIMULATED_KEY_PREFIX}ledger", "schema", 99)
    port = urlsplit(broker.url).port
    with relayed(lambda: socket.create_connection(("127.0.0.1", port)), b"schema", math.inf) as relay:
        worker = start("worker", REDIS_URL=broker.url.replace(f":{port}", f":{relay.port}"))
        worker.says("ready")
        eventually(lambda: relay.lost)
        relay.most = 0
        assert worker.process.wait(40) == 2
    assert worker.said().count("Redis holds state of version 99") == 1


@pytest.mark.parametrize("role", ["worker", "flower"])
def test_missing_settings_end_every_role_with_sentences_and_code_2(start, role: str) -> None:
    process = start(role, SIMULATORS_URL="")
    assert process.process.wait(30) == 2
    assert "CODY_API_KEY is not set; write it into .env" in process.said()
    assert "Traceback" not in process.said()


def test_a_worker_that_is_to_go_to_the_background_says_how_instead() -> None:
    """Celery would begin anew as a worker of no app, which takes our messages and knows none of the tasks."""
    refused = CliRunner().invoke(main, ["worker", "-c", "2", "--detach"])
    assert refused.exit_code == 2
    assert "start it with `&`, or by a service" in refused.stderr


IMPATIENT = """
from cody2zoho.cli import main
from cody2zoho.watching import monitor
monitor.STAND_IN_SECONDS = 0.3
main(["worker"])
"""


@pytest.mark.parametrize("address", ["http://simulators.invalid:8800", "http://127.0.0.1:1"])
def test_a_worker_without_credentials_and_without_simulators_says_so_and_ends(start, address: str) -> None:
    worker = start("-c", IMPATIENT, SIMULATORS_URL=address)
    assert worker.process.wait(30) == 2
    assert (
        f"No credentials are set, and no simulators answer in their place at SIMULATORS_URL {address}" in worker.said()
    )
    assert "Traceback" not in worker.said()
