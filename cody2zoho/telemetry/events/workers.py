"""The workers themselves."""

import logging
from dataclasses import dataclass

from cody2zoho.telemetry.events.event import Event

#: What a worker that died leaves behind, and what becomes of it, for people.
LEFT_BEHIND = {
    "leases": "conversations taken over",
    "messages": "messages put back into their queue",
    "slots": "slots for a call to Zoho that ran out",
    "batches": "batches of a backfill begun anew",
    "signs": "signs of workers not seen for an hour",
}


@dataclass(frozen=True)
class CleanedUp(Event):
    """`what` is one of `LEFT_BEHIND`, and `count` how many at once."""

    what: str
    count: int


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
