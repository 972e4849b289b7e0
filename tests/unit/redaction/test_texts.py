"""What is found in what visitors write, and what is not: every miss and false alarm is counted in docs/privacy.md."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from cody2zoho.redaction import Redaction
from cody2zoho.settings.formats import REDACTED_KINDS

PAGE = Path(__file__).parents[3] / "docs" / "privacy.md"
_MARK = re.compile("⟦([a-z]+):([^⟧]*)⟧")
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})|\\n")

Finds = Counter[tuple[str, str]]


def texts() -> Iterator[tuple[str, Finds]]:
    """Each text, and the kind and words of what is to be found in it."""
    for line in Path(__file__).with_name("texts.txt").read_text().splitlines():
        if line and not line.startswith("## "):
            marked = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)) if escape[1] else "\n", line)
            yield _MARK.sub(r"\2", marked), Counter((kind, words) for kind, words in _MARK.findall(marked))


@pytest.fixture(scope="module")
def redaction() -> Redaction:
    return Redaction(REDACTED_KINDS, ["US", "GB", "DE", "FR"], {})


def finds(redaction: Redaction, text: str) -> Finds:
    return Counter((one.kind, text[slice(*one.span)]) for one in redaction.found(text))


def test_misses_and_false_alarms_are_those_that_the_page_admits(redaction: Redaction) -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    wrong = []
    for text, wanted in texts():
        found = finds(redaction, text)
        for what, some in (("there", wanted), ("missed", wanted - found), ("false", found - wanted)):
            for (kind, words), number in some.items():
                counts[kind][what] += number
                wrong += [f"{what}: {kind} {words!r} in {text!r}"] if what != "there" else []
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (\d+) \| (\d+) \|", PAGE.read_text(), re.MULTILINE)
    counted = {kind: tuple(counts[kind][what] for what in ("there", "missed", "false")) for kind in REDACTED_KINDS}
    assert {kind: tuple(map(int, numbers)) for kind, *numbers in rows} == counted, "\n".join(wrong)


def test_a_text_in_which_nothing_is_found_is_the_very_same(redaction: Redaction) -> None:
    text = "Where is my order 4711? 👍"
    assert redaction.text(text, Counter()) is text
