"""What a ledger holds, for tests that back it up and put it back."""

from redis import Redis
from redis.client import Pipeline

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
    patterns = [kept.pattern for kept in (*PLACES, *REST)]
    patterns += ["conversation:*", "agenda", "aside", "parked", "metrics:states"]
    keys = sorted({str(key) for pattern in patterns for key in store.scan_iter(f"{PREFIX}{pattern}", count=5_000)})
    with store.pipeline() as pipe:
        for key in keys:
            pipe.type(key)
        kinds = pipe.execute()
        for key, kind in zip(keys, kinds, strict=True):
            _ask(pipe, key, str(kind))
        return dict(zip(keys, pipe.execute(), strict=True))


def _ask(pipe: Pipeline, key: str, kind: str) -> None:
    match kind:
        case "hash":
            pipe.hgetall(key)
        case "zset":
            pipe.zrange(key, 0, -1, withscores=True)
        case "list":
            pipe.lrange(key, 0, -1)
        case _:
            pipe.get(key)
