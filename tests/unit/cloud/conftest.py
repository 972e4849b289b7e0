"""An `az` on PATH that knows only its own cloud."""

import os
import shlex
import sys
from pathlib import Path

import pytest

import azure_cli
from clouds import ENV, Cloud


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """A new subscription, somebody signed in, and a folder with `.env`."""
    program = tmp_path / "bin" / "az"
    program.parent.mkdir()
    # Imported, and not run as a program, which would be compiled anew each time.
    folder = str(Path(azure_cli.__file__).parent)
    code = f"import sys; sys.path.append({folder!r}); import azure_cli; sys.exit(azure_cli.main())"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -I -S -c {shlex.quote(code)} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("AZ_STATE", str(tmp_path / "azure.json"))
    for name in ("AZURE_RESOURCE_GROUP", "AZURE_CONTAINER_APP_NAME", "AZURE_REGION"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".env").write_text(ENV)
    return Cloud(tmp_path / "azure.json")
