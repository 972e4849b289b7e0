"""Deleting what is ours, by kind; the ledger's own mark goes first and last: it is closed while anything is missing."""

from collections.abc import Collection, Iterator
from itertools import islice

import redis

from cody2zoho.tending.kinds import FOREIGN, kind_of
from cody2zoho.tending.scanning import below, names, raw

#: Keys that are deleted in one round trip; Redis frees their memory behind our back.
_AT_ONCE = 500


def flush(client: redis.Redis, prefix: str, only: Collection[str] = ()) -> int:
    """Delete our keys, or those that go with the names in `only`; how many went. Raises Refused."""
    ours = (key for key in names(client, below(prefix)) if _is_meant(key, prefix, only))
    if only and "ledger" not in only:
        return _unlink(client, ours)
    mark = f"{prefix}ledger"
    gone = int(client.unlink(mark))
    try:
        gone += _unlink(client, ours)
    finally:
        # Workers may have filled it meanwhile, and some of what they had noted is gone by now, also where we break off.
        gone += int(client.unlink(mark))
    return gone


def flush_everything(client: redis.Redis, prefix: str) -> int:
    """Delete every key of this database, whoever's it is; ours first. Not FLUSHDB, which many a Redis refuses."""
    gone = flush(client, prefix)
    # Ours that are there again are a ledger that workers have just filled, and is to stay whole.
    return gone + _unlink(client, (key for key in names(client, "*") if not key.startswith(prefix)))


def _is_meant(key: str, prefix: str, only: Collection[str]) -> bool:
    kind = kind_of(key, prefix)
    return kind is not FOREIGN and (not only or kind.goes_with in only)


def _unlink(client: redis.Redis, keys: Iterator[str]) -> int:
    gone = 0
    while some := list(islice(keys, _AT_ONCE)):
        with client.pipeline(transaction=False) as pipe:
            for key in some:
                # One by one: keys of others lie in other slots of a cluster.
                pipe.unlink(raw(key))
            gone += sum(map(int, pipe.execute()))
    return gone
