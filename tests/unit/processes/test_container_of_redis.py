"""The container of `cody2zoho redis start`: as docker-compose.yml has its Redis, and nobody else's is touched.

There is no engine here: a stand-in of the docker command notes what it is asked, and remembers one container. The
container itself is started in tests/docker, where there is an engine.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from processes import end_all

from cody2zoho import configuration
from cody2zoho.cli import main
from cody2zoho.processes import container
from cody2zoho.processes.ports import free_port

ROOT = Path(__file__).parents[3]

STAND_IN = """#!{python}
import json, os, pathlib, sys
here = pathlib.Path(__file__).parent
words = sys.argv[1:]
with (here / "asked").open("a") as file:
    file.write(json.dumps([words, os.environ.get("REDIS_PASSWORD", "")]) + "\\n")
kept = here / "container.json"
row = json.loads(kept.read_text()) if kept.exists() else None
match words[0]:
    case "info":
        print("26.1")
    case "ps":
        print(json.dumps(row) if row else "", end="")
    case "run":
        port = words[words.index("--publish") + 1].split(":")[1]
        label = words[words.index("--label") + 1]
        ports = f"127.0.0.1:{{port}}->6379/tcp"
        kept.write_text(json.dumps({{"State": "running", "Labels": "a=b," + label, "Ports": ports}}))
    case "stop" | "kill":
        kept.write_text(json.dumps(row | {{"State": "exited", "Ports": ""}}))
    case "restart":
        kept.write_text(json.dumps(row | {{"State": "running", "Ports": "127.0.0.1:7777->6379/tcp"}}))
    case "rm":
        kept.unlink()
    case "exec":
        print("PONG")
