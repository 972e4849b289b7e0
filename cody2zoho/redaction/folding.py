"""Text as the finders see it: digits, blanks, dashes and signs in their plain form, invisible characters left out.

Visitors write full-width digits, type non-breaking blanks, and paste what a web page put between two digits.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from itertools import compress

#: Stands for what nobody sees.
_INVISIBLE = 0x200B

#: Invisible without being of category Cf: fillers.
_ALSO_INVISIBLE = {0x115F, 0x1160, 0x3164, 0xFFA0}

#: Signs that are written over another one: accents that a Mac sets apart from their letter, the ring of a keycap, what
#: strikes a digit through.
_WRITTEN_OVER = (
    range(0x0300, 0x0370),
    range(0x1AB0, 0x1B00),
    range(0x1DC0, 0x1E00),
    range(0x20D0, 0x2100),
    range(0xFE00, 0xFE10),
    range(0xFE20, 0xFE30),
)

_BLANKS = {0x09, 0x0A, 0x0D}

#: Markdown's marks for a look, not those between two words or inside of one: 2 * 3, 2*3. And control characters.
_MARKS = re.compile(
    r"(?<![A-Za-z0-9*`])[*`]++(?=\S)|(?<=[^\s*`])[*`]++(?![A-Za-z0-9])|\\(?=[!-/:-@\[-`{-~])"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)

_PLAIN = {0x2043: "-", 0x2212: "-", 0x3002: ".", 0xFF61: ".", 0xFE52: ".", 0xFE6B: "@", 0x2215: "/", 0x2044: "/"}


class _Plain(dict[int, int]):
    """Every character by its plain form, one for one, so that places stay what they were; filled as they are met."""

    def __missing__(self, code: int) -> int:
        self[code] = _plain(code)
        return self[code]


def _plain(code: int) -> int:
    character = chr(code)
    match unicodedata.category(character):
        case "Nd":
            return ord("0") + unicodedata.decimal(character)
        case "Zs":
            return ord(" ")
        case "Zl" | "Zp":
            return ord("\n")
        case "Cf":
            return _INVISIBLE
        case "Cs":
            # Half a character, which RE2 does not take.
            return 0xFFFD
        case "Cc" if code not in _BLANKS:
            return _INVISIBLE
        case _ if code in _ALSO_INVISIBLE or any(code in some for some in _WRITTEN_OVER):
            return _INVISIBLE
        case _ if code in _PLAIN:
            return ord(_PLAIN[code])
        case _ if 0xFF01 <= code <= 0xFF5E:
            return code - 0xFF01 + 0x21
        case "Pd":
            return ord("-")
    return code


_TABLE = _Plain()

Span = tuple[int, int]


def folded(text: str) -> tuple[str, Callable[[Span], Span]]:
    """The plain form, and what leads from a span in it to the span in `text`."""
    if text.isascii():
        return text, lambda span: span
    plain = text.translate(_TABLE)
    if chr(_INVISIBLE) not in plain:
        return plain, lambda span: span
    seen = [character != chr(_INVISIBLE) for character in plain]
    # What is invisible after a sign, such as the ring of a keycap, belongs to it.
    places = [*compress(range(len(plain)), seen), len(plain)]
    return plain.replace(chr(_INVISIBLE), ""), lambda span: (places[span[0]], places[span[1]])


def unmarked(text: str) -> str:
    """The text with something invisible in the place of each of Markdown's marks, which no reader of a case will see.

    Models write **4111** 1111 1111 1111, or anna\\_meier@example.com.
    """
    return _MARKS.sub(lambda marks: chr(_INVISIBLE) * len(marks[0]), text)


def without(text: str, spans: Iterable[Span]) -> str:
    """The text with a sign that is part of nothing in every place of these spans, which are in order."""
    pieces, at = [], 0
    for start, end in spans:
        pieces += [text[at:start], "\0" * (end - start)]
        at = end
    return "".join([*pieces, text[at:]])
