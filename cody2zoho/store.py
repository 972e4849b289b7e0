"""Redis, as everything that keeps something in it reaches it."""

from importlib.resources import files
from typing import Any

import redis
from redis import exceptions
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

from cody2zoho import entra
from cody2zoho.settings import Settings

#: Redis is away, restarts, or fails over. The connection is made anew and the command sent once more: one that leads to
#: a master that was made a replica would stay, and refuse every write for ever.
AWAY = (exceptions.ConnectionError, exceptions.TimeoutError, TimeoutError, exceptions.ReadOnlyError)


def connect(settings: Settings) -> redis.Redis:
    """A client that answers or fails within a few seconds, whatever the network does."""
    client: redis.Redis = redis.Redis.from_url(
        settings.redis_address,
        decode_responses=True,
        max_connections=settings.redis_max_connections,
        socket_connect_timeout=settings.redis_connect_timeout,
        socket_timeout=settings.redis_timeout,
        health_check_interval=25,
        client_name="cody2zoho",
        retry=Retry(ExponentialWithJitterBackoff(base=0.1, cap=1), 2, AWAY),
        **({"credential_provider": entra.provider()} if settings.redis_auth == "entra" else {}),
    )
    if settings.redis_auth == "entra":
        # A client made of an address does not ask for this itself.
        entra.provider().on_next(client.connection_pool.re_auth_callback)
    return client


def now(client: redis.Redis) -> float:
    """The Unix second, by the clock that all workers share."""
    seconds, micros = client.time()
    return float(seconds) + float(micros) / 1_000_000


def script(client: redis.Redis, *names: str) -> Any:
    """An atomic script of this package's `lua` folder, in one file or several; Redis caches it by its digest."""
    folder = files("cody2zoho").joinpath("lua")
    return client.register_script("\n".join(folder.joinpath(f"{name}.lua").read_text() for name in names))
