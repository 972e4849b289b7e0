"""Who was told what."""

import logging
from dataclasses import dataclass

from cody2zoho.telemetry.events.event import Event


@dataclass(frozen=True)
class AlertRaised(Event):
    """`alert` is its key; logged also where no channel is set."""

    severity = logging.ERROR
    alert: str
    urgency: str
    words: str
    remedy: str


@dataclass(frozen=True)
class AlertResolved(Event):
    severity = logging.WARNING
    alert: str
    seconds: int


@dataclass(frozen=True)
class CheckFailed(Event):
    """A check could not tell whether all is well."""

    severity = logging.WARNING
    check: str
    reason: str


@dataclass(frozen=True)
class HeartbeatFailed(Event):
    severity = logging.WARNING
    reason: str


@dataclass(frozen=True)
class AlertNotDelivered(Event):
    severity = logging.WARNING
    channel: str
    reason: str


@dataclass(frozen=True)
class DigestTold(Event):
    """The daily digest went out; `parked` and `open` are as of then."""

    seen: int
    cases: int
    parked: int
    open: int
