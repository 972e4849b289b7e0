"""E-mail and IP addresses."""

import ipaddress
import re
from collections.abc import Iterator

from cody2zoho.redaction.folding import Span

#: `@`, as it stands in a link, and as people write it to hide an address from programs.
_AT = re.compile(r"@|%40|[ ]?[(\[{][ ]?(?:at|ät)[ ]?[)\]}][ ]?", re.IGNORECASE)
_DOT = r"(?:\.|[ ]?[(\[{][ ]?(?:dot|punkt|point|punto)[ ]?[)\]}][ ]?)"

#: Vowel signs and the like, which to Python are no letters: Hebrew, Arabic, and the scripts from India to Cambodia.
_SIGNS = "\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0963\u0971-\u109f\u1780-\u17d3"
_IS_SIGN = re.compile(f"[{_SIGNS}]")

#: A domain of any script; the top level is letters, or what a letter of another script becomes.
_DOMAIN = re.compile(
    rf"(?:\w(?:[\w{_SIGNS}-]{{0,61}}[\w{_SIGNS}])?{_DOT}){{1,10}}"
    rf"(?:xn--[a-z0-9-]{{1,59}}|[a-z]{{2,24}}(?![a-z0-9])|(?:[^\W\d_]|[{_SIGNS}]){{2,63}})",
    re.IGNORECASE,
)
_LONGEST_LOCAL, _LONGEST_DOMAIN = 64, 253

_LOCAL_SIGNS = frozenset("._%+'&~-")

#: From here on scripts put no blank between words, so that an address begins in the midst of a sentence.
_UNSPACED = 0x2E80

_IPV4 = re.compile(r"(?<![\w.-])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w-]|\.[0-9])")
_IPV6 = re.compile(r"(?<![\w:.])[0-9a-f:]{2,39}(?:(?<=:)(?:[0-9]{1,3}\.){3}[0-9]{1,3})?(?![\w:])", re.IGNORECASE)
_VERSION = re.compile(r"(?:\bv|version|release|firmware|build)[ .:]{0,2}\Z", re.IGNORECASE)


def find_emails(text: str) -> Iterator[Span]:
    """What stands around each @, as far as it can belong to an address; the way back is at most 64 characters."""
    last = 0
    for at in _AT.finditer(text):
        start = _start_of_local(text, max(last, at.start() - _LONGEST_LOCAL), at.start())
        domain = start < at.start() and _DOMAIN.match(text, at.end(), at.end() + _LONGEST_DOMAIN)
        if domain:
            last = domain.end()
            yield start, last


def _start_of_local(text: str, lowest: int, end: int) -> int:
    start = end
    unspaced = end > lowest and ord(text[end - 1]) >= _UNSPACED
    while start > lowest and _is_local(text[start - 1], unspaced):
        start -= 1
    while start < end and text[start] in ".'&-~":
        start += 1
    return start


def _is_local(sign: str, unspaced: bool) -> bool:
    if sign in _LOCAL_SIGNS or _IS_SIGN.match(sign):
        return True
    return sign.isalnum() and (ord(sign) >= _UNSPACED) == unspaced


def find_ips(text: str) -> Iterator[Span]:
    for match in _IPV4.finditer(text):
        if _is_ip(match[0]) and not _VERSION.search(text, max(0, match.start() - 12), match.start()):
            yield match.span()
    if "::" in text or text.count(":") >= 7:
        for match in _IPV6.finditer(text):
            is_long = match[0].count(":") >= 3 or ("::" in match[0] and len(match[0]) >= 7)
            if is_long and _is_ip(match[0]):
                yield match.span()


def _is_ip(address: str) -> bool:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True
