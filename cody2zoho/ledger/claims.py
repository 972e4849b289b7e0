"""What the ledger answers whoever asks for work."""

from dataclasses import dataclass

from cody2zoho.ledger.records import Held
from cody2zoho.models import Conversation


@dataclass(frozen=True)
class Claim:
    """What a claim was answered: `owner` is empty unless the conversation is ours now."""

    conversation: Conversation
    was: str
    owner: str = ""
    attempts: int = 0
    #: Since its first attempt.
    trying_seconds: float = 0
    #: Leases that ended without a word, when the last one has just done so; else 0.
    lapses: int = 0
    #: Whether anything at all is blocked.
    is_blocked: bool = False
    #: What its case holds, where it has one.
    held: Held | None = None
    #: Unix second since when the ledger knows it.
    seen_at: float = 0
    #: Unix second of the newest message that Cody's feed told of; 0 where it told of none.
    moved_at: int = 0
    #: Unix second since when it goes on without being quiet, where that is after it was seen; else 0.
    goes_on_since: float = 0


@dataclass(frozen=True)
class Due:
    """What is to be worked on now, and whether the ledger may be trusted and work is possible at all."""

    ids: list[str]
    is_open: bool
    is_blocked: bool
