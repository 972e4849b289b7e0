"""Which processes a test has started, and whether they are gone."""

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from cody2zoho.processes import tether


def working_in(folder: Path) -> list[psutil.Process]:
    """The living processes that work in a folder, or in one below; the test's own does not count."""
    others = [process for process in psutil.process_iter(["cwd"]) if process.pid != os.getpid()]
    return [process for process in others if _within(process.info["cwd"], folder)]


def end_all(folder: Path) -> None:
    """After a test that failed: what it left must not disturb the others."""
    for process in working_in(folder):
        with suppress(psutil.Error):
            process.kill()


def playing(role: str, folder: Path) -> list[psutil.Process]:
    """Those with this word on their command line."""
    return [process for process in working_in(folder) if role in command(process)]


def command(process: psutil.Process) -> list[str]:
    """What everybody on the machine can see of it."""
    try:
        return process.cmdline()
    except psutil.Error:
        # It has ended meanwhile.
        return []


def _within(cwd: str | None, folder: Path) -> bool:
    return cwd is not None and Path(cwd.removesuffix(" (deleted)")).is_relative_to(folder)


def is_running(number: int) -> bool:
    """A zombie has ended: that nobody asked for its exit code is its parent's affair."""
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def tethered(*words: object) -> list[str]:
    """A command that ends with us, however we end: a test run that is killed leaves no server behind."""
    tie = (sys.executable, "-I", "-S", tether.__file__, os.getpid(), int(signal.SIGKILL))
    return [str(word) for word in (*tie, *words)]


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]
