"""The processes of a run: who is down because we want it so, and who ended by itself."""

import os
import shutil
import signal
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from cody2zoho.processes import roles
from cody2zoho.processes.embedded import Address
from cody2zoho.processes.supervisor import Child, Supervisor, ending
from cody2zoho.prove.scale import GRACE_SECONDS, HUNG

_START_SECONDS = 60.0

#: An ending that a fault explains may come this much after it.
_PARDON_SECONDS = 8.0

#: After SIGTERM; one that had only just begun ends by the signal itself.
_ENDED_WELL = (0, -signal.SIGTERM)

#: The last words of a worker that was told to end while Redis was away: kombu 5.7 cannot give back its messages, and
#: ends with 1. They come up again as after a kill.
_WITHOUT_REDIS = "'NoneType' object has no attribute 'hostname'"

#: What ends by itself is started again; not for ever.
_MOST_EXITS = 20


class Crew:
    """Redis, workers and two beats, as an operator starts them."""

    def __init__(self, supervisor: Supervisor, redis: Address, folder: Path, workers: int) -> None:
        self.supervisor = supervisor
        self.redis = redis
        self.redis_folder = folder / "redis"
        logs = folder / "logs"
        self._worker_roles = [
            replace(role, is_ready=partial(_says_ready, logs / f"{role.name}.log"))
            for role in roles.workers(workers, GRACE_SECONDS)
        ]
        self.workers = [role.name for role in self._worker_roles]
        self.beats = ["beat", "beat2"]
        #: A sentence for each ending that no fault explains.
        self.surprises: list[str] = []
        self._down: set[str] = set()
        self._pardoned_until: dict[str, float] = {}

    def start_all(self) -> None:
        """Raises ChildFailed where one does not come up."""
        self.supervisor.start(roles.redis(self.redis, self.redis_folder, on_disk=True))
        self.supervisor.wait_until_ready()
        self.supervisor.start(*self._worker_roles)
        self.supervisor.start(*(replace(roles.beat(), name=name) for name in self.beats))
        self.supervisor.wait_until_ready(*self.workers, seconds=_START_SECONDS)

    def child(self, name: str) -> Child:
        return next(child for child in self.supervisor.children if child.role.name == name)

    # -- breaking -----------------------------------------------------------------------------

    def kill(self, name: str) -> None:
        self._down.add(name)
        self.child(name).kill()
        self.child(name).process.wait()

    def start(self, name: str) -> bool:
        if not self.child(name).runs:
            self.child(name).start()
        self._down.discard(name)
        return True

    def freeze(self, name: str) -> None:
        self._signal(name, signal.SIGSTOP)

    def thaw(self, name: str) -> bool:
        """A task that took as long as its watchdog allows while it was frozen may end the worker now."""
        self._signal(name, signal.SIGCONT)
        self._pardoned_until[name] = time.monotonic() + _PARDON_SECONDS
        return True

    def ask_to_end(self, *names: str) -> None:
        """SIGTERM."""
        for name in names:
            self._down.add(name)
            self._signal(name, signal.SIGTERM)

    def has_ended(self, name: str, asked_at: float) -> bool:
        """Whether it has; what takes longer than its grace is killed, and told. `asked_at` is monotonic."""
        child = self.child(name)
        if child.runs and time.monotonic() - asked_at < child.role.grace_seconds:
            return False
        if child.runs:
            self.surprises.append(f"{name} did not end within {child.role.grace_seconds:g} s of SIGTERM")
            self.kill(name)
        elif child.process.returncode not in _ENDED_WELL and _WITHOUT_REDIS not in "".join(child.log.last_lines(1)):
            self.surprises.append(f"{name} {ending(child.process.returncode)} after SIGTERM")
        return True

    def _signal(self, name: str, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.child(name).process.pid, number)

    # -- looking after it ---------------------------------------------------------------------

    def look_after(self) -> list[str]:
        """Start again what ended though nobody ended it; a sentence for each."""
        said = []
        for child in self.supervisor.children:
            name = child.role.name
            if child.runs or name in self._down or len(self.surprises) >= _MOST_EXITS:
                continue
            said.append(f"{name} {ending(child.process.returncode)} by itself")
            hung = child.process.returncode == HUNG and time.monotonic() < self._pardoned_until.get(name, 0)
            self.surprises += [] if hung else said[-1:]
            child.start()
        return said

    # -- what Redis has on disk ---------------------------------------------------------------

    def copy_redis(self) -> Path:
        """What is on disk now; a server that reads it forgives a last line cut short."""
        copy = self.redis_folder.with_name("redis-earlier")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.redis_folder, copy)
        return copy

    def roll_redis_back(self, copy: Path) -> None:
        self.kill("redis")
        shutil.rmtree(self.redis_folder)
        copy.rename(self.redis_folder)
        self.start("redis")


def _says_ready(log: Path) -> bool:
    return " ready." in log.read_text(errors="replace")
