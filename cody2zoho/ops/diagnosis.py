"""What is asked when something is wrong: log lines, alerts, and whether Application Insights hears of us."""

import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from cody2zoho import insights, logs
from cody2zoho.ops.answers import REFUSALS, Alerts, InsightsState, InsightsTest, InsightsTestInDetail, Logs, ToldAlert
from cody2zoho.ops.desk import Actor, Reader

router = APIRouter()

#: In every line, so no field of its event.
_APART = ("id", "time", "level", "message", "name", "exc_info")


@router.get("/logs", responses=REFUSALS, response_model=Logs)
def _logs(
    desk: Reader,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    level: Literal["INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO",
    conversation: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = None,
) -> Any:
    """The latest lines of all processes, at this level or worse; of one conversation."""
    found = logs.latest(desk.services, limit, level, conversation)[::-1]
    return {"logs": [_in_words(line) for line in found], "lines": found}


@router.get("/alerts", responses=REFUSALS)
def _alerts(desk: Reader) -> Alerts:
    """What is wrong now, and what was lately."""
    situation = desk.situation()
    return Alerts(
        raised=[ToldAlert.raised(one) for one in situation.raised],
        resolved=[ToldAlert.resolved(one) for one in situation.resolved],
    )


@router.get("/debug/app-insights", responses=REFUSALS, response_model=InsightsState)
def _app_insights(desk: Actor) -> Any:
    """Whether Application Insights is set up, and whether its servers answer: one event is sent to them."""
    return insights.state(desk.services.settings)


# The earlier product had GET for what sends something; neither changes anything, and no other site can cause it.
@router.get("/debug/test-telemetry", responses=REFUSALS, response_model=InsightsTest)
@router.post("/debug/test-telemetry", responses=REFUSALS, response_model=InsightsTest)
def _test_telemetry(desk: Actor) -> Any:
    """Send an event and a metric to Application Insights, and say whether they were taken."""
    return insights.test(desk.services.settings)


@router.get("/debug/test-telemetry-detailed", responses=REFUSALS, response_model=InsightsTestInDetail)
@router.post("/debug/test-telemetry-detailed", responses=REFUSALS, response_model=InsightsTestInDetail)
def _test_telemetry_in_detail(desk: Actor) -> Any:
    """The same with an exception, and with what `/debug/app-insights` tells."""
    return insights.test_in_detail(desk.services.settings)


def _in_words(line: dict[str, Any]) -> str:
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(line["time"]))
    fields = " ".join(f"{name}={value}" for name, value in line.items() if name not in _APART)
    return f"{at} - {line['level']} - {line['message']} {fields}".rstrip()
