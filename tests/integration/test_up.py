"""`cody2zoho up` as an operator runs it, with the simulators in Zoho's and Cody's place."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from processes import command, end_all, playing, working_in

from cody2zoho.cli import main
from cody2zoho.processes.ports import free_port
from cody2zoho.processes.roles import answers
from cody2zoho.simulators.audit import audit
from cody2zoho.simulators.faults import Fault
from cody2zoho.simulators.generator import generate
from waiting import eventually


class Installation:
    """A folder with an `.env`, and `up` running in it or not."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder, self.page = folder, f"http://localhost:{settings.get('PORT')}"
        self.log = folder / "up.log"
        self.started: list[subprocess.Popen[bytes]] = []
        (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))

    def up(self, **variables: str) -> "subprocess.Popen[bytes]":
        return self.begin("up", **variables)

    def begin(self, *words: str, shown_to: int | None = None, **variables: str) -> "subprocess.Popen[bytes]":
        """Shown to the log, or to another open file."""
        with self.log.open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "cody2zoho", *words],
                env={**os.environ, **variables},
                cwd=self.folder,
                stdout=out if shown_to is None else shown_to,
                stderr=out if shown_to is None else shown_to,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        program = [sys.executable, "-m", "cody2zoho", *words]
        return subprocess.run(program, cwd=self.folder, capture_output=True, text=True, timeout=60, check=False)

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def says(self, words: str) -> None:
        eventually(lambda: words in self.said(), 60)

    def child(self, role: str) -> int:
        """The process of a role."""
        return eventually(lambda: playing(role, self.folder))[0].pid


@pytest.fixture
def installation(tmp_path: Path, server) -> Iterator[Installation]:
    folder = tmp_path / "installation"
    folder.mkdir()
    ports = {"FLOWER_PORT": free_port(), "PORT": free_port()}
    installation = Installation(folder, SIMULATORS_URL=server.url, POLL_INTERVAL_SECONDS=1, **ports)
    yield installation
    for process in installation.started:
        process.kill()
        process.wait()
    end_all(folder)


@pytest.fixture
def is_perfect(server, account, organisation) -> Callable[[], bool]:
    """Every conversation has its case, and no more."""
    return lambda: server.run(lambda: audit(account, organisation)).perfect


def test_it_makes_every_case_and_knows_them_again_after_a_restart(
    installation: Installation, server, account, organisation, is_perfect
) -> None:
    account.load(generate(40, 3, now=account.now()))
    process = installation.up()
    eventually(is_perfect, 60)
    process.terminate()
    assert process.wait(60) == 0
    assert working_in(installation.folder) == []

    written = server.journal["zoho"].kinds["POST /crm/v8/Cases"]
    new = account.add_conversation(bot_id="support", at=account.now())
    account.say(new.id, "Are you still there?", at=account.now())
    process = installation.up()
    eventually(is_perfect, 60)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert server.journal["zoho"].kinds["POST /crm/v8/Cases"] == written + 1
    assert "Traceback" not in installation.said()


def test_while_it_runs(
    installation: Installation, account, organisation, is_perfect, subtests: pytest.Subtests
) -> None:
    """One installation for all that changes nothing in it."""
    account.load(generate(10, 3, now=account.now()))
    installation.up()
    installation.says("Ctrl-C stops all of it.")
    eventually(is_perfect, 60)
    with subtests.test("every line says who wrote it"):
        for role in ("worker", "beat", "redis"):
            installation.says(f"{role:<8} ")
        assert "Flower  http://127.0.0.1:" in installation.said()
    with subtests.test("commands in the same folder find the Redis that it brought"):
        shown = json.loads(installation.run("status", "--json").stdout)
        assert shown["conversations"]["created"] == len(organisation.cases) > 0
    with subtests.test("a second one on the same folder is refused in one sentence"):
        before = installation.said().count("runs already on")
        assert installation.up().wait(30) == 2
        assert installation.said().count("runs already on") == before + 1
    with subtests.test("nobody else can read the password of the embedded Redis"):
        nobody_can_read_the_password(installation)


def nobody_can_read_the_password(installation: Installation) -> None:
    state = installation.folder / ".state" / "redis"
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    for name in ("address.json", "redis.conf"):
        assert stat.S_IMODE((state / name).stat().st_mode) == 0o600
    commands = str([command(process) for process in working_in(installation.folder)])
    assert "valkey-server" in commands
    password = (state / "redis.conf").read_text().partition("requirepass ")[2].split()[0]
    assert password
    assert password not in commands
    assert password not in installation.said()


def test_a_command_before_the_first_start_brings_a_redis_for_as_long_as_it_runs(installation: Installation) -> None:
    for words in (["setup"], ["doctor"], ["status"]):
        assert installation.run(*words).returncode == 0
    assert working_in(installation.folder) == []


def test_two_commands_at_once_wait_for_each_other(installation: Installation) -> None:
    commands = [installation.begin("status") for _ in range(2)]
    assert [process.wait(60) for process in commands] == [0, 0], installation.said()


