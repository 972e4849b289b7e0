"""The documents say what the code says: settings, commands, events, keys, sentences, links."""

import ast
import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from functools import cache
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any, get_args, get_origin

import click
import pytest
from dotenv import dotenv_values

from cody2zoho import configuration, errors
from cody2zoho.cases import reading, values
from cody2zoho.cases.file import BotTable, RuleTable
from cody2zoho.cli import main
from cody2zoho.cli.setup import _TYPES
from cody2zoho.ledger.records import State
from cody2zoho.processes import supervisor
from cody2zoho.schedule import beat_entries
from cody2zoho.settings import DATA_CENTERS, Settings
from cody2zoho.settings.formats import FIELD_MAP, is_unset
from cody2zoho.simulators import control
from cody2zoho.simulators.cody import CodyKnobs
from cody2zoho.simulators.faults import Action, Fault
from cody2zoho.simulators.zoho import ZohoKnobs
from cody2zoho.telemetry.events import Event
from cody2zoho.watching import sentinel, watches
from cody2zoho.zoho.scopes import ASKED

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
SOURCES = sorted((ROOT / "cody2zoho").rglob("*.py"))


# -- reading ----------------------------------------------------------------------------------


@cache
def page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next of its rank or above."""
    found = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert found, f"there is no heading {heading}"
    rest = text[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def rows(text: str) -> list[list[str]]:
    """The cells of all tables, without their headings."""
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    lines = [line for table in tables for line in table.splitlines()[2:]]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def quoted(text: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", text)


def code_lines(text: str) -> Iterator[str]:
    """Lines of code blocks, fenced or indented, and what stands in backticks."""
    fenced = False
    for line in text.splitlines():
        fenced ^= line.lstrip().startswith("```")
        if fenced or line.startswith("    "):
            yield line.strip()
        else:
            yield from quoted(line)


def calls(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]


# -- settings ---------------------------------------------------------------------------------


@pytest.fixture
def defaults() -> dict[str, str]:
    """Every setting's first name, and its default as an operator would write it; empty where there is none."""
    return {origin.name: origin.value for origin in configuration.origins()}


def sentences() -> dict[str, str]:
    return {configuration.names(name)[0]: str(field.description) for name, field in Settings.model_fields.items()}


def other_names() -> dict[str, list[str]]:
    return {names[0]: names[1:] for names in map(configuration.names, Settings.model_fields)}


def example() -> tuple[str, dict[str, str]]:
    """`.env.example` with every default taken out of its comment, and the comment above each setting."""
    lines = [re.sub(r"^#(?=[A-Z_]+=)", "", line) for line in (ROOT / ".env.example").read_text().splitlines()]
    comments: dict[str, str] = {}
    above: list[str] = []
    for line in lines:
        if line.startswith("# "):
            above.append(line.removeprefix("# "))
            continue
        if "=" in line:
            comments[line.partition("=")[0]] = " ".join(above)
        above = []
    return "\n".join(lines), comments


def test_the_example_has_every_setting_with_its_sentence() -> None:
    spelt = {
        name: " ".join([sentence, *(f"Also understood as {other}." for other in other_names()[name])])
        for name, sentence in sentences().items()
    }

    assert example()[1] == spelt


def test_the_example_shows_every_default_and_a_placeholder_for_what_is_needed(defaults: dict[str, str]) -> None:
    shown = {
        name: str(value).replace("\n", "\\n") for name, value in dotenv_values(stream=StringIO(example()[0])).items()
    }
    needed = [configuration.names(name)[0] for name, field in Settings.model_fields.items() if field.is_required()]

    assert list(shown)[: len(needed)] == needed
    assert {
        name: "" if is_unset(name, value) and name in needed else value for name, value in shown.items()
    } == defaults


def test_nothing_but_what_is_needed_is_set_in_the_example() -> None:
    given = {name for name in dotenv_values(ROOT / ".env.example") if name}

    assert given == {
        configuration.names(name)[0] for name, field in Settings.model_fields.items() if field.is_required()
    }


