"""Redis seen again and again: how it stands, and what changed since the time before."""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import redis
from redis.exceptions import RedisError

from cody2zoho.alerts import Level
from cody2zoho.settings import Settings
from cody2zoho.tending import health
from cody2zoho.tending.connectivity import percentile
from cody2zoho.tending.health import Health
from cody2zoho.tending.sample import sample
from cody2zoho.tending.server import Server


@dataclass(frozen=True)
class Seen:
    """One look; the figures are None where it does not answer, or does not tell."""

    second: float
    score: int
    worst: Level | None
    commands_per_second: float | None
    used: int | None
    clients: int | None
    keys: int | None
    most_milliseconds: float | None
    #: Checks that are not as they should be.
    wrong: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"worst": self.worst and self.worst.lower()}


def watch(
    settings: Settings,
    client: redis.Redis,
    interval_seconds: float,
    minutes: float,
    clock: Callable[[], float] = time.time,
    pause: Callable[[float], object] = time.sleep,
) -> Iterator[Seen]:
    """A look every so often, at its beginning and for so many minutes; a Redis that is away is seen as that."""
    ends_at = clock() + 60 * minutes
    before: tuple[float, Server] | None = None
    while True:
        began = clock()
        seen, server = _look(settings, client, clock, before)
        before = (began, server) if server else None
        yield seen
        if clock() + interval_seconds > ends_at:
            return
        pause(max(0.0, began + interval_seconds - clock()))


def _look(
    settings: Settings, client: redis.Redis, clock: Callable[[], float], before: tuple[float, Server] | None
) -> tuple[Seen, Server | None]:
    at = clock()
    try:
        taken = sample(settings, client, clock)
    except RedisError as error:
        away = health.away(error)
        return Seen(at, away.score, away.worst, None, None, None, None, None, _wrong(away)), None
    judged, server = health.judge(taken), taken.server
    seen = Seen(
        second=at,
        score=judged.score,
        worst=judged.worst,
        commands_per_second=_rate(at, server, before),
        used=server.used if server.is_told else None,
        clients=int(server.number("connected_clients")) if server.is_told else None,
        keys=server.keys,
        most_milliseconds=percentile(taken.pings, 99),
        wrong=_wrong(judged),
    )
    return seen, server


def _wrong(judged: Health) -> tuple[str, ...]:
    return tuple(reason.check for reason in judged.reasons if reason.points)


def _rate(at: float, server: Server, before: tuple[float, Server] | None) -> float | None:
    """Of all commands since the look before; None at the first one, and after a restart."""
    if before is None or not server.is_told:
        return None
    grown = server.number("total_commands_processed") - before[1].number("total_commands_processed")
    return grown / (at - before[0]) if grown >= 0 and at > before[0] else None
