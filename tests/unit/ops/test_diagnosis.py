"""What the operations API says when something is wrong: log lines, alerts, and whether telemetry arrives."""

import json
import logging
from collections.abc import Callable, Iterator

import pytest

from cody2zoho import logs
from cody2zoho.alerts import Alert, Level
from cody2zoho.models import Conversation
from cody2zoho.services import Services
from cody2zoho.telemetry.insights import mine
from ingestion import Ingestion, ingestion
from waiting import eventually

REFUSED = Alert("blocked:zoho", Level.CRITICAL, "auth issue", "zoho is blocked", "Renew it", {"blocked": "zoho"})
LATE = Alert("late", Level.HIGH, "system error", "A conversation waits", "Start a worker", {"hours": 3})


@pytest.fixture
def written(plugged) -> Services:
    """Lines of two processes, the newest last."""
    services = plugged()
    lines = [
        {"time": 1.0, "level": "INFO", "message": "case_created", "name": "cody2zoho.x", "conversation": "abc"},
        {"time": 2.0, "level": "WARNING", "message": "api_paused", "name": "cody2zoho.y", "worker": "w1", "seconds": 7},
        {"time": 3.0, "level": "ERROR", "message": "conversation_parked", "name": "z", "conversation": "def"},
    ]
    for line in lines:
        services.store.xadd(f"{services.settings.redis_key_prefix}logs", {"line": json.dumps(line)})
    return services


@pytest.fixture
def logged(plugged) -> Iterator[Callable[[], list[dict]]]:
    """This process's own lines, as `serve` has them sent to Redis; and how they are read."""
    root, services = logging.getLogger(), plugged()
    before, level = root.handlers[:], root.level
    logs.configure(services.settings)
    yield lambda: logs.latest(services)
    for one in [one for one in root.handlers if one not in before]:
        one.close()
    root.handlers[:] = before
    root.setLevel(level)


@pytest.mark.parametrize(
    ("query", "messages"),
    [
        ("", ["conversation_parked", "api_paused", "case_created"]),
        ("?limit=1", ["conversation_parked"]),
        ("?level=WARNING", ["conversation_parked", "api_paused"]),
        ("?conversation=abc", ["case_created"]),
        ("?conversation=unknown", []),
    ],
)
def test_the_latest_lines_of_all_processes_are_told_newest_first(serve, written, query: str, messages: list) -> None:
    found = serve().get(f"/logs{query}").json
    assert [one["message"] for one in found["lines"]] == messages
    assert len(found["logs"]) == len(messages)


def test_a_line_is_also_told_as_the_earlier_product_wrote_it(serve, written) -> None:
    found = serve().get("/logs?level=WARNING&limit=2").json
    assert found["logs"][1] == "1970-01-01 00:00:02 - WARNING - api_paused worker=w1 seconds=7"
    assert found["lines"][1]["seconds"] == 7


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "level=LOUD", "conversation=a%20b"])
def test_a_wrong_question_about_lines_is_refused(serve, query: str) -> None:
    answer = serve().get(f"/logs?{query}")
    assert (answer.status, list(answer.json)) == (422, ["error"])


def test_an_action_is_logged_with_who_did_it_under_the_id_of_the_request(serve, plugged, logged) -> None:
    ledger = plugged().ledger
    ledger.add_new([Conversation("Jw9R1NVTVgkK", "support", 1_755_000_157)])
    ledger.park(ledger.claim("Jw9R1NVTVgkK"), "Zoho refuses this")
    browser = serve(ops_token="hush-hush")
    headers = {"Authorization": "Bearer hush-hush", "X-Request-ID": "asked-1"}
    cookie = browser.post("/login", "token=hush-hush").headers["set-cookie"].partition(";")[0]
    assert browser.ask("POST", "/conversations/Jw9R1NVTVgkK/retry", headers).status == 200
    assert browser.ask("POST", "/pause?bot=support", {"Cookie": cookie, "X-Request-ID": "asked-2"}).status == 200
    assert browser.ask("POST", "/resume", {}).status == 401

    lines = eventually(lambda: [one for one in logged() if one["message"] == "action_taken"][2:] and logged())
    told = [one for one in lines if one["message"] == "action_taken"]
    assert [(one["action"], one["by"]) for one in told] == [
        ("login", "token"),
        ("retry", "token"),
        ("pause", "browser"),
    ]
    assert (told[1]["conversation"], told[1]["request_id"]) == ("Jw9R1NVTVgkK", "asked-1")
    assert (told[2]["bot"], told[2]["request_id"]) == ("support", "asked-2")
    assert "hush" not in str(lines)


