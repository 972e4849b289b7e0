"""Which Azure, for the commands that look after things there."""

from pydantic import BaseModel

from cody2zoho.settings import formats
from cody2zoho.settings.setting import setting


class Azure(BaseModel):
    """Who asks is not said here: Azure's own libraries find `az login`, a managed identity or AZURE_CLIENT_ID."""

    azure_subscription_id: str = setting(
        "", "Azure subscription that Redis is in; empty = the only one that the sign-in sees."
    )
    azure_management_url: formats.WebAddress = setting(
        "https://management.azure.com", "Azure Resource Manager; national clouds have another one."
    )
    azure_logs_url: formats.WebAddress = setting(
        "https://api.loganalytics.io", "Where Log Analytics is asked; national clouds have another one."
    )
