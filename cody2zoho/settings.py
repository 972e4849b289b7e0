"""Every setting, from the environment first, then `.env`, then a default.

The sentence beside a setting is its documentation: `.env.example`, `docs/configuration.md` and
`cody2zoho config` are checked against it.
"""

from functools import cached_property
from typing import Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from cody2zoho import formats

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

DEFAULT_TEMPLATE = (
    "Cody conversation {conversation_id}\n"
    "{started_at} to {ended_at} · {messages} messages · complete as of {complete_as_of}\n\n"
    "{transcript}"
)

#: Keys of what is only simulated, so that the real installation in the same Redis finds no trace of it.
SIMULATED_KEY_PREFIX = "{cody2zoho-simulated}:"

CREDENTIALS = ("cody_api_key", "zoho_client_id", "zoho_client_secret", "zoho_refresh_token")


#: The simulators have nobody's account to protect. Where they play a limit, they name it.
_SIMULATED_PER_MINUTE = 1_000_000


def _setting(default: Any, sentence: str, **more: Any) -> Any:
    return Field(default=default, description=sentence, **more)


class Settings(BaseSettings):
    """What this process was told; frozen."""

    model_config = SettingsConfigDict(frozen=True, env_file=".env", extra="ignore")

    cody_api_url: formats.WebAddress = _setting("https://getcody.ai/api/v1", "Base address of Cody's API.")
    cody_api_key: formats.Secret = _setting(..., "API key of Cody, from https://getcody.ai/settings/api.")
    cody_bot_id: formats.Bots = _setting(
        ..., "The bot whose conversations become cases; several separated by commas, or `all`."
    )

    zoho_client_id: formats.ClientId = _setting(..., "Client id from Zoho's API console.")
    zoho_client_secret: formats.Secret = _setting(..., "Client secret from Zoho's API console.")
    zoho_refresh_token: formats.Secret = _setting(..., "Refresh token of the Zoho user who will own the cases.")
    zoho_data_center: formats.DataCenter = _setting("com", f"Zoho's data centre: {', '.join(DATA_CENTERS)}.")
    zoho_accounts_url: formats.WebAddress = _setting(
        "", "Address of Zoho's accounts server; empty = the data centre's."
    )
    zoho_api_url: formats.WebAddress = _setting(
        "", "Address of Zoho's API; empty = the one Zoho names with each token."
    )
    zoho_case_status: str = _setting(
        "Closed", "Status of a new case; a value of the pick list in Zoho.", max_length=120
    )
    zoho_case_origin: str = _setting("Web", "Origin of a new case; a value of the pick list in Zoho.", max_length=120)
    zoho_contact_id: formats.RecordId = _setting(
        "", "Record id of the contact every case belongs to; empty = by ZOHO_CONTACT_NAME."
    )
    zoho_contact_name: str = _setting(
        "", "Name of the contact every case belongs to, found or created once; empty = no contact.", max_length=120
    )
    zoho_enable_duplicate_check: bool = _setting(
        True, "false: no look-up before an insert where Zoho's field is not unique; the ledger stays."
    )
    zoho_field_map: formats.FieldMap = _setting(
        formats.FIELD_MAP,
        "Zoho fields for the figures, as name=API_Name pairs with commas; `name=` leaves one out. "
        f"Names: {', '.join(formats.FIELD_MAP)}.",
    )
    enable_notes: bool = _setting(
        False,
        "true: the transcript is also added as a note.",
        validation_alias=AliasChoices("ZOHO_ATTACH_TRANSCRIPT_AS_NOTE", "ENABLE_NOTES"),
    )

    case_subject_prefix: str = _setting(
        "Cody Chat - ", "What a case's subject begins with, before date and time.", max_length=200
    )
    case_description_template: formats.Template = _setting(
        DEFAULT_TEMPLATE,
        "Text of a case's description; \\n is a new line, and a transcript not named in it follows at its end. "
        f"Names: {', '.join('{' + name + '}' for name in formats.TEMPLATE_VARIABLES)}.",
        max_length=2_000,
    )
    time_zone: formats.TimeZone = _setting("UTC", "Time zone of the times in cases, such as Europe/Berlin.")

    poll_interval_seconds: int = _setting(
        30,
        "Seconds between two polls of Cody.",
        ge=1,
        le=86_400,
        validation_alias=AliasChoices("POLL_INTERVAL_SECONDS", "POLLING_INTERVAL"),
    )
    sync_since: formats.Since = _setting(
        "", "First start: only conversations since this date (2026-11-01) or age (7d, 12h) count; empty = all history."
    )
    full_sweep_hours: float = _setting(
        24, "Hours in which all conversations are listed once more, page by page; 0 = never.", ge=0, le=8_760
    )
    reconcile_at: formats.TimeOfDay = _setting(
        "03:17", "Time of day, in UTC, at which the ledger is compared with Zoho; never = not at all."
    )
    empty_conversation_hours: int = _setting(
        24, "Hours a conversation in which nothing was said is looked at again before it is let go.", ge=0, le=8_760
    )

    redis_url: formats.RedisAddress = _setting(
        SecretStr(""), "Redis, as redis://, rediss:// or unix:// address; empty = the REDIS_HOST settings."
    )
    redis_host: str = _setting("localhost", "Host of Redis, where REDIS_URL is empty.")
    redis_port: int = _setting(6379, "Port of Redis.", ge=1, le=65_535)
    redis_db: int = _setting(0, "Number of the Redis database.", ge=0)
    redis_username: str = _setting("", "User name at Redis.")
    redis_password: SecretStr = _setting(SecretStr(""), "Password at Redis.")
    redis_ssl: bool = _setting(False, "true: TLS to REDIS_HOST.")
    redis_max_connections: int = _setting(50, "Connections to Redis a process may open.", ge=5)
    redis_connect_timeout: float = _setting(5, "Seconds to wait for a connection to Redis.", gt=0)
    redis_read_timeout: float = _setting(5, "Seconds to wait for an answer of Redis.", gt=1)
    redis_write_timeout: float = _setting(
        5, "Seconds to wait until Redis takes a request; the longer of the two applies to both.", gt=1
    )
    redis_key_prefix: str = _setting(
        "{cody2zoho}:", "What every key begins with; the braces keep all keys in one slot of a Redis cluster."
    )

    zoho_max_concurrency: int = _setting(
        10, "Calls to Zoho in flight at once, over all workers on all machines.", ge=1, le=25
    )
    zoho_credits_per_day: int = _setting(
        0, "API credits for 24 hours; 0 = as many as Zoho allows, which it tells once half of them are used.", ge=0
    )
    zoho_credits_reserve: int = _setting(
        500, "API credits that only new cases may use; all other work stops before them.", ge=0
    )
    cody_requests_per_minute: int | None = _setting(
        None, "Requests to Cody a minute, over all workers; empty = 60 until Cody names its own limit.", ge=1
    )

    worker_concurrency: int = _setting(10, "Conversations a worker process works on at once.", ge=1, le=200)
    task_budget_seconds: float = _setting(120, "Seconds a task may take.", gt=0)
    lease_seconds: float = _setting(
        30, "Seconds a worker owns a conversation unless it renews, which it does while it lives.", ge=3
    )
    visibility_timeout_seconds: float = _setting(
        300, "Seconds after which the broker hands out an unanswered task again. More than TASK_BUDGET_SECONDS.", gt=0
    )
    max_attempts_hours: float = _setting(
        72, "Hours a conversation is tried in spite of passing faults before it is parked.", gt=0, le=8_760
    )
    http_connect_timeout_seconds: float = _setting(5, "Seconds to wait for a connection to Cody or Zoho.", gt=0)
    http_read_timeout_seconds: float = _setting(30, "Seconds one request to Cody or Zoho may take.", gt=0)

    flower_basic_auth: formats.Login = _setting(
        SecretStr(""),
        "Login of Flower as user:password; without one Flower does not start, but `up` and compose make one up.",
    )
    flower_address: str = _setting("127.0.0.1", "Address Flower listens on.")
    flower_port: int = _setting(5555, "Port Flower listens on.", ge=0, le=65_535)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _setting("INFO", "Least severe log lines to write.")
    log_format: Literal["auto", "json", "text"] = _setting(
        "auto", "json, text, or auto = text on a terminal, else json."
    )
    state_dir: str = _setting(".state", "Folder for Flower's history, heartbeats, and the logs and Redis data of `up`.")
    simulators_url: formats.WebAddress = _setting(
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
        """A placeholder counts as unset, so it must not hide a real value of the next source."""
        for source in (env_settings, dotenv_settings):
            if isinstance(source, EnvSettingsSource):
                source.env_vars = {
                    name: value if name in formats.TEXTS else str(value).strip()
                    for name, value in source.env_vars.items()
                    if not formats.is_unset(name, value)
                }
        return init_settings, env_settings, dotenv_settings

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
            "redis_key_prefix": SIMULATED_KEY_PREFIX,
        }
        return {**stands_in, **values, **simulated_credentials(address)}

    @field_validator("visibility_timeout_seconds")
    @classmethod
    def _outlasts(cls, value: float, info: ValidationInfo) -> float:
        """A broker that gives up before the task has ended hands its message out twice, each time."""
        budget = info.data.get("task_budget_seconds", 0)
        if value <= budget:
            raise ValueError(f"must be more than TASK_BUDGET_SECONDS, which is {budget:g}")
        return value

    @property
    def uses_simulators(self) -> bool:
        """Whether SIMULATORS_URL stands in for credentials that nobody has set."""
        return (
            bool(self.simulators_url)
            and self.cody_api_url == simulated_credentials(self.simulators_url)["cody_api_url"]
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

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @cached_property
    def redis_address(self) -> str:
        """One address for the ledger, the broker and the results; certificates are always checked."""
        address = self.redis_url.get_secret_value() or self._address_of_parts()
        if address.startswith("rediss://") and "ssl_cert_reqs=" not in address:
            address += ("&" if "?" in address else "?") + "ssl_cert_reqs=required"
        return address

    @property
    def shown_redis_address(self) -> str:
        """The address without its login, fit to be shown."""
        return formats.without_login(self.redis_address)

    @property
    def celery_address(self) -> str:
        """The same address as Celery writes it: its scheme for a socket is another."""
        path, _, query = self.redis_address.removeprefix("unix://").partition("?")
        if not self.redis_address.startswith("unix://"):
            return self.redis_address
        login, at, path = path.rpartition("@")
        return f"redis+socket://{login}{at}{path}?{query.replace('db=', 'virtual_host=')}"

    def _address_of_parts(self) -> str:
        password = quote(self.redis_password.get_secret_value(), safe="")
        login = f"{quote(self.redis_username, safe='')}:{password}@" if self.redis_username or password else ""
        scheme = "rediss" if self.redis_ssl else "redis"
        return f"{scheme}://{login}{self.redis_host}:{self.redis_port}/{self.redis_db}"

    @property
    def redis_timeout(self) -> float:
        """Seconds; redis-py knows one time-out for reading and writing."""
        return max(self.redis_read_timeout, self.redis_write_timeout)


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
