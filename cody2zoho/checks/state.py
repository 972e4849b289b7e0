"""Whether Redis is such that nothing is forgotten, as far as it lets us look."""

from collections.abc import Iterator

from redis.exceptions import ResponseError

from cody2zoho import upgrade
from cody2zoho.checks.finding import Finding, Level
from cody2zoho.services import Services

MEND_OF_FULL = "raise its maxmemory; what it knows is not lost"

_CLOCKS_MAY_DIFFER_SECONDS = 5


def findings(services: Services) -> Iterator[Finding]:
    """Raises RedisError where it is away or full."""
    upgrade.check(services)
    services.store.ping()
    where = services.settings.shown_redis_address
    try:
        info = services.store.info()
    except ResponseError as error:
        # Azure gives the right to look to fewer than the right to work with it.
        yield Finding("Redis", Level.OK, f"answers at {where}")
        mend = "see at its provider that it refuses writes when full (noeviction), and keeps what was written"
        yield Finding(
            "Redis memory", Level.WARNING, f"cannot be looked at: INFO is refused ({type(error).__name__})", mend
        )
    else:
        yield Finding("Redis", Level.OK, f"answers at {where}, version {info.get('redis_version', '?')}")
        yield from _memory(info)
        yield from _disk(info)
    yield from _clock(services)
    for pause in services.paused.current():
        words = f"{pause.words(services.clock())}; no case is begun of it"
        yield Finding("Paused", Level.WARNING, words, "`cody2zoho resume`, when it is to go on")


def _memory(info: dict[str, object]) -> Iterator[Finding]:
    policy = str(info.get("maxmemory_policy", "unknown"))
    if 0 < int(str(info.get("maxmemory", 0))) <= int(str(info["used_memory"])):
        yield Finding("Redis memory", Level.FAILED, "is full, so that nothing new can be noted", MEND_OF_FULL)
    elif policy == "noeviction":
        yield Finding("Redis memory", Level.OK, "refuses writes when full, and forgets nothing")
    else:
        mend = "set maxmemory-policy to noeviction"
        yield Finding("Redis memory", Level.WARNING, f"throws keys away when full ({policy})", mend)


def _disk(info: dict[str, object]) -> Iterator[Finding]:
    if int(str(info.get("aof_enabled", 0))):
        yield Finding("Redis disk", Level.OK, "keeps every write (append-only file)")
    else:
        mend = "set appendonly to yes"
        yield Finding("Redis disk", Level.WARNING, "loses the latest writes when it is killed", mend)


def _clock(services: Services) -> Iterator[Finding]:
    """Ticks and tokens go by this machine's clock, leases and limits by that of Redis."""
    seconds, micros = services.store.time()
    apart = abs(services.clock() - seconds - micros / 1_000_000)
    if apart > _CLOCKS_MAY_DIFFER_SECONDS:
        words = f"this machine's clock and that of Redis differ by {apart:.0f} seconds"
        yield Finding("Clock", Level.WARNING, words, "keep the clocks of all machines right (NTP)")
