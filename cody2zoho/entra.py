"""Logging in at a Redis of Azure with Entra ID: who we are is what the machine is, and no password is kept anywhere.

`azure-identity` finds the identity: in Azure a managed one, else what AZURE_CLIENT_ID and its companions in the
environment name, or whoever is signed in with `az login`. Azure cuts a connection whose token has ended, so each new
token is told to every open connection of our client and of Celery's broker. Those of Celery's results cannot be told;
they are made anew when they are cut.

Why not redis-entraid: one request that fails, or comes while azure-identity still has the former token in its cache,
ends its renewing for good, and it tells only the latest of several pools (1.2.2).
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any
from weakref import WeakMethod

from redis.auth.token import JWToken
from redis.credentials import CredentialProvider, StreamingCredentialProvider
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import RedisError

#: What a token is to be good for, at Azure Cache for Redis and Azure Managed Redis alike.
SCOPE = "https://redis.azure.com/.default"

#: azure-identity asks for a new token five minutes before the end of the former, and no sooner.
_BEFORE_END_SECONDS = 240.0

#: Where there is no new token yet.
_AGAIN_SECONDS = 15.0


class NoToken(NotConnected):
    """Nobody gives us one: to whoever uses Redis it is away, and comes back."""


class Provider(StreamingCredentialProvider):
    """The tokens of one identity, for all connections of a process."""

    def __init__(self, credential: Any, clock: Callable[[], float] = time.time) -> None:
        self._credential, self._clock = credential, clock
        self._pools: list[WeakMethod[Any]] = []
        self._lock = threading.Lock()
        self._told = ""
        self._thread: threading.Thread | None = None

    def get_credentials(self) -> tuple[str, str]:
        """For a new connection. Raises NoToken."""
        token = self._token()
        with self._lock:
            if self._thread is None:
                self._told = token.get_value()
                self._thread = threading.Thread(target=self._run, args=(self._pause(token),), name="entra", daemon=True)
                self._thread.start()
        return str(token.try_get("oid")), str(token.get_value())

    def on_next(self, callback: Any) -> None:
        """A pool wants to hear of each new token, for as long as its client lives."""
        with self._lock:
            self._pools = [pool for pool in self._pools if pool() is not None] + [WeakMethod(callback)]

    def on_error(self, callback: Any) -> None:
        """Nobody needs to: a new connection learns it for itself."""

    def is_streaming(self) -> bool:
        return self._thread is not None

    def renew(self) -> float:
        """Tell every pool of a token that is new; seconds until it is worth asking again."""
        try:
            token = self._token()
        except NoToken:
            return _AGAIN_SECONDS
        with self._lock:
            is_new, self._told = token.get_value() != self._told, token.get_value()
            pools = [pool() for pool in self._pools] if is_new else []
        for tell in filter(None, pools):
            _tell(tell, token)
        return self._pause(token)

    def _pause(self, token: JWToken) -> float:
        left = token.get_expires_at_ms() / 1000 - self._clock()
        return float(max(_AGAIN_SECONDS, left - _BEFORE_END_SECONDS))

    def _token(self) -> JWToken:
        # 0.2 s, only for who wants it.
        from azure.core.exceptions import AzureError  # noqa: PLC0415

        try:
            return JWToken(self._credential.get_token(SCOPE).token)
        except AzureError as error:
            # Its own words name tenants and addresses.
            raise NoToken(f"Entra ID gives no token ({type(error).__name__})") from None

    def _run(self, seconds: float) -> None:
        pause = threading.Event()
        while not pause.wait(seconds):
            seconds = self.renew()


def _tell(tell: Any, token: JWToken) -> None:
    """One pool. Where Redis is away nobody hears of it; a new connection begins with the new token."""
    try:
        tell(token)
    except RedisError:
        with suppress(RedisError):
            # The first idle connection that was cut ended the telling, and the others had heard nothing.
            tell.__self__.disconnect(inuse_connections=False)
            tell(token)


class Login(CredentialProvider):
    """For a client that is made for one question, as Flower makes them: it has no connection to be told of anything."""

    def get_credentials(self) -> tuple[str, str]:
        return provider().get_credentials()

    async def get_credentials_async(self) -> tuple[str, str]:
        return self.get_credentials()


@lru_cache(maxsize=1)
def provider() -> Provider:
    """The one of this process: several would each ask for tokens of their own."""
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - 0.4 s, only for who wants it

    return Provider(DefaultAzureCredential())
