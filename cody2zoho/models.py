"""The nouns that travel between the modules."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Conversation:
    """A conversation as Cody lists it; `created_at` in Unix seconds.

    Of a later part of one that is split by silences, `since` and `created_at` are the second at which it begins.
    Cody's ids are case-sensitive and unique only among conversations: a bot may have the same one.
    """

    id: str
    bot_id: str
    created_at: int
    name: str | None = None
    since: int = 0


@dataclass(frozen=True)
class Source:
    """What a bot cites; shown as its name, and its address where it has one."""

    name: str
    address: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.address})" if self.address else self.name


@dataclass(frozen=True)
class Message:
    """One thing said; `created_at` in Unix seconds. `content` is never None, but may be empty."""

    id: str
    content: str
    by_machine: bool
    created_at: int
    failed: bool = False
    flagged: bool = False
    #: What the bot cites, where that was asked for.
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Address:
    """An e-mail address or a phone number (`kind`: email, phone), as two of them are compared.

    Not certain is a number typed without its country: it may be an order's. A customer's address goes into no log.
    """

    kind: str
    value: str = field(repr=False)
    is_certain: bool = field(default=True, compare=False)


@dataclass(frozen=True)
class ContactChoice:
    """The contact a case belongs to, and how it was chosen.

    `how` is `matched`, `created`, `several` (none was guessed) or `none` (nobody has the address, or none was named);
    empty where nobody was looked for. `remark` is a line for the case, `addresses` are those that led to the contact.
    """

    contact_id: str | None
    how: str = ""
    remark: str = ""
    addresses: tuple[Address, ...] = ()

    @property
    def is_visitors(self) -> bool:
        """Whether it is the visitor's own, not the one of all cases."""
        return bool(self.addresses)


@dataclass(frozen=True)
class Said:
    """That something was said, as Cody's feed of all messages tells it; `at` in Unix seconds."""

    id: str
    conversation_id: str
    at: int


@dataclass(frozen=True)
class Note:
    """A note on a case; the title says which part it is, so that no part is ever sent twice."""

    title: str
    content: str


@dataclass(frozen=True)
class Attachment:
    """A text file on a case."""

    file_name: str
    content: bytes


@dataclass(frozen=True)
class CaseDraft:
    """A case as it is to stand in Zoho: field API names to values, and what did not fit into them.

    `beside` stands in the request beside the record, and `chosen` names what the cases of all bots have in common.
    `whole` is the transcript, and `described` as much of it as stands in the description. `digest` is over all
    messages: equal digests, equal transcripts. `contact` is where `Related_To` comes from, `redacted` counts what was
    replaced in the messages, by kind.
    """

    conversation_id: str
    fields: dict[str, object]
    notes: tuple[Note, ...]
    attachments: tuple[Attachment, ...]
    whole: str
    described: str
    message_count: int
    digest: str
    contact: ContactChoice
    redacted: Mapping[str, int] = field(default_factory=dict)
    beside: dict[str, object] = field(default_factory=dict)
    characters: int = 0
    chosen: frozenset[str] = frozenset({"Status", "Case_Origin", "Related_To"})
