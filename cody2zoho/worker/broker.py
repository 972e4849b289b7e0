"""Celery's way to Redis, with a client that is kept.

Kombu makes a new one for each message, event and acknowledgement; with redis-py that copies a table of 300 answers
each time, and was a tenth of a case's CPU. (kombu 5.7, `Channel.conn_or_acquire`; redis-py 7.)
"""

from typing import Any

from kombu import transport
from kombu.transport import redis

from cody2zoho.worker.restored import Telling


class Channel(redis.Channel):
    """Its clients share one pool of connections and hold nothing else, so one of them serves all threads."""

    QoS = Telling

    _kept: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:
        # After a lost connection there is another pool.
        if not asynchronous and self._kept is not None and self._kept.connection_pool is self.pool:
            return self._kept
        made: Any = super()._create_client(asynchronous)  # type: ignore[no-untyped-call]
        if not asynchronous:
            self._kept = made
        return made


class Transport(redis.Transport):
    Channel = Channel


def install() -> None:
    """For every connection of this process that begins with `redis` or `rediss`."""
    for scheme in ("redis", "rediss"):
        transport.TRANSPORT_ALIASES[scheme] = f"{__name__}:{Transport.__name__}"
        transport._transport_cache.pop(scheme, None)
