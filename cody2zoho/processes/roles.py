"""What runs beside what: the roles of one installation, as child processes."""

import os
import signal
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from cody2zoho.processes import embedded
from cody2zoho.processes.ports import LOOPBACK
from cody2zoho.processes.supervisor import Role

_CODY2ZOHO = (sys.executable, "-m", "cody2zoho")

#: What programs need of the caller's shell.
_NEEDED = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
_NEEDED_PREFIXES = ("LC_", "PYTHON", "COVERAGE_")


def needed_of_the_shell() -> dict[str, str]:
    """For an installation that stands apart: no setting comes in, no proxy, no option of Flower."""
    return {name: value for name, value in os.environ.items() if name in _NEEDED or name.startswith(_NEEDED_PREFIXES)}


def redis(address: embedded.Address, folder: Path, *, on_disk: bool) -> Role:
    """The embedded server. Raises ConfigurationError where there is none."""
    command = embedded.command(address, folder, on_disk=on_disk)
    return Role("redis", command, address.answers, death_signal=signal.SIGTERM)


def workers(count: int, grace_seconds: float) -> list[Role]:
    """Every worker beyond the first needs a name of its own, or Flower takes them for one."""
    more = [
        Role(f"worker{number}", (*_CODY2ZOHO, "worker", "-n", f"worker{number}@%h"), grace_seconds=grace_seconds)
        for number in range(2, count + 1)
    ]
    return [Role("worker", (*_CODY2ZOHO, "worker"), grace_seconds=grace_seconds), *more]


def beat(heartbeat: Path | None = None) -> Role:
    """Ready with its first tick, which touches the file, where one is named."""
    return Role("beat", (*_CODY2ZOHO, "beat"), heartbeat.exists if heartbeat else lambda: True)


def flower(port: int, address: str = LOOPBACK) -> Role:
    return Role(
        "flower",
        (sys.executable, "-m", "celery", "-A", "cody2zoho", "flower"),
        lambda: answers(port, "/healthcheck", address),
    )


def ops(port: int) -> Role:
    """Listens on loopback too where it listens on every address."""
    return Role("ops", (*_CODY2ZOHO, "ops", "--port", str(port)), lambda: answers(port, "/health/liveness"))


def simulators(port: int, *options: str) -> Role:
    command = (*_CODY2ZOHO, "simulate", "--port", str(port), *options)
    return Role("simulators", command, lambda: answers(port, "/control/health"))


def setup() -> Role:
    """Makes the fields in Zoho, and ends."""
    return Role("setup", (*_CODY2ZOHO, "setup"))


def answers(port: int, path: str, address: str = LOOPBACK) -> bool:
    """Whether a web server there says 200."""
    connection = HTTPConnection(address, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
