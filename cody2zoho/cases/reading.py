"""From cody2zoho.toml to forms, or to one sentence for each thing that is wrong in it, with its line."""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cody2zoho.cases.file import BotTable, CaseFile, CaseTable, RuleTable
from cody2zoho.cases.form import Forms, forms
from cody2zoho.cases.lines import Place, places
from cody2zoho.errors import ConfigurationError
from cody2zoho.settings import Settings

#: What pydantic minds, in words for whoever wrote the file.
_WORDS = {
    "string_type": "must be a text, in quotes",
    "bool_type": "must be true or false, without quotes",
    "tuple_type": 'must be a list, such as ["a", "b"]',
    "dict_type": "must be a table, such as { Field = 1 }",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "missing": "is needed",
    "is_instance_of": 'must be "failed", "flagged" or "unanswered"',
    "string_too_short": "is empty; leave it out",
}


def load(settings: Settings) -> Forms:
    """The forms of all bots. Raises ConfigurationError with all that is wrong."""
    path = Path(settings.cases_file)
    written, lines = read(path, is_named="cases_file" in settings.model_fields_set)
    made = replace(forms(settings, written, path if lines else None), lines=lines)
    if clashes := list(_clashes(written, settings)):
        raise ConfigurationError([f"{path}, line {made.line(*place)}: {words}" for place, words in clashes])
    return made


def read(path: Path, *, is_named: bool) -> tuple[CaseFile, dict[Place, int]]:
    """What the file says, and the lines where. One that nobody named need not be there. Raises ConfigurationError."""
    text = _text(path, is_named=is_named)
    if text is None:
        return CaseFile.model_construct(), {}
    try:
        written = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([f"{path} is not TOML: {error}"]) from None
    lines = places(text)
    try:
        return CaseFile.model_validate(written), lines
    except ValidationError as error:
        wrong = sorted((_line(item, lines), _named(_place(item)), _problem(item)) for item in error.errors())
        raise ConfigurationError([f"{path}, line {line}: {key} {problem}" for line, key, problem in wrong]) from None


def _text(path: Path, *, is_named: bool) -> str | None:
    """None where there is none, and none is needed."""
    try:
        # Editors on Windows begin a file with a mark.
        return path.read_text("utf-8-sig")
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not is_named:
            return None
        reason = error.strerror or type(error).__name__
    except UnicodeDecodeError:
        reason = "it is not UTF-8"
    raise ConfigurationError([f"CASES_FILE {path} cannot be read: {reason}"])


def _line(item: Any, lines: dict[Place, int]) -> int:
    place = _place(item)
    return next((lines[place[:end]] for end in range(len(place), 0, -1) if place[:end] in lines), 1)


def _place(item: Any) -> Place:
    return tuple(part for part in item["loc"] if part != "[key]")


def _named(place: Place) -> str:
    """A key in the words of the file."""
    match place:
        case ("case", *key):
            table = "[case]"
        case ("bots", bot, *key):
            table = f"[bots.{bot}]"
        case ("rules", int(number), *key):
            table = f"[[rules]] number {number + 1}"
        case _:
            return ".".join(map(str, place))
    return f"{'.'.join(map(str, key))} in {table}" if key else table


def _problem(item: Any) -> str:
    if item["type"] == "value_error":
        return str(item["msg"]).removeprefix("Value error, ")
    return _in_words(item)


def _in_words(item: Any) -> str:
    if _place(item) == ("rules",):
        return "must be headings with double brackets, [[rules]], one for each rule"
    if item["type"] == "extra_forbidden":
        return f"is not known; {_meant(_place(item))}"
    if item["type"] == "string_too_long":
        return f"is longer than {item['ctx']['max_length']} characters"
    if item["type"] == "literal_error":
        return f"must be {item['ctx']['expected']}"
    if item["type"] in _WORDS:
        return _WORDS[item["type"]]
    return f"is wrong: {item['msg']}"


def _meant(place: Place) -> str:
    match place:
        case ("case", _):
            known = list(CaseTable.model_fields)
        case ("bots", _, _):
            known = list(BotTable.model_fields)
        case ("rules", _, _):
            known = list(RuleTable.model_fields)
        case _:
            known = list(CaseFile.model_fields)
    close = get_close_matches(str(place[-1]), known, 1)
    return f"write {close[0]}" if close else f"known are {', '.join(known)}"


def _clashes(written: CaseFile, settings: Settings) -> Iterator[tuple[Place, str]]:
    """Fields that are filled twice."""
    figures = {api_name: name for name, api_name in settings.zoho_field_map.items()}
    for place, table in tables(written):
        for name in table.fields:
            if name in figures:
                yield (*place, "fields", name), _clash(name, figures.get(name))


def _clash(name: str, figure: str | None) -> str:
    return f"{name} gets {figure} by ZOHO_FIELD_MAP; leave it out of one"


def tables(written: CaseFile) -> Iterator[tuple[Place, CaseTable | RuleTable]]:
    yield ("case",), written.case
    for bot_id, table in written.bots.items():
        yield ("bots", bot_id), table
    for number, rule in enumerate(written.rules):
        yield ("rules", number), rule
