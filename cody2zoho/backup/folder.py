"""Backups in a folder: written beside, read by nobody but their owner, and renamed when the disk has all of it."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cody2zoho.backup.place import SUFFIX, Entry
from cody2zoho.errors import ConfigurationError, Permanent

#: Whatever writes a backup has written to it within this time; what is older was left by one that was killed.
_LEFT_SECONDS = 3_600

_PART = ".part"


@dataclass(frozen=True)
class Folder:
    path: Path

    @property
    def address(self) -> str:
        return str(self.path)

    def entries(self) -> list[Entry]:
        with _sentences(self.path):
            if not self.path.exists():
                return []
            # A folder, or a link that leads nowhere, is no backup.
            there = (one for one in self.path.iterdir() if one.name.endswith(SUFFIX) and one.is_file())
            files = [(one.name, one.stat()) for one in there]
        return [Entry(name, stat.st_size, stat.st_mtime) for name, stat in files]

    def write(self, name: str, chunks: Iterator[bytes]) -> int:
        # Another installation may write one of this name here, in this moment.
        path, part = self.path / name, self.path / f".{name}.{secrets.token_hex(4)}{_PART}"
        with _sentences(self.path):
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._sweep()
            _ensure_free(path)
            try:
                size = _written(part, chunks)
                _ensure_free(path)
                part.rename(path)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
            _sync(self.path)
        return size

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO]:
        with _sentences(self.path, name), (self.path / name).open("rb") as file:
            yield file

    def part(self, name: str, offset: int, length: int) -> bytes:
        with self.opened(name) as file:
            file.seek(offset)
            return file.read(length)

    def delete(self, name: str) -> None:
        with _sentences(self.path, name):
            (self.path / name).unlink()

    def _sweep(self) -> None:
        """What a backup left that was killed."""
        for left in self.path.glob(f".*{SUFFIX}.*{_PART}"):
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > _LEFT_SECONDS:
                    left.unlink()


def _ensure_free(path: Path) -> None:
    """Before all is read, and before it gets its name: somebody may have been quicker."""
    if path.exists():
        raise ConfigurationError([f"There is a backup {path.name} already: choose another name."])


def _written(part: Path, chunks: Iterator[bytes]) -> int:
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        size = sum(file.write(chunk) for chunk in chunks)
        file.flush()
        os.fsync(file.fileno())
    return size


def _sync(folder: Path) -> None:
    """The new name too must outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _sentences(folder: Path, name: str = "") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if name and isinstance(error, FileNotFoundError):
            raise ConfigurationError([f"There is no backup {name} in {folder}."]) from None
        raise Permanent(f"The folder of backups {folder} cannot be used: {error.strerror}.") from None
