"""Every command below `cody2zoho backup` is documented with every option, and the format is the one that is written."""

import re
from pathlib import Path

import pytest

from cody2zoho.backup.container import FORMAT, Header
from cody2zoho.cli.backup import backup

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("name", backup.commands)
def test_every_command_is_documented_with_every_option(name: str) -> None:
    _, heading, rest = (DOCS / "commands.md").read_text().partition(f"## `cody2zoho backup {name}`\n")
    assert heading
    first_cells = re.findall(r"^\| (`--.*?) \|", rest.partition("\n## ")[0], re.MULTILINE)
    documented = {option for cell in first_cells for option in re.findall(r"`(--[\w-]+)`", cell)}
    there = (
        option for parameter in backup.commands[name].params for option in parameter.opts + parameter.secondary_opts
    )
    assert documented == {option for option in there if option.startswith("--")}


def test_the_format_is_documented_with_every_field_of_the_header() -> None:
    text = (DOCS / "backup.md").read_text().partition("## The format")[2]
    assert f"Version {FORMAT}." in text
    assert {f"`{name}`" for name in Header.__dataclass_fields__} <= set(re.findall(r"`\w+`", text))
