"""What a real worker tells Application Insights, as it arrives at the far end."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from cody2zoho.simulators.faults import Fault
from ingestion import Ingestion, ingestion
from waiting import eventually

CANARY = "canary-words-of-a-customer"
ADDRESS = "canary@example.com"
PAGE = (Path(__file__).parents[2] / "docs" / "azure-insights.md").read_text()

#: Put there by the logging of tasks, and by the library.
BESIDE = {"task", "task_id", "conversation", "request_id", "worker", "logger_name"}


@pytest.fixture
def far_end() -> Iterator[Ingestion]:
    with ingestion() as one:
        yield one


@pytest.fixture
def enabled(far_end: Ingestion) -> dict[str, str]:
    return {
        "ENABLE_APPLICATION_INSIGHTS": "true",
        "APPLICATIONINSIGHTS_CONNECTION_STRING": far_end.connection_string,
        # So that metrics arrive by what is sent at the end, and not otherwise.
        "OTEL_METRIC_EXPORT_INTERVAL": "600000",
        "OTEL_BLRP_SCHEDULE_DELAY": "200",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "POLL_INTERVAL_SECONDS": "1",
    }


def documented(heading: str) -> dict[str, set[str]]:
    """Names and properties of the table under a heading; a property's `<…>` is any."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.MULTILINE)
    return {name: set(re.findall(r"`([^`]+)`", cells)) for name, cells in rows}


METRICS = documented("Custom metrics") | {name: set() for name in documented("Every five minutes")}
EVENTS = documented("Custom events")
FIGURES = set(documented("Every five minutes")) - {
    "conversation_to_case_ratio",
    "conversations_processed_total",
    "cases_created_total",
}
#: What is told of a contact where it is looked for, and of what was replaced.
OPTIONAL = {"contact", "redacted_<kind>", "retry_after"}


def chats(account, count: int = 4) -> None:
    for number in range(count):
        conversation = account.add_conversation(bot_id="support", at=account.now() - 600 + number)
        account.say(conversation.id, f"{CANARY} {ADDRESS} {number}", at=account.now() - 500)


# Celery takes `-P prefork` for what nobody chose; `processes` is the same pool.
@pytest.mark.parametrize("pool", ["threads", "processes"])
def test_every_event_and_metric_arrives_by_its_name_with_its_properties_and_nobodys_words(
    pool, account, organisation, server, start, far_end, enabled
) -> None:
    chats(account)
    server.faults.add(Fault("429", path="/crm/v8/Cases", times=1))
    worker = start("worker", "-P", pool, "-c", 2, **enabled, CONTACT_MATCH="email")
    beat = start("beat", **enabled)
    eventually(lambda: len(organisation.cases) == 4 and set(EVENTS) <= set(far_end.events()), 60)
    assert beat.end() == 0
    assert worker.end() == 0
    told = far_end.events()
    for name, properties in EVENTS.items():
        got = {one for one in told[name] - BESIDE if not one.startswith("redacted_")}
        if name == "business_metrics_summary":
            got = {one for one in got if not one.startswith("conversations_")} | {"conversations_<state>"}
            got |= FIGURES & told[name]
        known = properties | (FIGURES if name == "business_metrics_summary" else set())
        assert known - OPTIONAL <= got <= known, name
    measured = far_end.metrics()
    assert {name: measured[name] for name in METRICS} == METRICS
    assert len([one for one in far_end.of("EventData") if one["name"] == "case_created"]) == 4
    everything = "".join(far_end.bodies)
    assert not [one for one in far_end.of("RemoteDependencyData") if "?" in str(one)]
    tokens = server.run(lambda: list(organisation.accounts.access_tokens))
    for secret in (CANARY, ADDRESS, "simulated-cody-key", "simulated-zoho-secret", "1000.simulated.refresh", *tokens):
        assert secret not in everything


def test_dependencies_roles_and_operations_are_those_of_the_task(
    account, organisation, start, far_end, enabled
) -> None:
    chats(account, 1)
    worker, _ = start("worker", **enabled), start("beat", **enabled)
    eventually(lambda: [one for one in far_end.events() if one == "case_created"], 60)
    assert worker.end() == 0
    [created] = [one for one in far_end.items if one["data"]["baseData"].get("name") == "case_created"]
    operation = created["data"]["baseData"]["properties"]["task_id"].replace("-", "")
    assert created["tags"]["ai.operation.id"] == operation
    assert created["tags"]["ai.cloud.role"] == "Cody2Zoho"
    assert created["tags"]["ai.cloud.roleInstance"]
    mine = [one for one in far_end.items if one["tags"].get("ai.operation.id") == operation]
    called = {one["data"]["baseData"]["name"] for one in mine if one["data"]["baseType"] == "RemoteDependencyData"}
    assert {"POST /crm/v8/Cases", "GET /api/v1/messages"} <= called
    assert any("QuickPulse" in path for path in far_end.paths)


