"""Every setting, from the environment first, then `.env`, then a default.

The sentence beside a setting is its documentation: `.env.example`, `docs/configuration.md` and
`cody2zoho config` are checked against it.
"""

from typing import Any

from pydantic import SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from cody2zoho.processes.ports import LOOPBACK
from cody2zoho.settings import files, formats
from cody2zoho.settings.alerts import Alerting
from cody2zoho.settings.apis import DATA_CENTERS, Apis
from cody2zoho.settings.azure import Azure
from cody2zoho.settings.backup import Backups
from cody2zoho.settings.cases import CaseContent
from cody2zoho.settings.contact import Contact
from cody2zoho.settings.insights import Insights
from cody2zoho.settings.logs import Logs
from cody2zoho.settings.moments import Moments
from cody2zoho.settings.privacy import Privacy
from cody2zoho.settings.redis import Redis
from cody2zoho.settings.setting import setting
from cody2zoho.settings.watching import Watching

__all__ = ["CREDENTIALS", "DATA_CENTERS", "SIMULATED_KEY_PREFIX", "Settings", "simulated_credentials"]

#: Keys of what is only simulated, so that the real installation in the same Redis finds no trace of it.
SIMULATED_KEY_PREFIX = "{cody2zoho-simulated}:"

CREDENTIALS = ("cody_api_key", "zoho_client_id", "zoho_client_secret", "zoho_refresh_token")


#: The simulators have nobody's account to protect. Where they play a limit, they name it.
_SIMULATED_PER_MINUTE = 1_000_000

#: Whoever watches simulated chats does not want to wait for five minutes.
_SIMULATED_QUIET_SECONDS = 3.0


# pydantic takes the fields of the last class first.
class Settings(
    Azure,
    Backups,
    Insights,
    Logs,
    Alerting,
    Watching,
    Redis,
    Moments,
    Privacy,
    Contact,
    CaseContent,
    Apis,
    BaseSettings,
):
    """What this process was told; frozen."""

    model_config = SettingsConfigDict(frozen=True, env_file=".env", extra="ignore")

    flower_basic_auth: formats.Login = setting(
        SecretStr(""),
        "Login of Flower as user:password; without one Flower does not start, but `up` and compose make one up.",
    )
    flower_address: str = setting("127.0.0.1", "Address Flower listens on.")
    flower_port: int = setting(5555, "Port Flower listens on.", ge=0, le=65_535)

    port: int = setting(8080, "Port of the operations API and the status page.", ge=0, le=65_535)
    ops_token: SecretStr = setting(
        SecretStr(""), "Token for the operations API and the status page; without one they listen on loopback only."
    )

    state_dir: str = setting(".state", "Folder for Flower's history, heartbeats, and the logs and Redis data of `up`.")
    simulators_url: formats.WebAddress = setting(
        "", "Address of `cody2zoho simulate`; used, with its credentials, only while no credential of yours is set."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """A placeholder is no value, so it must not hide a real value of the next source. Secrets may be in files."""
        in_files = [name for name in cls.model_fields if cls.may_be_in_a_file(name)]
        for source in (env_settings, dotenv_settings):
            if isinstance(source, EnvSettingsSource):
                source.env_vars = {
                    name: value if name in formats.TEXTS else str(value).strip()
                    for name, value in source.env_vars.items()
                    if not formats.is_unset(name, value)
                }
                source.env_vars = {**source.env_vars, **files.filled_in(source.env_vars, in_files)}
        return init_settings, env_settings, dotenv_settings

    @classmethod
    def may_be_in_a_file(cls, name: str) -> bool:
        """Whether NAME_FILE may name a file that holds it: each secret, and all that opens an API."""
        return name in CREDENTIALS or cls.model_fields[name].annotation is SecretStr

    @field_validator("*", mode="before")
    @classmethod
    def _was_in_its_file(cls, value: Any) -> Any:
        if isinstance(value, files.Wanting):
            raise ValueError(value.reason)
        return value

    @model_validator(mode="before")
    @classmethod
    def _work_against_the_simulators(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Without any credential, and only then, the simulators' address stands in for both APIs, under keys apart."""
        address = str(values.get("simulators_url", "")).rstrip("/")
        if not address or any(name in values for name in CREDENTIALS):
            return values
        stands_in = {
            "cody_bot_id": "all",
            "cody_requests_per_minute": _SIMULATED_PER_MINUTE,
            "conversation_quiet_seconds": _SIMULATED_QUIET_SECONDS,
            "redis_key_prefix": SIMULATED_KEY_PREFIX,
        }
        return {**stands_in, **values, **simulated_credentials(address)}

    @property
    def ops_address(self) -> str:
        """Loopback only, unless nobody gets in without a token."""
        return "0.0.0.0" if self.ops_token.get_secret_value() else LOOPBACK

    @property
    def uses_simulators(self) -> bool:
        """Whether SIMULATORS_URL stands in for credentials that nobody has set."""
        return (
            bool(self.simulators_url)
            and self.cody_api_url == simulated_credentials(self.simulators_url)["cody_api_url"]
        )


def simulated_credentials(address: str) -> dict[str, str]:
    """Settings that point at `cody2zoho simulate` under this address."""
    return {
        "cody_api_url": f"{address}/api/v1",
        "cody_api_key": "simulated-cody-key",
        "zoho_client_id": "1000.SIMULATED",
        "zoho_client_secret": "simulated-zoho-secret",
        "zoho_refresh_token": "1000.simulated.refresh",
        "zoho_accounts_url": address,
        "zoho_api_url": address,
    }
