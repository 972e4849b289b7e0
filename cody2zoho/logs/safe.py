"""What others wrote, without what may be a customer's or a secret."""

import re
import traceback as frames
from types import TracebackType

from redis.exceptions import RedisError

from cody2zoho.errors import Cody2ZohoError

#: Also in JSON, whose quotes must stay. Addresses, the login and the query of a URL, tokens and
#: numbers with a country code.
_MASKED = (
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w"), "<e-mail>"),
    (re.compile(r"(?<=://)[^/\s@\"]+@"), ""),
    (re.compile(r"\?[^\s'\"<>)\\]*=[^\s'\"<>)\\]*"), "?…"),
    (re.compile(r"\b1000\.[\w.]{16,}"), "<token>"),
    (re.compile(r"(?i)\b(bearer|oauthtoken|authorization:?)\s+[^\s\"\\]+"), r"\1 <token>"),
    (re.compile(r"\+\d[\d ()/-]{6,}\d"), "<number>"),
)

#: Without one of these there is nothing to mask; most lines have none.
_SUSPICIOUS = re.compile(r"[@?+]|1000\.|(?i:bearer|oauthtoken|authorization)")

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def text(words: str) -> str:
    """A library's line, masked."""
    if not _SUSPICIOUS.search(words):
        return words
    for pattern, instead in _MASKED:
        words = pattern.sub(instead, words)
    return words


def words_of(error: BaseException) -> str:
    """The words of an error of ours, of Redis or of the system; anybody else's may quote what it choked on."""
    if isinstance(error, Cody2ZohoError | RedisError):
        return text(str(error))
    return text(error.strerror or "") if isinstance(error, OSError) and isinstance(error.strerror, str) else ""


def traceback(error: BaseException) -> str:
    """Kinds and places of an error and of what led to it, the last one last."""
    return "\n\n".join(_one(each) for each in reversed(chain(error)))


def _one(error: BaseException) -> str:
    kind, words = type(error).__name__, words_of(error)
    places = "".join(frames.format_tb(error.__traceback__))
    return f"Traceback (most recent call last):\n{places}{kind}{': ' if words else ''}{words}"


def chain(error: BaseException | None) -> list[BaseException]:
    """The error, and what led to it."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found
