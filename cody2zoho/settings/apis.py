"""Whom we ask, with which credentials, and how much."""

from pydantic import BaseModel

from cody2zoho.settings import formats
from cody2zoho.settings.setting import setting

#: Where Zoho keeps its accounts and its API, by data centre (Zoho's multi-DC page; Canada's differs).
DATA_CENTERS = {
    "com": ("https://accounts.zoho.com", "https://www.zohoapis.com"),
    "eu": ("https://accounts.zoho.eu", "https://www.zohoapis.eu"),
    "in": ("https://accounts.zoho.in", "https://www.zohoapis.in"),
    "com.au": ("https://accounts.zoho.com.au", "https://www.zohoapis.com.au"),
    "jp": ("https://accounts.zoho.jp", "https://www.zohoapis.jp"),
    "ca": ("https://accounts.zohocloud.ca", "https://www.zohoapis.ca"),
    "sa": ("https://accounts.zoho.sa", "https://www.zohoapis.sa"),
    "uk": ("https://accounts.zoho.uk", "https://www.zohoapis.uk"),
    "com.cn": ("https://accounts.zoho.com.cn", "https://www.zohoapis.com.cn"),
}


class Apis(BaseModel):
    """Cody and Zoho."""

    cody_api_url: formats.WebAddress = setting("https://getcody.ai/api/v1", "Base address of Cody's API.")
    cody_api_key: formats.Secret = setting(..., "API key of Cody, from https://getcody.ai/settings/api.")
    cody_bot_id: formats.Bots = setting(
        ..., "The bot whose conversations become cases; several separated by commas, or `all`."
    )

    zoho_client_id: formats.ClientId = setting(..., "Client id from Zoho's API console.")
    zoho_client_secret: formats.Secret = setting(..., "Client secret from Zoho's API console.")
    zoho_refresh_token: formats.Secret = setting(
        ..., "Refresh token of the Zoho user who will own the cases; `cody2zoho auth login` writes it."
    )
    zoho_data_center: formats.DataCenter = setting("com", f"Zoho's data centre: {', '.join(DATA_CENTERS)}.")
    zoho_accounts_url: formats.WebAddress = setting("", "Address of Zoho's accounts server; empty = the data centre's.")
    zoho_api_url: formats.WebAddress = setting("", "Address of Zoho's API; empty = the one Zoho names with each token.")
    zoho_max_concurrency: int = setting(
        10, "Calls to Zoho in flight at once, over all workers on all machines.", ge=1, le=25
    )
    zoho_credits_per_day: int = setting(
        0, "API credits for 24 hours; 0 = as many as Zoho allows, which it tells once half of them are used.", ge=0
    )
    zoho_credits_reserve: int = setting(
        500, "API credits that only new cases may use; all other work stops before them.", ge=0
    )
    cody_requests_per_minute: int | None = setting(
        None, "Requests to Cody a minute, over all workers; empty = 60 until Cody names its own limit.", ge=1
    )

    @property
    def bots(self) -> tuple[str | None, ...]:
        """The bots to list, None for all of the account at once."""
        return (None,) if "all" in self.cody_bot_id else self.cody_bot_id

    @property
    def accounts_url(self) -> str:
        return self.zoho_accounts_url or DATA_CENTERS[self.zoho_data_center][0]

    @property
    def api_url(self) -> str:
        """Where Zoho's API is until a token names another `api_domain`."""
        return self.zoho_api_url or DATA_CENTERS[self.zoho_data_center][1]
