"""The documents have every command for Redis in Azure with every option, and every trouble of its health."""

import re
from pathlib import Path

import click
import pytest

from cody2zoho.cli.azure_redis import redis

DOCS = Path(__file__).parents[3] / "docs"

#: Of every command that asks Azure about an instance.
WHICH = {"--name", "--resource-group", "--subscription"}


def options_in(text: str) -> set[str]:
    return set(re.findall(r"^\| `(--[a-z-]+)` \|", text, re.MULTILINE))


@pytest.mark.parametrize("name", redis.commands)
def test_every_command_is_documented_with_every_option(name: str) -> None:
    page = (DOCS / "commands.md").read_text()
    _, _, part = page.partition(f"\n### `cody2zoho azure redis {name}`\n")
    options = {option for each in redis.commands[name].params for option in each.opts if option.startswith("--")}

    assert part
    assert options_in(re.split(r"^#", part, maxsplit=1, flags=re.MULTILINE)[0]) == options - WHICH
    assert options >= WHICH or name in ("start", "stop")


def test_the_options_that_say_which_instance_are_documented_once() -> None:
    page = (DOCS / "commands.md").read_text()
    _, _, part = page.partition("\n## `cody2zoho azure redis`\n")

    assert options_in(part.partition("\n### ")[0]) == WHICH


def test_every_command_that_the_page_shows_exists_with_its_options() -> None:
    page = (DOCS / "azure-redis.md").read_text()
    shown = re.findall(r"cody2zoho azure redis ([a-z-]+)((?: --?[a-z-]*(?: [A-Za-z0-9]+)?)*)", page)

    assert len(shown) > 20
    for name, words in shown:
        command = redis.commands[name]
        options = {option for each in command.params if isinstance(each, click.Option) for option in each.opts}
        assert set(re.findall(r"--[a-z-]+", words)) <= options, name
