"""What a ledger holds, for tests that back it up and put it back."""

from redis import Redis

from cody2zoho.backup.catalogue import PLACES, REST

PREFIX = "{cody2zoho}:"

#: Of conversations, one in each state.
IDS = (
    "CreatedOne11",
    "EmptyOne1111",
    "WaitingOne11",
    "WorkingOne11",
    "ParkedOne111",
    "Dismissed111",
    "GoneOne11111",
    "ForgottenOne",
)


def state(store: Redis) -> dict[str, object]:
    """All that a backup should hold of Redis, but for the claims of those who worked."""
    known = {}
    for kept in (*PLACES, *REST):
        for key in store.scan_iter(match=f"{PREFIX}{kept.pattern}"):
            known[key] = _value(store, key)
    for pattern in ("conversation:*", "agenda", "aside", "parked", "metrics:states"):
        for key in store.scan_iter(match=f"{PREFIX}{pattern}"):
            known[key] = _value(store, key)
    return known


def _value(store: Redis, key: str) -> object:
    match store.type(key):
        case "hash":
            return store.hgetall(key)
        case "zset":
            return store.zrange(key, 0, -1, withscores=True)
        case "list":
            return store.lrange(key, 0, -1)
    return store.get(key)
