"""What all clients ask of Redis, as it happens (MONITOR), and what took long (SLOWLOG); neither shows a value."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import redis

from cody2zoho.tending.requests import Asked, asked, shown
from cody2zoho.tending.server import ask, is_withheld, withheld

#: Between two looks whether the time is over.
_LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Slow:
    """A command that took longer than the server's own limit (slowlog-log-slower-than, 10 ms by default)."""

    second: int
    milliseconds: float
    words: str


def slowest_lately(client: redis.Redis, prefix: str, limit: int) -> list[Slow]:
    """The latest slow commands, the newest first. Raises Refused."""
    # In two words, so that redis-py does not join those of the command: where one ends decides what may be shown.
    # As bytes: Redis cuts a long word in the middle of a letter, and those of other programs may be no text at all.
    entries: list[list[Any]] = ask(client, "SLOWLOG", "GET", limit, as_bytes=True)
    return [Slow(int(one[1]), int(one[2]) / 1000, shown(_words(one), prefix)) for one in entries]


def monitored(
    client: redis.Redis, prefix: str, seconds: float | None, clock: Callable[[], float] = time.monotonic
) -> Iterator[Asked]:
    """Each command of each client, until the time is over; without one, until the caller has enough. Raises Refused."""
    connection: Any = client.connection_pool.get_connection()
    ends_at = None if seconds is None else clock() + seconds
    try:
        _begin(connection)
        while ends_at is None or clock() < ends_at:
            if not connection.can_read(timeout=_LOOK_SECONDS):
                continue
            if found := asked(_text(connection.read_response()), prefix):
                yield found
    finally:
        # It can do nothing else any more.
        connection.disconnect()
        client.connection_pool.release(connection)


def _begin(connection: Any) -> None:
    connection.send_command("MONITOR")
    try:
        connection.read_response()
    except redis.ResponseError as error:
        if is_withheld(error):
            raise withheld("MONITOR") from None
        raise


def _words(entry: list[Any]) -> list[str]:
    """Of one entry; Redis Enterprise has a text before them."""
    return [_text(word) for word in next(part for part in entry[3:] if isinstance(part, list))]


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
