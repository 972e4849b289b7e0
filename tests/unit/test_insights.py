"""Whether Application Insights is set up, and whether its servers answer, in the words of the earlier product."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from cody2zoho import configuration, insights
from cody2zoho.errors import ConfigurationError
from cody2zoho.settings import Settings, simulated_credentials
from ingestion import Ingestion, ingestion


@pytest.fixture
def far_end() -> Iterator[Ingestion]:
    with ingestion() as one:
        yield one


def chosen(far_end: Ingestion) -> dict[str, str]:
    given = {name.upper(): value for name, value in simulated_credentials("http://127.0.0.1:9").items()}
    return given | {
        "CODY_BOT_ID": "support",
        "ENABLE_APPLICATION_INSIGHTS": "true",
        "APPLICATIONINSIGHTS_CONNECTION_STRING": far_end.connection_string,
    }


def settings(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> Settings:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return configuration.settings()


def run(given: dict[str, str], *, as_json: bool = True) -> subprocess.CompletedProcess[str]:
    """In a process of its own: the library can be set up once in each."""
    words = (sys.executable, "-m", "cody2zoho", "telemetry", "test", *(["--json"] if as_json else []))
    return subprocess.run(words, env={**os.environ, **given}, capture_output=True, text=True, timeout=60, check=False)


def test_what_is_set_and_what_answers_is_told_without_the_secret(monkeypatch, far_end) -> None:
    told = insights.state(settings(monkeypatch, chosen(far_end)))
    assert told == {
        "app_insights_configured": True,
        "app_insights_initialized": False,
        "connectivity": {"direct_api": True, "ingestion_endpoint": True, "live_endpoint": True},
        "settings": {
            "APPLICATIONINSIGHTS_CONNECTION_STRING": "SET",
            "APPLICATIONINSIGHTS_ROLE_NAME": "Cody2Zoho",
            "ENABLE_APPLICATION_INSIGHTS": True,
        },
    }


def test_an_endpoint_that_refuses_the_key_is_told_apart_from_one_that_is_away(monkeypatch, far_end) -> None:
    far_end.status = 400
    told = insights.state(settings(monkeypatch, chosen(far_end)))
    assert told["connectivity"] == {"direct_api": False, "ingestion_endpoint": True, "live_endpoint": True}


def test_nothing_is_asked_where_nothing_is_set(monkeypatch, far_end) -> None:
    given = chosen(far_end) | {"ENABLE_APPLICATION_INSIGHTS": "false", "APPLICATIONINSIGHTS_CONNECTION_STRING": ""}
    used = settings(monkeypatch, given)
    assert insights.state(used)["connectivity"] == dict.fromkeys(
        ("direct_api", "ingestion_endpoint", "live_endpoint"), False
    )
    assert insights.test(used)["status"] == "disabled"
    assert far_end.paths == []


def test_a_test_that_arrives_is_told_as_success(far_end) -> None:
    done = run(chosen(far_end))
    told = json.loads(done.stdout)
    names = ("basic_event", "basic_metric", "exception", "direct_api", "force_flush")
    assert (told["status"], told["tests"]) == ("completed", dict.fromkeys(names, "success"))
    assert done.returncode == 0
    assert {"test_event", "test_direct"} <= set(far_end.events())
    assert "test_metric" in far_end.metrics()
    assert far_end.of("ExceptionData")


def test_where_it_is_off_nothing_is_said_to_have_failed(far_end) -> None:
    done = run(chosen(far_end) | {"ENABLE_APPLICATION_INSIGHTS": "false"}, as_json=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("Application Insights is off")


def test_one_that_does_not_arrive_is_exit_code_1(far_end) -> None:
    far_end.status = 503
    done = run(chosen(far_end))
    assert json.loads(done.stdout)["tests"]["direct_api"] == "failed"
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("InstrumentationKey=mine", "has no valid InstrumentationKey"),
        ("nonsense", "has no valid InstrumentationKey"),
        ("", "needs APPLICATIONINSIGHTS_CONNECTION_STRING"),
        ("InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=there", "has an endpoint"),
    ],
)
def test_a_wrong_connection_string_is_one_sentence_that_does_not_show_it(monkeypatch, far_end, given, problem) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings(monkeypatch, chosen(far_end) | {"APPLICATIONINSIGHTS_CONNECTION_STRING": given})
    [sentence] = caught.value.sentences
    assert problem in sentence
    assert not given or given not in sentence
