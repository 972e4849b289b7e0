"""What a process has used, as Linux counts it (proc(5))."""

import os
import subprocess
import sys
import time
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of all its threads."""
    # The name, in parentheses, may hold blanks; what follows it begins with field 3.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND


def resident_mb(pid: int) -> float:
    return _megabytes(pid, "VmRSS")


def peak_mb(pid: int) -> float:
    """The most it ever had resident; what wait4 tells would include the process it was forked from."""
    return _megabytes(pid, "VmHWM")


def _megabytes(pid: int, name: str) -> float:
    """0 for one that has ended."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in status if line.startswith(f"{name}:")), 0.0)


def run(words: list[str], environment: dict[str, str], folder: Path) -> tuple[float, float, str]:
    """Seconds, peak memory and output of Python in a process of its own. Raises RuntimeError where it fails."""
    began, most_mb = time.monotonic(), 0.0
    with (folder / "said").open("w+") as output:
        with subprocess.Popen([sys.executable, *words], env=environment, stdout=output) as running:
            while running.poll() is None:
                most_mb = max(most_mb, peak_mb(running.pid))
                time.sleep(0.05)
        seconds = time.monotonic() - began
        output.seek(0)
        said = output.read()
    if running.returncode:
        raise RuntimeError(f"{words[-1]} ended with {running.returncode}: {said[:500]}")
    return seconds, most_mb, said
