"""Signing in, as `auth` and `init` do it: whose client, the consent of a person, what is kept, and the proof."""

import os
import secrets
import socket
import sys
import webbrowser
from collections.abc import Iterator

import click

from cody2zoho import configuration
from cody2zoho.cli import asking
from cody2zoho.errors import Cody2ZohoError, ConfigurationError, NotSetUp
from cody2zoho.settings import Settings, envfile
from cody2zoho.settings.formats import is_credential
from cody2zoho.signin import redirect
from cody2zoho.signin.callback import Callback, redirect_uri
from cody2zoho.signin.sign_in import SignIn
from cody2zoho.zoho import scopes
from cody2zoho.zoho.grants import Grant

PORT = 8400
SECONDS = 300.0

_CLIENT = {"zoho_client_id": "Client id", "zoho_client_secret": "Client secret"}


def begun(settings: Settings, centre: str | None = None) -> SignIn:
    """A sign-in with the client of the settings; what is missing of it is asked for and kept.

    Raises ConfigurationError where what it ends with would not count.
    """
    if centre and settings.zoho_accounts_url:
        raise click.UsageError("--data-center does not count while ZOHO_ACCOUNTS_URL is set: take one of them away.")
    if configuration.simulators_stand_in():
        raise ConfigurationError(
            ["SIMULATORS_URL stands in for Cody and Zoho, signed in already; `cody2zoho init` goes through all of it."]
        )
    _refuse_hidden("zoho_refresh_token")
    # A code works once: what it brings must not get lost on a file that cannot be replaced.
    envfile.keep({})
    client = {name: _client_part(name, settings) for name in _CLIENT}
    return SignIn(settings, client["zoho_client_id"], client["zoho_client_secret"], centre or settings.zoho_data_center)


def _refuse_hidden(field_name: str) -> None:
    """What is written into `.env` must be what counts."""
    if (where := configuration.source(field_name)) not in ("", ".env"):
        raise ConfigurationError(
            [f"{field_name.upper()} comes from {where}, which counts before .env: take it away there first."]
        )


def _client_part(field_name: str, settings: Settings) -> str:
    name = field_name.upper()
    if configuration.source(field_name):
        value = getattr(settings, field_name)
        return str(value if isinstance(value, str) else value.get_secret_value())
    if not sys.stdin.isatty():
        raise ConfigurationError([f"{name} is not set, and there is no terminal to ask for it: write it into .env."])
    ask = asking.secret if field_name.endswith("secret") else asking.text
    value = asking.until_fit(lambda: ask(_CLIENT[field_name]), unfit)
    envfile.keep({name: value})
    configuration.settings.cache_clear()
    return value


def unfit(given: str) -> str:
    """What is wrong with a credential that somebody typed; empty where nothing is."""
    if not given:
        return "Nothing was typed."
    return "" if is_credential(given) else "It has a character that no credential has; copy it again."


def consent(sign_in: SignIn, port: int, *, opens: bool, seconds: float = SECONDS) -> tuple[SignIn, Grant]:
    """Ask a person at the consent page, and exchange what it answers. Raises what Zoho refuses, in words."""
    state, where = secrets.token_urlsafe(24), redirect_uri(port)
    address = sign_in.grants.consent_address(where, state)
    with Callback(port, state) as callback:
        for line in _invitation(address, port, seconds, opens=opens):
            click.echo(line)
        if opens and not webbrowser.open(address):
            asking.odd("no browser could be opened: open the address yourself")
        query = callback.wait(seconds, sys.stdin if sys.stdin.isatty() else None)
    if not query:
        look = "docs/zoho-setup.md says what an error on Zoho's own page means"
        raise Cody2ZohoError(f"Nobody agreed within {seconds / 60:g} minutes: sign in once more; {look}.")
    answer = redirect.of(query, state)
    there = sign_in.where_the_code_counts(answer)
    return there, there.grants.exchange(answer.code, where)


def has_browser() -> bool:
    """Whether an address can be opened here without taking the terminal."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))


def _invitation(address: str, port: int, seconds: float, *, opens: bool) -> Iterator[str]:
    yield (
        "Your browser opens this address; agree there:" if opens else "Open this address in a browser, and agree there:"
    )
    yield f"\n  {address}\n"
    yield f"It comes back to {redirect_uri(port)}, which is waited for, {seconds / 60:g} minutes at most."
    if not sys.stdin.isatty():
        return
    yield "A browser on another machine cannot come back. There, either"
    yield f"  run `ssh -L {port}:localhost:{port} {socket.gethostname()}` before you agree, or"
    yield "  copy the address it ends at, paste it here, and press Enter."


def keep(sign_in: SignIn, grant: Grant) -> None:
    """Into `.env` first: what is kept can be proved again, a code cannot be had again."""
    lines = sign_in.lines(grant)
    envfile.keep(lines)
    configuration.settings.cache_clear()
    asking.done(f"{' and '.join(lines)} {'is' if len(lines) == 1 else 'are'} kept in .env")
    if "ZOHO_DATA_CENTER" in lines and configuration.source("zoho_data_center") == "the environment":
        asking.odd(f"ZOHO_DATA_CENTER of the environment counts before .env: make it {sign_in.centre} there, too")


def prove(sign_in: SignIn, grant: Grant) -> None:
    """Use the token once, and say whose organisation it opens. Raises NotSetUp, and what Zoho raises."""
    refuse_lacking(grant.scopes)
    whose = sign_in.proof(grant)
    asking.done(
        f"signed in to {whose.name} ({whose.kind}); its Cases can be read" if whose else "signed in; Cases can be read"
    )
    wanted, named = sign_in.settings.zoho_api_url, grant.access.api_domain
    if wanted and named and wanted != named:
        asking.odd(f"ZOHO_API_URL is {wanted}, and Zoho names {named}: take the setting away, unless it is meant")


def refuse_lacking(held: tuple[str, ...]) -> None:
    """Raise NotSetUp for a token that does not do the job; of one whose scopes Zoho does not name nobody knows."""
    if held and (lacking := scopes.missing(held)):
        raise NotSetUp(f"The token lacks {', '.join(lacking)}: sign in again and agree to all of it")
