"""What runs in containers here, and what a test may ask of it.

This folder must stay without `__init__.py`: it would hide the package `docker`.
"""

import json
import re
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_celery import CeleryTestContainer, CeleryWorkerContainer, RedisContainer
from pytest_docker_tools import wrappers

COMPOSE = (Path(__file__).parents[2] / "docker-compose.yml").read_text()
#: What the compose file ships is what is tested.
IMAGE, REDIS_IMAGE = (
    re.search(pattern, COMPOSE, re.MULTILINE)[1]  # type: ignore[index]
    for pattern in (r"image: (cody2zoho:\S+)", r"image: (redis:\S+)")
)
CONVERSATIONS = 40


class Redis(RedisContainer):
    @classmethod
    def image(cls) -> str:
        return REDIS_IMAGE

    @property
    def host_url(self) -> str:
        """Both halves from one place: inside a container the port is another than on its host."""
        self._wait_port("6379/tcp")
        host, port = self.get_addr("6379/tcp")
        return f"{self.prefix()}{host}:{port}/{self.vhost}"


class Worker(CeleryWorkerContainer):
    @classmethod
    def command(cls, *args: str, **_: Any) -> list[str]:
        """As in the compose file: no flags."""
        return ["cody2zoho", "worker", *args]

    def run(self, *command: str, workdir: str | None = None) -> str:
        """Run a command beside the worker; what it said. Raises AssertionError when it fails."""
        code, output = self.exec_run(list(command), workdir=workdir)
        assert code == 0, output.decode()
        return str(output.decode().strip())

    def call(self, task: str) -> None:
        """Send a task as a person would, from a folder that has nothing to do with us."""
        self.run("celery", "-A", "cody2zoho", "call", f"cody2zoho.{task}", workdir="/")


class Web(wrappers.Container):
    """A container that answers HTTP on one port."""

    def ready(self) -> bool:
        return bool(super().ready()) and self.answers()

    def answers(self) -> bool:
        try:
            self.get("/control/health")
        except OSError:
            return False
        return True

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def post(self, path: str, body: dict[str, Any]) -> None:
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=10).close()

    @property
    def url(self) -> str:
        return "http://{}:{}".format(*self.get_addr("8800/tcp"))

    def becomes(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 60) -> dict[str, Any]:
        """The first audit that is as wanted. Raises AssertionError after so many seconds."""
        until = time.monotonic() + seconds
        while not wanted(audit := self.get("/control/audit")):
            assert time.monotonic() < until, audit
            time.sleep(0.2)
        return audit


class Flower(CeleryTestContainer):
    @property
    def ready_prompt(self) -> str:
        return "Visit me at"
