"""What no log may hold: secrets, tokens, and what customers said."""

from collections.abc import Collection, Iterator
from pathlib import Path

#: Shorter lines of a customer may be anybody's words.
_SHORTEST_WORDS = 24


def leaks(logs: Path, secrets: Collection[str], words: Collection[str]) -> list[str]:
    """Where something was given away; a sentence that gives away no more."""
    said = [line for line in words if len(line) >= _SHORTEST_WORDS]
    return [leak for log in sorted(logs.glob("*.log*")) for leak in _in_log(log, secrets, said)]


def _in_log(log: Path, secrets: Collection[str], words: Collection[str]) -> Iterator[str]:
    text = log.read_text(errors="replace")
    for what, needles in (("a secret", secrets), ("a customer's words", words)):
        for needle in needles:
            if needle in text:
                yield f"{log.name}, line {text[: text.index(needle)].count(chr(10)) + 1}, holds {what}"
