"""What stands in the way of all work, or did."""

import logging
from dataclasses import dataclass

from cody2zoho.telemetry.events.event import Event


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
