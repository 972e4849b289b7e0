"""The latest lines of all processes, wherever they run: for `/logs` and `cody2zoho logs`.

Keys, below the prefix:
    logs  stream  the latest 10,000 lines or so at INFO and above, each as JSON in its field `line`
"""

import json
import logging
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Protocol

import redis

from cody2zoho import store
from cody2zoho.logs import safe
from cody2zoho.logs.behind import Sink
from cody2zoho.logs.shapes import Line
from cody2zoho.settings import Settings

#: About 5 MB of Redis.
_KEPT = 10_000

#: With one round trip.
_AT_ONCE = 500

#: Of one line.
_LONGEST = 4_000

#: Ours, and nobody's words; a worker's host may look like a mailbox.
_UNMASKED = frozenset({"level", "name", "worker", "task", "task_id"})

#: How long Redis holds an answer back until there is a new line.
_WAIT_MILLISECONDS = 1_000


class Readable(Protocol):
    """What a reader needs of the services."""

    @property
    def settings(self) -> Settings: ...

    @property
    def store(self) -> redis.Redis: ...


def key(prefix: str) -> str:
    return f"{prefix}logs"


class Stream(Sink):
    """Into Redis, with a client of its own: a slow answer keeps nobody else waiting."""

    def __init__(self, settings: Settings) -> None:
        self._client, self._key = store.connect(settings), key(settings.redis_key_prefix)

    def send(self, waiting: deque[Line]) -> None:
        batch = list(islice(waiting, _AT_ONCE))
        with self._client.pipeline(transaction=False) as pipe:
            for line in batch:
                pipe.xadd(self._key, {"line": _written(line)}, maxlen=_KEPT, approximate=True)
            pipe.execute()
        for _ in batch:
            waiting.popleft()

    def close(self) -> None:
        self._client.close()


def latest(
    services: Readable, limit: int = 100, level: str = "INFO", conversation: str | None = None
) -> list[dict[str, Any]]:
    """The latest lines at this level or above, of this conversation if one is named; the newest last."""
    found = (line for line in _backwards(services) if _is_wanted(line, level, conversation))
    return list(islice(found, limit))[::-1]


def following(
    services: Readable, after: str, level: str = "INFO", conversation: str | None = None
) -> Iterator[dict[str, Any]]:
    """Every such line after the one with this id, as soon as it is written; ends never."""
    name = key(services.settings.redis_key_prefix)
    while True:
        found: Any = services.store.xread({name: after}, _AT_ONCE, _WAIT_MILLISECONDS)
        for _, entries in found or []:
            after = entries[-1][0]
            yield from (line for line in _read(entries) if _is_wanted(line, level, conversation))


def forget(services: Readable, conversation_id: str) -> None:
    """Take out what names a conversation, also in the midst of a path or a reason."""
    named = [line["id"] for line in _backwards(services) if any(conversation_id in str(one) for one in line.values())]
    if named:
        services.store.xdel(key(services.settings.redis_key_prefix), *named)


def _backwards(services: Readable) -> Iterator[dict[str, Any]]:
    name, before = key(services.settings.redis_key_prefix), "+"
    look: Any = services.store.xrevrange
    while entries := look(name, before, "-", _AT_ONCE):
        yield from _read(entries)
        before = f"({entries[-1][0]}"


def _read(entries: Iterable[tuple[str, dict[str, str]]]) -> Iterator[dict[str, Any]]:
    for number, entry in entries:
        # One that is being trimmed has no fields any more.
        if "line" in (entry or {}):
            yield {"id": number, **json.loads(entry["line"])}


def _is_wanted(line: dict[str, Any], level: str, conversation: str | None) -> bool:
    severity = logging.getLevelNamesMapping()
    is_severe = severity.get(line["level"], logging.INFO) >= severity[level]
    return is_severe and conversation in (None, line.get("conversation"))


def _written(line: Line) -> str:
    """What is shown to whoever may open the page holds not even what our own output does by mistake."""
    told = {name: _masked(value) if name not in _UNMASKED else value for name, value in line.items()}
    # A lone surrogate could not be sent.
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "replace").decode()


def _masked(value: str | float) -> str | float:
    return safe.text(value[-_LONGEST:]) if isinstance(value, str) else value
