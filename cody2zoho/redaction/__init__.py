"""What nobody at Zoho is to read is replaced in everything a case is made of, by a word for its kind.

The finders look at the plain form of a text (`folding`), without the marks of Markdown. Where what they find overlaps,
all of it goes, under the name of the longest. Only counts are kept of it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cody2zoho.models import Conversation, Message, Source
from cody2zoho.redaction import addresses, cards, ibans
from cody2zoho.redaction.folding import Span, folded, unmarked, without
from cody2zoho.redaction.patterns import Patterns
from cody2zoho.redaction.phones import Phones

#: What stands in the place of each kind; a card keeps its last four digits.
_WORDS = {
    "iban": "[IBAN]",
    "card": "[card …{last_four}]",
    "email": "[e-mail]",
    "phone": "[phone]",
    "ip": "[IP address]",
}

_DIGIT = re.compile("[0-9]")


@dataclass(frozen=True)
class Redacted:
    """A conversation as it may leave, and how often each kind was replaced in it."""

    conversation: Conversation
    messages: list[Message]
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Found:
    """A span, its kind, and what stands in its place."""

    span: Span
    kind: str
    word: str


_NOTHING: Mapping[str, int] = {}


class Redaction:
    """Of chosen kinds (`formats.REDACTED_KINDS`) and the operator's patterns, by name."""

    def __init__(self, kinds: Sequence[str], countries: Sequence[str], patterns: Mapping[str, str]) -> None:
        self._kinds = frozenset(kinds)
        self._phones = Phones(countries) if "phone" in kinds else None
        self._patterns = Patterns(patterns) if patterns else None
        self.is_on = bool(kinds or patterns)

    def of(self, conversation: Conversation, messages: list[Message]) -> Redacted:
        """All that a case is made of, without what is not to be read; the very same where nothing is to be replaced."""
        if not self.is_on:
            return Redacted(conversation, messages, _NOTHING)
        counts: Counter[str] = Counter()
        safe = [self._message(message, counts) for message in messages]
        name = conversation.name and self.text(conversation.name, counts)
        return Redacted(replace(conversation, name=name), safe, dict(counts))

    def text(self, content: str, counts: Counter[str]) -> str:
        """The text with a word in the place of each find, which is counted."""
        pieces, at = [], 0
        for found in self.found(content):
            start, end = found.span
            pieces += [content[at:start], found.word]
            at = end
            counts[found.kind] += 1
        return "".join([*pieces, content[at:]]) if pieces else content

    def found(self, content: str) -> list[Found]:
        """All finds in a text, in order, none overlapping another."""
        bare = unmarked(content)
        finds = [*_placed(content, bare, self._all)]
        if bare != content:
            # An expression may name a mark.
            finds += _placed(content, content, self._by_patterns)
        united: list[Found] = []
        for one in sorted(finds, key=lambda found: found.span):
            if united and one.span[0] < united[-1].span[1]:
                other = united.pop()
                longer = max(other, one, key=lambda found: found.span[1] - found.span[0])
                united.append(replace(longer, span=(other.span[0], max(other.span[1], one.span[1]))))
            else:
                united.append(one)
        return united

    def _message(self, message: Message, counts: Counter[str]) -> Message:
        content = self.text(message.content, counts)
        cited = tuple(Source(self.text(one.name, counts), self.text(one.address, counts)) for one in message.sources)
        is_same = content is message.content and cited == message.sources
        return message if is_same else replace(message, content=content, sources=cited)

    def _by_patterns(self, plain: str) -> Iterator[Found]:
        if self._patterns:
            yield from (Found(span, name, f"[{name}]") for span, name in self._patterns.find(plain))

    def _all(self, plain: str) -> Iterator[Found]:
        yield from self._by_patterns(plain)
        if "email" in self._kinds:
            yield from _as("email", addresses.find_emails(plain))
        if _DIGIT.search(plain):
            yield from self._numbers(plain)

    def _numbers(self, plain: str) -> Iterator[Found]:
        """Accounts and cards are looked for wherever phones are: parts of one look like a phone."""
        if "ip" in self._kinds:
            yield from _as("ip", addresses.find_ips(plain))
        for kind, find in (("iban", ibans.find), ("card", cards.find)):
            if kind in self._kinds or self._phones:
                spans = list(find(plain))
                if kind in self._kinds:
                    yield from _as(kind, spans, plain)
                plain = without(plain, spans)
        if self._phones:
            yield from _as("phone", self._phones.find(plain))


def _placed(content: str, seen: str, find: Callable[[str], Iterable[Found]]) -> Iterator[Found]:
    """What is found in the plain form of what is `seen` of a text, by its places in the text."""
    plain, in_content = folded(seen)
    for one in find(plain):
        start, end = in_content(one.span)
        if seen is not content:
            # Marks behind it belong to those before it.
            end = start + len(content[start:end].rstrip("*`"))
        yield replace(one, span=(start, end))


def _as(kind: str, spans: Iterable[Span], plain: str = "") -> Iterator[Found]:
    for start, end in spans:
        last_four = "".join(sign for sign in plain[start:end] if sign.isdigit())[-4:]
        yield Found((start, end), kind, _WORDS[kind].format(last_four=last_four))
