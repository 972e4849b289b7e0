"""Azure Application Insights."""

import re
from importlib.util import find_spec
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr, ValidationInfo, field_validator

from cody2zoho.settings.setting import setting

_KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


class Insights(BaseModel):
    """Where events, metrics, dependencies and exceptions go, beside the log."""

    # Before the switch, which looks whether it is there.
    applicationinsights_connection_string: SecretStr = setting(
        SecretStr(""), "Connection string of the Application Insights resource, from its overview in the Azure portal."
    )
    enable_application_insights: bool = setting(
        False, "true: events, metrics, dependencies and exceptions go to Azure Application Insights."
    )
    applicationinsights_role_name: str = setting("Cody2Zoho", "Name of this application in Application Insights.")
    applicationinsights_live_metrics: bool = setting(
        True, "false: nothing for the Live Metrics of Application Insights, which are sent every second while watched."
    )

    @field_validator("applicationinsights_connection_string")
    @classmethod
    def _can_be_used(cls, value: SecretStr) -> SecretStr:
        """The library would say less, and only when a worker starts."""
        if not value.get_secret_value():
            return value
        parts = connection_parts(value.get_secret_value())
        if not _KEY.fullmatch(parts.get("instrumentationkey", "")):
            raise ValueError("has no valid InstrumentationKey; copy all of it from the resource's overview")
        for name in ("ingestionendpoint", "liveendpoint"):
            if name in parts and not urlsplit(parts[name]).hostname:
                raise ValueError("has an endpoint that is no address; copy all of it from the resource's overview")
        return value

    @field_validator("enable_application_insights")
    @classmethod
    def _has_what_it_needs(cls, value: bool, info: ValidationInfo) -> bool:
        given = info.data.get("applicationinsights_connection_string")
        if value and given is not None and not given.get_secret_value():
            raise ValueError("needs APPLICATIONINSIGHTS_CONNECTION_STRING; set it, or switch this off")
        if value and not is_installed():
            raise ValueError("needs a package that is not installed: pip install 'cody2zoho[azure]'")
        return value


def connection_parts(connection_string: str) -> dict[str, str]:
    """`InstrumentationKey=…;IngestionEndpoint=…` by its names in small letters."""
    pairs = (part.partition("=") for part in connection_string.split(";"))
    return {name.strip().lower(): value.strip() for name, equals, value in pairs if equals}


def is_installed() -> bool:
    try:
        return find_spec("azure.monitor.opentelemetry") is not None
    except ModuleNotFoundError:
        return False
