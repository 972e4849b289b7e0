"""What may stand in cody2zoho.toml, as types; unknown keys are refused.

`[case]` is for all bots and `[bots.<id>]` for one of them, with the same keys; each `[[rules]]` adds to the cases of
conversations that show a signal.
"""

import math
import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from cody2zoho.cases import templates, values
from cody2zoho.cases.signals import Signal
from cody2zoho.cases.templates import Jinja
from cody2zoho.settings import formats

#: Fields of Cases that have a key, or settings, of their own.
OWN_KEY = {
    "Subject": "subject",
    "Description": "description",
    "Status": "status",
    "Case_Origin": "origin",
    "Priority": "priority",
    "Owner": "owner",
    "Layout": "layout",
    "Tag": "tags",
    "Product_Name": "product",
    "Related_To": "ZOHO_CONTACT_ID or ZOHO_CONTACT_NAME",
}


def template(text: str, *, of_description: bool = False) -> Jinja:
    """A template that can be filled in, tried with the samples. Raises ValueError."""
    made = templates.compiled(text)
    if unknown := sorted(made.names - values.VALUES.keys()):
        raise ValueError(f"names {unknown[0]}, which is not known; the names are {', '.join(values.VALUES)}")
    if "transcript" in made.names and not of_description:
        raise ValueError("names the transcript, for which only a description has room")
    for talk in values.samples():
        try:
            tried = made.tried(values.of(made.names, talk))
        except Exception as error:  # noqa: BLE001 - a template may do whatever it likes
            raise ValueError(f"cannot be filled in: {type(error).__name__}, {error}") from None
        if len(tried) >= templates.LIMIT:
            raise ValueError(f"says more than {templates.LIMIT} characters around the transcript; shorten it")
    return made


def _template(value: str) -> str:
    template(value)
    return value


def _description(value: str) -> str:
    template(value, of_description=True)
    return value


def _says_something(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty; leave it out")
    return value


def _id(value: Any) -> Any:
    """TOML has whole numbers of that size, so both spellings are understood."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _record_id(value: str) -> str:
    if not re.fullmatch(r"\d{5,25}", value):
        raise ValueError("is no record id, which has digits only; the address of the record in Zoho ends with it")
    return value


def _list(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _api_name(name: str) -> str:
    if name in OWN_KEY:
        raise ValueError(f"is not for `fields`: write it as {OWN_KEY.get(name)}")
    if not re.fullmatch(r"[A-Za-z]\w*", name):
        raise ValueError("is no API name; Zoho shows it under Setup, Developer Hub, APIs, API names")
    return name


def _field_value(value: Any) -> Any:
    match value:
        case str():
            return _template(value) if templates.is_template(value) else value
        case bool() | int():
            return value
        case float() if math.isfinite(value):
            return value
        case datetime() if value.tzinfo is None:
            raise ValueError("has no time zone; write one such as 2026-11-20T14:00:00+01:00")
        case datetime() | date():
            return value.isoformat()
        case list() if all(isinstance(one, str) for one in value):
            return value
        case {"id": str() | int() as record_id, **rest} if not rest:
            return {"id": _record_id(_id(record_id))}
    raise ValueError('is no value of a field: a text, a number, true or false, a date, ["a", "b"] or { id = "…" }')


Line = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_says_something)]
RecordId = Annotated[str, BeforeValidator(_id), AfterValidator(_record_id)]
Tags = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=25)], ...], BeforeValidator(_list)]
Lines = Annotated[tuple[Line, ...], BeforeValidator(_list)]
Fields = dict[Annotated[str, AfterValidator(_api_name)], Annotated[Any, AfterValidator(_field_value)]]


class _Table(BaseModel):
    # Built when there is a file: without one it would take a megabyte of every process.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class CaseTable(_Table):
    """What cases look like; a key that is left out is the next table's, and in the end the setting's."""

    subject: Annotated[str, Field(max_length=2_000), AfterValidator(_template)] | None = None
    description: Annotated[str, Field(max_length=20_000), AfterValidator(_description)] | None = None
    status: Line | None = None
    origin: Line | None = None
    priority: Line | None = None
    owner: RecordId | None = None
    layout: RecordId | None = None
    product: RecordId | None = None
    assignment_rule: RecordId | None = None
    workflows: bool | None = None
    tags: Tags | None = None
    fields: Fields = {}
    sources: bool | None = None
    markdown: Literal["plain", "keep"] | None = None
    time_zone: formats.TimeZone | None = None
    unanswered_phrases: Lines | None = None


class BotTable(CaseTable):
    name: Line | None = None


class RuleTable(_Table):
    """What is added to the cases of conversations that show a signal."""

    when: Annotated[Signal, BeforeValidator(lambda value: Signal(value) if value in list(Signal) else value)]
    bots: Lines | None = None
    status: Line | None = None
    priority: Line | None = None
    tags: Tags = ()
    fields: Fields = {}


class CaseFile(_Table):
    case: CaseTable = Field(default_factory=CaseTable.model_construct)
    bots: dict[str, BotTable] = {}
    rules: Annotated[tuple[RuleTable, ...], BeforeValidator(_list)] = ()
