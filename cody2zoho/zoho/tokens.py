"""One Zoho access token for all workers.

    get() ── in this process? ── in Redis? ── lock ── in Redis by now? ── refreshes left? ── ask Zoho ── keep

Zoho keeps 15 access tokens a refresh token and lets the 16th kill the oldest; it allows 10 refreshes in 10
minutes and then refuses all for as long as one keeps asking. So one process at a time asks, never more often
than that, and only when the token that failed is still the one everybody has. A token is kept with a digest of the
credentials it was given for: after these were changed, the old token would write into the old organisation.

Keys, below the prefix:
    token:zoho            string  the token as JSON, and whose it is; gone when it expires
    token:zoho:scopes     string  what the token may do, as Zoho named it; gone when the token expires
    token:zoho:refreshes  zset    a random name -> Unix second, for each refresh in the last 10 minutes
    token:zoho:pause      string  Zoho throttles us; gone when it may be asked again
    token:zoho:refused    string  digest of the credentials Zoho refused, and why; gone after an hour
    lock:token            string  the process that is asking
"""

import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

import redis

from cody2zoho.errors import AccessRevoked, NotSent, RateLimited, Transient
from cody2zoho.limits import locks
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import RateLimitHit, TokenRefresh
from cody2zoho.zoho.accounts import AccessToken, Accounts

#: Zoho allows 10 in 10 minutes; one is left for a person at the console.
_MOST_REFRESHES = 9
_WINDOW_SECONDS = 600

#: Pause after a 429 that names none; Zoho's own throttle is an error in the body, and its pause is known.
_SHORT_PAUSE_SECONDS = 30

#: A token this close to its end is not handed out: the request it goes with must still arrive.
_MARGIN_SECONDS = 60

#: Refused credentials are tried again after this long, in case Zoho erred; changed ones at once.
_REFUSED_SECONDS = 3_600


