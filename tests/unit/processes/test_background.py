"""`cody2zoho redis start|stop|restart`, embedded: it runs on, is found, keeps its data, and is the only one."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner, Result
from processes import end_all, is_running

from cody2zoho import configuration
from cody2zoho.cli import main
from cody2zoho.cli.local import UP, alone, store_at_hand
from cody2zoho.cli.up import _embedded_address
from cody2zoho.processes import background, embedded
from cody2zoho.processes.ports import LOOPBACK, free_port
from waiting import eventually

FOLDER = Path(".state", "redis")

Call = Callable[..., Result]


@pytest.fixture
def call(tmp_path: Path) -> Iterator[Call]:
    """Calls `cody2zoho redis …` in an empty folder; what it leaves running ends with the test."""

    def call(*words: str) -> Result:
        configuration.settings.cache_clear()
        return CliRunner().invoke(main, ("redis", *words))

    yield call
    end_all(tmp_path)


def at_hand() -> redis.Redis:
    address = embedded.known_address(FOLDER)
    assert address is not None
    return address.client()


def test_it_runs_on_after_the_command_and_every_command_finds_it(call: Call) -> None:
    started = subprocess.run(
        [sys.executable, "-m", "cody2zoho", "redis", "start"], capture_output=True, text=True, check=True, timeout=60
    )
    number = background.process_id(FOLDER)
    assert f"process {number}; its data: .state/redis" in started.stdout
    with store_at_hand() as (_, client):
        assert client.info("server")["process_id"] == number
    assert is_running(number)
    assert call("stop").exit_code == 0
    eventually(lambda: not is_running(number))


def test_what_it_knew_is_there_after_stop_and_start_at_the_same_address(call: Call) -> None:
    call("start")
    address = embedded.known_address(FOLDER)
    at_hand().set("known", "still")
    stopped = call("stop")
    assert "Redis has written its data into .state/redis, and ended." in stopped.stdout
    assert not background.is_there(FOLDER)
    call("start")
    assert embedded.known_address(FOLDER) == address
    assert at_hand().get("known") == b"still"


def test_restart_keeps_what_it_knew_and_may_move_it(call: Call) -> None:
    call("start")
    at_hand().set("known", "still")
    port = free_port()
    assert f"127.0.0.1:{port}" in call("restart", "--port", str(port)).stdout
    assert at_hand().get("known") == b"still"


def test_its_folder_may_be_called_anything(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = tmp_path / 'with "quotes", \\back and ü'
    odd.mkdir()
    monkeypatch.chdir(odd)
    assert call("start").exit_code == 0
    assert at_hand().ping()


def test_restart_starts_what_does_not_run(call: Call) -> None:
    assert call("restart").exit_code == 0
    assert background.is_there(FOLDER)


def test_a_second_start_is_content_and_starts_nothing(call: Call) -> None:
    call("start")
    number = background.process_id(FOLDER)
    again = call("start")
    assert (again.exit_code, background.process_id(FOLDER)) == (0, number)
    assert again.stdout.startswith("Redis runs already on 127.0.0.1:")


def test_a_second_start_elsewhere_says_how_to_move_it(call: Call) -> None:
    call("start")
    port = free_port()
    refused = call("start", "--port", str(port))
    assert refused.exit_code == 1
    assert f"`cody2zoho redis restart --port {port}` moves it." in refused.stderr


def test_one_that_was_killed_counts_as_gone_whoever_has_its_number_now(call: Call) -> None:
    call("start")
    os.kill(background.process_id(FOLDER), signal.SIGKILL)
    eventually(lambda: not background.is_there(FOLDER))
    (FOLDER / "server.pid").write_text(str(os.getpid()))
    assert call("stop", "--embedded").exit_code == 1
    assert call("start").exit_code == 0
    assert at_hand().ping()


def test_another_command_uses_it_and_starts_no_second_one(call: Call) -> None:
    call("start")
    address = embedded.known_address(FOLDER)
    with store_at_hand() as (_, client):
        client.set("a", "1")
    assert embedded.known_address(FOLDER) == address
    assert at_hand().get("a") == b"1"


def test_a_command_that_takes_hours_keeps_no_other_from_it(call: Call) -> None:
    call("start")
    with store_at_hand(), store_at_hand() as (_, client), alone(Path(".state"), UP, wait_seconds=0):
        assert client.ping()


def test_while_up_works_with_it_it_may_be_restarted_and_not_stopped(call: Call) -> None:
    call("start")
    number = background.process_id(FOLDER)
    with alone(Path(".state"), UP):
        assert f"process {number}." in call("start").stdout
        refused = call("stop")
        assert refused.exit_code == 1
        assert "`cody2zoho up` works with this Redis" in refused.stderr
        assert call("restart").exit_code == 0
    assert at_hand().ping()
    assert background.process_id(FOLDER) != number


def test_a_stop_that_waited_for_another_says_that_none_runs(call: Call) -> None:
    call("start")
    began, waited_for = threading.Event(), threading.Event()

    def other() -> None:
        with alone(Path(".state"), "a command"):
            began.set()
            waited_for.wait(0.5)
            background.stop(FOLDER)

    thread = threading.Thread(target=other)
    thread.start()
    assert began.wait(30)
    refused = call("stop", "--embedded")
    thread.join()
    assert refused.exit_code == 1
    assert refused.stderr == "No Redis runs that was started from here; nothing was stopped.\n"


def test_up_works_with_it_and_brings_none_of_its_own(call: Call) -> None:
    assert _embedded_address(configuration.provisional(), Path(".state")) is not None
    call("start")
    address = embedded.known_address(FOLDER)
    configuration.settings.cache_clear()
    assert _embedded_address(configuration.provisional(), Path(".state")) is None
    assert embedded.known_address(FOLDER) == address


def test_the_redis_that_up_brought_is_neither_started_twice_nor_restarted_nor_stopped(call: Call) -> None:
    address = embedded.kept_address(FOLDER)
    command = embedded.command(address, FOLDER, on_disk=False)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    eventually(address.answers)
    with alone(Path(".state"), UP):
        assert call("start").stdout == "Redis runs already: `cody2zoho up` brought it.\n"
        refused = call("restart")
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert refused.stderr == "`cody2zoho up` brought this Redis: stop `up`, and start it again.\n"
        assert call("stop", "--embedded").exit_code == 1
        assert address.answers()
    process.terminate()
    process.wait(10)


def test_where_nothing_runs_nothing_is_stopped(call: Call) -> None:
    refused = call("stop", "--embedded")
    assert refused.exit_code == 1
    assert refused.stderr == "No Redis runs that was started from here; nothing was stopped.\n"


def test_a_port_that_is_taken_is_told_as_that(call: Call) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        refused = call("start", "--port", str(taken.getsockname()[1]))
    assert refused.exit_code == 1
    assert "Something else listens on port" in refused.stderr
    assert not background.is_there(FOLDER)


def test_data_that_cannot_be_read_are_told_with_its_last_words(call: Call) -> None:
    call("start")
    at_hand().set("a", "1")
    call("stop")
    [manifest] = FOLDER.rglob("*.manifest")
    manifest.write_text("nonsense\n")
    refused = call("start")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("The embedded Redis did not start; its last words:\n")
    assert not background.is_there(FOLDER)


@pytest.mark.parametrize(
    ("address", "words", "says"),
    [
        ("redis://:word@cache.example.com:6379/0", ("start",), "names a Redis elsewhere, redis://…@cache.example.com"),
        ("redis://:word@localhost:6379/0", ("start", "--embedded"), "nobody would use the embedded Redis"),
        ("rediss://:word@localhost:6379/0", ("start",), "without TLS or user name"),
        ("redis://localhost:6379/0", ("start",), "A Redis without a password lets in every program"),
        ("redis://:word@localhost:6379/0", ("start", "--port", "7000"), "names port 6379: leave --port out"),
    ],
)
def test_a_redis_that_is_not_ours_to_start_is_refused_in_words(
    call: Call, monkeypatch: pytest.MonkeyPatch, address: str, words: tuple[str, ...], says: str
) -> None:
    monkeypatch.setenv("REDIS_URL", address)
    refused = call(*words)
    assert refused.exit_code == 2
    assert says in refused.stderr
    assert "word@" not in refused.output
