"""From what the operator wrote to `Settings`, or to one sentence for each thing that is missing or wrong."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from dotenv import dotenv_values
from pydantic import AliasChoices, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from cody2zoho.cases import reading
from cody2zoho.errors import ConfigurationError
from cody2zoho.settings import CREDENTIALS, Settings, files
from cody2zoho.settings.formats import is_unset, without_login

Part = TypeVar("Part", bound=BaseSettings)

_NOT_UTF_8 = ".env is not written in UTF-8: save it so; an editor calls it the encoding."


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once. Raises ConfigurationError with all that is wrong, in CASES_FILE too."""
    return _read({})


def provisional() -> Settings:
    """The settings, each credential that nobody has set replaced by one that opens nothing: for who is about to ask.

    Raises ConfigurationError with what is wrong, but nothing that is missing.
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
    """Where a setting has its value from, `environment` or `.env`; empty where nobody set it."""
    return _first(_sources(), field_name).source


def _read(instead: dict[str, Any]) -> Settings:
    sources = _sources()
    secrets, wrong = _secrets_in_files(sources)
    try:
        found = Settings(**{**_embedded_redis(sources), **secrets, **instead})
    except UnicodeDecodeError:
        raise ConfigurationError([_NOT_UTF_8]) from None
    except ValidationError as error:
        others = [item for item in error.errors() if not item["loc"] or _field_of(str(item["loc"][0])) not in wrong]
        raise ConfigurationError([*wrong.values(), *map(_sentence, others), *_wrong_in_file(sources)]) from None
    if wrong:
        raise ConfigurationError([*wrong.values(), *_wrong_in_file(sources)])
    reading.load(found)
    return found


def part(kind: type[Part]) -> Part:
    """A part of them, for commands that need no more. Raises ConfigurationError with all that is wrong in it."""
    try:
        return kind()
    except UnicodeDecodeError:
        raise ConfigurationError([_NOT_UTF_8]) from None
    except ValidationError as error:
        raise ConfigurationError([_sentence(item) for item in error.errors()]) from None


def _wrong_in_file(sources: "_Sources") -> list[str]:
    found = _first(sources, "cases_file")
    try:
        reading.read(Path(found.value or str(Settings.model_fields["cases_file"].default)), is_named=bool(found.source))
    except ConfigurationError as error:
        return error.sentences
    return []


def redis_is_chosen() -> bool:
    """Whether the operator names a Redis; if not, `cody2zoho up` brings one."""
    return _is_chosen(_sources())


def _is_chosen(sources: "_Sources") -> bool:
    return any(_first(sources, field).source for field in ("redis_url", "redis_host"))


def names(field_name: str) -> list[str]:
    """The spellings of a setting, the present one first."""
    alias = Settings.model_fields[field_name].validation_alias
    return [str(choice) for choice in alias.choices] if isinstance(alias, AliasChoices) else [field_name.upper()]


def is_secret(field: FieldInfo) -> bool:
    return field.annotation is SecretStr


def may_be_in_a_file(field_name: str) -> bool:
    """Whether NAME_FILE may name a file that holds it."""
    return field_name in CREDENTIALS or is_secret(Settings.model_fields[field_name])


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
    filled_in: dict[str, dict[str, Any]] = {"simulators": _simulated(), "embedded": _embedded_redis(sources)}
    for field_name, field in Settings.model_fields.items():
        found = _first(sources, field_name)
        source, raw = (found.source, found.value) if not found.path else _from_file(found)
        if not source:
            source, raw = next(
                ((by, some[field_name]) for by, some in filled_in.items() if field_name in some), ("", "")
            )
        if not source:
            source, raw = ("not set", "") if field.is_required() else ("default", _plain(field.default))
        yield Origin(found.name, masked(raw) if raw and is_secret(field) else raw, source)


def _from_file(found: "_Written") -> tuple[str, str]:
    """Where a secret came from, and itself; a path that leads nowhere is not shown, it might be the secret."""
    try:
        return f"{found.path} ({found.source})", files.secret(found.path)
    except ValueError:
        return f"{found.name}{files.ENDING} ({found.source})", ""


def _sources(env_file: Path = Path(".env")) -> "_Sources":
    try:
        written = dotenv_values(env_file) if env_file.exists() else {}
    except UnicodeDecodeError:
        raise ConfigurationError([_NOT_UTF_8]) from None
    return {"environment": _in_capitals(os.environ), str(env_file): _in_capitals(written)}


def _in_capitals(values: Mapping[str, str | None]) -> dict[str, str | None]:
    return {name.upper(): value for name, value in values.items()}


def _secrets_in_files(sources: "_Sources") -> tuple[dict[str, Any], dict[str, str]]:
    """The secrets that stand in files, and what is wrong with others, both by the names of their fields."""
    secrets: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for field_name in filter(may_be_in_a_file, Settings.model_fields):
        found = _first(sources, field_name)
        in_file = f"{found.name}{files.ENDING}"
        try:
            if found.path:
                secrets[field_name] = files.secret(found.path)
            elif found.source and not is_unset("", sources[found.source].get(in_file)):
                wrong[field_name] = _given_twice(found.name)
        except ValueError as error:
            wrong[field_name] = f"{in_file} {error}."
    return secrets, wrong


def _given_twice(name: str) -> str:
    return f"{name} and {name}_FILE are both set; take one of them away."


def _embedded_redis(sources: "_Sources") -> dict[str, Any]:
    """Where `cody2zoho up` has, or had, the server it brings; so every command in the same folder finds it."""
    if _is_chosen(sources):
        return {}
    state = _first(sources, "state_dir").value or str(Settings.model_fields["state_dir"].default)
    try:
        return {"redis_url": json.loads(Path(state, "redis", "address.json").read_text())["url"]}
    except (FileNotFoundError, NotADirectoryError, ValueError, LookupError, TypeError):
        # None yet, or not whole: whoever starts that server writes it anew.
        return {}


#: What each source has, by names in capital letters.
_Sources = dict[str, dict[str, str | None]]


class _Written(NamedTuple):
    """A setting as its source has it: the value, or the path of the file that holds it."""

    source: str
    name: str
    value: str
    path: str = ""


def _first(sources: _Sources, field_name: str) -> _Written:
    """The first source that has a real value under one of the setting's spellings; without a source where none has."""
    for source, values in sources.items():
        for name in names(field_name):
            if not is_unset(name, values.get(name)):
                return _Written(source, name, str(values[name]))
            path = values.get(f"{name}{files.ENDING}")
            if may_be_in_a_file(field_name) and not is_unset("", path):
                return _Written(source, name, "", str(path).strip())
    return _Written("", names(field_name)[0], "")


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