@dataclass
class Tokens:
    """Raises AccessRevoked where Zoho refuses the credentials, RateLimited where no refresh is allowed yet."""

    store: redis.Redis
    accounts: Accounts
    prefix: str
    clock: Callable[[], float] = time.time
    _own: AccessToken | None = field(default=None, repr=False)

    def get(self, refused: str | None = None) -> AccessToken:
        """A token that is not `refused`; refreshed if need be, by one process at a time."""
        own = self._own
        if own and self._serves(own, refused):
            return own
        self._own = self._stored(refused) or self._renewed(refused)
        return self._own

    def checked(self) -> tuple[AccessToken, bool]:
        """A token, and whether Zoho gave it just now: asked afresh, unless workers may need the refreshes left."""
        if self._must_save() and (self._stored(None) or self.refusal()):
            return self.get(), False
        return self.renewed(), True

    def renewed(self) -> AccessToken:
        """A new token whatever the present one is worth, also for credentials refused before; within Zoho's limits."""
        with self._turn():
            self._own = self._asked()
        self.store.delete(self._key("refused"))
        return self._own

    def forget(self) -> None:
        """Everybody's token ends here: whoever needs one asks Zoho."""
        self._own = None
        self.store.delete(self._key(), self._key("scopes"))

    def keep_fresh(self, within_seconds: float) -> float:
        """Renew the token if it ends within so many seconds; returns the seconds the present one has left."""
        token = self._stored(None)
        if token is None or token.expires_at - self.clock() < within_seconds:
            token = self._renewed(token.value if token else None)
        self._own = token
        return token.expires_at - self.clock()

    def seconds_left(self) -> float | None:
        """How long everybody's token still serves; None where there is none."""
        token = self._stored(None)
        return token.expires_at - self.clock() if token else None

    def scopes(self) -> tuple[str, ...]:
        """What everybody's token may do; empty where there is none, or Zoho did not say."""
        return tuple(str(self.store.get(self._key("scopes")) or "").split())

    def refreshes_left(self) -> int:
        """How often Zoho may still be asked within these ten minutes."""
        return max(0, _MOST_REFRESHES - self._refreshes())

    def pause_seconds(self) -> float:
        """How long Zoho wants to be left alone; 0 where it does not."""
        return max(0.0, float(self.store.pttl(self._key("pause"))) / 1000)

    def refusal(self) -> str | None:
        """Why Zoho refuses the credentials in force; None as long as it does not."""
        digest, _, reason = str(self.store.get(self._key("refused")) or "").partition(":")
        return reason if digest == self.accounts.digest else None

    def _serves(self, token: AccessToken, refused: str | None) -> bool:
        return token.value != refused and token.expires_at - self.clock() > _MARGIN_SECONDS

    def _stored(self, refused: str | None) -> AccessToken | None:
        kept = json.loads(self.store.get(self._key()) or "{}")
        if kept.pop("of", None) != self.accounts.digest:
            return None
        token = AccessToken(**kept)
        return token if self._serves(token, refused) else None

    def _renewed(self, refused: str | None) -> AccessToken:
        with self._turn():
            if token := self._stored(refused):
                return token
            if reason := self.refusal():
                raise AccessRevoked(reason)
            return self._asked()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Ours alone to ask."""
        longest_seconds = 2 * (self.accounts.api.connect_timeout_seconds + self.accounts.api.read_timeout_seconds)
        with locks.alone(self.store, f"{self.prefix}lock:token", wait_seconds=longest_seconds) as alone:
            if not alone:
                raise Transient("Another worker is still asking Zoho for an access token")
            yield

    def _asked(self) -> AccessToken:
        this_one = self._counted()
        try:
            token = self._given()
        except NotSent:
            # Zoho has not counted what never arrived: a network that was away must not use up the ten minutes.
            self.store.zrem(self._key("refreshes"), this_one)
            raise
        except AccessRevoked as error:
            self.store.set(self._key("refused"), f"{self.accounts.digest}:{error}", ex=_REFUSED_SECONDS)
            raise
        except RateLimited as error:
            report(RateLimitHit(self.accounts.api.label, error.retry_after_seconds))
            self.store.set(self._key("pause"), "1", ex=max(1, int(error.retry_after_seconds or _SHORT_PAUSE_SECONDS)))
            raise
        self._keep(token)
        return token

    def _keep(self, token: AccessToken) -> None:
        """The scopes apart: an older worker beside us knows no token with them."""
        kept, lives_ms = asdict(token), max(1, int((token.expires_at - self.clock()) * 1000))
        self.store.set(self._key("scopes"), " ".join(kept.pop("scopes")), px=lives_ms)
        self.store.set(self._key(), json.dumps({**kept, "of": self.accounts.digest}), px=lives_ms)

    def _given(self) -> AccessToken:
        began = time.monotonic()
        try:
            token = self.accounts.new_access_token()
        except NotSent:
            # Nobody was asked.
            raise
        except Exception:
            report(TokenRefresh(success=False, seconds=time.monotonic() - began))
            raise
        report(TokenRefresh(success=True, seconds=time.monotonic() - began))
        return token

    def _must_save(self) -> bool:
        """Whether Zoho throttles us, or half of the refreshes it allows are used."""
        return 2 * self._refreshes() > _MOST_REFRESHES or self.store.pttl(self._key("pause")) > 0

    def _refreshes(self) -> int:
        return int(self.store.zcount(self._key("refreshes"), self.clock() - _WINDOW_SECONDS, "+inf"))

    def _counted(self) -> str:
        """The name of one more refresh, which is allowed. Raises RateLimited."""
        if (pause := self.store.pttl(self._key("pause"))) > 0:
            raise RateLimited("Zoho allows no further access token for now", pause / 1000)
        now, this_one = self.clock(), secrets.token_hex(8)
        with self.store.pipeline() as pipe:
            pipe.zremrangebyscore(self._key("refreshes"), "-inf", now - _WINDOW_SECONDS)
            # Of a clock that was wrong: they would stand in the way until it is right again.
            pipe.zremrangebyscore(self._key("refreshes"), now + _WINDOW_SECONDS, "+inf")
            pipe.zrange(self._key("refreshes"), 0, -1, withscores=True)
            pipe.zadd(self._key("refreshes"), {this_one: now})
            pipe.expire(self._key("refreshes"), _WINDOW_SECONDS)
            _, _, earlier, _, _ = pipe.execute()
        if len(earlier) >= _MOST_REFRESHES:
            self.store.zrem(self._key("refreshes"), this_one)
            raise RateLimited(
                "As many access tokens as Zoho allows were fetched already", earlier[0][1] + _WINDOW_SECONDS - now
            )
        return this_one

    def _key(self, part: str = "") -> str:
        return f"{self.prefix}token:zoho" + (f":{part}" if part else "")
