"""Phone numbers: whatever `phonenumbers` (Google's libphonenumber) says is one, written as people write them.

With its country code a number is known anywhere; without, it must be one of the countries that the operator names.
An order number can have as many digits as a phone, so what looks like a date, a price or an id is none.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from cody2zoho.redaction.folding import Span, without
from cody2zoho.text.phonelib import library

_GROUP = re.compile(r"[0-9]+")
_GAP = re.compile(r"[ \t.\-/()]{1,4}")
_GAP_OVER_LINES = re.compile(r"[ \t.\-/()]{0,3}\r?\n[ \t.\-/()]{0,3}")

_FEWEST_DIGITS, _MOST_DIGITS, _MOST_NAMED = 7, 17, 15
_MOST_GROUPS = 8

#: Candidates in one text that the library is asked about, at 0.1 ms each. No chat has more; should one have, whatever
#: comes after them is taken for a number.
MOST_LOOKS = 2_000

#: How North America groups its ten digits, after a 1 or none.
_AMERICAN = {(10,), (3, 7), (6, 4), (3, 3, 4), (3, 3, 2, 2)}

_YEAR, _MONTH, _DAY = "(?:19|20)[0-9]{2}", "(?:0?[1-9]|1[0-2])", "(?:0?[1-9]|[12][0-9]|3[01])"
_DATE = re.compile(
    rf"(?<![0-9])(?:{_YEAR}([-./]){_MONTH}\1{_DAY}|{_DAY}([-./]){_MONTH}\2{_YEAR}|{_MONTH}([-/]){_DAY}\3{_YEAR}"
    rf"|{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[0-9]{{6}})?)(?![0-9]|[-./][0-9])"
)

#: What stands before the number of something else than a phone. Where the word is no more than "order", a phone may
#: follow it all the same, but hardly one without blanks.
_NAMED_OTHERWISE = re.compile(
    r"(?:\b(?P<id>id|pin|code|serial|isbn|sku|vin|nip|iban|vat)|(?:\border|invoice|ticket|booking|reserv\w*?|"
    r"confirmation|tracking|reference|\bref|\bcase|customer|account|\bacc?t|article|\bitem|\bpart|product|policy|"
    r"contract|parcel|\bpo|transaction|licen[cs]e|bestell\w*?|rechnung\w*?|auftrag\w*?|kunden\w*?|vorgang\w*?|"
    r"sendung\w*?|artikel\w*?|vertrag\w*?|konto\w*?|buchung\w*?|commande|facture|dossier|client|colis|pedido|factura|"
    r"cliente|ordine|fattura|factuur)(?:[-_ ]?(?P<number>number|nummer|num|nr|no|n°|id|code))?)s?[^\w\n]{0,3}"
    r"(?:(?:is|was|are|ist|lautet|est|es|è)[^\w\n]{1,3})?\Z",
    re.IGNORECASE,
)
_NAMED_WITHIN, _NAMED_CLOSELY = 40, 20
_LETTER = re.compile(r"[^\W\d_]")

#: What stands before a phone of any country, however it is written.
_NAMED_PHONE = re.compile(
    r"\b(?:tele|mobil|handy|cell)?-?(?:phone|fon|tel|mobile?|cell|handy|whatsapp|(?:tele)?fax|rufnummer|t[ée]l[ée]phone|"
    r"tel[ée]fono|telefoon|portable|m[óo]vil|gsm)(?:[-_ ]?(?:number|nummer|num|nr|no|n°))?s?[^\w\n]{0,3}"
    r"(?:(?:is|ist|lautet|est|es|è)[^\w\n]{1,3})?\Z",
    re.IGNORECASE,
)

_MONEY_BEFORE = re.compile(r"(?:[$€£¥#]|\b(?:USD|EUR|GBP|CHF))[ ]?\Z", re.IGNORECASE)
_MONEY_AFTER = re.compile(r"[ ]?(?:[$€£¥%]|(?:USD|EUR|GBP|CHF|euros?|dollars?)\b)|[,:][0-9]", re.IGNORECASE)
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+")
_FRACTION = re.compile(r"0\.[0-9]+")


#: What belongs to a number and stands before its first digit.
_PREFIX = re.compile(r"(?:\(?\+[ (]{0,2}|\()\Z")
_WHATSAPP = re.compile(r"wa\.me/\+?\Z")

#: With this before or after it, digits are a part of something else; an extension may follow.
_CLOSELY_BEFORE = re.compile(r"(?:[0-9A-Za-z_/]|[0-9][.,:]|[0-9A-Za-z]-)\Z")
_CLOSELY_AFTER = re.compile(r"[-.][0-9]|-[A-Z]|(?!x[0-9])[A-Za-z_]")


#: Asks the library about digits and, where they have no code, a country.
_Ask = Callable[[str, str | None], bool]


@dataclass(frozen=True)
class _Plan:
    """How a country's numbers look without its code; `trunk` is what must stand before them then, such as 0."""

    country: str
    code: str
    trunk: str
    lengths: frozenset[int]

    def may_be(self, digits: str, sizes: Sequence[int], shown: str) -> bool:
        if self.code == "1":
            return _is_american(digits, sizes)
        if not digits.startswith(self.trunk) or len(digits) - len(self.trunk) not in self.lengths:
            return False
        if _FRACTION.fullmatch(shown) or (not self.trunk and _THOUSANDS.fullmatch(shown)):
            return False
        return max(sizes) == 1 or (min(sizes[1:], default=2) >= 2 and (sizes[0] >= 2 or digits[0] == "0"))


