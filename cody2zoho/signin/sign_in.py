"""From a code to a refresh token that is known to work."""

from dataclasses import dataclass, field, replace

from cody2zoho.http import Api
from cody2zoho.settings import DATA_CENTERS, Settings
from cody2zoho.signin import redirect
from cody2zoho.signin.redirect import Centres, Redirect
from cody2zoho.zoho import scopes
from cody2zoho.zoho.accounts import AccessToken
from cody2zoho.zoho.crm import Crm
from cody2zoho.zoho.fields import Fields
from cody2zoho.zoho.grants import Grant, Grants
from cody2zoho.zoho.organisation import Organisation, organisation


@dataclass(frozen=True)
class SignIn:
    """A client, and the data centre in which it is asked for a token."""

    settings: Settings
    client_id: str
    client_secret: str = field(repr=False)
    centre: str
    centres: Centres = field(default_factory=lambda: DATA_CENTERS)

    @property
    def accounts_url(self) -> str:
        """What the operator wrote counts, whatever a redirect names."""
        return self.settings.zoho_accounts_url or self.centres[self.centre][0]

    @property
    def grants(self) -> Grants:
        api = self._api("Zoho's accounts server", "zoho_accounts")
        return Grants(api, self.accounts_url, self.client_id, self.client_secret)

    def where_the_code_counts(self, answer: Redirect) -> "SignIn":
        """The same client in the data centre of the person who agreed. Raises AccessRevoked."""
        if self.settings.zoho_accounts_url:
            return self
        return replace(self, centre=redirect.centre(answer, self.centres) or self.centre)

    def lines(self, grant: Grant) -> dict[str, str]:
        """What goes into `.env`."""
        kept = {"ZOHO_REFRESH_TOKEN": grant.refresh_token}
        if self.centre != self.settings.zoho_data_center and not self.settings.zoho_accounts_url:
            kept["ZOHO_DATA_CENTER"] = self.centre
        return kept

    def proof(self, grant: Grant) -> Organisation | None:
        """Read Zoho's Cases with the new token, and tell whose they are; None where the token may not say.

        Raises what `zoho.crm` raises.
        """
        default = self.centres[self.centre][1]
        crm = Crm(self._api("Zoho", "zoho"), _This(grant.access), self.settings.zoho_api_url, default)
        Fields(crm).all()
        return None if scopes.missing(grant.scopes, [scopes.ORGANISATION]) else organisation(crm)

    def _api(self, name: str, label: str) -> Api:
        limits = self.settings.http_connect_timeout_seconds, self.settings.http_read_timeout_seconds
        return Api(name, *limits, label)


@dataclass(frozen=True)
class _This:
    """The one token there is."""

    token: AccessToken

    def get(self, refused: str | None = None) -> AccessToken:  # noqa: ARG002 - there is no other
        return self.token
