"""What becomes of conversations and their cases."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cody2zoho.telemetry.events.event import Event


@dataclass(frozen=True)
class CaseCreated(Event):
    case: str
    messages: int
    attempts: int
    #: How its contact was chosen, where it was looked for.
    contact: str | None = None
    #: Kind of what was replaced -> how often.
    redacted: Mapping[str, int] = field(default_factory=dict)
    #: Of all its messages together.
    characters: int | None = None

    @property
    def facts(self) -> dict[str, Any]:
        plain = super().facts
        return plain | {f"redacted_{kind}": count for kind, count in plain.pop("redacted").items()}


@dataclass(frozen=True)
class ConversationProcessed(Event):
    """One attempt, from claim to end; what it came to is named as in `outcomes.Outcome.what`."""

    severity = logging.DEBUG
    outcome: str
    seconds: float
    #: From the moment at which the conversation was due to its case.
    delay_seconds: float | None = None
    #: Where its messages were read: how many, and the characters of all together.
    messages: int | None = None
    characters: int | None = None


@dataclass(frozen=True)
class CaseFound(Event):
    case: str


@dataclass(frozen=True)
class CaseFollowedUp(Event):
    case: str
    messages: int


@dataclass(frozen=True)
class CaseDeleted(Event):
    severity = logging.WARNING
    case: str


@dataclass(frozen=True)
class CasePostponed(Event):
    severity = logging.WARNING
    reason: str
    seconds: int
    attempts: int


@dataclass(frozen=True)
class ConversationParked(Event):
    severity = logging.ERROR
    reason: str


@dataclass(frozen=True)
class ConversationEmpty(Event):
    pass


@dataclass(frozen=True)
class ConversationGone(Event):
    pass


@dataclass(frozen=True)
class ConversationNotFound(Event):
    severity = logging.WARNING
    reason: str


@dataclass(frozen=True)
class ForgottenCaseMade(Event):
    severity = logging.ERROR
    case: str


@dataclass(frozen=True)
class BackfillBatchCompleted(Event):
    made: int
    ordinary: int
    silent: int
    cody: int
    zoho: int
    credits: int
    left: int
