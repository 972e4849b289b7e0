"""Clients, grant codes, refresh tokens and access tokens: who holds what, and how much of it (Zoho, "Token limits").

====================  =========================================================================
grant code            one use, 3 minutes; 10 in 10 minutes a client
refresh token         until revoked; 20 a client and user, the 21st ends the oldest
refreshes             10 in 10 minutes a refresh token, then "Access Denied" to the end of them
access token          3,600 seconds; 15 a refresh token, the 16th ends the oldest
====================  =========================================================================
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from cody2zoho.simulators.wire import Clock

from .knobs import ZohoKnobs

#: The credentials that a fresh simulator accepts.
DEMO_CLIENT_ID = "1000.SIMULATED"
DEMO_CLIENT_SECRET = "simulated-zoho-secret"
DEMO_REFRESH_TOKEN = "1000.simulated.refresh"
DEMO_SCOPES = (
    "ZohoCRM.modules.cases.ALL",
    "ZohoCRM.modules.contacts.ALL",
    "ZohoCRM.modules.notes.ALL",
    "ZohoCRM.modules.attachments.ALL",
    "ZohoCRM.coql.READ",
    "ZohoCRM.settings.fields.ALL",
    "ZohoCRM.settings.modules.READ",
    "ZohoCRM.settings.related_lists.READ",
    "ZohoCRM.org.READ",
    "ZohoCRM.users.READ",
    "ZohoSearch.securesearch.READ",
)

WINDOW_SECONDS = 600
IN_A_WINDOW = 10
ACCESS_SECONDS = 3_600
GRANT_SECONDS = 180
ACCESS_TOKENS_ALIVE = 15
REFRESH_TOKENS_ALIVE = 20


@dataclass
class Window:
    """At most ten events in ten minutes; the minutes run from the first event."""

    started: float = float("-inf")
    events: int = 0

    def admits(self, now: float, *, prolonged: bool = False) -> bool:
        if now - self.started >= WINDOW_SECONDS:
            self.started, self.events = now, 0
        if self.events >= IN_A_WINDOW:
            self.started = now if prolonged else self.started
            return False
        self.events += 1
        return True


@dataclass
class Client:
    id: str
    secret: str
    redirect_uri: str = ""
    grants: Window = field(default_factory=Window)
    exchanges: Window = field(default_factory=Window)


@dataclass(frozen=True)
class Grant:
    client_id: str
    scopes: tuple[str, ...]
    expires_at: float
    redirect_uri: str
    offline: bool


@dataclass
class RefreshToken:
    value: str
    client_id: str
    scopes: tuple[str, ...]
    window: Window = field(default_factory=Window)
    #: The access tokens that live by it, oldest first.
    access_tokens: list[str] = field(default_factory=list)
    #: When access tokens were asked for with success, for tests that count them.
    refreshed_at: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class AccessToken:
    value: str
    scopes: tuple[str, ...]
    expires_at: float


class Tokens:
    def __init__(self, clock: Clock, knobs: ZohoKnobs) -> None:
        self.clock = clock
        self.knobs = knobs
        self.clients: dict[str, Client] = {}
        self.grants: dict[str, Grant] = {}
        self.refresh_tokens: dict[str, RefreshToken] = {}
        self.access_tokens: dict[str, AccessToken] = {}
        self.add_client(DEMO_CLIENT_ID, DEMO_CLIENT_SECRET)
        self.issue_refresh_token(value=DEMO_REFRESH_TOKEN)

    # -- issuing

    def add_client(self, client_id: str, client_secret: str, redirect_uri: str = "") -> Client:
        self.clients[client_id] = client = Client(client_id, client_secret, redirect_uri)
        return client

    def issue_grant_code(
        self,
        scopes: Iterable[str] = DEMO_SCOPES,
        client_id: str = DEMO_CLIENT_ID,
        *,
        redirect_uri: str = "",
        offline: bool = True,
        seconds: float = GRANT_SECONDS,
    ) -> str:
        """As the API console of a self client does, unless there is a redirect address."""
        code = new_token()
        self.grants[code] = Grant(client_id, tuple(scopes), self.clock() + seconds, redirect_uri, offline)
        return code

    def issue_refresh_token(
        self, scopes: Iterable[str] = DEMO_SCOPES, client_id: str = DEMO_CLIENT_ID, *, value: str | None = None
    ) -> str:
        siblings = [token for token in self.refresh_tokens.values() if token.client_id == client_id]
        if len(siblings) >= REFRESH_TOKENS_ALIVE:
            self.revoke(siblings[0].value)
        token = RefreshToken(value or new_token(), client_id, tuple(scopes))
        self.refresh_tokens[token.value] = token
        return token.value

    def issue_access_token(self, refresh_token: str = DEMO_REFRESH_TOKEN) -> str:
        """Past the throttle, which guards the endpoint."""
        parent = self.refresh_tokens[refresh_token]
        value = self.issue_lone_access_token(parent.scopes)
        parent.refreshed_at.append(self.clock())
        parent.access_tokens.append(value)
        while len(parent.access_tokens) > ACCESS_TOKENS_ALIVE:
            self.access_tokens.pop(parent.access_tokens.pop(0), None)
        return value

    def issue_lone_access_token(self, scopes: Iterable[str] = DEMO_SCOPES) -> str:
        """One that hangs on no refresh token: client credentials, or online access."""
        self._forget_expired()
        token = AccessToken(new_token(), tuple(scopes), self.clock() + ACCESS_SECONDS)
        self.access_tokens[token.value] = token
        return token.value

    # -- ending

    def revoke(self, value: str) -> bool:
        """A refresh token takes its access tokens with it. False for a token that nobody knows."""
        parent = self.refresh_tokens.pop(value, None)
        for child in parent.access_tokens if parent else []:
            self.access_tokens.pop(child, None)
        return parent is not None or self.access_tokens.pop(value, None) is not None

    def evict_access_tokens(self) -> None:
        """Every access token ends now, hours early."""
        self.access_tokens.clear()

    def alive(self, value: str) -> AccessToken | None:
        token = self.access_tokens.get(value)
        return token if token and token.expires_at > self.clock() else None

    def _forget_expired(self) -> None:
        now = self.clock()
        for token in [token for token in self.access_tokens.values() if token.expires_at <= now]:
            del self.access_tokens[token.value]


def new_token() -> str:
    return f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
