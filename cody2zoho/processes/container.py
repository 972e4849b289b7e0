"""Redis in a container on this machine, as docker-compose.yml has it: loopback only, its data in a volume."""

import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass

from cody2zoho.errors import Cody2ZohoError, ConfigurationError
from cody2zoho.processes.ports import LOOPBACK, is_free

NAME = "cody2zoho-redis"
VOLUME = "cody2zoho-redis-data"
IMAGE = "redis:7.4.11-alpine"

#: Says that we started it; no other container is ever touched.
LABEL = "cody2zoho.started-by=cody2zoho-redis-start"

#: As docker/redis.sh does it: the password comes in the environment, and reaches Redis with its configuration, for
#: everybody on the machine can see a command line.
COMMAND = r"""
quoted=$(printf '%s\n' "$REDIS_PASSWORD" | sed 's/[\\"]/\\&/g')
unset REDIS_PASSWORD
exec redis-server - <<END
requirepass "$quoted"
appendonly yes
appendfsync everysec
save ""
maxmemory 512mb
maxmemory-policy noeviction
END
"""

#: Of `docker run`; what docker-compose.yml gives its redis.
OPTIONS = (
    "--init",
    "--read-only",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges:true",
    "--restart=unless-stopped",
    "--user=redis",
    "--tmpfs=/tmp:mode=1777,size=16m",
    "--cpus=1",
    "--memory=1g",
    "--pids-limit=50",
    "--log-driver=json-file",
    "--log-opt=max-size=10m",
    "--log-opt=max-file=5",
)

#: Pulling the image takes minutes on a slow line; and Redis writes its data before it ends.
_START_SECONDS = 300.0
_STOP_SECONDS = 60
_LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Container:
    """As the engine has it."""

    is_ours: bool
    runs: bool
    port: int


def has_engine() -> bool:
    """Whether there is a docker command, and somebody answers it."""
    is_there = shutil.which("docker") is not None
    return is_there and bool(_docker("info", "--format", "{{.ServerVersion}}", must=False).strip())


def found() -> Container | None:
    """The container of our name; None where there is none. Raises Cody2ZohoError."""
    said = _docker("ps", "--all", "--no-trunc", "--filter", f"name=^/?{NAME}$", "--format", "{{json .}}")
    if not said.strip():
        return None
    row = json.loads(said.splitlines()[0])
    ports = str(row.get("Ports", ""))
    port = ports.rpartition("->")[0].rpartition(":")[2]
    is_ours = LABEL in str(row.get("Labels", "")).split(",")
    return Container(is_ours, row.get("State") == "running", int(port) if port.isdigit() else 0)


def start(port: int, password: str) -> None:
    """Make it, or make it anew on the same data, and wait until it answers. Raises Cody2ZohoError."""
    there = found()
    if there and not there.is_ours:
        raise Cody2ZohoError(f"There is a container {NAME} that we did not start: rename it, or use that one.")
    if there:
        # What it is made with may have changed; its data are in the volume.
        _docker("rm", "--force", NAME)
    if not is_free(port):
        raise Cody2ZohoError(f"Something else listens on port {port}: end it, or choose another --port.")
    where = ("--name", NAME, "--label", LABEL, "--publish", f"{LOOPBACK}:{port}:6379", "--volume", f"{VOLUME}:/data")
    words = ("run", "--detach", *where, *OPTIONS, "--env", "REDIS_PASSWORD", IMAGE, "sh", "-c", COMMAND)
    _docker(*words, password=password)
    _wait_until_it_answers()


def stop(*, by_force: bool = False) -> None:
    """Have it write what it knows, and end; killed by force it loses a second of it at most. Raises Cody2ZohoError."""
    _docker("kill", NAME) if by_force else _docker("stop", "--time", str(_STOP_SECONDS), NAME)


def restart() -> None:
    """As it is, on the same data. Raises Cody2ZohoError."""
    _docker("restart", "--time", str(_STOP_SECONDS), NAME)
    _wait_until_it_answers()


def port() -> int:
    """0 where none runs."""
    there = found()
    return there.port if there else 0


def _wait_until_it_answers() -> None:
    ends_at = time.monotonic() + _START_SECONDS
    while time.monotonic() < ends_at:
        there = found()
        if there is None or not there.runs:
            raise Cody2ZohoError(f"The container {NAME} ended: `docker logs {NAME}` says why.")
        ping = ("exec", NAME, "sh", "-c", 'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli ping')
        if "PONG" in _docker(*ping, must=False):
            return
        time.sleep(_LOOK_SECONDS)
    raise Cody2ZohoError(f"The container {NAME} does not answer: `docker logs {NAME}` says why.")


def _docker(*words: str, password: str = "", must: bool = True) -> str:
    """What it prints. Raises Cody2ZohoError where it fails, ConfigurationError where it is not there."""
    environment = {**os.environ, **({"REDIS_PASSWORD": password} if password else {})}
    try:
        done = subprocess.run(
            ["docker", *words], capture_output=True, text=True, env=environment, timeout=_START_SECONDS, check=False
        )
    except FileNotFoundError:
        raise ConfigurationError(["Docker is not installed: install it, or use --embedded."]) from None
    except subprocess.TimeoutExpired:
        raise Cody2ZohoError(f"`docker {words[0]}` did not end within {_START_SECONDS:.0f} seconds.") from None
    if done.returncode and must:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise Cody2ZohoError(f"`docker {words[0]}` failed: {said}")
    return done.stdout
