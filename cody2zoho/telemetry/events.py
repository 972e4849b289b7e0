"""What can happen: each thing a frozen event, reported once, where it happens. Whoever wants to know reads it.

Fields are ids, numbers, and sentences of ours: never a customer's words, a token or a URL with a query. A field that is
None has nothing to tell and is left out.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True)
class Event:
    """The name, as logs and telemetry know it, is the class's in small letters."""

    name: ClassVar[str] = ""
    #: As in `logging`; what an operator has to do begins at WARNING, what a person should do now at ERROR.
    severity: ClassVar[int] = logging.INFO

    def __init_subclass__(cls) -> None:
        cls.name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()

    @property
    def level(self) -> int:
        return self.severity

    @property
    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value is not None}


# -- conversations and their cases ------------------------------------------------------------


@dataclass(frozen=True)
class CaseCreated(Event):
    case: str
    messages: int
    attempts: int
    #: How its contact was chosen, where it was looked for.
    contact: str | None = None
    #: Kind of what was replaced -> how often.
    redacted: Mapping[str, int] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, Any]:
        plain = super().facts
        return plain | {f"redacted_{kind}": count for kind, count in plain.pop("redacted").items()}


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


# -- looking for work -------------------------------------------------------------------------


@dataclass(frozen=True)
class CodyPollCompleted(Event):
    pages: int
    conversations: int
    new: int
    moved: int


@dataclass(frozen=True)
class PollFailed(Event):
    severity = logging.WARNING
    bot: str
    reason: str


@dataclass(frozen=True)
class PollPostponed(Event):
    bot: str
    reason: str


@dataclass(frozen=True)
class FeedNotUsed(Event):
    severity = logging.WARNING
    reason: str


@dataclass(frozen=True)
class FeedMissed(Event):
    severity = logging.WARNING
    bot: str


@dataclass(frozen=True)
class FeedPostponed(Event):
    reason: str


# -- what stands in the way of all work, or did -----------------------------------------------


@dataclass(frozen=True)
class WorkBlocked(Event):
    severity = logging.ERROR
    what: str
    remedy: str


@dataclass(frozen=True)
class WorkUnblocked(Event):
    severity = logging.WARNING
    what: str


@dataclass(frozen=True)
class WorkPaused(Event):
    severity = logging.WARNING
    what: str
    reason: str


@dataclass(frozen=True)
class WorkResumed(Event):
    severity = logging.WARNING
    what: str
    seconds: int


@dataclass(frozen=True)
class NoCredentials(Event):
    severity = logging.WARNING
    remedy: str


@dataclass(frozen=True)
class UniqueFieldMissing(Event):
    severity = logging.ERROR
    field: str
    remedy: str


# -- the APIs ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class ApiPaused(Event):
    severity = logging.WARNING
    api: str
    seconds: int


@dataclass(frozen=True)
class TokenRefreshFailed(Event):
    severity = logging.WARNING
    reason: str


@dataclass(frozen=True)
class HealthCheckFailed(Event):
    severity = logging.WARNING
    api: str
    reason: str


# -- the ledger -------------------------------------------------------------------------------


@dataclass(frozen=True)
class LedgerRebuilt(Event):
    cases: int
    adopted: int
    earlier: int


@dataclass(frozen=True)
class RebuildPostponed(Event):
    severity = logging.WARNING
    reason: str


@dataclass(frozen=True)
class LedgerBehind(Event):
    severity = logging.WARNING


@dataclass(frozen=True)
class StateUpgraded(Event):
    to: int
    conversations: int


@dataclass(frozen=True)
class BusinessSummary(Event):
    """How many conversations are in each state."""

    states: Mapping[str, int]

    @property
    def facts(self) -> dict[str, Any]:
        # Not under their bare names: a log record has a `created` of its own.
        return {f"conversations_{state}": count for state, count in self.states.items()}


@dataclass(frozen=True)
class ReconcileCompleted(Event):
    cases: int
    missing: int
    duplicate: int
    unrecorded: int

    @property
    def level(self) -> int:
        return logging.WARNING if self.missing or self.duplicate or self.unrecorded else logging.INFO


@dataclass(frozen=True)
class ReconcileFailed(Event):
    severity = logging.WARNING
    reason: str


# -- the workers themselves -------------------------------------------------------------------


@dataclass(frozen=True)
class LockLost(Event):
    severity = logging.WARNING
    lock: str


@dataclass(frozen=True)
class WorkerHung(Event):
    severity = logging.CRITICAL
    seconds: int
