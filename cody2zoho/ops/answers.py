"""What the operations API answers, as its OpenAPI document describes it."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from cody2zoho.alerts.alert import Alert, Level, Notice
from cody2zoho.alerts.board import Raised


class Refusal(BaseModel):
    """Every answer that is none."""

    error: str


class Alive(BaseModel):
    status: Literal["alive"] = "alive"


class Readiness(BaseModel):
    status: Literal["ready", "not ready"]


class Done(BaseModel):
    """What was done, in words."""

    done: str


class LogLine(BaseModel):
    """One line of a process, with whatever fields its event has; `time` in Unix seconds."""

    model_config = ConfigDict(extra="allow")

    id: str
    time: float
    level: str
    message: str
    name: str


class Logs(BaseModel):
    """The newest first: as the earlier product wrote them, and with their fields apart."""

    logs: list[str]
    lines: list[LogLine]


class ToldAlert(BaseModel):
    """As a webhook gets it; `since` is the Unix second at which it was raised, `at` that at which it was over."""

    key: str
    severity: Level
    error_type: str
    message: str
    remedy: str
    details: dict[str, Any]
    since: int | None = None
    at: int | None = None

    @classmethod
    def raised(cls, one: Raised) -> "ToldAlert":
        return cls(**_facts(one.alert), since=round(one.since))

    @classmethod
    def resolved(cls, notice: Notice) -> "ToldAlert":
        return cls(**_facts(notice.alert), at=round(notice.at))


class Alerts(BaseModel):
    """What is wrong now, the worst first; and what was over lately, the newest first."""

    raised: list[ToldAlert]
    resolved: list[ToldAlert]


class Connectivity(BaseModel):
    direct_api: bool
    ingestion_endpoint: bool
    live_endpoint: bool


class InsightsState(BaseModel):
    """Of a secret only whether it is set."""

    app_insights_configured: bool
    app_insights_initialized: bool
    connectivity: Connectivity
    settings: dict[str, str | bool]


class InsightsTest(BaseModel):
    """Each test is a `success`, has `failed`, or was `skipped`."""

    status: Literal["completed", "failed", "disabled"]
    tests: dict[str, Literal["success", "failed", "skipped"]]
    timestamp: str


class InsightsTestInDetail(InsightsTest, InsightsState):
    pass


REFUSALS: dict[int | str, dict[str, Any]] = {code: {"model": Refusal} for code in (400, 401, 403, 422, 503)}
ABOUT_ONE: dict[int | str, dict[str, Any]] = {**REFUSALS, 404: {"model": Refusal}, 409: {"model": Refusal}}


def _facts(alert: Alert) -> dict[str, Any]:
    facts = alert.facts()
    return {"severity": facts["level"], **{name: facts[name] for name in facts if name not in ("level", "script")}}
