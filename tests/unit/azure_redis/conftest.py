"""A subscription in Azure, and whoever administers Redis there."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from arm import CACHE_ID, Arm, arm, cache, environment, rule, sent
from cody2zoho import configuration
from cody2zoho.azure_redis import finding
from cody2zoho.azure_redis.finding import Found
from cody2zoho.cli import main


@pytest.fixture
def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Arm]:
    """With one instance of Azure Managed Redis, to which REDIS_URL leads."""
    with arm(tmp_path) as far_end:
        for name, value in environment(far_end, tmp_path).items():
            monkeypatch.setenv(name, value)
        yield far_end


@pytest.fixture
def classic(azure: Arm, monkeypatch: pytest.MonkeyPatch) -> Arm:
    """With one of Azure Cache for Redis instead."""
    azure.caches, azure.clusters = [cache()], []
    azure.rules, azure.settings = [rule(scope=CACHE_ID)], {CACHE_ID: [sent()]}
    monkeypatch.setenv("REDIS_URL", f"rediss://:{'p' * 43}%3D@shop-cache.redis.cache.windows.net:6380/0")
    return azure


@pytest.fixture
def call(azure: Arm) -> Callable[..., Result]:
    def call(*words: str, given: str = "") -> Result:
        return CliRunner().invoke(main, ("azure", "redis", *words), input=given)

    return call


@pytest.fixture
def found(azure: Arm) -> Found:
    return finding.find(configuration.provisional())


@pytest.fixture
def typed(azure: Arm) -> Callable[..., tuple[int, str]]:
    """Calls a command at a terminal, types these lines, and returns exit code and what was on the screen."""

    def typed(*words: str, lines: str = "") -> tuple[int, str]:
        ours, theirs = pty.openpty()
        command = (sys.executable, "-m", "cody2zoho", "azure", "redis", *words)
        process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
        os.close(theirs)
        os.write(ours, lines.encode())
        shown = b"".join(iter(lambda: _read(ours), b""))
        os.close(ours)
        return process.wait(timeout=60), shown.decode().replace("\r\n", "\n")

    return typed


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:
        # Linux says so when the other side is closed.
        return b""
