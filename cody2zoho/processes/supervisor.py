"""Child processes: started in order, watched, stopped in reverse; none is left behind, whatever ends us.

Each is the leader of its own session, so that Ctrl-C reaches us alone and we decide the order. Each is tethered
to us (`tether.py`), so that even `kill -9` of us ends it. Start children from the main thread: the kernel's tether
ends with the thread that holds it.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from cody2zoho.errors import Cody2ZohoError
from cody2zoho.processes.logfile import LogFile

_TETHER = str(Path(__file__).with_name("tether.py"))

_LOOK_SECONDS = 0.02

#: A child that ends is started again after 1, 2, 4 … seconds, and after 1 again once it has lived for a while.
_LONGEST_PAUSE_SECONDS = 60.0
_LIVED_SECONDS = 60.0

_SHOWN_LINES = 15


class ChildFailed(Cody2ZohoError):
    """A child ended by itself, or was never ready; says so, with its last words."""


class Interrupted(Cody2ZohoError):
    """Ctrl-C, SIGTERM or the terminal's end; `exit_code` is what a shell expects of a command that did not finish."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.number = number
        self.exit_code = 128 + number


@dataclass(frozen=True)
class Role:
    """What a child does: its name for people, its program, when others may use it, how long its end may take."""

    name: str
    command: Sequence[str]
    is_ready: Callable[[], bool] = lambda: True
    grace_seconds: float = 10.0
    #: What it gets when we are killed: only a server that has data to write should get a SIGTERM.
    death_signal: signal.Signals = signal.SIGKILL


class Child:
    """A role and the process that plays it now."""

    def __init__(self, role: Role, log: LogFile, environment: Mapping[str, str], folder: Path) -> None:
        self.role = role
        self.log = log
        self._environment = environment
        self._folder = folder
        self.endings = 0
        self.next_start = 0.0
        self.start()

    def start(self) -> None:
        tethered = [sys.executable, "-I", "-S", _TETHER, str(os.getpid()), str(int(self.role.death_signal))]
        with self.log.path.open("ab") as output:
            self.process = subprocess.Popen(
                [*tethered, *self.role.command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                # What a child says must be there when it is killed.
                env={"PYTHONUNBUFFERED": "1", **self._environment},
                start_new_session=True,
            )
        self.started = time.monotonic()
        self.next_start = 0.0

    @property
    def kind(self) -> str:
        """What it shares with others that do the same: `worker` for worker, worker2, worker3."""
        return self.role.name.rstrip("0123456789")

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    def plan_next_start(self) -> float:
        """Seconds until it should be started again."""
        now = time.monotonic()
        self.endings = 0 if now - self.started > _LIVED_SECONDS else self.endings
        pause_seconds = min(_LONGEST_PAUSE_SECONDS, 2.0**self.endings)
        self.endings += 1
        self.next_start = now + pause_seconds
        return pause_seconds

    def kill(self) -> None:
        """Every process of its session; what has ended already is no error."""
        # A process number is not given anew while a group of that number lives, nor within moments.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def failure(self, what: str) -> ChildFailed:
        words = "\n".join(f"  {line}" for line in self.log.last_lines(_SHOWN_LINES))
        return ChildFailed(f"{self.role.name} {what}; its last words:\n{words or '  (none)'}")


def ending(code: int) -> str:
    """How a process ended, in words."""
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


class Supervisor:
    """Owns the children; as a context it owns the signals too, and leaves nothing running at its end.

    The first signal raises Interrupted from the next `pause`, or ends a block of `ending_at_once` there and then; a
    second one kills all children at once.
    """

    def __init__(self, logs: Path, environment: Mapping[str, str], folder: Path) -> None:
        self.children: list[Child] = []
        self._logs = logs
        self._environment = environment
        self._folder = folder
        self._signal = 0
        self._ends_at_once = False
        self._former: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # `nohup` and `&` in a script have the shell ignore a signal for us; that stays so.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._former[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        for number, former in self._former.items():
            signal.signal(number, former)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._signal:
            for child in self.children:
                child.kill()
        self._signal = self._signal or number
        if self._ends_at_once:
            self._ends_at_once = False
            sys.exit(128 + number)

    @contextmanager
    def ending_at_once(self) -> Iterator[None]:
        """For work of our own that calls no `pause`: a signal raises SystemExit wherever it is."""
        self._ends_at_once = True
        try:
            self.pause(0)
            yield
        finally:
            self._ends_at_once = False

    def start(self, *roles: Role) -> None:
        """Start them all at once; what needs another to be ready waits for it, or is started later."""
        for role in roles:
            log = LogFile(self._logs / f"{role.name}.log")
            self.children.append(Child(role, log, self._environment, self._folder))

    def run(self, role: Role, seconds: float = 30.0) -> None:
        """Start it and wait until it has done its work. Raises ChildFailed and Interrupted."""
        self.start(role)
        child = self.children[-1]
        ends_at = time.monotonic() + seconds
        while child.runs:
            if time.monotonic() > ends_at:
                raise child.failure(f"was not done after {seconds:g} s")
            self.pause(_LOOK_SECONDS)
        if child.process.returncode:
            raise child.failure(ending(child.process.returncode))
        self.children.remove(child)

    def pause(self, seconds: float) -> None:
        """Sleep. Raises Interrupted when a signal has come."""
        time.sleep(seconds)
        if self._signal:
            raise Interrupted(self._signal)

    def wait_until_ready(self, *names: str, seconds: float = 30.0) -> None:
        """Until these, or all, are ready. Raises ChildFailed and Interrupted."""
        waiting = [child for child in self.children if child.role.name in names or not names]
        ends_at = time.monotonic() + seconds
        while waiting := [child for child in waiting if not child.role.is_ready()]:
            self.check()
            if time.monotonic() > ends_at:
                raise waiting[0].failure(f"was not ready after {seconds:g} s")
            self.pause(_LOOK_SECONDS)

    def check(self) -> None:
        """Raises ChildFailed when a child has ended."""
        for child in self.children:
            if not child.runs:
                raise child.failure(ending(child.process.returncode))

    def revive(self) -> list[str]:
        """Start again what has ended, each after its pause; returns a sentence for each thing that happened."""
        said = []
        for child in self.children:
            if child.runs:
                continue
            if not child.next_start:
                how = ending(child.process.returncode)
                said.append(f"{child.role.name} {how}; it starts again in {child.plan_next_start():g} s")
            elif time.monotonic() > child.next_start:
                child.start()
                said.append(f"{child.role.name} was started again")
        return said

    def stop(self) -> None:
        """The youngest first, several of a kind together; what does not end in its time is killed."""
        while self.children:
            alike = [child for child in self.children if child.kind == self.children[-1].kind]
            for child in alike:
                child.process.terminate()
            told = time.monotonic()
            for child in alike:
                with suppress(subprocess.TimeoutExpired):
                    child.process.wait(max(0.0, told + child.role.grace_seconds - time.monotonic()))
                child.kill()
                child.process.wait()
                self.children.remove(child)
