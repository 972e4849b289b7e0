"""What the demo runs, and a look at how far it is."""

import json
import secrets
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import redis

from cody2zoho.ledger.ledger import Ledger
from cody2zoho.ledger.records import State
from cody2zoho.processes import embedded, roles
from cody2zoho.processes.ports import LOOPBACK, free_port
from cody2zoho.processes.supervisor import Supervisor

_PREFIX = "{demo}:"
_WORKER_GRACE_SECONDS = 5


@dataclass(frozen=True)
class Look:
    """How far it is: conversations by what our ledger says of them, requests as the simulators counted them."""

    found: int
    created: int
    waiting: int
    working: int
    parked: int
    queued: int
    requests: dict[str, int]

    @property
    def is_quiet(self) -> bool:
        """No worker has anything to do, and nothing has been handed out."""
        return self.found > 0 and self.working == 0 and self.queued == 0


class Stage:
    """One installation of everything, on free ports, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.redis = embedded.new_address()
        self.simulators_port = free_port()
        self.flower_port = free_port()
        self.page_port: int | None = None
        self.flower_login = f"demo:{secrets.token_hex(4)}"
        self._store = redis.Redis.from_url(self.redis.url, decode_responses=True, socket_timeout=5)
        self._ledger = Ledger(self._store, _PREFIX, lease_seconds=1)

    @property
    def simulators_url(self) -> str:
        return f"http://{LOOPBACK}:{self.simulators_port}"

    def addresses(self) -> dict[str, str]:
        """What there is to look at while it runs."""
        page = {"status": f"http://{LOOPBACK}:{self.page_port}"} if self.page_port else {}
        return page | {
            "Flower": f"http://{LOOPBACK}:{self.flower_port}/tasks (login {self.flower_login})",
            "audit": f"{self.simulators_url}/control/audit",
            "requests": f"{self.simulators_url}/control/requests",
            "logs": str(self.logs),
        }

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def environment(self) -> dict[str, str]:
        """All that the children are told."""
        return roles.needed_of_the_shell() | {
            "SIMULATORS_URL": self.simulators_url,
            "REDIS_URL": self.redis.url,
            "REDIS_KEY_PREFIX": _PREFIX,
            "POLL_INTERVAL_SECONDS": "2",
            "FLOWER_BASIC_AUTH": self.flower_login,
            "FLOWER_PORT": str(self.flower_port),
            "STATE_DIR": str(self.folder / "state"),
            "LOG_FORMAT": "text",
        }

    def raise_curtain(self, supervisor: Supervisor, simulated: list[str], workers: int) -> None:
        """Start everything, beat last: nothing may be fetched before Zoho has the fields. Raises ChildFailed."""
        supervisor.start(roles.redis(self.redis, self.folder / "redis", on_disk=False))
        supervisor.wait_until_ready("redis")
        supervisor.start(
            roles.simulators(self.simulators_port, *simulated),
            *roles.workers(workers, _WORKER_GRACE_SECONDS),
        )
        supervisor.wait_until_ready("simulators")
        supervisor.run(roles.setup())
        supervisor.start(roles.beat(self.folder / "state" / "beat.heartbeat"))
        # Last, because its start would hold up the first case by half a second.
        supervisor.wait_until_ready("beat")
        supervisor.start(roles.flower(self.flower_port))

    def open_page(self, supervisor: Supervisor) -> None:
        """The status page, for whoever looks around; until then it would only take time from the cases."""
        self.page_port = free_port()
        supervisor.start(roles.ops(self.page_port))
        supervisor.wait_until_ready("ops")

    def look(self) -> Look:
        counts = self._ledger.counts()
        requests = {name: tally["requests"] for name, tally in self.ask("requests").items()}
        return Look(
            found=sum(counts.values()),
            created=counts[State.CREATED],
            waiting=counts[State.WAITING],
            working=counts[State.WORKING],
            parked=counts[State.PARKED],
            queued=int(self._store.llen(f"{_PREFIX}cases")),
            requests=requests,
        )

    def ask(self, what: str) -> dict[str, Any]:
        """What the simulators know: `audit` or `requests`."""
        # Without a proxy, whatever the shell says.
        connection = HTTPConnection(LOOPBACK, self.simulators_port, timeout=30)
        try:
            connection.request("GET", f"/control/{what}")
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
            return answer
        finally:
            connection.close()
