"""What the pages say of the proof."""

import re
from pathlib import Path

from cody2zoho.prove.guards import GUARDS
from cody2zoho.prove.invariants import RULES
from cody2zoho.prove.nemesis import FAULTS

DOCS = Path(__file__).parents[3] / "docs"


def rows() -> dict[str, str]:
    """First and second cell of the tables under the heading."""
    section = (DOCS / "reliability.md").read_text().partition("## Prove it yourself")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| (.+?) \| (.+?) \|$", section, re.MULTILINE))


def test_every_fault_is_explained_as_the_command_does() -> None:
    shown = {name.strip("`"): words for name, words in rows().items() if name.startswith("`")}
    assert shown == {name: fault.words for name, fault in FAULTS.items()}


def test_every_promise_says_when_it_is_kept() -> None:
    assert set(rows()) - {"fault", "promise"} - {f"`{name}`" for name in FAULTS} == set(RULES)


def test_every_guard_that_can_be_switched_off_is_named() -> None:
    text = (DOCS / "commands.md").read_text()
    assert all(f"`{guard}`" in text for guard in GUARDS)
