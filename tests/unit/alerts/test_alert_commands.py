"""What a person sees of checks and channels."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from cody2zoho.cli import main
from cody2zoho.simulators.faults import Fault
from cody2zoho.simulators.server import SimulatorServer
from webhook import Webhook, webhook


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as server:
        yield server


@pytest.fixture
def environment(server: SimulatorServer, redis_address: str, store, hook, monkeypatch) -> None:
    monkeypatch.setenv("SIMULATORS_URL", server.url)
    monkeypatch.setenv("REDIS_URL", redis_address)
    monkeypatch.setenv("ALERT_URLS", f"critical,high={hook.url}")


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def test_all_is_well(environment) -> None:
    result = run("monitor")
    assert result.exit_code == 0, result.output
    assert "✓ apis: Cody and Zoho answer, and accept our credentials." in result.output
    assert run("alerts").output == "Nothing is raised.\n"


def test_the_exit_code_is_that_of_the_worst(environment, plugged, server, hook) -> None:
    server.faults.add(Fault("503", simulator="zoho", path="/crm/*"))
    result = run("monitor", "--json")
    assert result.exit_code == 3
    told = json.loads(result.stdout)
    assert told["checks"]["apis"] == "alert"
    assert [one["key"] for one in told["alerts"]] == ["apis:zoho"]
    assert [one["key"] for one in hook.got] == ["apis:zoho"]
    plugged(redis_key_prefix="{cody2zoho-simulated}:").blocks.put("zoho", "Zoho refuses it")
    assert run("monitor").exit_code == 4
    shown = run("alerts")
    assert shown.exit_code == 1
    assert "apis:zoho, high, for" in shown.output or "blocked:zoho, critical, for" in shown.output


def test_a_test_says_who_took_it(environment, hook, monkeypatch) -> None:
    assert run("alerts", "test").output == "✓ url 1 took it\n"
    assert run("alerts", "test", "--level", "critical").exit_code == 0
    assert [(one["status"], one["severity"]) for one in hook.got] == [("test", "LOW"), ("test", "CRITICAL")]
    hook.status = 404
    result = run("alerts", "test")
    assert result.output == "✗ url 1: The webhook did not take the alert (404)\n"
    assert result.exit_code == 1


def test_a_test_without_a_channel_says_what_to_write(environment, monkeypatch) -> None:
    monkeypatch.delenv("ALERT_URLS")
    result = run("alerts", "test")
    assert result.exit_code == 2
    assert "ALERT_URLS" in result.output


def test_the_digest_is_shown_and_sent_to_nobody(environment, plugged, hook) -> None:
    plugged(redis_key_prefix="{cody2zoho-simulated}:").blocks.put("bot support", "Correct CODY_BOT_ID")
    run("monitor")
    shown = run("alerts", "digest")
    assert shown.exit_code == 0
    title, first, *_ = shown.output.splitlines()
    assert title.startswith("The 24 hours to ")
    assert title.endswith(": no conversations, no cases; 1 alert open")
    assert first == "• HIGH, for 0 seconds: Bot support is blocked: no case of it can be made → Correct CODY_BOT_ID"
    told = json.loads(run("alerts", "digest", "--json").stdout)
    assert (told["status"], told["level"], told["details"]["blocked"]) == ("digest", "INFO", ["bot support"])
    assert [one["key"] for one in hook.got] == ["blocked:bot support"]


def test_a_channel_that_nobody_understands_is_said_and_the_others_are_tried(environment, hook, monkeypatch) -> None:
    monkeypatch.setenv("ALERT_URLS", f"bogus://hush@x {hook.url}")
    result = run("alerts", "test")
    assert result.output == "✗ url 1: apprise does not know this address\n✓ url 2 took it\n"
    assert result.exit_code == 1
