"""Looking for work at Cody."""

import logging
from dataclasses import dataclass

from cody2zoho.telemetry.events.event import Event


@dataclass(frozen=True)
class CodyPollCompleted(Event):
    pages: int
    conversations: int
    new: int
    moved: int
    seconds: float
    #: Bots whose list could not be read.
    failed: int = 0


@dataclass(frozen=True)
class PollingCycleCompleted(Event):
    """A poll, and the sending of what is due: listed, handed to workers, known already, and bots that failed."""

    severity = logging.DEBUG
    found: int
    processed: int
    skipped: int
    errors: int
    seconds: float


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
