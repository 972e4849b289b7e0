"""`cody2zoho auth …`: signing in to Zoho, and what the token is worth."""

import sys

import click

from cody2zoho import configuration
from cody2zoho.cli import asking, consent
from cody2zoho.cli.auth_status import look, show, write
from cody2zoho.cli.local import services_at_hand
from cody2zoho.errors import ConfigurationError
from cody2zoho.services import Services
from cody2zoho.settings import DATA_CENTERS, envfile
from cody2zoho.settings.formats import SHORT_CENTERS
from cody2zoho.signin.sign_in import SignIn
from cody2zoho.text.times import span
from cody2zoho.zoho.grants import Grant, Grants


def _centre(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    name = value.lower().lstrip(".")
    name = SHORT_CENTERS.get(name, name)
    if name not in DATA_CENTERS:
        raise click.UsageError(f"There is no data centre {value}; write one of {', '.join(DATA_CENTERS)}.")
    return name


_data_center = click.option(
    "--data-center", metavar="DC", callback=_centre, help=f"Zoho's data centre: {', '.join(DATA_CENTERS)}."
)


@click.group()
def auth() -> None:
    """Sign in to Zoho, and see what the token is worth."""


@auth.command()
@_data_center
@click.option(
    "--port", type=click.IntRange(1, 65_535), default=consent.PORT, show_default=True, help="Of the callback."
)
@click.option("--no-browser", is_flag=True, help="Only show the address; the browser may be on another machine.")
def login(data_center: str | None, port: int, no_browser: bool) -> None:
    """Sign in with a browser; the refresh token goes into .env."""
    sign_in = consent.begun(configuration.provisional(), data_center)
    opens = not no_browser and consent.has_browser()
    _finish(*consent.consent(sign_in, port, opens=opens))


@auth.command()
@click.argument("code", required=False)
@_data_center
def exchange(code: str | None, data_center: str | None) -> None:
    """Sign in with a self client's code; without CODE, or with -, it is asked for or read from a pipe."""
    sign_in = consent.begun(configuration.provisional(), data_center)
    _finish(sign_in, sign_in.grants.exchange(_given(code)))


def _given(code: str | None) -> str:
    """A code on the command line stays in the shell's history."""
    if code and code != "-":
        return code.strip()
    if sys.stdin.isatty():
        return str(click.prompt("Code", hide_input=True)).strip()
    if read := sys.stdin.readline().strip():
        return read
    raise click.UsageError("There is no code: write it behind the command, or pipe it in.")


def _finish(sign_in: SignIn, grant: Grant) -> None:
    consent.keep(sign_in, grant)
    consent.prove(sign_in, grant)
    click.echo("What runs has the old token until it is started again. Next: `cody2zoho doctor`.")


@auth.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def status(as_json: bool) -> None:
    """Show whose token it is and what it is worth; exit code 1 where it does not serve."""
    _refuse_without_token()
    with services_at_hand(configuration.provisional) as services:
        standing = look(services)
    (write if as_json else show)(standing)
    if not standing.serves:
        sys.exit(1)


@auth.command()
def refresh() -> None:
    """Have Zoho give all workers a new access token now."""
    _refuse_without_token()
    with services_at_hand(configuration.provisional) as services:
        token = services.tokens.renewed()
        services.blocks.lift("zoho")
        left, refreshes = span(token.expires_at - services.clock()), services.tokens.refreshes_left()
    asking.done(f"a new access token for all workers, for {left}; {refreshes} more are allowed in these ten minutes")


@auth.command()
def token() -> None:
    """Print the access token and nothing else, for curl."""
    _refuse_without_token()
    with services_at_hand(configuration.provisional) as services:
        value = services.tokens.get().value
    click.echo(value)


@auth.command()
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
def revoke(is_sure: bool) -> None:
    """End the refresh token at Zoho; asks first."""
    _refuse_without_token()
    if not is_sure:
        _ask()
    with services_at_hand(configuration.provisional) as services:
        accounts = services.tokens.accounts
        was_there = _grants(services).revoke(accounts.refresh_token)
        # What is said is true whatever comes of the rest: of Redis it takes nothing.
        if was_there:
            asking.done("the token is revoked")
        else:
            asking.odd(f"{accounts.base_url} does not know the token: revoked before, or of another data centre")
        _take_away()
        services.tokens.forget()


def _take_away() -> None:
    if (where := configuration.source("zoho_refresh_token")) == ".env":
        envfile.keep({"ZOHO_REFRESH_TOKEN": ""})
        asking.done("ZOHO_REFRESH_TOKEN is empty in .env now")
    elif where:
        asking.odd(f"ZOHO_REFRESH_TOKEN still stands in {where}: take it away there")


def _ask() -> None:
    asking.must_ask("Revoking")
    click.echo(
        "Then Zoho refuses every worker that uses this token, on any machine, and no case is made until somebody signs "
        "in again.\nConversations wait meanwhile; none is lost. Cases that are there stay."
    )
    asking.go_on_if(click.confirm("Revoke it?"))


def _grants(services: Services) -> Grants:
    accounts = services.tokens.accounts
    return Grants(accounts.api, accounts.base_url, accounts.client_id, accounts.client_secret)


def _refuse_without_token() -> None:
    if not (configuration.source("zoho_refresh_token") or configuration.simulators_stand_in()):
        raise ConfigurationError(["ZOHO_REFRESH_TOKEN is not set: sign in with `cody2zoho auth login`."])
