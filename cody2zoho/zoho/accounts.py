"""Zoho's accounts server: a refresh token in, an access token out.

It reports its errors inside HTTP 200, so the only sign of success is an `access_token` in the body.
"""

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cody2zoho.errors import AccessRevoked, RateLimited, Transient
from cody2zoho.http import Api, raise_for_passing_fault

#: Asking again while throttled prolongs it; it ends after 10 minutes at the least (Zoho, token limits).
THROTTLE_PAUSE_SECONDS = 900

_REFUSALS = {
    "invalid_code": (
        "Zoho refuses ZOHO_REFRESH_TOKEN (invalid_code): it was revoked, or belongs to another client or data centre; "
        "sign in again with `cody2zoho auth login`"
    ),
    "invalid_client": "Zoho does not know ZOHO_CLIENT_ID (invalid_client): check it, and ZOHO_DATA_CENTER",
    "invalid_client_secret": "Zoho refuses ZOHO_CLIENT_SECRET (invalid_client_secret): copy it from Zoho's API console",
}


@dataclass(frozen=True)
class AccessToken:
    """A key to the API; `expires_at` in Unix seconds."""

    value: str = field(repr=False)
    api_domain: str
    expires_at: float
    #: As Zoho names them; empty where it does not.
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Accounts:
    api: Api
    base_url: str
    client_id: str
    client_secret: str
    refresh_token: str
    clock: Callable[[], float] = time.time

    @cached_property
    def digest(self) -> str:
        """Tells these credentials from others without revealing them."""
        whole = "\0".join((self.base_url, self.client_id, self.client_secret, self.refresh_token))
        return hashlib.sha256(whole.encode()).hexdigest()[:16]

    def new_access_token(self) -> AccessToken:
        """Ask once. Raises AccessRevoked for refused credentials, RateLimited when Zoho throttles, else Transient."""
        form = {
            "grant_type": "refresh_token",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": self.refresh_token,
        }
        asked_at = self.clock()
        body = asked(self.api, self.base_url, form)
        if not body.get("access_token"):
            raise _refusal(error_of(body))
        return access_token(body, asked_at)


def asked(api: Api, base_url: str, form: dict[str, str]) -> dict[str, Any]:
    """What the accounts server answers to a request for tokens, a refusal included."""
    answer = api.send("POST", f"{base_url}/oauth/v2/token", data=form)
    raise_for_passing_fault("Zoho's accounts server", "POST", answer)
    body = answer.json()
    if not isinstance(body, dict):
        raise Transient("Zoho's accounts server answered with something that is not JSON")
    return body


def access_token(body: dict[str, Any], asked_at: float) -> AccessToken:
    """The token of an answer that has one; `asked_at` in Unix seconds."""
    scopes = tuple(str(body.get("scope") or "").replace(",", " ").split())
    expires_at = asked_at + _lifetime_seconds(body)
    return AccessToken(str(body["access_token"]), _web_address(body.get("api_domain")), expires_at, scopes)


def error_of(body: dict[str, Any]) -> str:
    """The name of the error in an answer without a token; Zoho writes one of them in two ways."""
    error = str(body.get("error", ""))
    return "access_denied" if error.lower().replace("_", " ") == "access denied" else error


def _refusal(error: str) -> AccessRevoked | Transient:
    if error in _REFUSALS:
        return AccessRevoked(_REFUSALS[error])
    if error == "access_denied":
        return RateLimited("Zoho allows no further access token for now", THROTTLE_PAUSE_SECONDS)
    return Transient(f"Zoho's accounts server gives no access token: {named(error)}")


def named(error: str) -> str:
    """The name of an error fit to be shown: a server may answer anything."""
    return error if re.fullmatch(r"[A-Za-z_ ]{1,40}", error) else "an error without a name"


def _lifetime_seconds(body: dict[str, Any]) -> float:
    """`expires_in`; ancient answers give milliseconds there and seconds in `expires_in_sec`."""
    return float(body.get("expires_in_sec") or body.get("expires_in") or 3600)


def _web_address(value: Any) -> str:
    text = str(value or "").rstrip("/")
    return text if re.fullmatch(r"https?://[\w.:\[\]-]+", text) else ""
