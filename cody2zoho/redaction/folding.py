"""Text as the finders see it: digits, blanks, dashes and signs in their plain form, invisible characters left out.

Visitors write full-width digits, type non-breaking blanks, and paste what a web page put between two digits.
"""

import unicodedata
from collections.abc import Callable, Iterable
from itertools import compress

#: Stands for what nobody sees.
_INVISIBLE = 0x200B

#: Invisible without being of category Cf: the grapheme joiner, the ring of a keycap, fillers.
_ALSO_INVISIBLE = {0x034F, 0x20E3, 0x115F, 0x1160, 0x3164, 0xFFA0}

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
        case _ if code in _ALSO_INVISIBLE or 0xFE00 <= code <= 0xFE0F:
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


def without(text: str, spans: Iterable[Span]) -> str:
    """The text with a sign that is part of nothing in every place of these spans, which are in order."""
    pieces, at = [], 0
    for start, end in spans:
        pieces += [text[at:start], "\0" * (end - start)]
        at = end
    return "".join([*pieces, text[at:]])