def test_the_configuration_page_has_every_setting_with_its_sentence_and_default(defaults: dict[str, str]) -> None:
    shown = {quoted(cells[0])[0]: cells for cells in rows(page("configuration"))}

    assert {name: cells[2] for name, cells in shown.items()} == sentences()
    assert {name: quoted(cells[0])[1:] for name, cells in shown.items()} == other_names()
    written = {name: "" if cells[1] in ("needed", "empty") else cells[1].strip('`"') for name, cells in shown.items()}
    assert written == defaults


# -- the case file ----------------------------------------------------------------------------


def test_every_name_of_a_template_is_documented() -> None:
    assert [quoted(cells[0])[0] for cells in rows(section(page("cases"), "Names"))] == list(values.VALUES)


def test_every_key_of_the_case_file_is_documented() -> None:
    documented = {key for cells in rows(section(page("cases"), "Keys")) for key in quoted(cells[0])}

    assert documented == set(BotTable.model_fields)
    assert set(RuleTable.model_fields) <= set(quoted(section(page("cases"), "Keys")))


@pytest.mark.parametrize("commented", [True, False])
def test_the_example_of_the_case_file_can_be_read_and_has_every_key(tmp_path: Path, commented: bool) -> None:
    text = (ROOT / "docs" / "cody2zoho.toml.example").read_text()
    text = text if commented else re.sub(r"^#(?=\[|\w+ =)", "", text, flags=re.MULTILINE)
    (tmp_path / "cody2zoho.toml").write_text(text)
    written, lines = reading.read(tmp_path / "cody2zoho.toml", is_named=True)

    assert [rule.when for rule in written.rules] == ["unanswered", "failed", "flagged"]
    if not commented:
        said = {str(part) for place in lines for part in place}
        assert set(BotTable.model_fields) | set(RuleTable.model_fields) <= said


# -- the command line -------------------------------------------------------------------------


def commands() -> dict[str, click.Command]:
    context = click.Context(main)
    found = {name: main.get_command(context, name) for name in main.list_commands(context)}
    return {name: command for name, command in found.items() if command}


@pytest.mark.parametrize("name", commands())
def test_every_command_is_documented_with_every_option(name: str) -> None:
    text = page("simulators" if name == "simulate" else "commands")
    options = {option for parameter in commands()[name].params for option in parameter.opts if option.startswith("--")}
    documented = {word for cells in rows(section(text, f"`cody2zoho {name}`")) for word in quoted(cells[0])}

    assert documented == options


def test_every_task_is_documented() -> None:
    entries = {entry["task"] for entry in beat_entries(Settings.model_construct()).values()}
    documented = {cells[0].strip("`") for cells in rows(section(page("commands"), "Celery's own commands"))}

    assert entries | {
        "cody2zoho.backup",
        "cody2zoho.create_case",
        "cody2zoho.backfill_batch",
        "cody2zoho.send_alerts",
    } == {task for task in documented if task.startswith("cody2zoho.")}


def test_every_target_of_make_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        word
        for path in PAGES
        for line in code_lines(path.read_text())
        if line.startswith("make ")
        for word in line.partition("#")[0].split()[1:]
        if re.fullmatch(r"[a-z-]+", word)
    }

    assert named <= targets
    assert {"demo", "test", "bench"} <= named


# -- the log and Redis ------------------------------------------------------------------------


def events() -> dict[str, str]:
    """Every event, and its level, or levels; also those that only the log is told of."""
    found = {one.name: level_of(one) for one in Event.__subclasses__()}
    for call in (call for path in SOURCES for call in calls(path) if isinstance(call.func, ast.Attribute)):
        owner, _, level = ast.unparse(call.func).rpartition(".")
        if owner == "log" and call.args and level != "log" and isinstance(call.args[0], ast.Constant):
            found[str(call.args[0].value)] = level.upper().replace("EXCEPTION", "ERROR")
    return found


def level_of(event: type[Event]) -> str:
    worse = " or WARNING" if "level" in vars(event) else ""
    return logging.getLevelName(event.severity) + worse


