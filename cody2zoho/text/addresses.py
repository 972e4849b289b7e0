"""E-mail addresses and phone numbers in what people typed, each written in the one way by which two are compared.

Whoever is found by mistake becomes somebody else's case, so what may be anything else is left out: web addresses,
names of files, numbers longer than any phone's.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import idna

from cody2zoho.models import Address
from cody2zoho.text.phonelib import library

#: Longest e-mail address that Zoho keeps (fields of Contacts).
_LONGEST = 100

_WEB_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]{0,20}://\S+", re.IGNORECASE)

#: A card, an account, a tracking number: a phone number has 15 digits at most (E.164).
_LONG_NUMBER = re.compile(r"\d(?:[ ./-]?\d){15,}")

# A part of an address is somebody else's: of `jörg@…` `rg@…`, of `git@host.com:path` `git@host.co`. So the text before
# the @ is taken as far as letters of Latin, Greek and Cyrillic go, Vietnamese ones too, though only ASCII counts, and
# the domain is not given back letter by letter. In scripts without blanks the sentence runs on into the address; their
# letters end it.
_LOCAL = r"A-Za-z0-9_\u00c0-\u052f\u1e00-\u1fff.%+&'-"
_EMAIL = re.compile(
    rf"(?<![@{_LOCAL}])(?P<local>[{_LOCAL}]++)@"
    r"(?P<domain>(?>(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,10}(?:xn--[A-Za-z0-9-]+|[A-Za-z]{2,63}|[^\W\d_A-Za-z]{2,63})))"
    r"(?!@|:\S)"
)

#: Web pages and word processors put these between letters, where nobody sees them: soft hyphens, blanks without width.
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")

#: What looks like a domain and is the end of a file's name: none of these is one.
_FILES = frozenset(
    ["png", "jpg", "jpeg", "gif", "svg", "webp", "pdf", "docx", "xlsx", "pptx", "txt", "html", "js", "css", "exe"]
)

#: Mailboxes that are nobody's.
_NOBODY = frozenset(["noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "mailer-daemon", "postmaster"])


@dataclass(frozen=True)
class Search:
    """What is looked for: kinds in the order of their weight, a country for numbers without one, and what is nobody's.

    An ignored domain stands for those below it, too.
    """

    kinds: tuple[str, ...]
    region: str = ""
    ignored: frozenset[str] = frozenset()

    def addresses(self, texts: Iterable[str]) -> list[Address]:
        """All that are named in these texts, each once."""
        found: dict[str, Address] = {}
        for text in texts:
            seen = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
            for address in self._in(_WEB_ADDRESS.sub(" ", seen)):
                if address.value not in found or address.is_certain:
                    found[address.value] = address
        return [address for address in found.values() if not self._is_ignored(address.value)]

    def same(self, address: Address, text: str) -> bool:
        """Whether a field in Zoho holds this address, however somebody typed it."""
        found = email(text.strip()) if address.kind == "email" else phone(text, self.region)
        return found is not None and found.value == address.value

    def _in(self, text: str) -> Iterator[Address]:
        if "email" in self.kinds and "@" in text:
            yield from filter(None, map(_email, _EMAIL.finditer(text)))
        if "phone" in self.kinds:
            matches = library().PhoneNumberMatcher(_LONG_NUMBER.sub(" ", text), self.region or None)
            yield from (_phone(match.number, match.raw_string) for match in matches)

    def _is_ignored(self, value: str) -> bool:
        """An address itself, a phone number with any extension, or what is below a domain."""
        _, _, domain = value.partition("@")
        above = [domain.split(".", level)[-1] for level in range(domain.count(".") + 1)]
        return not self.ignored.isdisjoint([value, value.partition(";")[0], *above])


def email(text: str) -> Address | None:
    match = _EMAIL.fullmatch(text)
    return _email(match) if match else None


def phone(text: str, region: str) -> Address | None:
    try:
        number = library().parse(text, region or None)
    except library().NumberParseException:
        return None
    return _phone(number, text)


def ignorable(text: str) -> str:
    """An e-mail address, a domain or a phone number that begins with +, as addresses are compared."""
    known = phone(text, "") if text.startswith("+") else email(text)
    return known.value if known else _plain(text.removeprefix("@")) or text


def _email(match: re.Match[str]) -> Address | None:
    local, domain = match["local"].lstrip(".%+&'-").lower(), _plain(match["domain"])
    is_one = local.isascii() and domain and not re.search(r"^$|\.$|\.\.", local)
    if not is_one or len(local) + len(domain) >= _LONGEST:
        return None
    if domain.rpartition(".")[2] in _FILES or local in _NOBODY:
        return None
    return Address("email", f"{local}@{domain}")


def _plain(domain: str) -> str:
    """As computers write it, lower case; empty where it is none."""
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return ""


def _phone(number: Any, typed: str) -> Address:
    value = library().format_number(number, library().PhoneNumberFormat.E164)
    extension = f";ext={number.extension}" if number.extension else ""
    return Address("phone", value + extension, is_certain=typed.lstrip(" (").startswith(("+", "00")))
