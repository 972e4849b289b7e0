"""From what the operator wrote to `Settings`, or to one sentence for each thing that is missing or wrong."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import AliasChoices, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from cody2zoho.cases import reading
from cody2zoho.errors import ConfigurationError
from cody2zoho.settings import CREDENTIALS, Settings, files
from cody2zoho.settings.formats import is_unset, without_login

_NOT_UTF_8 = ".env is not written in UTF-8: save it so; an editor calls it the encoding."


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once. Raises ConfigurationError with all that is wrong, in CASES_FILE too."""
    return _read({})


def provisional() -> Settings:
    """The settings, each credential that nobody has set replaced by one that opens nothing.

    For whoever is about to ask for them, or needs Redis alone. Raises ConfigurationError with what is wrong, but
    nothing that is missing.
    """
    fields = {name: field for name, field in Settings.model_fields.items() if field.is_required()}
    missing = [name for name in fields if not source(name)]
    if simulators_stand_in():
        return _read({})
    return _read({name: "all" if name == "cody_bot_id" else "-" for name in missing})


def simulators_stand_in() -> bool:
    """Whether all credentials are the simulators' own, because nobody has set one."""
    return bool(source("simulators_url")) and not any(source(name) for name in CREDENTIALS)


def source(field_name: str) -> str:
    """Where a setting has its value from: `.env`, `the environment`, or by NAME_FILE; empty where nobody set it."""
    where, name, _ = _first(_sources(), field_name)
    if where and name not in names(field_name):
        return name
    return "the environment" if where == "environment" else where


def _read(instead: dict[str, Any]) -> Settings:
    try:
        found = Settings(**{**_embedded_redis(), **instead})
    except UnicodeDecodeError:
        raise ConfigurationError([_NOT_UTF_8]) from None
    except OSError as error:
        raise _unreadable(error) from None
    except ValidationError as error:
        wrong = [_sentence(item) for item in error.errors()]
        raise ConfigurationError([*wrong, *_wrong_in_file()]) from None
    reading.load(found)
    return found


def _wrong_in_file() -> list[str]:
    source, _, named = _first(_sources(), "cases_file")
    try:
        reading.read(Path(named or str(Settings.model_fields["cases_file"].default)), is_named=bool(source))
    except ConfigurationError as error:
        return error.sentences
    return []


def redis_is_chosen() -> bool:
    """Whether the operator names a Redis; if not, `cody2zoho up` brings one."""
    sources = _sources()
    return any(_first(sources, field)[0] for field in ("redis_url", "redis_host"))


def names(field_name: str) -> list[str]:
    """The spellings of a setting, the present one first."""
    alias = Settings.model_fields[field_name].validation_alias
    return [str(choice) for choice in alias.choices] if isinstance(alias, AliasChoices) else [field_name.upper()]


def is_secret(field: FieldInfo) -> bool:
    return field.annotation is SecretStr


def masked(value: str) -> str:
    """Enough of a secret to tell two apart: its last characters, if it can spare them; of Redis all but the login."""
    if value.startswith(("redis://", "rediss://", "unix://")):
        return without_login(value)
    return f"…{value[-4:]}" if len(value) >= 16 else "…"


@dataclass(frozen=True)
class Origin:
    """One setting in force: its name as written, its value fit to be shown, where it came from."""

    name: str
    value: str
    source: str


def origins(env_file: Path = Path(".env")) -> Iterator[Origin]:
    """Every setting, what is in force and where it came from; also when `settings()` would refuse them."""
    sources = _sources(env_file)
    filled_in: dict[str, dict[str, Any]] = {"simulators": _simulated(), "embedded": _embedded_redis()}
    for field_name, field in Settings.model_fields.items():
        source, name, raw = _first(sources, field_name)
        if name.endswith(files.ENDING) and Settings.may_be_in_a_file(field_name):
            source, name, raw = _from_file(source, name, raw)
        if not source:
            source, raw = next(
                ((by, some[field_name]) for by, some in filled_in.items() if field_name in some), ("", "")
            )
        if not source:
            source, raw = ("not set", "") if field.is_required() else ("default", _plain(field.default))
        yield Origin(name, masked(raw) if raw and is_secret(field) else raw, source)


