"""A conversation as text: who said what and when, in order, nothing left out.

Zoho limits its texts by length, so a transcript can be cut into parts; joined, the parts are the whole.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from cody2zoho.models import Message
from cody2zoho.text import markdown

#: C0 control characters but tab and new line, and DEL, each to its visible picture (Unicode block 2400).
_PICTURES = {code: 0x2400 + code for code in range(0x20) if code not in (0x09, 0x0A)} | {0x7F: 0x2421}
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Figures:
    """What is counted about a conversation; lengths in characters."""

    messages: int
    user_messages: int
    assistant_messages: int
    characters: int
    average_length: float


def figures(messages: list[Message]) -> Figures:
    characters = sum(len(message.content) for message in messages)
    machines = sum(message.by_machine for message in messages)
    average = round(characters / len(messages), 1) if messages else 0.0
    return Figures(len(messages), len(messages) - machines, machines, characters, average)


def something_said(messages: Iterable[Message]) -> bool:
    """Whether a visitor said anything; a bot's greeting alone is no conversation."""
    return any(message.content.strip() for message in messages if not message.by_machine)


def oldest_first(newest_first: Iterable[Message]) -> list[Message]:
    """Messages in the order in which they were said; what shares a second keeps Cody's."""
    found = list(newest_first)
    found.reverse()
    found.sort(key=lambda message: message.created_at)
    return found


def digest(messages: Iterable[Message]) -> str:
    """Equal for equal transcripts, 16 hex digits."""
    whole = hashlib.sha256()
    for message in messages:
        whole.update(repr((message.id, message.content, message.failed, message.flagged)).encode("utf-8", "replace"))
    return whole.hexdigest()[:16]


def text(messages: Iterable[Message], zone: tzinfo, *, plain: bool = True) -> str:
    """What was said, message by message; `plain`: what the bot said without its Markdown."""
    return "\n\n".join(_spoken(message, zone, plain) for message in messages)


def at(unix_seconds: float, zone: tzinfo) -> str:
    """A moment with its time zone, such as 2026-11-20 14:03:12 CET."""
    moment = datetime.fromtimestamp(unix_seconds, zone)
    # Five times as fast as a format, and every message has one.
    return f"{moment.isoformat(' ', 'seconds')[:19]} {moment.tzname()}"


def readable(content: str) -> str:
    """Text that every system takes: one kind of line end, control characters as pictures, no half characters."""
    return whole(content.replace("\r\n", "\n").replace("\r", "\n")).translate(_PICTURES)


def whole(content: str) -> str:
    """Without half characters, such as a text that was cut in the midst of an emoji ends with; Redis refuses them."""
    return _SURROGATES.sub("\ufffd", content)


def length(content: str) -> int:
    """Length as Zoho may count it, in UTF-16 units: the strictest reading of its limits."""
    return len(content.encode("utf-16-le", "surrogatepass")) // 2


def parts(content: str, limit: int, first_limit: int | None = None) -> Iterator[str]:
    """Cut a text into parts of at most `limit` units, the first of at most `first_limit`.

    A cut falls between messages if it can, else between lines, else between words.
    """
    rest, room = content, limit if first_limit is None else first_limit
    while length(rest) > room:
        cut = _cut(rest, room)
        yield rest[:cut]
        rest, room = rest[cut:], limit
    yield rest


def _cut(content: str, room: int) -> int:
    """Where to end a part; never in its first half, so that there are not many small parts."""
    end = _characters_within(content, room)
    for between in ("\n\n", "\n", " "):
        found = content.rfind(between, end // 2, end)
        if found >= 0:
            return found + len(between)
    return end


def _characters_within(content: str, room: int) -> int:
    """How many characters fit into so many UTF-16 units."""
    end = min(len(content), room)
    while (excess := length(content[:end]) - room) > 0:
        end -= max(1, excess // 2)
    return max(end, 1)


def _spoken(message: Message, zone: tzinfo, plain: bool) -> str:
    speaker = "Assistant" if message.by_machine else "User"
    marks = [mark for mark, holds in (("failed to answer", message.failed), ("flagged", message.flagged)) if holds]
    mark = f" ({', '.join(marks)})" if marks else ""
    content = readable(message.content)
    if plain and message.by_machine:
        content = markdown.plain(content)
    if message.sources:
        content += "\n\nSources:\n" + "\n".join(f"- {readable(str(source))}" for source in message.sources)
    return f"[{at(message.created_at, zone)}] {speaker}{mark}:\n{content}"
