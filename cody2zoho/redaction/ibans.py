"""International bank account numbers: the length of their country, and 97 for a check."""

import re
from collections.abc import Iterator
from functools import cache

from cody2zoho.redaction.folding import Span

#: How long an IBAN is, by country (SWIFT, IBAN registry).
_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FK FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH CR HR LI LV",
        22: "BG BH DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}

_START = re.compile(r"(?<![A-Za-z0-9])(?:IBAN)?([A-Z]{2})[\s./\-]?[0-9]{2}", re.IGNORECASE)


def find(text: str) -> Iterator[Span]:
    ends = 0
    for start in _START.finditer(text):
        length = _LENGTHS.get(start[1].upper())
        if length is None or start.start() < ends:
            continue
        whole = _signs(length).match(text, start.start(1))
        if whole and _is_written_so(whole[0]) and _adds_up(whole[0]):
            ends = whole.end()
            yield whole.span()


@cache
def _signs(count: int) -> re.Pattern[str]:
    """So many letters and digits with at most two blanks, dots or dashes between any two, and no digit after them."""
    return re.compile(rf"[A-Z0-9](?:[\s./\-]{{0,2}}[A-Z0-9]){{{count - 1}}}(?![0-9])", re.IGNORECASE)


def _is_written_so(shown: str) -> bool:
    """Not as words are: in one case, and digits for the half of it."""
    signs = [sign for sign in shown if sign.isalnum()]
    return (shown.isupper() or shown.islower()) and 2 * sum(map(str.isdigit, signs)) >= len(signs)


def _adds_up(shown: str) -> bool:
    signs = "".join(sign for sign in shown if sign.isalnum())
    return int("".join(str(int(sign, 36)) for sign in signs[4:] + signs[:4])) % 97 == 1
