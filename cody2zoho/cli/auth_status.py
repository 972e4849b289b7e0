"""`cody2zoho auth status`: what is known of the sign-in, and how it is shown."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click

from cody2zoho import configuration
from cody2zoho.cli import asking
from cody2zoho.errors import Cody2ZohoError, NotSetUp
from cody2zoho.services import Services
from cody2zoho.settings import DATA_CENTERS
from cody2zoho.text.times import span
from cody2zoho.zoho import scopes
from cody2zoho.zoho.organisation import Organisation, organisation


@dataclass(frozen=True)
class Standing:
    """`wrong` says why the token does not serve; seconds are from now."""

    #: Empty for an address that is no data centre's.
    data_center: str
    accounts_url: str
    api_url: str
    client_id: str
    refresh_token: str
    organisation: Organisation | None
    held: tuple[str, ...]
    seconds_left: float
    refreshes_left: int
    pause_seconds: float
    wrong: str = ""

    @property
    def lacking(self) -> list[str]:
        """Needed scopes that the token has not; none where Zoho does not say what it has."""
        return scopes.missing(self.held) if self.held else []

    @property
    def serves(self) -> bool:
        return not (self.wrong or self.lacking)


def look(services: Services) -> Standing:
    """With everybody's access token; a new one is asked for only where there is none."""
    settings, tokens, whose, api, wrong = services.settings, services.tokens, None, "", ""
    try:
        api = tokens.get().api_domain
        whose = _whose(services)
    except Cody2ZohoError as error:
        wrong = str(error)
    return Standing(
        data_center=_centre(settings.accounts_url),
        accounts_url=settings.accounts_url,
        api_url=services.crm.base_url or api or services.crm.default_url,
        client_id=settings.zoho_client_id,
        refresh_token=configuration.masked(settings.zoho_refresh_token.get_secret_value()),
        organisation=whose,
        held=tokens.scopes(),
        seconds_left=max(0.0, tokens.seconds_left() or 0.0),
        refreshes_left=tokens.refreshes_left(),
        pause_seconds=tokens.pause_seconds(),
        wrong=wrong,
    )


def _whose(services: Services) -> Organisation | None:
    """None where the token may not say; all else that goes wrong is raised."""
    held = services.tokens.scopes()
    if held and scopes.missing(held, [scopes.ORGANISATION]):
        services.fields.all()
        return None
    try:
        return organisation(services.crm)
    except NotSetUp:
        services.fields.all()
        return None


def _centre(accounts_url: str) -> str:
    return next((name for name, (accounts, _) in DATA_CENTERS.items() if accounts == accounts_url), "")


def write(standing: Standing) -> None:
    whose = standing.organisation
    shown: dict[str, Any] = {
        "serves": standing.serves,
        "wrong": standing.wrong or None,
        "organisation": {"id": whose.id, "name": whose.name, "type": whose.kind} if whose else None,
        "data_center": standing.data_center or None,
        "accounts_url": standing.accounts_url,
        "api_url": standing.api_url,
        "client_id": standing.client_id,
        "scopes": {"held": list(standing.held), "missing": standing.lacking},
        "access_token": {"seconds_left": round(standing.seconds_left)},
        "refreshes": {"left": standing.refreshes_left, "pause_seconds": round(standing.pause_seconds)},
    }
    click.echo(json.dumps(shown, indent=2, ensure_ascii=False))


def show(standing: Standing) -> None:
    if standing.wrong:
        asking.wrong(standing.wrong)
    for label, words in _rows(standing):
        click.echo(f"{label:<15}{words}")


def _rows(standing: Standing) -> Iterator[tuple[str, str]]:
    whose = standing.organisation
    if whose:
        yield "Organisation", f"{whose.name} ({whose.kind}, {whose.id})"
    elif not standing.wrong:
        yield "Organisation", f"not told: that takes {scopes.ORGANISATION}; cases are made all the same"
    yield "Data centre", f"{standing.data_center or 'none of Zoho'}: {standing.accounts_url}, API {standing.api_url}"
    yield "Client", standing.client_id
    yield "Refresh token", standing.refresh_token
    yield "Scopes", _of_scopes(standing)
    left = standing.seconds_left
    yield "Access token", f"for {span(left)}, shared by all workers" if left else "none"
    yield "Refreshes", _of_refreshes(standing)


def _of_scopes(standing: Standing) -> str:
    if not standing.held:
        return "unknown" if standing.wrong else "not named by Zoho; `cody2zoho doctor` tries what is needed"
    if standing.lacking:
        return click.style(f"✗ {', '.join(standing.lacking)} missing: `cody2zoho auth login`", fg="red")
    return f"{click.style('✓', fg='green')} all that are needed; {len(standing.held)} held"


def _of_refreshes(standing: Standing) -> str:
    if standing.pause_seconds:
        return f"none for {span(standing.pause_seconds)}: Zoho throttles"
    return f"{standing.refreshes_left} more are allowed in these ten minutes"
