"""What the checks of Redis's health look at, and what a check is."""

from collections.abc import Callable
from dataclasses import dataclass

import redis

from cody2zoho.alerts import Level
from cody2zoho.errors import Refused
from cody2zoho.settings import Settings
from cody2zoho.tending.connectivity import pings
from cody2zoho.tending.looking_on import Slow, slowest_lately
from cody2zoho.tending.server import Server, read

_PINGS = 50
_SLOW_ENTRIES = 100

#: All buckets of finished conversations, and our other keys.
_FEW_KEYS = 65_536 + 1_000


#: As of `cody2zoho monitor`.
EXIT_CODES = {Level.CRITICAL: 4, Level.HIGH: 3, Level.MEDIUM: 1, Level.LOW: 0}


@dataclass(frozen=True)
class Sample:
    """All that the checks look at, at one moment."""

    server: Server
    settings: Settings
    #: Milliseconds, in order of length.
    pings: list[float]
    #: By how many seconds this machine's clock and the server's differ.
    apart_seconds: float
    #: The server's Unix second.
    now: float
    #: None where SLOWLOG is refused.
    slow: list[Slow] | None
    #: Keys that the ledger accounts for; what is far more is somebody else's.
    accounted: int


@dataclass(frozen=True)
class Trouble:
    """What a check found, how bad it is, and how much of the score it takes."""

    level: Level
    points: int
    words: str


@dataclass(frozen=True)
class Check:
    """`look` finds the trouble, or None; it raises Refused where this Redis does not tell."""

    name: str
    threshold: str
    sentence: str
    remedy: str
    look: Callable[[Sample], Trouble | None]


def sample(settings: Settings, client: redis.Redis, clock: Callable[[], float]) -> Sample:
    """Raises RedisError where it does not answer."""
    server = read(client, settings.shown_redis_address)
    seconds, micros = client.time()
    now = float(seconds) + float(micros) / 1_000_000
    return Sample(
        server=server,
        settings=settings,
        pings=pings(client, _PINGS),
        apart_seconds=abs(clock() - now),
        now=now,
        slow=_slow(client, settings.redis_key_prefix),
        accounted=_accounted(client, settings.redis_key_prefix),
    )


def _slow(client: redis.Redis, prefix: str) -> list[Slow] | None:
    try:
        return slowest_lately(client, prefix, _SLOW_ENTRIES)
    except Refused:
        return None


def _accounted(client: redis.Redis, prefix: str) -> int:
    """Each unfinished conversation is a key."""
    states = client.hgetall(f"{prefix}metrics:states")
    finished = ("created", "dismissed", "empty", "gone", "forgotten")
    return _FEW_KEYS + sum(int(count) for state, count in states.items() if state not in finished)
