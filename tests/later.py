"""Time that passes for what the limits keep in Redis, whose own clock nobody can move."""

import redis

PREFIX = "{cody2zoho}:"
_WHAT = ("limit", "pause", "metrics")


def in_seconds(store: redis.Redis, seconds: float) -> int:
    """That moment in ms, by the clock of Redis."""
    return int(1000 * (float(store.time()[0]) + seconds))


def later(store: redis.Redis, seconds: float) -> None:
    """All of it is so many seconds older, and what has run out by then is gone."""
    for key in (str(key) for what in _WHAT for key in store.keys(f"{PREFIX}{what}:*")):
        if store.type(key) == "zset":
            for name in store.zrange(key, 0, -1):
                store.zincrby(key, -1000 * seconds, name)
        if (left := store.pttl(key)) > 0:
            store.pexpire(key, max(0, left - int(1000 * seconds)))
    if store.hexists(f"{PREFIX}limit:cody:told", "ends"):
        store.hincrby(f"{PREFIX}limit:cody:told", "ends", int(-1000 * seconds))
