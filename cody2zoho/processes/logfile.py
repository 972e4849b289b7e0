"""What a child process writes, and what of it has been read."""

import re
import shutil
from collections import deque
from pathlib import Path


class LogFile:
    """A file that another process appends to; at `largest_bytes` it is cut, and what it held is kept as `….1`."""

    def __init__(self, path: Path, largest_bytes: int = 10_000_000) -> None:
        self.path = path
        self._largest_bytes = largest_bytes
        path.parent.mkdir(parents=True, exist_ok=True)
        self._read_bytes = path.stat().st_size if path.exists() else 0

    def new_lines(self) -> list[str]:
        """The whole lines since the last call."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self._read_bytes)
            whole, end, _ = file.read().rpartition(b"\n")
        self._read_bytes += len(whole) + len(end)
        if self._read_bytes > self._largest_bytes:
            self._cut()
        return whole.decode("utf-8", "replace").splitlines() if end else []

    def last_lines(self, count: int) -> list[str]:
        with self.path.open("rb") as file:
            return [line.decode("utf-8", "replace").rstrip() for line in deque(file, count)]

    def matching(self, pattern: re.Pattern[str]) -> list[str]:
        """The lines that begin like this."""
        with self.path.open(encoding="utf-8", errors="replace") as file:
            return [line.rstrip() for line in file if pattern.match(line)]

    def _cut(self) -> None:
        """Copied, not renamed: the writer keeps its file. A line written in between is lost to the copy."""
        shutil.copyfile(self.path, self.path.with_suffix(".log.1"))
        with self.path.open("r+b") as file:
            file.truncate(0)
        self._read_bytes = 0
