"""What the consent page sends the browser back with, and where the code in it counts."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from cody2zoho.errors import AccessRevoked
from cody2zoho.settings import DATA_CENTERS
from cody2zoho.settings.formats import SHORT_CENTERS
from cody2zoho.zoho.accounts import named

Centres = Mapping[str, tuple[str, str]]

_REFUSALS = {
    "access_denied": "Nobody agreed at Zoho's consent page (access_denied): sign in again, and choose Accept there",
    "invalid_client": "Zoho does not know this client there (invalid_client): check ZOHO_CLIENT_ID and the data centre",
    "invalid_scope": "Zoho knows none of the scopes for this user (invalid_scope): sign in as a user of Zoho CRM",
    "invalid_redirect_uri": (
        "Zoho does not know the redirect address (invalid_redirect_uri): enter it in the console exactly as it is shown"
    ),
}


@dataclass(frozen=True)
class Redirect:
    """A code, and the accounts server that exchanges it, as far as Zoho names one."""

    code: str = field(repr=False)
    location: str = ""
    accounts_server: str = ""


def of(query: str, state: str) -> Redirect:
    """What stands in a redirect's query. Raises AccessRevoked where it brings no code, or is not of this sign-in."""
    if not belongs(query, state):
        raise AccessRevoked("The answer belongs to another sign-in (its state differs): use the newest address")
    given = _given(query)
    error = given.get("error", "")
    if error in _REFUSALS:
        raise AccessRevoked(_REFUSALS[error])
    if error:
        raise AccessRevoked(f"Zoho's consent page gives no code: {named(error)}")
    if not given.get("code"):
        raise AccessRevoked("Zoho's consent page gives no code: sign in again")
    return Redirect(given["code"], given.get("location", "").lower(), given.get("accounts-server", "").rstrip("/"))


def belongs(query: str, state: str) -> bool:
    """Whether it is the answer to what was asked with this state; says nothing by the time it takes."""
    return hmac.compare_digest(_given(query).get("state", "").encode(), state.encode())


def query_of(pasted: str) -> str:
    """The query of an address that somebody copied out of a browser; empty where that is no answer."""
    try:
        query = urlsplit(pasted.strip().strip("<>\"'")).query
    except ValueError:
        return ""
    return query if {"code", "error"} & _given(query).keys() else ""


def centre(redirect: Redirect, centres: Centres = DATA_CENTERS) -> str:
    """The data centre of the person who agreed; empty where Zoho names none.

    Raises AccessRevoked for a server that is not known: it would get the client's secret.
    """
    by_server = {accounts: name for name, (accounts, _) in centres.items()}
    if redirect.accounts_server:
        if redirect.accounts_server not in by_server:
            raise AccessRevoked(
                f"Zoho names an accounts server that is not known, {_host(redirect.accounts_server)}: "
                "if it is Zoho's, write its address as ZOHO_ACCOUNTS_URL"
            )
        return by_server[redirect.accounts_server]
    name = SHORT_CENTERS.get(redirect.location, redirect.location)
    return name if name in centres else ""


def _host(address: str) -> str:
    host = urlsplit(address).hostname or ""
    return host if re.fullmatch(r"[a-z0-9.-]{1,100}", host) else "an address without a host"


def _given(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query).items()}
