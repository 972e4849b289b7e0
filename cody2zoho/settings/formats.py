"""How a setting may be written: types that understand it, or say in words what to write instead."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode
from redis.connection import parse_url

from cody2zoho.text.phonelib import library

#: What is counted about a conversation, and the Zoho field it goes to unless ZOHO_FIELD_MAP says otherwise.
FIELD_MAP = {
    "conversation_id": "Cody_Conversation_ID",
    "messages": "Cody_Messages",
    "user_messages": "Cody_User_Messages",
    "assistant_messages": "Cody_Assistant_Messages",
    "characters": "Cody_Characters",
    "average_length": "Cody_Average_Length",
}

#: What CASE_DESCRIPTION_TEMPLATE may name in braces.
TEMPLATE_VARIABLES = (
    "conversation_id",
    "bot_id",
    "started_at",
    "ended_at",
    "complete_as_of",
    "messages",
    "user_messages",
    "assistant_messages",
    "characters",
    "average_length",
    "transcript",
)

#: Zoho's own short names for some of its data centres.
SHORT_CENTERS = {"us": "com", "au": "com.au", "cn": "com.cn"}

#: What REDACT may name.
REDACTED_KINDS = ("email", "phone", "card", "iban", "ip")

#: Texts: blanks at their ends are meant, and so are braces.
TEXTS = ("case_subject_prefix", "case_description_template")

#: Settings in which braces are meant: texts, expressions, and the prefix whose braces name a slot of a Redis cluster.
_BRACED = (*TEXTS, "redis_key_prefix", "redact_patterns")

_PLACEHOLDER = re.compile(r"your[_-].*|\{.*\}|<.*>", re.IGNORECASE)


def is_unset(name: str, value: str | None) -> bool:
    """Whether a value is empty or what a template left behind: `your_…`, `{…}` or `<…>`."""
    if not value or not value.strip():
        return True
    return name.lower() not in _BRACED and bool(_PLACEHOLDER.fullmatch(value.strip()))


def since(value: str, now: float) -> int | None:
    """The Unix second a `SYNC_SINCE` means at `now`; None for all history. Raises ValueError."""
    if not value:
        return None
    if age := re.fullmatch(r"(\d+)([dh])", value):
        return max(0, int(now) - int(age[1]) * {"d": 86_400, "h": 3_600}[age[2]])
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("is neither a date nor an age; write 2026-11-01, 7d or 12h") from None
    return max(0, int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()))


def _parts(value: Any) -> Any:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _address_kinds(value: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := sorted(set(value) - {"email", "phone"}):
        raise ValueError(f"has no kind of address named {unknown[0]}; write email, phone or both")
    return tuple(dict.fromkeys(value))


def _region(value: str) -> str:
    if value and value.upper() not in library().SUPPORTED_REGIONS:
        raise ValueError("is not a country; write its two letters, such as DE")
    return value.upper()


def _ignored(value: tuple[str, ...]) -> tuple[str, ...]:
    for one in value:
        if not (_is_number(one) if one.startswith("+") else re.fullmatch(r"[^\s@]*@?[^\W_][\w-]*(\.[\w-]+)+", one)):
            raise ValueError(
                f"has {one}, which is neither a domain nor an e-mail address, nor a phone number that begins with +"
            )
    return value


def _is_number(text: str) -> bool:
    try:
        return bool(library().parse(text))
    except library().NumberParseException:
        return False


def _bots(value: Any) -> Any:
    bots = _parts(value)
    if not bots:
        raise ValueError("names no bot; write the id of one, or all")
    return bots


def _data_center(value: Any) -> Any:
    return SHORT_CENTERS.get(str(value).lower().lstrip("."), value)


def _field_map(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    pairs = dict(part.partition("=")[::2] for part in _parts(value))
    if unknown := sorted(set(pairs) - set(FIELD_MAP)):
        raise ValueError(f"has no figure named {unknown[0]}; the names are {', '.join(FIELD_MAP)}")
    if pairs.get("conversation_id", "-") == "":
        raise ValueError("must not leave out conversation_id: it is what keeps a conversation to one case")
    return {name: api_name.strip() for name, api_name in {**FIELD_MAP, **pairs}.items() if api_name.strip()}


def _template(value: str) -> str:
    if unknown := sorted(set(re.findall(r"\{(\w*)\}", value)) - set(TEMPLATE_VARIABLES)):
        raise ValueError(f"names {{{unknown[0]}}}, which is not known; the names are {', '.join(TEMPLATE_VARIABLES)}")
    return value.replace("\\n", "\n")


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is not a time zone; write one such as Europe/Berlin") from None
    return value


def _since(value: str) -> str:
    since(value, now=0)
    return value


def _time_of_day(value: str) -> str:
    if value != "never" and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError("is not a time of day; write one such as 03:17, or never")
    return value


def _web_address(value: str) -> str:
    if value and not re.match(r"https?://[^/\s]+", value):
        raise ValueError("is not a web address; write one that begins with https://")
    return value.rstrip("/")


_NO_REDIS_ADDRESS = "is not a Redis address; write one such as redis://localhost:6379/0"


def _redis_address(value: SecretStr) -> SecretStr:
    if value.get_secret_value() and not re.match(r"(redis|rediss|unix)://", value.get_secret_value()):
        raise ValueError(_NO_REDIS_ADDRESS)
    try:
        parts = parse_url(value.get_secret_value() or "redis://")  # type: ignore[no-untyped-call]
        # As whoever looks the host up writes it; two dots side by side are none.
        str(parts.get("host", "")).encode("idna")
    except ValueError:
        # Its own words may show the password.
        raise ValueError(_NO_REDIS_ADDRESS) from None
    return value


def is_credential(text: str) -> bool:
    """Whether a header could carry it."""
    return re.fullmatch(r"[ -~]*", text) is not None


def _credential(value: SecretStr | str) -> SecretStr | str:
    if not is_credential(value if isinstance(value, str) else value.get_secret_value()):
        raise ValueError("has a character that no credential has, such as … or a letter with an accent; copy it again")
    return value


def _record_id(value: str) -> str:
    if value and not re.fullmatch(r"[0-9]+", value):
        raise ValueError("is not a record id, which has digits only; Zoho shows it at the end of the record's address")
    return value


def _login(value: SecretStr) -> SecretStr:
    if value.get_secret_value() and not re.fullmatch(r"[^:,]+:[^,]+", value.get_secret_value()):
        raise ValueError("is not a login; write it as user:password, without commas")
    return value


def _kinds(value: Any) -> Any:
    kinds = tuple(kind.lower() for kind in _parts(value))
    if unknown := [kind for kind in kinds if kind not in REDACTED_KINDS]:
        raise ValueError(f"has no kind named {unknown[0]}; the kinds are {', '.join(REDACTED_KINDS)}")
    return kinds


def _countries(value: Any) -> Any:
    countries = tuple(str(country).upper() for country in _parts(value))
    if unknown := [country for country in countries if country not in library().SUPPORTED_REGIONS]:
        raise ValueError(f"has no country {unknown[0]}; write codes of two letters, such as DE,AT")
    return countries


def _patterns(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    patterns = {}
    for part in value.split():
        name, equals, expression = part.partition("=")
        if not equals or not expression or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise ValueError(
                "has an expression without a name; write each as name=expression, the name in small letters"
            )
        if name in patterns or name in REDACTED_KINDS:
            raise ValueError(f"has the name {name} twice, or it is a kind of REDACT; write another")
        patterns[name] = _expression(name, expression)
    return patterns


def _expression(name: str, expression: str) -> str:
    # It takes 10 ms, and hardly anybody needs it.
    import re2  # noqa: PLC0415

    options = re2.Options()
    options.log_errors = False
    try:
        matches_nothing = re2.compile(expression, options).fullmatch("") is not None
    except re2.error as error:
        said = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
        raise ValueError(f"has an expression named {name} that RE2 does not understand: {said}") from None
    if matches_nothing:
        raise ValueError(f"has an expression named {name} that fits an empty text, and so every place")
    return expression


Bots = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_bots)]
AddressKinds = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_parts), AfterValidator(_address_kinds)]
Region = Annotated[str, AfterValidator(_region)]
Ignored = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_parts), AfterValidator(_ignored)]
DataCenter = Annotated[
    Literal["com", "eu", "in", "com.au", "jp", "ca", "sa", "uk", "com.cn"], BeforeValidator(_data_center)
]
FieldMap = Annotated[dict[str, str], NoDecode, BeforeValidator(_field_map)]
RedactedKinds = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_kinds)]
Countries = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_countries)]
Patterns = Annotated[dict[str, str], NoDecode, BeforeValidator(_patterns)]
Template = Annotated[str, AfterValidator(_template)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Since = Annotated[str, AfterValidator(_since)]
TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
RedisAddress = Annotated[SecretStr, AfterValidator(_redis_address)]
Secret = Annotated[SecretStr, AfterValidator(_credential)]
ClientId = Annotated[str, AfterValidator(_credential)]
RecordId = Annotated[str, AfterValidator(_record_id)]
Login = Annotated[SecretStr, AfterValidator(_login)]


def without_login(address: str) -> str:
    """An address fit to be shown."""
    return re.sub(r"((?:password|username)=)[^&]*", r"\1…", re.sub(r"//.*@", "//…@", address))
