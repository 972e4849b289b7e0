"""A probe by HTTP tells whether a heartbeat is fresh."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from cody2zoho.processes import probe
from cody2zoho.processes.ports import LOOPBACK, free_port


@pytest.fixture
def heartbeat(tmp_path: Path) -> Path:
    return tmp_path / "worker.heartbeat"


@pytest.fixture
def address(heartbeat: Path) -> Iterator[str]:
    with probe.serve(heartbeat, 0, LOOPBACK) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://{LOOPBACK}:{server.server_port}"
        server.shutdown()


def asked(address: str) -> tuple[int, int]:
    """What readiness and liveness answer."""
    ready, alive = (requests.get(f"{address}/health/{what}", timeout=5) for what in ("readiness", "liveness"))
    return ready.status_code, alive.status_code


def beat(heartbeat: Path, seconds_ago: float) -> None:
    heartbeat.touch()
    os.utime(heartbeat, (time.time() - seconds_ago,) * 2)


@pytest.mark.parametrize(
    ("seconds_ago", "answers"),
    [
        (1, (200, 200)),
        (probe.READY_SECONDS + 5, (503, 200)),
        (probe.ALIVE_SECONDS + 5, (503, 503)),
    ],
)
def test_what_is_late_is_not_ready_and_what_is_very_late_is_dead(
    address: str, heartbeat: Path, seconds_ago: float, answers: tuple[int, int]
) -> None:
    beat(heartbeat, seconds_ago)

    assert asked(address) == answers


def test_what_has_not_begun_is_alive_and_not_ready(address: str) -> None:
    assert asked(address) == (503, 200)


def test_what_never_begins_is_dead_in_the_end(heartbeat: Path) -> None:
    began = time.time() - probe.ALIVE_SECONDS - 1

    assert probe._age(heartbeat, began, "/health/liveness") > probe.ALIVE_SECONDS


def test_nothing_else_is_served(address: str, heartbeat: Path) -> None:
    beat(heartbeat, 1)

    assert requests.get(f"{address}/worker.heartbeat", timeout=5).status_code == 404


def test_it_runs_by_itself_and_imports_no_more_than_it_needs(heartbeat: Path) -> None:
    port = free_port()
    beat(heartbeat, 1)
    module = "cody2zoho.processes.probe"
    with subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", module, heartbeat, str(port)], stderr=-1
    ) as process:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                answer = requests.get(f"http://{LOOPBACK}:{port}/health/readiness", timeout=5)
                break
            except requests.ConnectionError:
                continue
        process.terminate()
        imported = process.communicate(timeout=10)[1].decode()

    assert answer.status_code == 200
    assert "pydantic" not in imported
    assert "celery" not in imported
