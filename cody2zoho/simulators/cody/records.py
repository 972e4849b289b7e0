"""Cody's records as we keep them. `number` is the auto-increment key behind the id."""

from dataclasses import dataclass, field


@dataclass
class Record:
    number: int
    id: str
    created_at: int


@dataclass
class Bot(Record):
    name: str
    model: str
    description: str | None


@dataclass
class Conversation(Record):
    name: str | None
    bot_id: str
    document_ids: list[str] = field(default_factory=list)
    #: Second of the last message, or of the creation.
    active_at: int = 0
    #: Goes up with every change to its messages, so that the audit can skip what did not change.
    revision: int = 0


@dataclass
class Message(Record):
    content: str | None
    machine: bool
    failed_responding: bool
    flagged: bool
    conversation_id: str
    #: Documents that the reply draws on.
    source_ids: list[str] = field(default_factory=list)


@dataclass
class Folder(Record):
    name: str


@dataclass
class Document(Record):
    name: str
    folder_id: str
    status: str
    origin: str = "written"
    webpage_url: str | None = None
