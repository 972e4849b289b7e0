"""One installation under test: everything an operator runs, behind connections that can fail, the truth beside it."""

from pathlib import Path

import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from cody2zoho.processes import embedded, roles
from cody2zoho.processes.ports import LOOPBACK
from cody2zoho.processes.supervisor import Supervisor
from cody2zoho.prove.crew import Crew
from cody2zoho.prove.far_end import FarEnd
from cody2zoho.prove.scale import SETTINGS
from cody2zoho.prove.wires import Wires


class Stage:
    """Parts that faults reach for; `Stage.environment` is what the processes are told."""

    def __init__(self, folder: Path, far_end: FarEnd, wires: Wires, workers: int, chosen: dict[str, str]) -> None:
        self.folder = folder
        self.far_end = far_end
        self.wires = wires
        self.redis = embedded.new_address()
        self.redis_wire = wires.to(self.redis.port)
        self.api_wire = wires.to(far_end.server.port)
        self.supervisor = Supervisor(self.logs, self._environment() | chosen, folder)
        self.crew = Crew(self.supervisor, self.redis, folder, workers)
        #: Past the wire, patient enough for a server that has just started.
        self.store = redis.Redis.from_url(
            self.redis.url, decode_responses=True, socket_timeout=5, retry=Retry(ConstantBackoff(0.1), 50)
        )

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def _environment(self) -> dict[str, str]:
        through_the_wire = embedded.Address(self.redis_wire.port, self.redis.password)
        return (
            roles.needed_of_the_shell()
            | SETTINGS
            | {
                "SIMULATORS_URL": f"http://{LOOPBACK}:{self.api_wire.port}",
                "REDIS_URL": through_the_wire.url,
                "STATE_DIR": str(self.folder / "state"),
            }
        )
