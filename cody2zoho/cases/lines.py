"""Where in a TOML text each key stands; Python's own reader does not tell.

The text is known to be good TOML. Tables, keys and what goes on over several lines are told apart, and no more.
"""

import re
from collections import Counter
from collections.abc import Iterator

Place = tuple[str | int, ...]

_PART = r"""[\w-]+|"[^"]*"|'[^']*'"""
_KEY = rf"(?:{_PART})(?:\s*\.\s*(?:{_PART}))*"
_HEADING = re.compile(rf"\s*(\[\[?)\s*({_KEY})\s*\]")
_ENTRY = re.compile(rf"\s*({_KEY})\s*=\s*(.*)")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|#.*')


def places(text: str) -> dict[Place, int]:
    """Place of each table and key, such as ("bots", "support", "status") or ("rules", 0, "when"), to its line."""
    found: dict[Place, int] = {}
    table: Place = ()
    count: Counter[Place] = Counter()
    for number, line in _statements(text):
        if heading := _HEADING.match(line):
            table = _parts(heading[2])
            if heading[1] == "[[":
                count[table] += 1
            of = next((table[:end] for end in range(len(table), 0, -1) if table[:end] in count), ())
            if of:
                # A list of tables, or a table in its last one.
                table = (*of, count[of] - 1, *table[len(of) :])
            found.setdefault(table, number)
        elif entry := _ENTRY.match(line):
            found.setdefault((*table, *_parts(entry[1])), number)
    return found


def _parts(key: str) -> Place:
    return tuple(part.strip("\"'") for part in re.findall(_PART, key))


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Lines at which something begins, with their numbers: not those within a text or a list."""
    quote, depth = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if not quote and not depth:
            yield number, line
        quote, rest = _after_texts(line, quote)
        if not _HEADING.match(line) or depth:
            depth = max(0, depth + rest.count("[") + rest.count("{") - rest.count("]") - rest.count("}"))


def _after_texts(line: str, quote: str) -> tuple[str, str]:
    """The quotation marks of a text that goes on after the line, and what of the line stands in no text."""
    outside = ""
    while line:
        if quote:
            _, closed, line = line.partition(quote)
            quote = "" if closed else quote
            continue
        opened = re.search(r'"""|\'\'\'', _blanked(line))
        if not opened:
            return "", outside + _blanked(line)
        outside += _blanked(line)[: opened.start()]
        quote, line = opened[0], line[opened.end() :]
    return quote, outside


def _blanked(line: str) -> str:
    """The line with its short texts and its comment blanked out, as long as it was."""

    def blank(found: re.Match[str]) -> str:
        return " " * len(found[0])

    return re.sub(r'("""|\'\'\').*|' + _STRING.pattern, lambda found: found[0] if found[1] else blank(found), line)
