"""Whether what cody2zoho.toml writes into fields is what Zoho's fields take.

Owners, layouts, products and assignment rules are not looked up: that would need scopes that nothing else needs.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from cody2zoho import cases
from cody2zoho.cases import reading, values
from cody2zoho.cases.file import CaseTable, RuleTable, template
from cody2zoho.cases.form import PLAIN_KEYS, RECORD_KEYS, Forms
from cody2zoho.cases.lines import Place
from cody2zoho.cases.templates import is_template
from cody2zoho.checks.finding import Finding, Level
from cody2zoho.settings import Settings
from cody2zoho.text.transcript import length
from cody2zoho.zoho.fields import Field

_ABOUT = "Case file"


@dataclass(frozen=True)
class Misfit:
    """Why a field does not take a value, and what to write instead."""

    words: str
    mend: str


def findings(forms: Forms, fields: dict[str, Field], settings: Settings) -> Iterator[Finding]:
    if forms.path is None:
        # In a container a file that says nothing is mounted where nobody names another.
        is_there = Path(settings.cases_file).exists()
        words = f"{settings.cases_file} says nothing" if is_there else f"there is no {settings.cases_file}"
        yield Finding(_ABOUT, Level.OK, f"{words}; the settings count for all bots")
        return
    yield from _layouts(forms, settings.zoho_field_map["conversation_id"])
    found = [*_misfits(forms, fields), *_strangers(forms, settings)]
    yield from found
    if not found:
        count = len(forms.written.bots)
        yield Finding(
            _ABOUT, Level.OK, f"{forms.path} fits Zoho; tables for {count} bots, {len(forms.common.rules)} rules"
        )


def _misfits(forms: Forms, fields: dict[str, Field]) -> Iterator[Finding]:
    for place, table in reading.tables(forms.written):
        for key, api_name, value in _written(table):
            where = f"{forms.path}, line {forms.line(*place, *key)}: {api_name}"
            field = fields.get(api_name)
            if field is None:
                words = f"{where} is no field that Cases show"
                mend = (
                    "write the API name as Zoho shows it under Setup, Developer Hub, APIs; or show the user the field"
                )
                yield Finding(_ABOUT, Level.FAILED, words, mend)
            elif wrong := _wrong(field, value):
                yield Finding(_ABOUT, Level.FAILED, f"{where} {wrong.words}", wrong.mend)


def _layouts(forms: Forms, key: str) -> Iterator[Finding]:
    """Zoho leaves out of a case what its layout lacks, without a word, and tells of fields as if layouts were alike."""
    for place, table in reading.tables(forms.written):
        if isinstance(table, CaseTable) and table.layout is not None:
            line = forms.line(*place, "layout")
            words = f"{forms.path}, line {line}: whether layout {table.layout} has the field {key} Zoho does not tell"
            mend = f"see to it there, and that it has the other fields: without {key} nothing refuses a second case"
            yield Finding(_ABOUT, Level.WARNING, words, mend)


def _strangers(forms: Forms, settings: Settings) -> Iterator[Finding]:
    """Tables that count for no bot."""
    if None in settings.bots:
        return
    for line, bot_id in _bots(forms):
        if bot_id not in settings.bots:
            words = f"{forms.path}, line {line}: CODY_BOT_ID does not name the bot {bot_id}"
            yield Finding(_ABOUT, Level.WARNING, words, "correct the id here, or add it there")


def unknown_bots(forms: Forms, bots: Collection[str]) -> Iterator[Finding]:
    """Tables for bots that Cody does not have; `bots` are all of its own."""
    for line, bot_id in _bots(forms):
        if bot_id not in bots:
            words = f"{forms.path}, line {line}: Cody has no bot {bot_id}"
            yield Finding(_ABOUT, Level.WARNING, words, "correct the id here")


def _bots(forms: Forms) -> Iterator[tuple[int, str]]:
    """The bots that tables and rules name, each with its line."""
    places: list[tuple[Place, str]] = [(("bots", bot_id), bot_id) for bot_id in forms.written.bots]
    for number, rule in enumerate(forms.written.rules):
        places += [(("rules", number, "bots"), bot_id) for bot_id in rule.bots or ()]
    return ((forms.line(*place), bot_id) for place, bot_id in places)


def _written(table: CaseTable | RuleTable) -> Iterator[tuple[Place, str, Any]]:
    """The values that go into fields, each with its key and its field."""
    for key, api_name in PLAIN_KEYS.items():
        if (value := getattr(table, key, None)) is not None:
            yield (key,), api_name, value
    for key, api_name in RECORD_KEYS.items():
        # A layout is no field.
        if key != "layout" and (value := getattr(table, key, None)) is not None:
            yield (key,), api_name, {"id": value}
    for api_name, value in table.fields.items():
        yield ("fields", api_name), api_name, value


def _wrong(field: Field, value: Any) -> Misfit | None:
    """What is wrong with a value; of a template, with what it says of the samples."""
    if not (isinstance(value, str) and is_template(value)):
        return misfit(field, value)
    made, talks = template(value), values.samples()
    if field.data_type == "picklist":
        # What it says of a real conversation may be in the list.
        return None
    return next((wrong for talk in talks if (wrong := misfit(field, cases.value(made, talk)))), None)


def misfit(field: Field, value: Any) -> Misfit | None:
    """Why Zoho would not take this value; None where it does, as far as it shows."""
    if field.read_only:
        return Misfit("cannot be written: Zoho fills it", "leave it out")
    if not _is_of_kind(field.data_type, value):
        return _WANTED[field.data_type]
    chosen = value if isinstance(value, list) else [value]
    if field.values and (strange := [one for one in chosen if one not in field.values]):
        mend = f"write one of these: {', '.join(field.values)}; or add the value in Zoho"
        return Misfit(f'has no "{strange[0]}" in its pick list', mend)
    if isinstance(value, str) and field.length and length(value) > field.length:
        return Misfit(f"takes only {field.length} characters", f"write less, or {{{{ … | shorten({field.length}) }}}}")
    return None


_TEXT = Misfit("takes a text", "write it in quotes")
_NUMBER = Misfit("takes a number", "write one without quotes; in a template a name alone, as {{ average_length }}")
_RECORD = Misfit("takes a record", 'write it as { id = "…" }')

#: What is wrong with a value that is not of a field's data type.
_WANTED = {
    **dict.fromkeys(("text", "textarea", "email", "phone", "website", "picklist"), _TEXT),
    **dict.fromkeys(("double", "currency", "percent"), _NUMBER),
    **dict.fromkeys(("lookup", "ownerlookup", "userlookup"), _RECORD),
    "integer": Misfit(
        "takes a whole number", "write one without quotes; in a template a name alone, as {{ messages }}"
    ),
    "boolean": Misfit("takes true or false", "write it without quotes; in a template a name alone, as {{ failed }}"),
    "date": Misfit("takes a date", "write it as 2026-11-20 or {{ started_at.date }}"),
    "datetime": Misfit("takes a time", "write it as 2026-11-20T14:00:00+01:00 or {{ started_at.iso }}"),
    "multiselectpicklist": Misfit("takes a list", 'write it as ["a", "b"]'),
}


def _is_of_kind(data_type: str, value: Any) -> bool:
    """Whether Zoho takes such a value; what it takes for a type we do not know is its own affair."""
    wanted = _WANTED.get(data_type)
    if wanted is _TEXT:
        return isinstance(value, str)
    if wanted is _NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if wanted is _RECORD:
        return isinstance(value, dict)
    match data_type:
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "multiselectpicklist":
            return isinstance(value, list)
        case "date" | "datetime":
            return _is_moment(data_type, value)
    return True


def _is_moment(data_type: str, value: Any) -> bool:
    try:
        moment = date.fromisoformat(str(value)) if data_type == "date" else datetime.fromisoformat(str(value))
    except ValueError:
        return False
    return not isinstance(moment, datetime) or moment.tzinfo is not None
