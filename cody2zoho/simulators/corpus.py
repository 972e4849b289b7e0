"""Conversations in a file: one JSON object a line, in the shapes of Cody's API, gzipped or plain."""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypedDict, cast

GZIP_MAGIC = b"\x1f\x8b"
MESSAGE_TYPES: dict[str, tuple[type, ...]] = {
    "id": (str,),
    "content": (str, type(None)),
    "conversation_id": (str,),
    "machine": (bool,),
    "failed_responding": (bool,),
    "flagged": (bool,),
    "created_at": (int,),
}
CONVERSATION_TYPES: dict[str, tuple[type, ...]] = {
    "id": (str,),
    "name": (str, type(None)),
    "bot_id": (str,),
    "created_at": (int,),
    "messages": (list,),
}
SPOKEN = {str: "a text", bool: "true or false", int: "a whole number", list: "a list", type(None): "null"}


class CorpusMessage(TypedDict):
    id: str
    content: str | None
    conversation_id: str
    machine: bool
    failed_responding: bool
    flagged: bool
    created_at: int


class CorpusConversation(TypedDict):
    """A conversation as `/conversations` shows it, with its messages oldest first."""

    id: str
    name: str | None
    bot_id: str
    created_at: int
    messages: list[CorpusMessage]


class CorpusError(ValueError):
    """Names the file, the line and what is wrong with it, in one sentence."""


def read_corpus(path: Path) -> list[CorpusConversation]:
    """All conversations of a file, in its order, ids kept. Raises CorpusError."""
    try:
        with path.open("rb") as file:
            conversations = list(_conversations(path, file))
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror or error}") from error
    if not conversations:
        raise CorpusError(f"{path}: holds no conversation")
    return conversations


def _conversations(path: Path, file: BinaryIO) -> Iterator[CorpusConversation]:
    seen: dict[tuple[str, str], int] = {}
    for number, line in _lines(path, file):
        if not line.strip():
            continue
        try:
            conversation = _conversation(line)
            _check_new(conversation, number, seen)
        except ValueError as error:
            raise CorpusError(f"{path}, line {number}: {error}") from error
        yield conversation


def _lines(path: Path, file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Numbered lines, unzipped when the file begins like gzip, whatever its name."""
    zipped = file.read(2) == GZIP_MAGIC
    file.seek(0)
    number = 0
    try:
        for number, line in enumerate(gzip.GzipFile(fileobj=file) if zipped else file, start=1):
            yield number, line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CorpusError(f"{path}, line {number + 1}: the compressed file is damaged or cut off") from error


def _conversation(line: bytes) -> CorpusConversation:
    record = _object(line)
    _check_types(record, CONVERSATION_TYPES, "the conversation")
    for position, message in enumerate(record["messages"], start=1):
        if not isinstance(message, dict):
            raise ValueError(f"message {position} is not a JSON object")
        _check_types(message, MESSAGE_TYPES, f"message {position}")
        if message["conversation_id"] != record["id"]:
            raise ValueError(f"message {position} belongs to conversation {message['conversation_id']!r}")
    return cast(CorpusConversation, record)


def _object(line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line.strip())
    except UnicodeDecodeError:
        raise ValueError("the line is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"the line is not JSON ({error.msg} at character {error.pos + 1})") from None
    if not isinstance(record, dict):
        raise ValueError("the line is not a JSON object")
    return record


def _check_types(record: dict[str, Any], types: dict[str, tuple[type, ...]], what: str) -> None:
    """Exact types, because JSON's true would pass for the number 1."""
    for name, allowed in types.items():
        if name not in record:
            raise ValueError(f"{what} has no {name!r}")
        if type(record[name]) not in allowed:
            raise ValueError(f"{name!r} of {what} must be {' or '.join(SPOKEN[kind] for kind in allowed)}")


def _check_new(conversation: CorpusConversation, number: int, seen: dict[tuple[str, str], int]) -> None:
    """Ids are what the product tells conversations and messages apart by, so no two may be alike."""
    ids = [("conversation", conversation["id"]), *(("message", message["id"]) for message in conversation["messages"])]
    for kind, own_id in ids:
        if not own_id:
            raise ValueError(f"the 'id' of a {kind} is empty")
        if (kind, own_id) in seen:
            raise ValueError(f"{kind} {own_id!r} was on line {seen[kind, own_id]} already")
        seen[kind, own_id] = number
