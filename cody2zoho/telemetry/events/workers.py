"""The workers themselves."""

import logging
from dataclasses import dataclass

from cody2zoho.telemetry.events.event import Event


@dataclass(frozen=True)
class LockLost(Event):
    severity = logging.WARNING
    lock: str


@dataclass(frozen=True)
class WorkerHung(Event):
    severity = logging.CRITICAL
    seconds: int


@dataclass(frozen=True)
class TaskFailed(Event):
    """An error nobody foresaw, without its words, which may be a customer's; `place` is file and line."""

    severity = logging.ERROR
    failed: str
    error: str
    place: str
