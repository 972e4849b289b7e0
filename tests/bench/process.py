"""What a process has used, as Linux counts it (proc(5))."""

import os
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
