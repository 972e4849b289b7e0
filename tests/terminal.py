"""A person at a terminal: a command runs in one of its own, and what it asks is waited for and answered."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from processes import tethered

#: Hidden questions are asked at the controlling terminal, not at standard input.
_AT_ITS_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)

_STYLE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_SECONDS = 40.0
_PATIENCE_SECONDS = 3.0


class Terminal:
    def __init__(self, words: tuple[str, ...], folder: Path, variables: Mapping[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        command = (sys.executable, "-c", _AT_ITS_TERMINAL, sys.executable, "-m", "cody2zoho", *words)
        self.process = subprocess.Popen(
            tethered(*command),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=folder,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "120", **variables},
            start_new_session=True,
        )
        os.close(theirs)
        #: All that was shown, and how much of it was waited for.
        self.shown, self._seen = "", 0

    def see(self, words: str) -> Self:
        """Wait until these are shown, behind what was waited for before."""
        ends_at = time.monotonic() + _SECONDS
        while (place := self.shown.find(words, self._seen)) < 0:
            left = ends_at - time.monotonic()
            if left <= 0 or not self._read(left):
                raise AssertionError(f"{words!r} is not shown behind:\n{self.shown[self._seen :]}")
        self._seen = place + len(words)
        return self

    def type(self, words: str = "") -> None:
        os.write(self._ours, f"{words}\n".encode())

    def interrupt(self, key: str = "\x03") -> int:
        """Press Ctrl-C, and again where Python misses one that comes just before it reads; the exit code."""
        ends_at = time.monotonic() + _SECONDS
        while self.process.poll() is None and time.monotonic() < ends_at:
            os.write(self._ours, key.encode())
            while self._read(_PATIENCE_SECONDS):
                pass
        return self.end()

    def end(self) -> int:
        """The exit code, once it has said all."""
        while self._read(_SECONDS):
            pass
        return self.process.wait(_SECONDS)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._ours], [], [], seconds)
        try:
            read = os.read(self._ours, 65_536) if ready else b""
        except OSError:
            # Linux tells so that the other end is closed.
            read = b""
        self.shown += _STYLE.sub("", read.decode(errors="replace")).replace("\r\n", "\n")
        return bool(read)


@contextmanager
def at_terminal(*words: str, folder: Path, **variables: str) -> Iterator[Terminal]:
    terminal = Terminal(words, folder, variables)
    try:
        yield terminal
    finally:
        terminal.close()
