"""What the ledger knows, and whether it is true."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cody2zoho.telemetry.events.event import Event


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
class BusinessMetricsSummary(Event):
    """How many conversations are in each state; totals since the first start, and rates of the last hour."""

    states: Mapping[str, int]
    figures: Mapping[str, float]

    @property
    def facts(self) -> dict[str, Any]:
        # Not under their bare names: a log record has a `created` of its own.
        return {**{f"conversations_{state}": count for state, count in self.states.items()}, **self.figures}


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


@dataclass(frozen=True)
class BackupCompleted(Event):
    """Written, and read once more; `removed` older ones went."""

    conversations: int
    size: int
    seconds: float
    removed: int


@dataclass(frozen=True)
class BackupFailed(Event):
    severity = logging.ERROR
    reason: str