def test_a_command_while_up_begins_waits_for_its_redis(installation: Installation) -> None:
    installation.up()
    eventually((installation.folder / ".state" / "up.lock").exists)
    status = installation.run("status")
    assert status.returncode == 0, status.stderr
    installation.says("Ctrl-C stops all of it.")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_a_command_at_once_and_leaves_nothing_running(
    installation: Installation, server, number: signal.Signals
) -> None:
    asked = threading.Event()
    server.faults.add(Fault("slow", path="/api/v1/bots", seconds=25, when="after"))
    server.faults.after(1, asked.set, path="/api/v1/bots")
    process = installation.begin("doctor")
    assert asked.wait(30)
    process.send_signal(number)
    assert process.wait(15) == 128 + number
    assert working_in(installation.folder) == []
    assert "Traceback" not in installation.said()


def test_ctrl_c_ends_a_command_with_130_where_redis_is_the_operators_too(
    installation: Installation, server, redis_address: str
) -> None:
    asked = threading.Event()
    server.faults.add(Fault("slow", path="/api/v1/bots", seconds=25, when="after"))
    server.faults.after(1, asked.set, path="/api/v1/bots")
    process = installation.begin("doctor", REDIS_URL=redis_address)
    assert asked.wait(30)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130
    assert "Traceback" not in installation.said()


def test_it_shows_where_the_status_page_is_and_how_to_enter(installation: Installation) -> None:
    installation.up(OPS_TOKEN="hush-hush-hush")
    installation.says("Ctrl-C stops all of it.")
    page = installation.page
    elsewhere = page.replace("localhost", socket.gethostname())
    assert f"Status  {page} (with the token of OPS_TOKEN, also from other machines: {elsewhere})" in installation.said()
    eventually(lambda: answers(int(page.rpartition(":")[2]), "/health/liveness"))
    assert requests.get(f"{page}/stats", timeout=10).status_code == 401
    headers = {"Authorization": "Bearer hush-hush-hush"}

    def lines() -> list[dict[str, Any]]:
        return requests.get(f"{page}/logs", headers=headers, timeout=10).json()["lines"]

    assert requests.post(f"{page}/pause", headers={**headers, "X-Request-ID": "mine-1"}, timeout=10).status_code == 200
    [line] = eventually(lambda: [one for one in lines() if one["message"] == "action_taken"])
    assert (line["worker"], line["request_id"]) == (f"ops@{socket.gethostname()}", "mine-1")
    eventually(lambda: requests.get(f"{page}/health", timeout=10).json()["components"]["workers"]["count"] == 1)
    assert "hush" not in installation.said()


def test_a_killed_role_is_started_again(installation: Installation, server, account, is_perfect) -> None:
    process = installation.up()
    installation.says("ready.")
    for role in ("worker", "beat"):
        os.kill(installation.child(role), signal.SIGKILL)
        installation.says(f"{role} was killed by SIGKILL; it starts again in 1 s")
        installation.says(f"{role} was started again")
    # All at once, or a poll finds old conversations in which nothing was said.
    server.run(lambda: account.load(generate(10, 3, now=account.now())))
    eventually(is_perfect, 60)
    assert process.poll() is None


def test_roles_run_on_and_are_started_again_when_nobody_can_read_what_it_shows(installation: Installation) -> None:
    """As with a full disk under the file that it writes to."""
    near, far = os.pipe()
    with os.fdopen(near) as reader:
        process = installation.begin("up", shown_to=far)
        os.close(far)
        assert any("Ctrl-C stops all of it." in line for line in reader)
    first = installation.child("worker")
    os.kill(first, signal.SIGKILL)
    eventually(lambda: [one for one in playing("worker", installation.folder) if one.pid != first], 60)
    assert process.poll() is None
    process.terminate()
    process.wait(60)
    assert working_in(installation.folder) == []


def test_a_worker_killed_while_it_asks_for_a_token_holds_the_next_one_up_for_seconds_only(
    installation: Installation, server, account, is_perfect
) -> None:
    asked = threading.Event()
    server.faults.add(Fault("slow", path="/oauth/v2/token", times=1, seconds=60, when="after"))
    server.faults.after(1, asked.set, path="/oauth/v2/token")
    installation.up()
    assert asked.wait(60)
    os.kill(installation.child("worker"), signal.SIGKILL)
    server.run(lambda: account.load(generate(10, 3, now=account.now())))
    eventually(is_perfect, 30)


@pytest.mark.parametrize(
    ("variables", "code", "sentence"),
    [
        ({"ZOHO_CLIENT_ID": "1000.X"}, 2, "CODY_API_KEY is not set; write it into .env"),
        ({"STATE_DIR": "/dev/null/state"}, 2, "STATE_DIR /dev/null/state cannot be written to: Not a directory."),
        ({"REDIS_URL": "redis://:geheim@127.0.0.1:1/0"}, 1, "Redis cannot be reached at redis://…@127.0.0.1:1/0"),
        (
            {"FLOWER_PORT": "1", "FLOWER_ADDRESS": "192.0.2.1"},
            2,
            "Flower cannot listen on 192.0.2.1:1: end what listens",
        ),
        ({"PORT": "TAKEN"}, 2, "The status page cannot listen on 127.0.0.1:"),
    ],
)
def test_what_cannot_work_is_said_before_anything_runs(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], code: int, sentence: str
) -> None:
    monkeypatch.chdir(installation.folder)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for name, value in variables.items():
            monkeypatch.setenv(name, value.replace("TAKEN", str(taken.getsockname()[1])))
        result = CliRunner().invoke(main, ["up"])
    assert result.exit_code == code
    assert sentence in result.output
    assert not isinstance(result.exception, Exception)
    assert "geheim" not in result.output
    assert working_in(installation.folder) == []
