"""What each bot's cases get, key by key, and who says so: for `cody2zoho config`."""

from collections.abc import Iterator
from typing import Any

from cody2zoho.cases.file import BotTable, CaseTable, RuleTable
from cody2zoho.cases.form import Forms
from cody2zoho.cases.lines import Place
from cody2zoho.settings import Settings

#: Name, value and source, as `cody2zoho config` shows them.
Row = tuple[str, str, str]

_BY_SETTING = {
    "subject": "case_subject_prefix",
    "description": "case_description_template",
    "status": "zoho_case_status",
    "origin": "zoho_case_origin",
    "markdown": "case_markdown",
    "time_zone": "time_zone",
}


def rows(forms: Forms, settings: Settings) -> Iterator[Row]:
    """Nothing where there is no file: then the settings say it all."""
    if forms.path is None:
        return
    common: tuple[Place, CaseTable] = ("case",), forms.written.case
    yield from _table_rows("case", [common], forms, settings)
    for bot_id, table in forms.written.bots.items():
        yield from _table_rows(f"bots.{bot_id}", [(("bots", bot_id), table), common], forms, settings)
    for number, rule in enumerate(forms.written.rules):
        yield f"rules.{number + 1}", _in_words(rule), _source(forms, "rules", number)


def _table_rows(name: str, tables: list[tuple[Place, CaseTable]], forms: Forms, settings: Settings) -> Iterator[Row]:
    """Every key that some table or setting fills; the first table that has it wins, field by field. Phrases add up."""
    seen = set[str]()
    for place, table in tables:
        for key, value in _said(table):
            if key not in seen or key == "unanswered_phrases":
                yield f"{name}.{key}", _plain(value), _source(forms, *place, *key.split(".", 1))
            seen.add(key)
    for key, setting in _BY_SETTING.items():
        if key not in seen:
            yield f"{name}.{key}", _plain(getattr(settings, setting)), setting.upper()


def _said(table: CaseTable) -> Iterator[tuple[str, Any]]:
    for key in BotTable.model_fields:
        value = getattr(table, key, None)
        if key == "fields":
            yield from ((f"fields.{name}", one) for name, one in table.fields.items())
        elif value is not None:
            yield key, value


def _in_words(rule: RuleTable) -> str:
    said = {**{key: getattr(rule, key) for key in ("bots", "status", "priority", "tags")}, **rule.fields}
    adds = (f"{key} = {_plain(value)}" for key, value in said.items() if value not in (None, ()))
    return ", ".join([f"when {rule.when}", *adds])


def _plain(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case tuple() | list():
            return ", ".join(value)
        case dict():
            return str(value["id"])
    return str(value).replace("\n", "\\n")


def _source(forms: Forms, *place: str | int) -> str:
    return f"{forms.path}, line {forms.line(*place)}"