def test_alerts_are_told_the_worst_first_and_then_those_that_are_over(serve, plugged, clock) -> None:
    board = plugged().alerts
    board.judge("parked", [Alert("parked", Level.MEDIUM, "data mismatch", "2 are parked", "Look", {})])
    board.judge("late", [LATE])
    board.judge("blocked", [REFUSED])
    clock.now += 300
    board.judge("parked", [])
    found = serve().get("/alerts").json
    assert [one["key"] for one in found["raised"]] == ["blocked:zoho", "late"]
    assert found["raised"][0] == {
        "key": "blocked:zoho",
        "severity": "CRITICAL",
        "error_type": "auth issue",
        "message": "zoho is blocked",
        "remedy": "Renew it",
        "details": {"blocked": "zoho"},
        "since": int(clock.now) - 300,
        "at": None,
    }
    [over] = found["resolved"]
    assert (over["message"], over["at"]) == ("Resolved after 5 minutes: 2 are parked", int(clock.now))


def test_of_what_is_over_the_latest_twenty_are_kept(plugged) -> None:
    board = plugged(alert_cooldown_minutes=0).alerts
    for number in range(25):
        board.judge("late", [Alert("late", Level.HIGH, "system error", f"{number} wait", "Start a worker")])
        board.judge("late", [])
    assert len(board.resolved()) == 20
    assert board.resolved()[0].alert.message.endswith("24 wait")


@pytest.fixture
def far_end() -> Iterator[Ingestion]:
    with ingestion() as one:
        yield one


def test_application_insights_is_told_of_without_its_secret(serve, far_end) -> None:
    chosen = {"applicationinsights_connection_string": far_end.connection_string}
    answer = serve(enable_application_insights=True, **chosen).get("/debug/app-insights")
    assert answer.json == {
        "app_insights_configured": True,
        "app_insights_initialized": mine() is not None,
        "connectivity": {"direct_api": True, "ingestion_endpoint": True, "live_endpoint": True},
        "settings": {
            "APPLICATIONINSIGHTS_CONNECTION_STRING": "SET",
            "APPLICATIONINSIGHTS_ROLE_NAME": "Cody2Zoho",
            "ENABLE_APPLICATION_INSIGHTS": True,
        },
    }


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_test_of_telemetry_that_is_switched_off_says_so(serve, method: str) -> None:
    basic = serve().ask(method, "/debug/test-telemetry").json
    assert (basic["status"], set(basic["tests"].values())) == ("disabled", {"skipped"})
    assert list(basic["tests"]) == ["basic_event", "basic_metric", "direct_api", "force_flush"]
    detailed = serve().ask(method, "/debug/test-telemetry-detailed").json
    assert detailed["tests"]["exception"] == "skipped"
    assert detailed["connectivity"]["live_endpoint"] is False


@pytest.mark.parametrize("path", ["/debug/app-insights", "/debug/test-telemetry", "/debug/test-telemetry-detailed"])
def test_another_site_sends_no_telemetry(serve, far_end, path: str) -> None:
    chosen = {"applicationinsights_connection_string": far_end.connection_string, "enable_application_insights": True}
    assert serve(**chosen).get(path, Sec_Fetch_Site="cross-site").status == 403
    assert serve(**chosen, ops_token="hush").get(path).status == 401
    assert far_end.bodies == []


def test_why_conversations_are_parked_is_read_of_some_however_many_there_are(serve, plugged) -> None:
    services = plugged()
    prefix = services.settings.redis_key_prefix
    with services.store.pipeline() as pipe:
        for number in range(600):
            pipe.zadd(f"{prefix}parked", {f"parked{number:06}": number})
            pipe.hset(f"{prefix}conversation:parked{number:06}", "reason", "Zoho refuses this")
        pipe.execute()
    found = serve().get("/stats").json
    assert found["reasons"] == [{"reason": "Zoho refuses this", "conversations": 200}]
    assert found["reasons_of"] == 200
