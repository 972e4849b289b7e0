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