def _from_file(source: str, name: str, path: str) -> tuple[str, str, str]:
    """A secret by its own name; a path that leads nowhere is not shown, it might be the secret."""
    setting = name.removesuffix(files.ENDING)
    try:
        return f"{path} ({source})", setting, files.secret(path)
    except ValueError:
        return f"{name} ({source})", setting, ""


def _sources(env_file: Path = Path(".env")) -> dict[str, Any]:
    try:
        written = dotenv_values(env_file) if env_file.exists() else {}
    except UnicodeDecodeError:
        raise ConfigurationError([_NOT_UTF_8]) from None
    except OSError as error:
        raise _unreadable(error) from None
    return {"environment": dict(os.environ), str(env_file): written}


def _unreadable(error: OSError) -> ConfigurationError:
    """Whoever signed in as root left a file that only root may read."""
    return ConfigurationError(
        [f"{error.filename} cannot be read ({error.strerror}): let this user read it, for example with chown."]
    )


def _embedded_redis() -> dict[str, Any]:
    """Where `cody2zoho up` has, or had, the server it brings; so every command in the same folder finds it."""
    if redis_is_chosen():
        return {}
    state = _first(_sources(), "state_dir")[2] or str(Settings.model_fields["state_dir"].default)
    try:
        return {"redis_url": json.loads(Path(state, "redis", "address.json").read_text())["url"]}
    except (FileNotFoundError, NotADirectoryError, ValueError, LookupError, TypeError):
        # None yet, or not whole: whoever starts that server writes it anew.
        return {}
    except OSError as error:
        raise _unreadable(error) from None


def _first(sources: dict[str, Any], field_name: str) -> tuple[str, str, str]:
    """The first source that has a real value under one of the setting's spellings, or of a secret its file's path."""
    for source, values in sources.items():
        found = {key.upper(): value for key, value in values.items()}
        for name in _spellings(field_name):
            if not is_unset(name, found.get(name)):
                return source, name, str(found[name])
    return "", names(field_name)[0], ""


def _spellings(field_name: str) -> list[str]:
    spelt = names(field_name)
    return [*spelt, *(f"{name}{files.ENDING}" for name in spelt if Settings.may_be_in_a_file(field_name))]


def _simulated() -> dict[str, str]:
    """What SIMULATORS_URL fills in, where it does."""
    try:
        used = settings()
    except ConfigurationError:
        return {}
    if not used.uses_simulators:
        return {}
    filled = (
        *CREDENTIALS,
        "cody_api_url",
        "cody_bot_id",
        "cody_requests_per_minute",
        "conversation_quiet_seconds",
        "zoho_accounts_url",
        "zoho_api_url",
        "redis_key_prefix",
    )
    return {name: _plain(getattr(used, name)) for name in filled}


def _plain(value: Any) -> str:
    match value:
        case None:
            return ""
        case SecretStr():
            return value.get_secret_value()
        case dict():
            return ",".join(f"{key}={item}" for key, item in value.items())
        case tuple():
            return ",".join(value)
        case bool():
            return str(value).lower()
        case _:
            return str(value).replace("\n", "\\n")


def _sentence(item: Any) -> str:
    """One sentence that names the variable, what is wrong with it and what to write."""
    field_name = _field_of(str(item["loc"][0])) if item["loc"] else "settings"
    field = Settings.model_fields.get(field_name)
    if field is None:
        return f"The settings are wrong: {item['msg']}."
    name, wanted = names(field_name)[0], f"{field.description}"
    if item["type"] == "missing":
        return f"{name} is not set; write it into .env or the environment: {wanted}"
    shown = "" if is_secret(field) or not item["input"] else f' "{item["input"]}"'
    problem = item["msg"].removeprefix("Value error, ")
    problem = problem if item["type"] == "value_error" else f"is wrong: {problem[0].lower()}{problem[1:]}"
    return f"{name}{shown} {problem}. It is: {wanted}"


def _field_of(location: str) -> str:
    """pydantic names a setting by whichever spelling it found."""
    return next(
        (field for field in Settings.model_fields if location.upper() in [field.upper(), *names(field)]), location
    )


def sentences(error: ValidationError) -> list[str]:
    """One for each setting that is missing or wrong."""
    return [_sentence(item) for item in error.errors()]
