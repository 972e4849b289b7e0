"""How long a newcomer waits for the first case: `cody2zoho demo`, with nothing running and nothing compiled."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .figures import Figure

_COMMAND = (sys.executable, "-m", "cody2zoho")


def measure() -> Iterator[Figure]:
    """First as after an installation, then with not even the libraries' byte code there."""
    with TemporaryDirectory(prefix="cody2zoho-bench-") as name:
        coldest = {"PYTHONPYCACHEPREFIX": name}
        for what, environment in (("byte code of libraries there", {}), ("no byte code at all", coldest)):
            start_seconds, _ = _run(("--help",), environment)
            _, demo = _run(("demo", "--json"), environment)
            waited = start_seconds + demo["seconds_to_first_case"]
            yield Figure(f"start to first case, {what}", waited, "s", 10)
            yield Figure("  of which the command's own start", start_seconds, "s")
            yield Figure("  all 240 done after", start_seconds + demo["seconds"], "s")
