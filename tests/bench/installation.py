"""A whole installation for one measurement: everything in processes of its own, nothing left of it afterwards."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import redis
from celery import Celery

from cody2zoho import services
from cody2zoho.processes import embedded, roles
from cody2zoho.processes.ports import LOOPBACK, free_port
from cody2zoho.processes.supervisor import Supervisor
from cody2zoho.services import Services
from cody2zoho.settings import Settings, simulated_credentials
from cody2zoho.simulators.server import SimulatorServer

#: How the simulators count an insert of a case.
_INSERT = "POST /crm/v8/Cases"

#: The same for the workers, whose settings come from SIMULATORS_URL, and for us.
PREFIX = "{cody2zoho}:"

_LOOK_SECONDS = 0.02
_WORKER_GRACE_SECONDS = 5


class Installation:
    """The embedded server and the simulators run; worker and beat when they are told to."""

    def __init__(self, supervisor: Supervisor, address: embedded.Address, port: int, folder: Path) -> None:
        self._supervisor = supervisor
        self._address = address
        self._port = port
        self._folder = folder
        self._control = HTTPConnection(LOOPBACK, port, timeout=60)

    def start_workers(self, count: int = 1) -> None:
        """Returns when one of them works."""
        self._supervisor.start(*roles.workers(count, _WORKER_GRACE_SECONDS))
        self.wait_for((self._folder / "state" / "worker.heartbeat").exists, seconds=30)

    def start_beat(self) -> None:
        self._supervisor.start(roles.beat())

    def start_ops(self, port: int) -> None:
        """Returns when it answers."""
        role = roles.ops(port)
        self._supervisor.start(role)
        self.wait_for(role.is_ready, seconds=30)

    def pid(self, role: str) -> int:
        return next(child.process.pid for child in self._supervisor.children if child.role.name == role)

    def services(self) -> Services:
        """Those that a worker here has, in this process."""
        given = simulated_credentials(f"http://{LOOPBACK}:{self._port}")
        return services.build(
            Settings(
                **given,
                cody_bot_id="all",
                redis_key_prefix=PREFIX,
                cody_requests_per_minute=1_000_000,
                redis_url=self._address.url,
            )
        )

    def celery(self) -> Celery:
        """For ticks beside those of beat."""
        options = {"global_keyprefix": PREFIX, "priority_steps": [0]}
        return Celery(broker=self._address.url, broker_transport_options=options)

    def check(self) -> None:
        """Raises ChildFailed where a process has ended."""
        self._supervisor.check()

    def wait_for(self, condition: Callable[[], bool], seconds: float) -> float:
        """The moment at which it was so. Raises ChildFailed where a process ends, TimeoutError where time does."""
        ends_at = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > ends_at:
                raise TimeoutError(f"not so within {seconds:g} s; {self.requests()}")
            self._supervisor.check()
            self._supervisor.pause(_LOOK_SECONDS)
        return time.monotonic()

    def wait_for_cases(self, count: int, seconds: float) -> float:
        """The moment at which Zoho had answered so many inserts."""
        return self.wait_for(lambda: self.requests("zoho").get(_INSERT, 0) >= count, seconds)

    def requests(self, *simulators: str) -> dict[str, int]:
        """How often what was asked of these simulators, or of all."""
        tallies = self.ask("GET", "requests")
        chosen = [tally for name, tally in tallies.items() if not simulators or name in simulators]
        return {kind: count for tally in chosen for kind, count in tally["kinds"].items()}

    def most_in_flight(self, simulator: str) -> int:
        """The most requests that this one had at the same moment."""
        most: int = self.ask("GET", "requests")[simulator]["peak_in_flight"]
        return most

    def set_latency(self, seconds: float) -> None:
        self.ask("POST", "latency", {"seconds": seconds})
        self.forget_requests()

    def forget_requests(self) -> None:
        self.ask("DELETE", "requests")

    def check_audit(self) -> None:
        """Raises RuntimeError unless every conversation has its case: a fast run that lost one has no speed."""
        audit = self.ask("GET", "audit")
        if not audit["perfect"]:
            raise RuntimeError(f"the audit found faults: {json.dumps(audit)[:500]}")

    def redis_commands(self) -> dict[str, int]:
        """Executed for our own clients and for those of Celery since they connected, what scripts call included."""
        with redis.Redis.from_url(self._address.url, decode_responses=True, client_name="bench") as client:
            sent = {"ours": 0, "celery": 0}
            for one in client.client_list():
                if one["name"] != "bench":
                    sent["ours" if one["name"] == "cody2zoho" else "celery"] += int(one["tot-cmds"])
            return sent

    def redis_memory_mb(self) -> float:
        with redis.Redis.from_url(self._address.url, client_name="bench") as client:
            return float(client.info("memory")["used_memory"]) / 2**20

    def ask(self, method: str, what: str, body: dict[str, Any] | None = None) -> Any:
        """Of the simulators' control, over one connection: a new one for each look would cost them more."""
        self._control.request(method, f"/control/{what}", None if body is None else json.dumps(body))
        answer = self._control.getresponse()
        found = json.loads(answer.read())
        if answer.status != 200:
            raise RuntimeError(f"the simulators answered {answer.status}: {found}")
        return found


@contextmanager
def installation(corpus: Callable[[Path], None], **chosen: str) -> Iterator[Installation]:
    """Runs as long as the context; `corpus` writes the conversations, `chosen` are settings."""
    with TemporaryDirectory(prefix="cody2zoho-bench-") as name:
        folder = Path(name)
        corpus(folder / "corpus.jsonl")
        port = free_port()
        with _processes(port, folder, chosen) as (supervisor, address):
            options = ("--corpus", str(folder / "corpus.jsonl"), "--requests-per-minute", "0")
            supervisor.start(roles.simulators(port, *options))
            supervisor.wait_until_ready(seconds=120)
            supervisor.run(roles.setup())
            yield Installation(supervisor, address, port, folder)


@contextmanager
def installation_at(server: SimulatorServer, **chosen: str) -> Iterator[Installation]:
    """The same, but for simulators that run in this process, where the benchmark moves them."""
    with TemporaryDirectory(prefix="cody2zoho-bench-") as name:
        folder = Path(name)
        with _processes(server.port, folder, chosen) as (supervisor, address):
            supervisor.wait_until_ready(seconds=60)
            yield Installation(supervisor, address, server.port, folder)


@contextmanager
def only_redis() -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder, and the environment of a process that is to reach it."""
    address = embedded.new_address()
    with TemporaryDirectory(prefix="cody2zoho-bench-") as name:
        folder = Path(name)
        with Supervisor(folder / "logs", _of_the_shell(), folder) as supervisor:
            supervisor.start(roles.redis(address, folder / "redis", on_disk=False))
            supervisor.wait_until_ready(seconds=60)
            yield folder, _of_the_shell() | {"REDIS_URL": address.url, "STATE_DIR": str(folder / "state")}


@contextmanager
def _processes(port: int, folder: Path, chosen: dict[str, str]) -> Iterator[tuple[Supervisor, embedded.Address]]:
    """The embedded server is started; every setting that was not chosen keeps its default."""
    address = embedded.new_address()
    given = {
        "SIMULATORS_URL": f"http://{LOOPBACK}:{port}",
        "REDIS_URL": address.url,
        "REDIS_KEY_PREFIX": PREFIX,
        "STATE_DIR": str(folder / "state"),
    }
    with Supervisor(folder / "logs", _of_the_shell() | given | chosen, folder) as supervisor:
        supervisor.start(roles.redis(address, folder / "redis", on_disk=False))
        yield supervisor, address


def _of_the_shell() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
