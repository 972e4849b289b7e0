"""How long a newcomer waits for the first case: `cody2zoho demo`, with nothing running and nothing compiled."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from tempfile import TemporaryDirectory

from .figures import Figure

_COMMAND = (sys.executable, "-m", "cody2zoho", "demo")


def measure() -> Iterator[Figure]:
    """The first with no byte code anywhere, ours or the libraries'; the second with what the first has compiled."""
    with TemporaryDirectory(prefix="cody2zoho-bench-") as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        environment["PYTHONPYCACHEPREFIX"] = folder
        for run in ("cold", "second run"):
            yield from _demo(run, environment, folder)


def _demo(run: str, environment: dict[str, str], folder: str) -> Iterator[Figure]:
    """The demo's own clock starts when its code is loaded, so that is timed before."""
    began = time.monotonic()
    subprocess.run([*_COMMAND, "--help"], env=environment, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    loading_seconds = time.monotonic() - began
    demo = subprocess.run([*_COMMAND, "--json"], env=environment, cwd=folder, stdout=subprocess.PIPE, check=True)
    summary = json.loads(demo.stdout)
    yield Figure(f"start to first case, {run}", loading_seconds + summary["seconds_to_first_case"], "s", 10)
    yield Figure("  of which loading the command", loading_seconds, "s")
    yield Figure("  to the last of 240 conversations", loading_seconds + summary["seconds"], "s")
