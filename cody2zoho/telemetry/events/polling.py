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
