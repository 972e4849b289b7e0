"""Payment cards: a known beginning, a length that goes with it, and the check digit of Luhn."""

import re
from collections.abc import Iterator
from itertools import pairwise

from cody2zoho.redaction.folding import Span

#: First and last beginning of a range, and how many digits its cards have (ISO/IEC 7812; the schemes' own lists).
_RANGES = (
    ("4", "4", (16, 19)),  # Visa; its 13 digits are out of use, and article numbers (EAN) begin alike
    ("51", "55", (16,)),  # Mastercard
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),  # American Express
    ("37", "37", (15,)),
    ("300", "305", (14, 16)),  # Diners Club
    ("3095", "3095", (14,)),
    ("36", "36", (14, 16, 19)),
    ("38", "39", (14, 16)),
    ("6011", "6011", (16, 19)),  # Discover
    ("644", "649", (16, 19)),
    ("65", "65", (16, 19)),
    ("3528", "3589", (16, 19)),  # JCB
    ("62", "62", (16, 17, 18, 19)),  # UnionPay
    ("81", "81", (16, 19)),
    ("2200", "2205", (16, 19)),  # Mir, Borica
    ("60", "60", (16,)),  # RuPay, Hipercard
    ("508", "508", (16,)),
    ("5018", "5018", (16, 18, 19)),  # Maestro
    ("5020", "5020", (16, 18, 19)),
    ("5038", "5038", (16, 18, 19)),
    ("5893", "5893", (16, 18, 19)),
    ("6304", "6304", (16, 18, 19)),
    ("6759", "6759", (16, 18, 19)),
    ("6761", "6763", (16, 18, 19)),
    ("506", "509", (16, 18, 19)),  # Verve, Elo
    ("636", "639", (16, 19)),  # Elo, InterPayment, InstaPayment
    ("5019", "5019", (16,)),  # Dankort
    ("9792", "9792", (16,)),  # Troy
)
_FIRST_DIGITS = frozenset(low[0] for low, _, _ in _RANGES)
_LONGEST = 19

_GROUP = re.compile(r"[0-9]+")
_GAP = re.compile(r"[ \t.,_/\-]{0,3}(?:\r?\n[ \t.,_/\-]{0,3})?")

#: Words that people put right before a card's number; any other Latin letter or digit there makes it an id.
_NAMED = re.compile(r"(?:visa|card|karte|amex|\bcc|nr|no)\Z", re.IGNORECASE)

#: What each digit counts, when it is one of every second.
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def find(text: str) -> Iterator[Span]:
    groups = [match.span() for match in _GROUP.finditer(text)]
    joined = [bool(_GAP.fullmatch(text, end, start)) for (_, end), (start, _) in pairwise(groups)]
    first = 0
    while first < len(groups):
        last = _card_from(first, groups, joined, text)
        if last >= 0:
            yield groups[first][0], groups[last][1]
        first = max(first, last) + 1


def _card_from(first: int, groups: list[Span], joined: list[bool], text: str) -> int:
    """The last group of the longest card that begins with this one; -1 where there is none."""
    start, ends = groups[first]
    if text[start] not in _FIRST_DIGITS or ends - start > _LONGEST:
        return -1
    if _is_word(text, start - 1) and not _NAMED.search(text, max(0, start - 5), start):
        return -1
    digits, together, number = text[start:ends], [ends - start], first
    while number < len(joined) and joined[number]:
        number += 1
        digits += text[slice(*groups[number])]
        if len(digits) > _LONGEST:
            break
        together.append(len(digits))
    lengths = _lengths(digits)
    for number in reversed(range(len(together))):
        if together[number] in lengths and not _is_word(text, groups[first + number][1]):
            sizes = [ends - begins for begins, ends in groups[first : first + number + 1]]
            if _is_grouped(sizes) and _adds_up(digits[: together[number]]):
                return first + number
    return -1


def _is_word(text: str, place: int) -> bool:
    """Whether a Latin letter or digit stands there: part of an id. Other scripts put no blank before a number."""
    return 0 <= place < len(text) and text[place].isascii() and (text[place].isalnum() or text[place] == "_")


def _is_grouped(sizes: list[int]) -> bool:
    """As a person groups: a few long groups, or equal ones. A row of small numbers is none."""
    *but_last, _ = sizes
    return len(set(but_last)) <= 1 or (len(sizes) <= 6 and min(but_last) >= 3)


def _lengths(digits: str) -> set[int]:
    """How many digits a card that begins like this may have."""
    fitting = (lengths for low, high, lengths in _RANGES if low <= digits[: len(low)] <= high)
    return {length for lengths in fitting for length in lengths if length <= len(digits)}


def _adds_up(digits: str) -> bool:
    singles = sum(map(int, digits[-1::-2]))
    return (singles + sum(_DOUBLED[int(digit)] for digit in digits[-2::-2])) % 10 == 0
