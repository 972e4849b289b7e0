"""Real processes: Celery workers and beats as an operator starts them, and a Redis of the test's own to be killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery
from processes import tethered

from cody2zoho.processes import embedded
from cody2zoho.settings import SIMULATED_KEY_PREFIX
from cody2zoho.simulators.server import SimulatorServer
from waiting import eventually

#: As long as compose gives a worker: billiard's pool may wait for 30 seconds (see `settle`).
_END_SECONDS = 60


class Process:
    """A child with its log, ended for certain."""

    url = ""

    def __init__(self, words: list[str], log: Path, environment: dict[str, str], folder: Path) -> None:
        self._words, self.log = words, log
        self._environment, self._folder = environment, folder
        self.start()

    def start(self) -> None:
        with self.log.open("a") as out:
            self.process = subprocess.Popen(
                tethered(*self._words),
                stdout=out,
                stderr=out,
                env=self._environment,
                cwd=self._folder,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def says(self, words: str, seconds: float = 40) -> None:
        """Waits until the log holds these words."""
        eventually(lambda: words in self.said() or self._dead(words), seconds)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Sends a signal and waits for the end; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise

    def _dead(self, words: str) -> bool:
        code = self.process.poll()
        assert code is None, f"ended with {code} before it said {words!r}:\n{self.said()[-3000:]}"
        return False


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Process]:
    """A Redis on a port of its own, with its data on disk, that a test may kill; `url` is its address."""
    address, folder = embedded.new_address(), tmp_path / "redis"
    folder.mkdir()
    server = Process(
        embedded.command(address, folder, on_disk=True), tmp_path / "redis.log", dict(os.environ), tmp_path
    )
    server.url = address.url
    eventually(address.answers)
    yield server
    server.end()


Start = Callable[..., Process]

_OURS = ("-m", "cody2zoho")
_CELERY = ("-m", "celery", "-A", "cody2zoho")
_PROGRAMS = {"worker": _OURS, "beat": _OURS, "simulate": _OURS, "-c": (), "-m": ()}


@pytest.fixture
def start(server: SimulatorServer, broker: Process, tmp_path: Path) -> Iterator[Start]:
    """Starts a worker, a beat, another of Celery's commands, or a piece of Python after `-c`, with the simulators."""
    started: list[Process] = []

    def start(*words: str, **chosen: Any) -> Process:
        environment = {
            **os.environ,
            "SIMULATORS_URL": server.url,
            "REDIS_URL": broker.url,
            "LOG_FORMAT": "json",
            "STATE_DIR": str(tmp_path / "state"),
            "PYTHONWARNINGS": "ignore",
            **{name: str(value) for name, value in chosen.items()},
        }
        log = tmp_path / f"{words[0]}-{len(started)}.log"
        started.append(Process([sys.executable, *_PROGRAMS.get(words[0], _CELERY), *words], log, environment, tmp_path))
        return started[-1]

    yield start
    for process in reversed(started):
        process.end()


@pytest.fixture
def call(broker: Process) -> Callable[..., None]:
    """Sends a task, as `celery -A cody2zoho call` does in a process of its own."""

    def call(task: str, *args: object, prefix: str = SIMULATED_KEY_PREFIX) -> None:
        app = Celery("operator", broker=broker.url, set_as_current=False)
        app.conf.broker_transport_options = {"global_keyprefix": prefix, "priority_steps": [0]}
        queue = "cases" if task == "create_case" else "ticks"
        app.send_task(f"cody2zoho.{task}", args=args, queue=queue, ignore_result=True)
        app.close()

    return call


@pytest.fixture
def settle(broker: Process) -> Callable[[], None]:
    """Waits until no task is in anybody's hands.

    Told to end before it has heard of a task's end from its child, billiard's pool waits for that for 30 seconds.
    """

    def settle() -> None:
        with redis.Redis.from_url(broker.url) as store:
            eventually(lambda: not store.hlen(f"{SIMULATED_KEY_PREFIX}unacked"))

    return settle
