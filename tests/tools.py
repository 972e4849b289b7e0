"""Programs of Prometheus, for the tests that need one: on PATH, or in the folder of PROMETHEUS_TOOLS."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def tool(*names: str) -> str:
    """The first of these that is there; without any the test is skipped."""
    places = os.pathsep.join(filter(None, (os.environ.get("PROMETHEUS_TOOLS"), os.environ.get("PATH"))))
    found = next(filter(None, (shutil.which(name, path=places) for name in names)), None)
    if found is None:
        pytest.skip(f"{names[0]} is neither on PATH nor in PROMETHEUS_TOOLS, see CONTRIBUTING.md")
    return found


def says(*words: str | Path, given: str = "", folder: Path | None = None) -> str:
    """All that it prints; fails where it is not content."""
    done = subprocess.run(words, input=given, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
