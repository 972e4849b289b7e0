"""What the commands for Redis in Azure need of the settings: they run where nobody has set Cody and Zoho up."""

from typing import Any

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from cody2zoho.settings import Settings
from cody2zoho.settings.azure import Azure
from cody2zoho.settings.redis import Redis


class InAzure(Azure, Redis, BaseSettings):
    """From the same sources as all settings."""

    model_config = SettingsConfigDict(frozen=True, env_file=".env", extra="ignore")

    @classmethod
    def settings_customise_sources(cls, *given: Any, **named: Any) -> tuple[PydanticBaseSettingsSource, ...]:
        return Settings.settings_customise_sources(*given, **named)
