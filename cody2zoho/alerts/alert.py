"""What an alert says, to machines and to people."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from cody2zoho.text.times import span


class Level(StrEnum):
    """How soon a person is needed; the worst first."""

    CRITICAL = "CRITICAL"  # no case is made, or soon none
    HIGH = "HIGH"  # cases are late, or many fail
    MEDIUM = "MEDIUM"  # single ones need a person
    LOW = "LOW"  # good to know

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return list(Level).index(self)

    @property
    def word(self) -> str:
        """As earlier products named it in `level`."""
        return {Level.CRITICAL: "ERROR", Level.LOW: "INFO"}.get(self, "WARNING")


#: What `error_type` may be.
API_FAILURE, AUTH_ISSUE, DATA_MISMATCH = "API failure", "auth issue", "data mismatch"
HIGH_ERROR_RATE, SYSTEM_ERROR = "high error rate", "system error"

#: What a digest has there.
STATUS_UPDATE = "status update"


@dataclass(frozen=True)
class Alert:
    """Something is wrong. The key names it for as long as it lasts; `details` are numbers and words of ours."""

    key: str
    level: Level
    error_type: str
    message: str
    remedy: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    script: str = "monitor"

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "Alert":
        return cls(**{**facts, "level": Level(facts["level"])})

    def facts(self) -> dict[str, Any]:
        return {**asdict(self), "details": dict(self.details)}


@dataclass(frozen=True)
class Notice:
    """One message about an alert: that it is `raised` or `resolved`, or a `test` or a `digest`; at a Unix second."""

    alert: Alert
    status: str
    at: float
    #: What people read below the title, where that is not the figures.
    body: str = ""

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "Notice":
        return cls(Alert.of(facts["alert"]), facts["status"], facts["at"], facts["body"])

    def facts(self) -> dict[str, Any]:
        return {"alert": self.alert.facts(), "status": self.status, "at": self.at, "body": self.body}

    def as_json(self) -> dict[str, Any]:
        """As a webhook gets it."""
        return {
            "timestamp": datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
            "script": self.alert.script,
            "level": "INFO" if self.is_over else self.alert.level.word,
            "error_type": self.alert.error_type,
            "message": self.alert.message,
            "details": dict(self.alert.details),
            "status": self.status,
            "severity": self.alert.level.value,
            "key": self.alert.key,
            "remedy": self.alert.remedy,
        }

    @property
    def is_over(self) -> bool:
        """Nobody has to do anything about it."""
        return self.status == "resolved"

    @property
    def title(self) -> str:
        """One line."""
        if self.status in ("test", "digest"):
            return self.alert.message
        return f"{'✅ ' if self.is_over else _SIGNS[self.alert.level]}{self.alert.message}"

    @property
    def text(self) -> str:
        """For people: the line, the figures, and what to do."""
        return "\n".join(part for part in (self.title, self.rest) if part)

    @property
    def rest(self) -> str:
        """The same, below the line."""
        if self.body:
            return self.body
        figures = ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in self.alert.details.items())
        remedy = "" if self.is_over or not self.alert.remedy else f"→ {self.alert.remedy}"
        return "\n".join(part for part in (figures, remedy) if part)


#: What a title begins with.
_SIGNS = {Level.CRITICAL: "🚨 CRITICAL: ", Level.HIGH: "⚠️ HIGH: ", Level.MEDIUM: "⚠️ MEDIUM: ", Level.LOW: "ℹ️ LOW: "}


def over(alert: Alert, since: float, now: float) -> Notice:
    """That it has been mended."""
    message = f"Resolved after {span(now - since)}: {alert.message}"
    return Notice(replace(alert, message=message), "resolved", now)