def test_every_event_is_documented_with_its_fields() -> None:
    documented = {cells[0].strip("`"): quoted(cells[2]) for cells in rows(section(page("monitoring"), "The log"))}
    for one in Event.__subclasses__():
        told = {each.name for each in fields(one) if get_origin(each.type) is not Mapping}
        assert told <= set(documented[one.name]), one.name


def test_every_log_event_is_documented_with_its_level() -> None:
    documented = {cells[0].strip("`"): cells[1] for cells in rows(section(page("monitoring"), "The log"))}

    assert documented == events()


def test_every_alert_is_documented_with_its_level_threshold_sentence_and_remedy() -> None:
    table = [cells for cells in rows(section(page("alerts"), "Alerts")) if len(cells) == 5]
    documented = {quoted(cells[0])[0].partition(":")[0]: cells[1:] for cells in table}
    rules = [*watches.CHECKS, *sentinel.RULES]

    assert len(documented) == len(table)
    assert documented == {
        one.name: [
            " or ".join(level.lower() for level in one.levels),
            f"`{one.threshold}`" if one.threshold else "–",
            one.sentence,
            one.remedy,
        ]
        for one in rules
    }
    assert {quoted(cells[0])[0].partition(":")[0] for cells in table if "*" in cells[0]} == {
        check.name for check in watches.CHECKS if not check.is_quick
    }
    assert {one.threshold for one in rules} - {""} <= set(sentences())


def test_the_states_are_those_of_the_ledger() -> None:
    documented = [cells[0].strip("`") for cells in rows(section(page("architecture"), "The states of a conversation"))]

    assert documented == [state.value for state in State]


def redis_keys() -> dict[str, str]:
    """Keys and types, as the modules' own catalogues name them."""
    found = {}
    for path in SOURCES:
        _, _, catalogue = (ast.get_docstring(tree(path)) or "").partition("Keys, below the prefix:\n")
        for line in catalogue.splitlines():
            if entry := re.match(r" {4}(\S.*?)  +(hash|zset|string|str|list|set|stream) ", line):
                found[entry[1]] = {"str": "string"}.get(entry[2], entry[2])
    return found


def test_every_key_in_redis_is_documented_with_its_type() -> None:
    documented = {
        key: cells[1] for cells in rows(section(page("architecture"), "Redis keys")) for key in quoted(cells[0])
    }

    assert len(redis_keys()) > 10
    assert redis_keys().items() <= documented.items()


#: What passes on a sentence that is written, and found, elsewhere.
PASSED_ON = {
    "error",
    "str(error)",
    "[*wrong, *_wrong_in_file()]",
    "'\\n' + wrong",
    "reason",
    "sentence",
    "sentences",
    "outcome.words",
    "self._signal",
}

#: Functions whose texts are shown as they are.
VOICES = {
    "setup": ["_misnamed"],
    "configuration": ["_sentence"],
    "chosen": ["_missing", "_files_of_this_machine"],
    "azure_deploy": ["_lacks"],
    "reading": ["_in_words", "_clash"],
}

#: What is said of things that go as they should.
NO_TROUBLE = {
    "Now … …",
    "Now reading … …",
    "Now at line … …",
    "Stopped.",
    "Stopping; Ctrl-C once more kills.",
    "\nAll of it runs until Ctrl-C:\n",
}


class NotWrittenOut(Exception):
    """A text that nobody can read off the code."""


