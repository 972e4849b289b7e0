"""Application Insights in the process at hand: begun where it is wanted, and asked whether it works."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from cody2zoho import logs
from cody2zoho.errors import Transient
from cody2zoho.http import Api
from cody2zoho.settings import Settings
from cody2zoho.settings.insights import connection_parts
from cody2zoho.telemetry import insights, listen
from cody2zoho.telemetry.insights.told import Custom, Metric

#: Where a connection string names no address, and with an instrumentation key alone.
_INGESTION = "https://dc.services.visualstudio.com"
_LIVE = "https://rt.services.visualstudio.com"

_PROBE_SECONDS = 3.0

_API = Api("Application Insights", _PROBE_SECONDS, _PROBE_SECONDS, label="application_insights")


def begin(settings: Settings) -> None:
    """From now on this process tells what happens; where it does so already, or nobody wants it, nothing changes."""
    if settings.enable_application_insights and not insights.mine():
        listen(_started(settings).hear)


def _started(settings: Settings) -> insights.Insights:
    choice = insights.Choice(
        settings.applicationinsights_connection_string.get_secret_value(),
        settings.applicationinsights_role_name,
        settings.applicationinsights_live_metrics,
        Path(settings.state_dir).absolute() / "application-insights",
    )
    return insights.start(choice, logs.current)


def state(settings: Settings) -> dict[str, Any]:
    """Whether it is set up, and whether its servers answer: `GET /debug/app-insights`. Takes 6 seconds at most."""
    is_set = bool(settings.applicationinsights_connection_string.get_secret_value())
    return {
        "app_insights_configured": settings.enable_application_insights and is_set,
        "app_insights_initialized": insights.mine() is not None,
        "connectivity": _connectivity(settings),
        "settings": {
            "APPLICATIONINSIGHTS_CONNECTION_STRING": "SET" if is_set else "NOT SET",
            "APPLICATIONINSIGHTS_ROLE_NAME": settings.applicationinsights_role_name,
            "ENABLE_APPLICATION_INSIGHTS": settings.enable_application_insights,
        },
    }


def test(settings: Settings) -> dict[str, Any]:
    """One event and one metric, sent and accepted: `GET /debug/test-telemetry`."""
    return _report(
        settings,
        {
            "basic_event": lambda: _hear(Custom("test_event", {"source": "cody2zoho"})),
            "basic_metric": lambda: _hear(Metric("test_metric", 1)),
            "direct_api": lambda: _accepts(settings),
            "force_flush": _flush,
        },
    )


def test_in_detail(settings: Settings) -> dict[str, Any]:
    """The same, an exception, and all that `state` tells: `GET /debug/test-telemetry-detailed`."""
    told = _report(
        settings,
        {
            "basic_event": lambda: _hear(Custom("test_event", {"source": "cody2zoho"})),
            "basic_metric": lambda: _hear(Metric("test_metric", 1)),
            "exception": _except,
            "direct_api": lambda: _accepts(settings),
            "force_flush": _flush,
        },
    )
    return {**told, **state(settings)}


def _report(settings: Settings, tests: dict[str, Callable[[], bool]]) -> dict[str, Any]:
    begin(settings)
    if not insights.mine():
        return {"status": "disabled", "tests": dict.fromkeys(tests, "skipped"), **_now()}
    results = {name: "success" if passed() else "failed" for name, passed in tests.items()}
    is_well = set(results.values()) == {"success"}
    return {"status": "completed" if is_well else "failed", "tests": results, **_now()}


def _now() -> dict[str, str]:
    return {"timestamp": datetime.now(UTC).isoformat(timespec="seconds")}


def _hear(one: Custom | Metric) -> bool:
    found = insights.mine()
    if found:
        found.tell(one)
    return found is not None


def _except() -> bool:
    found = insights.mine()
    if found:
        found.tell_exception("TestException", "")
    return found is not None


def _flush() -> bool:
    found = insights.mine()
    return bool(found and found.flush())


def _connectivity(settings: Settings) -> dict[str, bool]:
    """Side by side, so that three servers that do not answer take no longer than one."""
    ingestion, live = _addresses(settings)
    if not settings.applicationinsights_connection_string.get_secret_value():
        return {"direct_api": False, "ingestion_endpoint": False, "live_endpoint": False}
    with ThreadPoolExecutor(3) as threads:
        direct = threads.submit(_accepts, settings)
        reached = [threads.submit(_answers, address) for address in (ingestion, live)]
        return {
            "direct_api": direct.result(),
            "ingestion_endpoint": reached[0].result(),
            "live_endpoint": reached[1].result(),
        }


def _addresses(settings: Settings) -> tuple[str, str]:
    """Of the two servers, without a slash at the end."""
    parts = connection_parts(settings.applicationinsights_connection_string.get_secret_value())
    return parts.get("ingestionendpoint", _INGESTION).rstrip("/"), parts.get("liveendpoint", _LIVE).rstrip("/")


def _answers(address: str) -> bool:
    """Whatever it answers: there is somebody."""
    try:
        _API.send("GET", address)
    except Transient:
        return False
    return True


def _accepts(settings: Settings) -> bool:
    """Whether an event sent past the library is taken: the address is right, and knows the key."""
    parts = connection_parts(settings.applicationinsights_connection_string.get_secret_value())
    event = {"ver": 2, "name": "test_direct", "properties": {"id": uuid4().hex}}
    envelope = {
        "name": "Microsoft.ApplicationInsights.Event",
        "time": datetime.fromtimestamp(time.time(), UTC).isoformat(),
        "iKey": parts.get("instrumentationkey", ""),
        "tags": {"ai.cloud.role": settings.applicationinsights_role_name},
        "data": {"baseType": "EventData", "baseData": event},
    }
    try:
        answer = _API.send("POST", f"{_addresses(settings)[0]}/v2.1/track", json=[envelope])
    except Transient:
        return False
    told = answer.json()
    return answer.status == 200 and isinstance(told, dict) and told.get("itemsAccepted") == 1