def _is_american(digits: str, sizes: Sequence[int]) -> bool:
    if max(sizes) == 1:
        return len(digits) == 10
    if len(digits) == 11 and digits[0] == "1":
        sizes = sizes[1:] if sizes[0] == 1 else (sizes[0] - 1, *sizes[1:])
    return tuple(sizes) in _AMERICAN


class Phones:
    """Finds the numbers of all countries with their code, and of these without; two-letter codes of ISO 3166."""

    def __init__(self, countries: Sequence[str]) -> None:
        self._library = library()
        self.plans = [self._plan(country) for country in countries]

    def find(self, text: str) -> Iterator[Span]:
        return _Search(self, without(text, [date.span() for date in _DATE.finditer(text)])).spans()

    def is_valid(self, digits: str, country: str | None) -> bool:
        """Whether a country gives such numbers to anybody."""
        return self._told(self._library.is_valid_number, digits, country)

    def is_possible(self, digits: str, country: str | None) -> bool:
        """Whether it has as many digits as numbers of its country have."""
        return self._told(self._library.is_possible_number, digits, country)

    def _told(self, ask: Callable[[Any], bool], digits: str, country: str | None) -> bool:
        try:
            return ask(self._library.parse(digits, country))
        except self._library.NumberParseException:
            return False

    def _plan(self, country: str) -> _Plan:
        known = self._library.PhoneMetadata.metadata_for_region(country)
        assert known, "the settings let no other country through"
        assert known.general_desc
        trunk = known.national_prefix or ""
        shown = [one for one in known.number_format if trunk in (one.national_prefix_formatting_rule or "")]
        if not shown or all(one.national_prefix_optional_when_formatting for one in shown):
            trunk = ""
        return _Plan(country, str(known.country_code), trunk, frozenset(known.general_desc.possible_length))


