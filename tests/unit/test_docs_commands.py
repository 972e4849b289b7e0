"""What the documents tell people to type can be typed: commands parse, files are there, services exist."""

import io
import re
import shlex
import sys
from collections.abc import Iterator
from itertools import pairwise, takewhile
from pathlib import Path

import click
import pytest
import yaml

from cody2zoho import configuration
from cody2zoho.cli import main
from cody2zoho.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
TYPED = [path for path in PAGES if path.name != "CHANGELOG.md"]

every_page = pytest.mark.parametrize("path", TYPED, ids=lambda path: path.name)

COMPOSE_FILES = [ROOT / "docker-compose.yml", *ROOT.glob("docker/*/docker-compose.yml")]
SERVICES = {name for path in COMPOSE_FILES for name in yaml.safe_load(path.read_text())["services"]}


def text_of(path: Path) -> str:
    """A page; of the one about the earlier product without the names that things had there."""
    text = path.read_text()
    return (
        re.sub(r"^\|(?:[^|\n]|\\\|)*\|", "|", text, flags=re.MULTILINE) if path.stem == "coming-from-earlier" else text
    )


def code_lines(text: str) -> Iterator[str]:
    """Lines of code blocks, fenced or indented, and what stands in backticks; without what is said of them there."""
    fenced = False
    for line in text.splitlines():
        fenced ^= line.lstrip().startswith("```")
        if fenced or line.startswith("    "):
            yield re.sub(r"\s+#\s.*$", "", line).strip()
        else:
            yield from (part.replace(r"\|", "|") for part in re.findall(r"`([^`]+)`", line))


def typed(path: Path) -> Iterator[list[str]]:
    """The words of each `cody2zoho …`, also behind another program that runs it; up to a pipe or a sentence's dots."""
    for line in code_lines(text_of(path)):
        found = re.match(r"(?:.*[\s/])?cody2zoho ([a-z].*)$", line)
        if not found or re.match(r"(?:.*\s)?(-A|pip|git|cd) |(.*[(\"])", line[: found.start(1)]):
            continue
        # What an option wants, where a page leaves it open.
        command = re.split(r" (?:[|>;&…]|\.\.\.)", re.sub(r"(--[\w-]+) …", r"\1 1", f"{found[1]} "))[0]
        yield shlex.split(command)


def parse(words: list[str]) -> None:
    """As the command line does, without doing it. Raises click.UsageError."""
    command: click.Command | None = main
    context = click.Context(main, info_name="cody2zoho")
    while isinstance(command, click.Group) and words:
        name, words = words[0], words[1:]
        context = click.Context(command, parent=context, info_name=name)
        command = command.get_command(context, name)
        if command is None:
            raise click.UsageError(f"there is no command {name}")
    if command and words:
        command.make_context(context.info_name, words, parent=context)


@every_page
def test_every_command_that_a_page_shows_can_be_typed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Pages leave out what is the same each time, and what a pipe brings.
    monkeypatch.setenv("AZURE_RESOURCE_GROUP", "support")
    wrong = {}
    for words in typed(path):
        monkeypatch.setattr(sys, "stdin", io.StringIO("https://a.blob.core.windows.net/c?sv=1&sig=2"))
        try:
            parse(words)
        except click.UsageError as error:
            wrong[shlex.join(words)] = error.format_message()
    assert wrong == {}


def test_a_command_that_is_not_there_is_noticed() -> None:
    parse(["retry", "--all"])
    for words in (["restart"], ["status", "--nonsense"], ["monitor", "--interval", "often"], ["alerts", "none"]):
        with pytest.raises(click.UsageError):
            parse(words)


def test_commands_are_found_in_blocks_and_between_backticks_and_behind_other_programs() -> None:
    found = {shlex.join(words) for path in TYPED for words in typed(path)}
    assert {"doctor", "setup", "config"} <= found
    assert len(found) > 40


@every_page
def test_every_file_that_a_page_names_is_there(path: Path) -> None:
    named = {
        word.rstrip("/.,:")
        for line in code_lines(text_of(path))
        for word in re.findall(r"(?<![\w/.$-])(?:docker|docs|tests|cody2zoho|\.ci)/[\w./-]*[\w/]", line)
    }
    made = {f"docker/secrets/{name}" for name in ("cody_api_key",)}
    assert {name for name in named - made if not (ROOT / name).exists()} == set()


def composed(path: Path) -> Iterator[list[str]]:
    """The words of each `docker compose …` that is written out."""
    for line in code_lines(text_of(path)):
        if line.startswith("docker compose ") and not line.startswith("docker compose …"):
            yield re.split(r" (?:[|>&…]|\.\.\.)", f"{line} ")[0].split()[2:]


@every_page
def test_every_file_of_a_compose_command_is_there(path: Path) -> None:
    for words in composed(path):
        # Behind its verb, -f is another option.
        options = takewhile(lambda pair: pair[1].startswith("-") or pair[0] == "-f", pairwise(["compose", *words]))
        files = [after for word, after in options if word == "-f"]
        assert [file for file in files if not (ROOT / file).is_file()] == []


@every_page
def test_every_service_of_a_compose_command_is_there(path: Path) -> None:
    for words in composed(path):
        verb = next((one for one in words if one in ("exec", "run", "restart", "logs", "stop", "up")), "")
        rest = words[words.index(verb) + 1 :] if verb else []
        named = [word for word in rest if re.fullmatch(r"[a-z][\w-]*", word)]
        # What a service runs is no service.
        named = named[:1] if verb in ("exec", "run") else named
        assert [name for name in named if name not in SERVICES] == [], words


def test_every_setting_that_is_said_to_be_understood_still_is() -> None:
    text = (ROOT / "docs" / "coming-from-earlier.md").read_text()
    [said] = re.findall(r"^Understood by the same name: (.*?)\.\n\n", text, re.MULTILINE | re.DOTALL)
    known = {name for field in Settings.model_fields for name in configuration.names(field)}
    assert len(said.split()) > 25
    assert set(said.replace("`", "").split()) <= known
