"""Contacts in Zoho: the one that every case belongs to, and those of the visitors."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from typing import Any

import idna

from cody2zoho.errors import Refused
from cody2zoho.models import Address
from cody2zoho.zoho.crm import Crm, details, items, refused, succeeded

#: Rows of a look for an address; so many cost one credit.
_PER_LOOK = 200

#: How people set off the last four digits of a phone number; the rest is compared here.
_LAST_DIGITS = ("{}{}{}{}", "{}{} {}{}", "{}{}-{}{}", "{}{}.{}{}", "{} {}{}{}", "{}-{}{}{}")

#: Conditions in one question; more are asked in several.
_CONDITIONS = 24

#: Longest last name (fields of Contacts).
_LONGEST_NAME = 80

#: An upsert changes no contact that was modified since, which is every one: it only inserts.
_ONLY_INSERT = {"If-Unmodified-Since": "2000-01-01T00:00:00+00:00"}


@dataclass(frozen=True)
class Contacts:
    crm: Crm

    def exists(self, contact_id: str) -> bool:
        return bool(self.crm.call("GET", f"Contacts/{contact_id}", params={"fields": "id"}))

    def find(self, name: str) -> list[str]:
        """Ids of the contacts with exactly this name, the oldest first.

        Anything but letters, digits and blanks is left open in the question and compared here.
        """
        first, last = split_name(name)
        rows = self.crm.query(
            f"select id, First_Name, Last_Name from Contacts where {_condition('Last_Name', last, ' ')} limit 2000"
        )
        return _oldest_first(
            row for row in rows if (row.get("First_Name") or "", row.get("Last_Name")) == (first, last)
        )

    def with_address(self, address: Address, fields: Sequence[str], is_same: Callable[[str], bool]) -> list[str]:
        """Ids of the contacts that have an address in one of these fields, the oldest first.

        Zoho keeps what people typed, so the question is wider than the answer: `is_same` tells whether a value is it.
        Several, where there are more that may have it than one answer holds.
        """
        wanted = _last_digits if address.kind == "phone" else _spellings
        conditions = [condition for field in fields for condition in wanted(address, field)]
        found: dict[str, dict[str, Any]] = {}
        for first in range(0, len(conditions), _CONDITIONS):
            # Two at a time: COQL wants brackets around more.
            either = reduce(lambda left, right: f"({left} or {right})", conditions[first : first + _CONDITIONS])
            rows = self.crm.query(f"select {', '.join(['id', *fields])} from Contacts where {either} limit {_PER_LOOK}")
            if len(rows) == _PER_LOOK:
                return _oldest_first(rows)
            found |= {str(row["id"]): row for row in rows}
        return _oldest_first(
            row for row in found.values() if any(is_same(str(row.get(field) or "")) for field in fields)
        )

    def ask_for(self, fields: Sequence[str]) -> None:
        """Raise NotSetUp or Refused unless contacts can be asked for by these fields."""
        for field in fields:
            self.crm.query(f"select id from Contacts where {field} is not null limit 1")

    def create_with(self, address: Address) -> str:
        """Make a contact of an address and nothing else; an agent gives it a name. Returns its id.

        Raises Refused, for an e-mail address also where somebody has it by now: Zoho itself makes no second one.
        """
        written = address.value.replace(";ext=", " ext. ")
        name = {"Last_Name": written[:_LONGEST_NAME]}
        if address.kind == "phone":
            return self._made("Contacts", {"data": [{**name, "Phone": written}]})
        record = {**name, "Email": written}
        return self._made(
            "Contacts/upsert", {"data": [record], "duplicate_check_fields": ["Email"]}, headers=_ONLY_INSERT
        )

    def create(self, name: str) -> str:
        first, last = split_name(name)
        fields = {"Last_Name": last} | ({"First_Name": first} if first else {})
        return self._made("Contacts", {"data": [fields]})

    def _made(self, path: str, body: dict[str, Any], **more: Any) -> str:
        [item] = items(self.crm.call("POST", path, json=body, **more))[:1]
        if item.get("code") == "ALREADY_MODIFIED":
            # A contact has it by now, perhaps one that this user may not see.
            [field] = body["duplicate_check_fields"]
            raise Refused(f"Zoho refuses {field}: {item['code']}", field)
        if not succeeded(item):
            raise refused(item)
        return str(details(item)["id"])


def split_name(name: str) -> tuple[str, str]:
    """First and last name; Zoho demands the last (Contacts, mandatory fields)."""
    first, _, last = name.strip().rpartition(" ")
    return first.strip(), last


def _condition(field: str, text: str, signs: str) -> str:
    """COQL for a field that may be this text.

    COQL documents no way to write a quote inside a text, and % only at its ends: of what has anything but letters,
    digits and `signs` the longest part without is asked for.
    """
    parts = re.split(rf"[^\w{re.escape(signs)}]", text)
    longest = max(parts, key=len)
    return f"{field} = '{text}'" if len(parts) == 1 else f"{field} like '%{longest}%'"


def _spellings(address: Address, field: str) -> Iterator[str]:
    """An e-mail address, and as people write it where its domain is not of ASCII."""
    local, _, domain = address.value.partition("@")
    spellings = [domain]
    # Anybody may type what begins like such a domain and is none, or one of pictures, which the library does not know.
    with suppress(idna.IDNAError):
        spellings += [idna.decode(domain)] if "xn--" in domain else []
    for spelling in dict.fromkeys(spellings):
        yield _condition(field, f"{local}@{spelling}", "@.+-")


def _last_digits(address: Address, field: str) -> Iterator[str]:
    """A phone number that ends like this, or goes on with an extension."""
    number, _, extension = address.value.partition(";")
    for grouped in _LAST_DIGITS:
        yield f"{field} like '%{grouped.format(*number[-4:])}{'%' if extension else ''}'"


def _oldest_first(rows: Iterable[dict[str, Any]]) -> list[str]:
    return sorted((str(row["id"]) for row in rows), key=lambda contact_id: (len(contact_id), contact_id))
