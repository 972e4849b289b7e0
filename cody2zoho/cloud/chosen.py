"""Of what the operator wrote into `.env`: what goes to Azure, as what, and what stays."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from cody2zoho import configuration
from cody2zoho.cases import reading
from cody2zoho.errors import ConfigurationError
from cody2zoho.settings import Settings, files
from cody2zoho.settings.formats import is_unset

#: Where Redis is, where files are, who listens where: true of one machine only.
LEFT_BEHIND = (
    "applicationinsights_connection_string",
    "azure_logs_url",
    "azure_management_url",
    "azure_subscription_id",
    "cases_file",
    "enable_application_insights",
    "flower_address",
    "flower_port",
    "graylog_ca_file",
    "log_dir",
    "log_format",
    "port",
    "redis_auth",
    "redis_db",
    "redis_host",
    "redis_password",
    "redis_port",
    "redis_ssl",
    "redis_url",
    "redis_username",
    "simulators_url",
    "state_dir",
)

#: A secret in Key Vault holds so many characters.
_LARGEST_SECRET = 25_000

CASE_FILE = "cases-file"


class _Written(Settings):
    """Checked as all settings are, but for what this shell or another file says."""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


@dataclass(frozen=True)
class Chosen:
    """Checked; `settings` and `secrets` by the name an operator writes."""

    settings: dict[str, str]
    secrets: dict[str, str]
    #: The text of the case file; empty where there is none.
    case_file: str
    redis_url: str
    stays: tuple[str, ...]

    def number(self, name: str) -> int:
        """A setting as it will be in force."""
        return round(float(self.figure(name)))

    def figure(self, name: str) -> str:
        """The same to the last digit; as text, for Azure's templates know no fractions."""
        return f"{float(self.settings.get(name, Settings.model_fields[name.lower()].default)):g}"

    @property
    def redis_key_prefix(self) -> str:
        return self.settings.get("REDIS_KEY_PREFIX", str(Settings.model_fields["redis_key_prefix"].default))

    @property
    def max_workers(self) -> int:
        """More workers would only wait: Zoho allows so many calls at a time, over all of them."""
        return max(1, math.ceil(self.number("ZOHO_MAX_CONCURRENCY") / self.number("WORKER_CONCURRENCY")))


def secret_name(setting: str) -> str:
    """What a setting is called in the vault."""
    return setting.lower().replace("_", "-")


def read(env_file: Path) -> Chosen:
    """Raises ConfigurationError with all that is missing or wrong; the environment does not count."""
    written = _written(env_file)
    sentences = [*_missing(written), *_wrong(written), *_files_of_this_machine(written)]
    if sentences:
        raise ConfigurationError(sentences)
    goes = {name: value for name, value in written.items() if name not in LEFT_BEHIND}
    secrets = {name for name in goes if configuration.is_secret(Settings.model_fields[name])}
    return Chosen(
        settings={_spelt(name): value for name, value in goes.items() if name not in secrets},
        secrets={_spelt(name): goes[name] for name in sorted(secrets)},
        case_file=_case_file(written, env_file.parent),
        redis_url=written.get("redis_url", ""),
        stays=tuple(_spelt(name) for name in written if name in LEFT_BEHIND and name != "cases_file"),
    )


def _written(env_file: Path) -> dict[str, str]:
    """Every setting of the file that has a real value, by its field."""
    if not env_file.is_file():
        raise ConfigurationError(
            [f"There is no {env_file}: copy .env.example to it and fill it in, or name --env-file."]
        )
    try:
        lines = {name.upper(): value for name, value in dotenv_values(env_file).items()}
    except UnicodeDecodeError:
        raise ConfigurationError([f"{env_file} is not written in UTF-8: save it so."]) from None
    found = files.filled_in({name.lower(): value for name, value in lines.items()}, _secrets())
    for field in Settings.model_fields:
        values = (lines.get(name) for name in configuration.names(field))
        if value := next((one for one in values if not is_unset(field, one)), None):
            found.setdefault(field, value)
    return found


def _secrets() -> list[str]:
    """What may stand in a file of its own, which is read here: Azure has no such file."""
    return [field for field in Settings.model_fields if Settings.may_be_in_a_file(field)]


def _missing(written: dict[str, str]) -> list[str]:
    needed = [name for name, field in Settings.model_fields.items() if field.is_required()]
    return [
        f"{_spelt(name)} is not set in this file, and nothing runs without it."
        for name in needed
        if name not in written
    ]


def _wrong(written: dict[str, str]) -> list[str]:
    values: dict[str, Any] = {
        (_spelt(name) if Settings.model_fields[name].validation_alias else name): value
        for name, value in written.items()
        if name not in LEFT_BEHIND
    }
    try:
        _Written(**values)
    except ValidationError as error:
        return [one for one in configuration.sentences(error) if " is not set; " not in one]
    return []


def _files_of_this_machine(written: dict[str, str]) -> list[str]:
    wrong = [
        f"{_spelt(name)} names a file of this machine, which Azure does not have: take it out of the file."
        for name in ("graylog_ca_file", "backup_key_file")
        if name in written
    ]
    if "backup_to" in written and "://" not in written["backup_to"]:
        wrong.append("BACKUP_TO is a folder, which Azure empties with each restart: write azure://CONTAINER/PREFIX.")
    return wrong


def _case_file(written: dict[str, str], folder: Path) -> str:
    path = folder / written.get("cases_file", str(Settings.model_fields["cases_file"].default))
    reading.read(path, is_named="cases_file" in written)
    text = path.read_text("utf-8-sig") if path.is_file() else ""
    if len(text) > _LARGEST_SECRET:
        raise ConfigurationError([f"{path.name} is too long for Azure: {_LARGEST_SECRET} characters fit."])
    return text


def _spelt(field: str) -> str:
    return configuration.names(field)[0]
