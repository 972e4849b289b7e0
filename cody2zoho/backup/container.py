"""The file of a backup: what stands where, and how each byte is guarded. docs/backup.md has it for other programs.

    cody2zoho backup\\n    what never changes, in any format
    H frame               the header, JSON: format, when, by which version, of which installation, how it is closed
    B frames              JSON lines, some hundred together, compressed, and encrypted where that was asked for
    E frame               the totals, JSON, and nothing behind it but the place of this frame

A frame is its letter, the length of its body in 4 bytes, the body, and 32 bytes of SHA-256 over the check of the frame
before and all of this frame. So the check of the last frame is the whole file's, and each block has its own.
"""

import json
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any, Protocol

from cody2zoho.errors import Damaged

#: Raised when an older program would misread the file.
FORMAT = 1

MAGIC = b"cody2zoho backup\n"
_TAIL = b"end."
_CHECK_BYTES = 32

#: Plain text in a block, about; compressed it is a quarter.
_BLOCK_CHARACTERS = 256 * 1024

#: No block, plain or not, is longer: a wrong length must not fill the memory. A line has 1 MB at the very most.
_LONGEST_BLOCK = 8 * 2**20


class Source(Protocol):
    """What a backup is read from."""

    def read(self, size: int, /) -> bytes: ...


class Seal(Protocol):
    """Closes and opens blocks; `place` counts them from 0, and `is_last` is the totals'."""

    def close(self, plain: bytes, place: int, bound: bytes, *, is_last: bool = False) -> bytes: ...

    def open(self, closed: bytes, place: int, bound: bytes, *, is_last: bool = False) -> bytes: ...


@dataclass(frozen=True)
class Header:
    """What anybody may read without a key. `zoho` tells one organisation's client from another's, and names none."""

    made_at: int
    version: str
    schema: int
    zoho: str
    bots: tuple[str, ...]
    is_simulated: bool = False
    #: How blocks are encrypted; None where they are not.
    sealed: dict[str, Any] | None = None
    format: int = FORMAT

    @classmethod
    def of(cls, body: bytes, name: str) -> "Header":
        facts = _json(body, name)
        if not isinstance(facts.get("format"), int):
            raise Damaged(f"{name} is no backup of cody2zoho.")
        if facts["format"] > FORMAT:
            raise Damaged(
                f"{name} has format {facts['format']}, written by cody2zoho {facts.get('version')}, and this one reads "
                f"formats up to {FORMAT}: update it."
            )
        known = {key: facts.get(key) for key in cls.__dataclass_fields__}
        if not all(isinstance(known[key], kind) for key, kind in _KINDS.items()):
            raise Damaged(f"{name} is no backup of cody2zoho.")
        return cls(**{**known, "bots": tuple(map(str, facts["bots"]))})  # type: ignore[arg-type]


#: Of what a header has to have: somebody else may have written it.
_KINDS = {"made_at": int, "version": str, "schema": int, "zoho": str, "bots": list, "sealed": dict | None}


@dataclass
class Totals:
    """What a backup holds: conversations by state, and lines of whatever kind."""

    states: dict[str, int] = field(default_factory=dict)
    lines: int = 0
    blocks: int = 0

    @property
    def conversations(self) -> int:
        return sum(self.states.values())


def written(header: Header, lines: Iterable[str], totals: Totals, seal: Seal | None = None) -> Iterator[bytes]:
    """The bytes of the file. `totals` must be those of the lines when all of them were taken."""
    check = sha256(MAGIC).digest()
    yield MAGIC
    frame = _frame(b"H", json.dumps(asdict(header)).encode(), check)
    bound = check = frame[-_CHECK_BYTES:]
    yield frame
    for block in _blocks(lines):
        body = zlib.compress(block)
        body = seal.close(body, totals.blocks, bound) if seal else body
        frame = _frame(b"B", body, check)
        check = frame[-_CHECK_BYTES:]
        totals.blocks += 1
        yield frame
    end = json.dumps(asdict(totals)).encode()
    mark = seal.close(b"", totals.blocks, bound + end, is_last=True) if seal else b""
    frame = _frame(b"E", struct.pack(">H", len(mark)) + mark + end, check)
    yield frame
    yield struct.pack(">I", len(frame)) + _TAIL


