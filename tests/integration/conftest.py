"""Real processes: Celery workers and beats as an operator starts them, and a Redis of the test's own to be killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from processes import tethered

from cody2zoho.processes import embedded
from cody2zoho.simulators.server import SimulatorServer
from waiting import eventually


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
            return self.process.wait(30)
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


@pytest.fixture
def start(server: SimulatorServer, broker: Process, tmp_path: Path) -> Iterator[Start]:
    """Starts `celery -A cody2zoho …`, or a piece of Python after `-c`, pointed at the simulators."""
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
        program = [sys.executable, *(words if words[0] == "-c" else ("-m", "celery", "-A", "cody2zoho", *words))]
        started.append(Process(program, log, environment, tmp_path))
        return started[-1]

    yield start
    for process in reversed(started):
        process.end()
