"""Where backups lie: a folder, or a container of Azure Blob Storage. What the rest of the room needs of either."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from cody2zoho.backup.container import Source

SUFFIX = ".backup"


@dataclass(frozen=True)
class Entry:
    """A file that calls itself a backup; `written_at` in Unix seconds, `size` in bytes."""

    name: str
    size: int
    written_at: float


class Place(Protocol):
    """A backup is there as a whole or not at all, whenever its writing ends. All raise Cody2ZohoError."""

    @property
    def address(self) -> str:
        """Where it is, fit to be shown."""

    def entries(self) -> list[Entry]:
        """All that is there, in no order."""

    def write(self, name: str, chunks: Iterator[bytes]) -> int:
        """How many bytes. Never over what is there."""

    def opened(self, name: str) -> AbstractContextManager[Source]: ...

    def part(self, name: str, offset: int, length: int) -> bytes: ...

    def delete(self, name: str) -> None: ...
