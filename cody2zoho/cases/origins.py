"""Where the value of each field of a case comes from: a rule, a line of cody2zoho.toml, or a setting."""

from collections.abc import Collection, Iterator

from cody2zoho.cases.file import CaseTable, RuleTable
from cody2zoho.cases.form import PLAIN_KEYS, RECORD_KEYS, Forms
from cody2zoho.settings import Settings

_BY_SETTING = {
    "Subject": "CASE_SUBJECT_PREFIX",
    "Description": "CASE_DESCRIPTION_TEMPLATE",
    "Status": "ZOHO_CASE_STATUS",
    "Case_Origin": "ZOHO_CASE_ORIGIN",
}

#: Key of a table to what it fills in the request.
_KEYS = {
    "subject": "Subject",
    "description": "Description",
    "tags": "Tag",
    **PLAIN_KEYS,
    **RECORD_KEYS,
    "workflows": "trigger",
    "assignment_rule": "lar_id",
}


def origins(forms: Forms, settings: Settings, bot_id: str, applying: Collection[int]) -> dict[str, str]:
    """API name to whoever says its value; `applying` are the places of the rules that hold."""
    found = _BY_SETTING | dict.fromkeys(settings.zoho_field_map.values(), "ZOHO_FIELD_MAP")
    if forms.path is None:
        return found
    tables = [(("case",), forms.written.case), (("bots", bot_id), forms.written.bots.get(bot_id))]
    for place, table in tables:
        for key, name in _filled(table) if table else ():
            found[name] = f"{forms.path.name}, line {forms.line(*place, *key)}"
    for number in sorted(applying):
        rule = forms.written.rules[number]
        for key, name in _filled(rule):
            said = f"rule {number + 1} ({rule.when}), line {forms.line('rules', number, *key)}"
            found[name] = f"{found[name]}; {said}" if name == "Tag" and "Tag" in found else said
    return found


def _filled(table: CaseTable | RuleTable) -> Iterator[tuple[tuple[str, ...], str]]:
    """The keys that a table fills, each with its field."""
    for key, name in _KEYS.items():
        if getattr(table, key, None) not in (None, ()):
            yield (key,), name
    for name in table.fields:
        yield ("fields", name), name