def worded(node: ast.AST, path: Path) -> list[str]:
    """The texts that an expression may be, with … for what is filled in. Raises NotWrittenOut where it is none."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr():
            return joined([filled_in(part, path) for part in node.values])
        case ast.BinOp():
            return joined([worded(node.left, path), worded(node.right, path)])
        case ast.IfExp():
            return worded(node.body, path) + worded(node.orelse, path)
        case ast.List():
            return [text for one in node.elts for text in worded(one, path)]
        case ast.ListComp():
            return worded(node.elt, path)
        case ast.Call(func=ast.Name(id=name)):
            return returned(name, path)
        case ast.Name() | ast.Subscript():
            return looked_up(node, path)
    raise NotWrittenOut(f"{path.name}, line {getattr(node, 'lineno', '?')}: {ast.unparse(node)}")


def joined(parts: list[list[str]]) -> list[str]:
    return ["".join(pieces) for pieces in product(*parts)]


def filled_in(part: ast.expr, path: Path) -> list[str]:
    """A piece of an f-string: its own words, those of a variable or a function of the same file, or …."""
    if isinstance(part, ast.Constant):
        return [str(part.value)]
    value = part.value if isinstance(part, ast.FormattedValue) else part
    return [text or "…" for text in one_of(value, path)]


def functions(name: str, path: Path) -> list[ast.FunctionDef]:
    return [one for one in ast.walk(tree(path)) if isinstance(one, ast.FunctionDef) and one.name == name]


def returned(name: str, path: Path) -> list[str]:
    """What a function of the same file may return or yield; … where that is no text."""
    ways = (ast.Return, ast.Yield)
    values = [one.value for each in functions(name, path) for one in ast.walk(each) if isinstance(one, ways)]
    if not values:
        raise NotWrittenOut(f"{path.name}: {name}")
    return [text for value in values if value for text in one_of(value, path)]


def one_of(value: ast.expr, path: Path) -> list[str]:
    try:
        return worded(value, path)
    except NotWrittenOut:
        return ["…"]


def looked_up(node: ast.Name | ast.Subscript, path: Path) -> list[str]:
    """The texts of a variable, or of a table that is looked up."""
    name = node.id if isinstance(node, ast.Name) else ast.unparse(node.value)
    values = assigned(name, innermost(node, path)) or assigned(name, tree(path))
    texts = [text for value in values for text in (value.values if isinstance(value, ast.Dict) else [value])]
    if not texts:
        raise NotWrittenOut(f"{path.name}, line {node.lineno}: {ast.unparse(node)}")
    return [text for one in texts for text in worded(one, path)]


def innermost(node: ast.expr, path: Path) -> ast.AST:
    """The function that an expression stands in."""
    around = [
        one
        for one in ast.walk(tree(path))
        if isinstance(one, ast.FunctionDef) and one.lineno <= node.lineno <= (one.end_lineno or 0)
    ]
    return max(around, key=lambda one: one.lineno, default=tree(path))


def assigned(name: str, where: ast.AST) -> list[ast.expr]:
    return [
        one.value for one in ast.walk(where) if isinstance(one, ast.Assign) and name in map(ast.unparse, one.targets)
    ]


def speeches(path: Path) -> Iterator[ast.expr]:
    """What the operator may be told: the texts of our errors, of wrong settings, of what the doctor finds wrong."""
    speakers = {"print", "click.UsageError", "Wanting.because"} | {
        name
        for module in (errors, supervisor)
        for name, one in vars(module).items()
        if isinstance(one, type) and issubclass(one, errors.Cody2ZohoError)
    }
    if path.stem in ("formats", "settings", "file", "files", "templates"):
        speakers.add("ValueError")
    for call in calls(path):
        name = ast.unparse(call.func)
        is_loud = name in ("click.echo", "click.secho") and any(word.arg == "err" for word in call.keywords)
        if (name in speakers or is_loud) and call.args:
            yield call.args[0]
        if name == "Misfit":
            yield call.args[0]
        if name == "Finding" and ast.unparse(call.args[1]) != "Level.OK":
            yield call.args[2]


def said(path: Path) -> Iterator[str]:
    for speech in speeches(path):
        if ast.unparse(speech) not in PASSED_ON:
            yield from worded(speech, path)
    for voice in VOICES.get(path.stem, []):
        yield from returned(voice, path)


def test_a_sentence_that_nobody_can_read_off_the_code_is_noticed(tmp_path: Path) -> None:
    for number, text in enumerate(["some.words", "words", "f'{x}'.strip()", "function(1)"]):
        file = tmp_path / f"{number}.py"
        file.write_text(f"raise Refused({text})")
        with pytest.raises(NotWrittenOut):
            list(said(file))


def test_every_sentence_of_the_program_is_in_troubleshooting() -> None:
    known = [cells[0] for cells in rows(page("troubleshooting"))]
    every = {sentence for path in SOURCES if "simulators" not in path.parts for sentence in said(path)}

    assert len(every) > 80
    assert {one for one in every if not re.search(r"\w", one)} == set()
    assert {one for one in every - NO_TROUBLE if not any(in_pieces(one, entry) for entry in known)} == set()


def in_pieces(sentence: str, entry: str) -> bool:
    """Whether an entry spells out what the code fills in."""
    pattern = ".+".join(re.escape(piece.strip()) for piece in sentence.split("…"))
    return re.fullmatch(f".*{pattern}.*", entry, re.DOTALL) is not None


# -- Zoho and the simulators ------------------------------------------------------------------


def test_the_scopes_are_those_that_are_needed() -> None:
    [scopes] = [line for line in code_lines(page("zoho-setup")) if line.startswith("ZohoCRM.")]

    assert scopes == ",".join(ASKED)
    assert set(re.findall(r"`(ZohoCRM\.[\w.]+)`", page("security"))) == set(ASKED)


def test_every_data_centre_is_documented_with_its_addresses() -> None:
    documented = {
        cells[0].strip("`"): (cells[1], cells[2]) for cells in rows(section(page("zoho-setup"), "2. The data centre"))
    }

    assert documented == DATA_CENTERS


def test_every_custom_field_is_documented_with_its_type() -> None:
    words = {"unique": "text of 100 characters, no duplicate values", "integer": "number", "double": "decimal"}
    documented = {
        cells[0].strip("`"): (cells[1].strip("`"), cells[2])
        for cells in rows(section(page("zoho-setup"), "The custom fields"))
    }

    assert documented == {name: (api_name, words[_TYPES.get(name, "integer")]) for name, api_name in FIELD_MAP.items()}


def test_every_control_endpoint_is_documented() -> None:
    known = set(re.findall(r"^(GET|POST|DELETE) +(/control/\w+)", control.__doc__ or "", re.MULTILINE))

    assert {(cells[0], cells[1].strip("`")) for cells in rows(section(page("simulators"), "Control"))} == known


def test_every_fault_is_documented() -> None:
    actions, parts = re.findall(r"(?:^\|.*\n)+", section(page("simulators"), "Faults"), re.MULTILINE)

    assert [name for cells in rows(actions) for name in quoted(cells[0])] == list(get_args(Action))
    assert {cells[0].strip("`") for cells in rows(parts)} == {field.name for field in fields(Fault)}


@pytest.mark.parametrize(("heading", "knobs"), [("Cody", CodyKnobs), ("Zoho", ZohoKnobs)])
def test_every_knob_is_documented_with_its_default(heading: str, knobs: Any) -> None:
    documented = {cells[0].strip("`"): cells[1] for cells in rows(section(page("simulators"), heading))}
    assert list(documented) == [field.name for field in fields(knobs)]

    for field in fields(knobs):
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        assert documented[field.name].strip("`") in spellings(default), field.name


def spellings(default: Any) -> set[str]:
    """How a knob's default may be written."""
    if default is None:
        return {"none", "the edition's"}
    if isinstance(default, float):
        return {f"{default:g}"}
    return {default if isinstance(default, str) else json.dumps(default)}


# -- pages ------------------------------------------------------------------------------------


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives to headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if re.match(r"\w+:", target):
            continue
        file, _, anchor = target.partition("#")
        linked = (path.parent / file).resolve() if file else path
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


def test_the_readme_is_short_enough_to_be_read() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_page_is_found_from_the_index_and_the_index_from_the_readme(path: Path) -> None:
    assert f"]({path.name})" in page("README") or f"](../{path.name})" in page("README") or path.name == "README.md"
    assert "](docs/README.md)" in (ROOT / "README.md").read_text()


def test_every_module_is_in_the_drawing_of_the_layers() -> None:
    [drawing] = re.findall(r"```layers\n(.*?)```", page("architecture"), re.DOTALL)
    drawn = {name for line in drawing.splitlines() for name in line.partition("│")[0].split()}
    there = {path.stem for path in SOURCES if path.parent.name == "cody2zoho"} | {
        path.parent.name for path in SOURCES if path.name == "__init__.py" and path.parent.parent.name == "cody2zoho"
    }

    assert drawn == there - {"__init__", "simulators"}