class _Search:
    """Through one text, group of digits by group."""

    def __init__(self, phones: Phones, text: str) -> None:
        self.phones = phones
        self.text = text
        self.groups: list[Span] = [match.span() for match in _GROUP.finditer(text)]
        gaps = [(end, start) for (_, end), (start, _) in pairwise(self.groups)]
        #: Whether a group may go on with the next: on the same line, and over a line's end.
        self.joined = [bool(_GAP.fullmatch(text, *gap)) for gap in gaps]
        self.wrapped = [bool(_GAP_OVER_LINES.fullmatch(text, *gap)) for gap in gaps]
        self.looks = 0

    def spans(self) -> Iterator[Span]:
        first = 0
        while first < len(self.groups):
            spelled = self._spelled_to(first)
            prefix = _PREFIX.search(self.text, max(0, self.groups[first][0] - 4), self.groups[first][0])
            last = self._phone_from(first, spelled, prefix[0] if prefix else "")
            if last >= 0:
                yield self.groups[first][0] - (len(prefix[0]) if prefix else 0), self.groups[last][1]
            first = max(first, last, spelled) + 1

    def _phone_from(self, first: int, spelled: int, prefix: str) -> int:
        """The last group of the longest number that begins with this one, on its line if it can; -1 for none."""
        on_line, over_lines = (self._reach(first, over_lines=over) for over in (False, True))
        if sum(map(self._size, range(first, max(spelled, over_lines) + 1))) < _FEWEST_DIGITS:
            return -1
        start = self.groups[first][0]
        has_code = "+" in prefix or bool(_WHATSAPP.search(self.text, max(0, start - 7), start))
        start -= len(prefix)
        if not has_code and _CLOSELY_BEFORE.search(self.text, max(0, start - 2), start):
            return -1
        is_named = bool(self._before(_NAMED_PHONE, first))
        ends: list[int] = [*range(on_line, first - 1, -1)] if spelled == first else [spelled]
        ends += range(over_lines, on_line, -1)
        # After a plus, what has the right length will do: hardly anything else is written so.
        for ask in (self.phones.is_valid, self.phones.is_possible)[: 1 + ("+" in prefix)]:
            for last in ends:
                if self._is_phone(first, last, ask if has_code else None, is_named=is_named):
                    return last
        return -1

    def _is_phone(self, first: int, last: int, with_code: _Ask | None, *, is_named: bool) -> bool:
        (start, _), (_, end) = self.groups[first], self.groups[last]
        sizes = [ends - begins for begins, ends in self.groups[first : last + 1]]
        if not _FEWEST_DIGITS <= sum(sizes) <= _MOST_DIGITS or _CLOSELY_AFTER.match(self.text, end):
            return False
        digits = "".join(self.text[begins:ends] for begins, ends in self.groups[first : last + 1])
        if digits.startswith("00") and sum(sizes) > 10:
            with_code = with_code or self.phones.is_valid
        if with_code:
            return self._asked(with_code, f"+{digits.removeprefix('00')}")
        is_phone = (is_named and len(digits) <= _MOST_NAMED) or self._is_national(digits, sizes, self.text[start:end])
        return is_phone and not self._is_something_else(first, last)

    def _is_something_else(self, first: int, last: int) -> bool:
        """Whether it is written like a price, or named as another number."""
        start, end = self.groups[first][0], self.groups[last][1]
        if _MONEY_BEFORE.search(self.text, max(0, start - 4), start) or _MONEY_AFTER.match(self.text, end):
            return True
        named = self._before(_NAMED_OTHERWISE, first)
        return bool(named and (named["id"] or named["number"] or first == last))

    def _before(self, name: re.Pattern[str], first: int) -> re.Match[str] | None:
        """What the number that begins with this group is named."""
        start = self.groups[first][0]
        if not _LETTER.search(self.text, max(0, start - _NAMED_CLOSELY), start):
            return None
        return name.search(self.text, max(0, start - _NAMED_WITHIN), start)

    def _is_national(self, digits: str, sizes: Sequence[int], shown: str) -> bool:
        """Whether one of our countries has such a number, or it begins with the code of one, without a plus."""
        return any(
            (plan.may_be(digits, sizes, shown) and self._asked(self.phones.is_valid, digits, plan.country))
            or (len(digits) > 10 and digits.startswith(plan.code) and self._asked(self.phones.is_valid, f"+{digits}"))
            for plan in self.phones.plans
        )

    def _asked(self, ask: _Ask, digits: str, country: str | None = None) -> bool:
        self.looks += 1
        return self.looks > MOST_LOOKS or ask(digits, country)

    def _spelled_to(self, first: int) -> int:
        """The last of a row of single digits, 0 3 0 1 2 …; the first itself where there is no such row."""
        last = first
        while last < len(self.joined) and self.joined[last] and self._size(last) == self._size(last + 1) == 1:
            last += 1
        return last if last - first + 1 >= _FEWEST_DIGITS else first

    def _reach(self, first: int, *, over_lines: bool) -> int:
        """The last group that can belong to a number that begins with this one."""
        last, digits = first, self._size(first)
        while last + 1 < min(len(self.groups), first + _MOST_GROUPS):
            digits += self._size(last + 1)
            if digits > _MOST_DIGITS or not (self.joined[last] or (over_lines and self.wrapped[last])):
                break
            last += 1
        return last

    def _size(self, number: int) -> int:
        return self.groups[number][1] - self.groups[number][0]
