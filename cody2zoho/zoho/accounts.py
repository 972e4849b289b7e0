"""Zoho's accounts server: a refresh token in, an access token out.

It reports its errors inside HTTP 200, so the only sign of success is an `access_token` in the body.
"""

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cody2zoho.errors import AccessRevoked, RateLimited, Transient
from cody2zoho.http import Api, raise_for_passing_fault

#: Asking again while throttled prolongs it; it ends after 10 minutes at the least (Zoho, token limits).
THROTTLE_PAUSE_SECONDS = 900

_REFUSALS = {
    "invalid_code": (
        "Zoho refuses ZOHO_REFRESH_TOKEN (invalid_code): it was revoked, or belongs to another client or data centre; "
        "sign in again and write the new one"
    ),
    "invalid_client": "Zoho does not know ZOHO_CLIENT_ID (invalid_client): check it, and ZOHO_DATA_CENTER",
    "invalid_client_secret": "Zoho refuses ZOHO_CLIENT_SECRET (invalid_client_secret): copy it from Zoho's API console",
}


@dataclass(frozen=True)
class AccessToken:
    """A key to the API; `expires_at` in Unix seconds."""

    value: str
    api_domain: str
    expires_at: float


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
        answer = self.api.send("POST", f"{self.base_url}/oauth/v2/token", data=form)
        raise_for_passing_fault("Zoho's accounts server", "POST", answer)
        body = answer.json()
        if not isinstance(body, dict):
            raise Transient("Zoho's accounts server answered with something that is not JSON")
        if not body.get("access_token"):
            raise _refusal(body)
        lifetime_seconds = _lifetime_seconds(body)
        return AccessToken(str(body["access_token"]), _web_address(body.get("api_domain")), asked_at + lifetime_seconds)


def _refusal(body: dict[str, Any]) -> AccessRevoked | Transient:
    error = str(body.get("error", ""))
    if error in _REFUSALS:
        return AccessRevoked(_REFUSALS[error])
    if error.lower().replace("_", " ") == "access denied":
        return RateLimited("Zoho allows no further access token for now", THROTTLE_PAUSE_SECONDS)
    code = error if re.fullmatch(r"[A-Za-z_ ]{1,40}", error) else "an error without a name"
    return Transient(f"Zoho's accounts server gives no access token: {code}")


def _lifetime_seconds(body: dict[str, Any]) -> float:
    """`expires_in`; ancient answers give milliseconds there and seconds in `expires_in_sec`."""
    return float(body.get("expires_in_sec") or body.get("expires_in") or 3600)


def _web_address(value: Any) -> str:
    text = str(value or "").rstrip("/")
    return text if re.fullmatch(r"https?://[\w.:\[\]-]+", text) else ""