"""

Call = Callable[..., Result]


class Docker:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "docker"
        program.write_text(STAND_IN.format(python=sys.executable))
        program.chmod(0o755)

    @property
    def asked(self) -> list[tuple[list[str], str]]:
        file = self.folder / "asked"
        lines = file.read_text().splitlines() if file.exists() else []
        return [(words, password) for words, password in map(json.loads, lines)]

    def did(self, name: str) -> list[list[str]]:
        return [words for words, _ in self.asked if words[0] == name]

    def has(self, **row: str) -> None:
        (self.folder / "container.json").write_text(json.dumps(row))


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Docker:
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return Docker(folder)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, port: int) -> Call:
    monkeypatch.setenv("REDIS_URL", f"redis://:a%20word@127.0.0.1:{port}/0")

    def call(*words: str) -> Result:
        configuration.settings.cache_clear()
        return CliRunner().invoke(main, ("redis", *words))

    return call


def configured(script: str) -> list[str]:
    """What a script hands Redis on its way."""
    return script.partition("<<END\n")[2].partition("\nEND\n")[0].splitlines()


def test_redis_gets_its_password_whatever_is_in_it_and_nobody_else_sees_it(tmp_path: Path) -> None:
    server = tmp_path / "redis-server"
    server.write_text('#!/bin/sh\necho "$@ ${REDIS_PASSWORD:-}"; cat\n')
    server.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "REDIS_PASSWORD": 'a "b\\c $d'}
    said = subprocess.run(
        ["sh", "-c", container.COMMAND], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    words, password, *_ = said.stdout.splitlines()
    assert words.strip() == "-"
    assert password == 'requirepass "a \\"b\\\\c $d"'


def test_it_is_the_redis_of_docker_compose_yml() -> None:
    composed: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["redis"]
    limits = composed["deploy"]["resources"]["limits"]
    logging = composed["logging"]
    assert composed["image"] == container.IMAGE
    assert composed["stop_grace_period"] == f"{container._STOP_SECONDS}s"
    assert composed["command"] == ["sh", "/etc/cody2zoho/redis.sh"]
    assert configured(container.COMMAND) == configured((ROOT / "docker" / "redis.sh").read_text())
    assert set(container.OPTIONS) == {
        *(["--init"] if composed["init"] else []),
        *(["--read-only"] if composed["read_only"] else []),
        *(f"--cap-drop={one}" for one in composed["cap_drop"]),
        *(f"--security-opt={one}" for one in composed["security_opt"]),
        f"--restart={composed['restart']}",
        f"--user={composed['user']}",
        *(f"--tmpfs={one}" for one in composed["tmpfs"]),
        f"--cpus={limits['cpus']}",
        f"--memory={limits['memory']}",
        f"--pids-limit={limits['pids']}",
        f"--log-driver={logging['driver']}",
        *(f"--log-opt={name}={value}" for name, value in logging["options"].items()),
    }


def test_it_listens_on_loopback_where_redis_url_says_and_its_password_is_on_no_command_line(
    call: Call, docker: Docker, port: int
) -> None:
    started = call("start")
    assert started.exit_code == 0, started.output
    [(words, password)] = [(words, password) for words, password in docker.asked if words[0] == "run"]
    assert words[words.index("--publish") + 1] == f"127.0.0.1:{port}:6379"
    assert words[words.index("--volume") + 1] == "cody2zoho-redis-data:/data"
    assert password == "a word"
    assert "a word" not in " ".join(words)
    assert "a word" not in started.output


def test_without_an_address_one_is_made_up_and_shown_once(
    docker: Docker, call: Call, monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    monkeypatch.delenv("REDIS_URL")
    started = call("start", "--container", "--port", str(port))
    [password] = {password for words, password in docker.asked if words[0] == "run"}
    assert len(password) >= 32
    assert f"  REDIS_URL=redis://:{password}@127.0.0.1:{port}/0\n" in started.stdout


def test_a_second_start_is_content_and_starts_nothing(call: Call, docker: Docker) -> None:
    call("start")
    again = call("start")
    assert again.exit_code == 0
    assert again.stdout.startswith("Redis runs already, in the container cody2zoho-redis on 127.0.0.1:")
    assert len(docker.did("run")) == 1


def test_a_second_start_elsewhere_says_how_to_move_it(
    call: Call, docker: Docker, monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    call("start")
    monkeypatch.setenv("REDIS_URL", f"redis://:word@127.0.0.1:{free_port()}/0")
    again = call("start")
    assert again.exit_code == 1
    assert again.stderr == (f"The container keeps its port, {port}: `cody2zoho redis stop`, then `start` at another.\n")


def test_one_that_was_stopped_is_made_anew_on_the_same_data(call: Call, docker: Docker) -> None:
    call("start")
    assert call("stop").stdout == "Redis has ended; its data stay in the volume cody2zoho-redis-data.\n"
    assert call("start").exit_code == 0
    assert docker.did("stop") == [["stop", "--time", "60", "cody2zoho-redis"]]
    assert docker.did("rm") == [["rm", "--force", "cody2zoho-redis"]]
    assert not [words for words, _ in docker.asked if "--volumes" in words or "volume" in words]


def test_restart_keeps_it_as_it_is_whatever_is_written_now(
    call: Call, docker: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("start")
    monkeypatch.delenv("REDIS_URL")
    assert call("restart").stdout == "Redis runs on 127.0.0.1:7777, in the container cody2zoho-redis.\n"
    assert docker.did("restart") == [["restart", "--time", "60", "cody2zoho-redis"]]
    assert len(docker.did("run")) == 1
    moved = call("restart", "--port", "7001")
    assert moved.exit_code == 1
    assert "The container keeps its port" in moved.stderr


@pytest.mark.parametrize("container_runs", [True, False])
def test_restart_leaves_it_alone_where_the_embedded_server_runs(
    call: Call, docker: Docker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, container_runs: bool
) -> None:
    call("start")
    if not container_runs:
        call("stop")
    monkeypatch.delenv("REDIS_URL")
    try:
        call("start", "--embedded")
        assert "its data: .state/redis" in call("restart").stdout
        assert not docker.did("restart")
        assert call("stop").stdout == "Redis has written its data into .state/redis, and ended.\n"
    finally:
        end_all(tmp_path)


def test_force_kills(call: Call, docker: Docker) -> None:
    call("start")
    assert call("stop", "--force").exit_code == 0
    assert docker.did("kill") == [["kill", "cody2zoho-redis"]]


@pytest.mark.parametrize("command", ["start", "stop", "restart"])
def test_somebody_elses_container_of_that_name_is_not_touched(call: Call, docker: Docker, command: str) -> None:
    docker.has(State="running", Labels="com.docker.compose.project=other", Ports="127.0.0.1:6379->6379/tcp")
    refused = call(command)
    assert refused.exit_code == 1
    assert "cody2zoho-redis" in refused.stderr
    assert {words[0] for words, _ in docker.asked} <= {"info", "ps"}


def test_where_none_runs_nothing_is_stopped(call: Call, docker: Docker) -> None:
    refused = call("stop")
    assert refused.exit_code == 1
    assert refused.stderr == "No Redis runs that was started from here; nothing was stopped.\n"


def test_without_docker_it_is_said(call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    refused = call("start")
    assert refused.exit_code == 2
    assert refused.stderr == "Docker is not installed: install it, or use --embedded.\n"
    assert call("stop").stderr == "No Redis runs that was started from here; nothing was stopped.\n"


def test_what_docker_minds_is_passed_on(call: Call, docker: Docker) -> None:
    program = docker.folder / "docker"
    program.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon.' >&2\nexit 1\n")
    refused = call("start")
    assert refused.exit_code == 1
    assert refused.stderr == "`docker ps` failed: Cannot connect to the Docker daemon.\n"
