"""An `az` on PATH that knows only its own cloud."""

import hashlib
import os
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import azure_cli
from clouds import ENV, Cloud


def _quick(real: Callable[..., bytes]) -> Callable[..., bytes]:
    """A digest that is slow on purpose, and here told hundreds of times."""
    return lambda value, **options: real(value, **options | {"n": 2})


@pytest.fixture(scope="session")
def azure_port() -> Iterator[int]:
    """Of one server, for all clouds of a test process."""
    with azure_cli.served() as port:
        yield port


@pytest.fixture
def cloud(tmp_path: Path, azure_port: int, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """A new subscription, somebody signed in, and a folder with `.env`."""
    program, state_file = tmp_path / "bin" / "az", tmp_path / "azure.json"
    program.parent.mkdir()
    program.write_text(azure_cli.PROGRAM.format(port=azure_port, state_file=shlex.quote(str(state_file))))
    program.chmod(0o755)
    monkeypatch.setattr(hashlib, "scrypt", _quick(hashlib.scrypt))
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    for name in ("AZURE_RESOURCE_GROUP", "AZURE_CONTAINER_APP_NAME", "AZURE_REGION"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".env").write_text(ENV)
    return Cloud(state_file)