def test_an_exception_arrives_with_its_kind_and_place_but_without_its_words(start, far_end, enabled) -> None:
    program = (
        "import logging\n"
        "from cody2zoho import configuration, insights\n"
        "from cody2zoho.telemetry import insights as to\n"
        "insights.begin(configuration.settings())\n"
        "try:\n"
        f"    raise KeyError('{CANARY} {ADDRESS}')\n"
        "except KeyError:\n"
        f"    logging.getLogger('celery').exception('failed over %s', '{CANARY}')\n"
        "to.stop()\n"
        # As a child of a pool may end: nothing but `stop` sends what is left.
        "__import__('os')._exit(0)\n"
    )
    assert start("-c", program, **enabled).process.wait(60) == 0
    [exception] = far_end.of("ExceptionData")
    [detail] = exception["exceptions"]
    assert detail["typeName"] == detail["message"] == "KeyError"
    assert "<string>" in detail["stack"]
    assert CANARY not in "".join(far_end.bodies)
    assert ADDRESS not in "".join(far_end.bodies)


@pytest.mark.parametrize("pool", ["threads", "processes"])
def test_an_error_nobody_foresaw_arrives_from_a_worker(pool, start, call, settle, far_end, enabled, tmp_path) -> None:
    (tmp_path / "broken.py").write_text(
        "from celery import shared_task\n"
        "from cody2zoho.worker.tasks import Wordless\n"
        "@shared_task(base=Wordless, name='cody2zoho.broken')\n"
        "def broken(words):\n"
        "    raise KeyError(words)\n"
    )
    worker = start("worker", "-P", pool, "-c", 1, "-I", "broken", **enabled, PYTHONPATH=tmp_path)
    worker.says(" ready.")
    call("broken", CANARY)
    worker.says("raised unexpected")
    settle()
    assert worker.end() == 0
    [exception] = far_end.of("ExceptionData")
    assert exception["exceptions"][0]["typeName"] == "KeyError"
    assert exception["properties"]["task"] == "broken"


def test_an_endpoint_that_never_answers_holds_up_neither_cases_nor_the_end(
    account, organisation, start, far_end, enabled
) -> None:
    chats(account)
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        enabled["APPLICATIONINSIGHTS_CONNECTION_STRING"] = far_end.connection_string.replace(far_end.url, address)
        worker, _ = start("worker", **enabled), start("beat", **enabled)
        eventually(lambda: len(organisation.cases) == 4, 60)
        # Within 30 seconds.
        assert worker.end() == 0


def test_an_endpoint_that_is_away_holds_up_neither_cases_nor_the_end_and_what_was_told_waits_on_disk(
    account, organisation, start, far_end, enabled, tmp_path
) -> None:
    chats(account)
    far_end.status = 503
    waiting, elsewhere = tmp_path / "state" / "application-insights", tmp_path / "elsewhere"
    elsewhere.mkdir()
    enabled["TMPDIR"] = str(elsewhere)
    worker, _ = start("worker", **enabled), start("beat", **enabled)
    eventually(lambda: len(organisation.cases) == 4, 60)
    eventually(lambda: list(waiting.glob("*.blob*")), 30)
    assert worker.end() == 0
    assert waiting.stat().st_mode & 0o777 == 0o700
    assert [one for one in elsewhere.rglob("*") if "AzureMonitor" in str(one)] == []


def test_what_waits_on_disk_has_an_end(start, far_end, enabled, tmp_path) -> None:
    far_end.status = 503
    waiting = tmp_path / "state" / "application-insights"
    program = (
        "from cody2zoho import configuration, insights\n"
        "insights.begin(configuration.settings())\n"
        "insights._hear(insights.Custom('one', {}))\n"
        "insights._flush()\n"
    )
    assert start("-c", program, **enabled).process.wait(60) == 0
    assert list(waiting.glob("*.blob*"))
    for blob in waiting.iterdir():
        blob.unlink()
    (waiting / "9999-01-01T000000.000000-full.blob").write_bytes(b"x" * 8 * 1024 * 1024)
    assert start("-c", program, **enabled).process.wait(60) == 0
    assert [one.name for one in waiting.iterdir() if "full" not in one.name] == []