class Reader:
    """A backup from its first byte to its last. Raises Damaged where anything is not as it was written."""

    def __init__(self, source: Source, name: str) -> None:
        self._source, self._name, self._where = source, name, "its beginning"
        if self._read(len(MAGIC)) != MAGIC:
            raise Damaged(f"{name} is no backup of cody2zoho.")
        self._check = sha256(MAGIC).digest()
        kind, body = self._frame()
        if kind != b"H":
            raise self._changed()
        self.header = Header.of(body, name)
        self._bound = self._check
        self.totals = Totals()

    def check(self) -> None:
        """Read all of it for its checks alone, which takes no key."""
        for _ in self._bodies():
            pass

    def lines(self, seal: Seal | None = None) -> Iterator[Any]:
        """What stands in it, line by line. Only when all were taken is it known that the file is whole."""
        for place, body in enumerate(self._bodies(seal)):
            packed = seal.open(body, place, self._bound) if seal else body
            # Not splitlines: what somebody typed may hold other ends of lines.
            yield from self._unpacked(packed).split("\n")

    def _bodies(self, seal: Seal | None = None) -> Iterator[bytes]:
        blocks = 0
        while True:
            self._where = f"block {blocks + 1}"
            kind, body = self._frame()
            if kind == b"E":
                break
            if kind != b"B":
                raise self._changed()
            yield body
            blocks += 1
        if len(body) < 2:
            raise self._changed()
        size = struct.unpack(">H", body[:2])[0] + 2
        mark, end = body[2:size], body[size:]
        if seal and seal.open(mark, blocks, self._bound + end, is_last=True):
            raise self._changed()
        self.totals = _totals(end, self._name)
        length = struct.pack(">I", 5 + len(body) + _CHECK_BYTES)
        if self.totals.blocks != blocks or self._read(8) != length + _TAIL or self._source.read(1):
            raise self._changed()

    def _frame(self) -> tuple[bytes, bytes]:
        head = self._read(5)
        kind, length = head[:1], struct.unpack(">I", head[1:])[0]
        if kind not in (b"H", b"B", b"E") or length > _LONGEST_BLOCK:
            raise self._changed()
        body, check = self._read(length), self._read(_CHECK_BYTES)
        if sha256(self._check + head + body).digest() != check:
            raise self._changed()
        self._check = check
        return kind, body

    def _unpacked(self, packed: bytes) -> str:
        """No more than a block may have, whatever it claims."""
        opener = zlib.decompressobj()
        try:
            plain = opener.decompress(packed, _LONGEST_BLOCK)
        except zlib.error:
            raise self._changed() from None
        if not opener.eof:
            raise self._changed()
        return plain.decode()

    def _read(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            more = self._source.read(size - len(found))
            if not more:
                raise Damaged(f"{self._name} is cut short: it ends in {self._where}. Nothing of it is used.")
            found += more
        return found

    def _changed(self) -> Damaged:
        return Damaged(f"{self._name} was changed: {self._where} is not as it was written. Nothing of it is used.")


#: Enough for any header, and for the totals.
PEEK_BYTES = 16 * 1024


def headed(part: Callable[[int, int], bytes], size: int, name: str) -> Header:
    """The header alone. `part` reads (offset, length)."""

    class Beginning:
        at = 0

        def read(self, length: int, /) -> bytes:
            self.at += length
            return beginning[self.at - length : self.at]

    beginning = part(0, min(size, PEEK_BYTES))
    return Reader(Beginning(), name).header


def ended(part: Callable[[int, int], bytes], size: int, name: str) -> Totals:
    """The totals, without what lies before them. `part` reads (offset, length)."""
    end = part(max(0, size - PEEK_BYTES), min(size, PEEK_BYTES))
    length = struct.unpack(">I", end[-8:-4])[0] if len(end) >= 8 else 0
    frame = end[-8 - length : -8]
    if end[-4:] != _TAIL or frame[:1] != b"E" or len(frame) < 5 + 2 + _CHECK_BYTES:
        raise Damaged(f"{name} is cut short: it has no end. Nothing of it is used.")
    body = frame[5:-_CHECK_BYTES]
    return _totals(body[2 + struct.unpack(">H", body[:2])[0] :], name)


def _frame(kind: bytes, body: bytes, check: bytes) -> bytes:
    frame = kind + struct.pack(">I", len(body)) + body
    return frame + sha256(check + frame).digest()


def _blocks(lines: Iterable[str]) -> Iterator[bytes]:
    some: list[str] = []
    size = 0
    for line in lines:
        some.append(line)
        size += len(line) + 1
        if size >= _BLOCK_CHARACTERS:
            yield "\n".join(some).encode()
            some, size = [], 0
    if some:
        yield "\n".join(some).encode()


def _totals(end: bytes, name: str) -> Totals:
    facts = _json(end, name)
    try:
        states = {str(state): int(count) for state, count in facts["states"].items()}
        return Totals(states, int(facts["lines"]), int(facts["blocks"]))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Damaged(f"{name} is no backup of cody2zoho.") from None


def _json(body: bytes, name: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Damaged(f"{name} is no backup of cody2zoho.")
    return found
