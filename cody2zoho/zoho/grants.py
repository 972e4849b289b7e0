"""Zoho's accounts server for whoever signs in: a code becomes a refresh token, and a refresh token is revoked.

A code comes from the consent page, by way of the browser, or from the console, where a self client makes one.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from cody2zoho.errors import AccessRevoked, RateLimited, Transient
from cody2zoho.http import Api, raise_for_passing_fault
from cody2zoho.zoho.accounts import AccessToken, access_token, asked, error_of, named
from cody2zoho.zoho.scopes import ASKED

_REFUSALS = {
    "invalid_code": (
        "Zoho does not take the code (invalid_code): it works once and for a few minutes, with the client and in the "
        "data centre it was made for; make a new one"
    ),
    "invalid_client": (
        "Zoho does not know this client here (invalid_client): check ZOHO_CLIENT_ID and the data centre; "
        "a client of the console has to be switched on for each data centre but its own"
    ),
    "invalid_client_secret": (
        "Zoho refuses ZOHO_CLIENT_SECRET (invalid_client_secret): copy it from Zoho's API console, where each data "
        "centre may have its own"
    ),
    "invalid_redirect_uri": (
        "Zoho does not know the redirect address (invalid_redirect_uri): enter it in the console exactly as it is shown"
    ),
    "general_error": (
        "Zoho does not understand the request (general_error): make a new code, and copy client id, secret and code "
        "once more"
    ),
}

#: Ten codes in ten minutes, and as many exchanges, are the most (Zoho, token limits).
_WINDOW_SECONDS = 600


@dataclass(frozen=True)
class Grant:
    """What a code was worth; `scopes` are empty where Zoho does not name them."""

    refresh_token: str = field(repr=False)
    access: AccessToken

    @property
    def scopes(self) -> tuple[str, ...]:
        return self.access.scopes


@dataclass(frozen=True)
class Grants:
    """Raises AccessRevoked for what Zoho refuses, RateLimited where it throttles, Transient for passing faults."""

    api: Api
    base_url: str
    client_id: str
    client_secret: str = field(repr=False)
    clock: Callable[[], float] = time.time

    def consent_address(self, redirect_uri: str, state: str) -> str:
        """Where a person agrees; offline and with consent, or there would be no refresh token."""
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "scope": ",".join(ASKED),
            "redirect_uri": redirect_uri,
            "access_type": "offline",
            "prompt": "consent",
            "state": state,
        }
        return f"{self.base_url}/oauth/v2/auth?{urlencode(query, safe=',')}"

    def exchange(self, code: str, redirect_uri: str = "") -> Grant:
        """A code for a refresh token; without a redirect address it is a self client's. It works once."""
        form = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "code": code,
        }
        asked_at = self.clock()
        body = asked(self.api, self.base_url, form | ({"redirect_uri": redirect_uri} if redirect_uri else {}))
        if not body.get("access_token"):
            raise _refusal(error_of(body))
        if not body.get("refresh_token"):
            raise AccessRevoked("Zoho gave no refresh token with this code: sign in with `cody2zoho auth login`")
        return Grant(str(body["refresh_token"]), access_token(body, asked_at))

    def revoke(self, refresh_token: str) -> bool:
        """End a refresh token and all its access tokens; False where Zoho does not know it any more."""
        answer = self.api.send("POST", f"{self.base_url}/oauth/v2/token/revoke", data={"token": refresh_token})
        raise_for_passing_fault("Zoho's accounts server", "POST", answer)
        body = answer.json()
        if isinstance(body, dict) and body.get("status") == "success":
            return True
        error = str(body.get("error", "")) if isinstance(body, dict) else ""
        if error in ("invalid_token", "invalid_code"):
            return False
        raise Transient(f"Zoho's accounts server does not revoke the token: {named(error)}")


def _refusal(error: str) -> AccessRevoked | Transient:
    if error in _REFUSALS:
        return AccessRevoked(_REFUSALS[error])
    if error == "access_denied":
        sentence = "Zoho takes no more codes for now: ten in ten minutes are the most; wait as long"
        return RateLimited(sentence, _WINDOW_SECONDS)
    return Transient(f"Zoho's accounts server gives no refresh token: {named(error)}")
