"""Every query asks for events, metrics and properties that are sent, and every alert is one of ours."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from cody2zoho import configuration
from cody2zoho.ledger.records import State
from cody2zoho.settings import Settings
from cody2zoho.telemetry.events import Event
from cody2zoho.watching import sentinel, watches

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "docker" / "azure"
QUERIES = sorted(FOLDER.rglob("*.kql"))
#: Held to the code by test_told.py.
PAGE = (ROOT / "docs" / "azure-insights.md").read_text()

#: Properties of whatever a task causes.
ALWAYS = {"task", "task_id", "conversation", "request_id", "worker"}


def documented(heading: str) -> dict[str, set[str]]:
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.MULTILINE)
    return {name: set(re.findall(r"`([^`]+)`", cells)) for name, cells in rows}


def sent_events() -> dict[str, set[str]]:
    """Each custom event with its properties."""
    found = {one.name: {each.name for each in fields(one)} for one in Event.__subclasses__()} | documented(
        "Custom events"
    )
    found["business_metrics_summary"] |= set(documented("Every five minutes"))
    found["business_metrics_summary"] |= {f"conversations_{state.value}" for state in State}
    return {name: properties | ALWAYS for name, properties in found.items()}


EVENTS = sent_events()
METRICS = documented("Custom metrics") | {name: set() for name in documented("Every five minutes")}


def names(query: str) -> set[str]:
    """Which events or metrics it asks for."""
    found = set(re.findall(r'\bname == "(\w+)"', query))
    for several in re.findall(r"\bname in \(([^)]*)\)", query):
        found |= set(re.findall(r'"(\w+)"', several))
    return found


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_query_asks_for_what_is_sent(path: Path) -> None:
    query = path.read_text()
    known = METRICS if "customMetrics" in query else EVENTS
    assert names(query) - set(known) == set()

    asked = set(re.findall(r"customDimensions\.(\w+)", query))
    sent = set.union(ALWAYS, *(known[name] for name in names(query)))
    assert asked - sent == set()
    assert "customDimensions[" not in query


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_query_asks_one_of_the_tables_that_we_fill(path: Path) -> None:
    tables = set(re.findall(r"^(?:let \w+ = )?(\w+)$", path.read_text(), re.MULTILINE))

    assert tables
    assert tables <= {"customEvents", "customMetrics", "exceptions"}


def test_a_metric_is_averaged_over_all_its_rows() -> None:
    """A row of customMetrics is a minute's worth."""
    for path in QUERIES:
        if "customMetrics" in path.read_text():
            assert "avg(value)" not in path.read_text()
            assert "sum(valueSum) / sum(valueCount)" in path.read_text()


def test_the_earlier_products_queries_are_all_there() -> None:
    wanted = {
        "polling_frequency": "cody_poll_completed",
        "processing_time": "conversation_processing_time",
        "cases_created": "case_created",
        "api_duration": "api_call_duration",
        "conversation_to_case_ratio": "conversation_to_case_ratio",
        "conversations_and_cases": "conversation_processing_ratio_updated",
        "efficiency_by_hour": "conversation_processing_ratio_updated",
        "efficiency_now": "conversation_processing_ratio_updated",
        "without_a_case": "conversation_processing_ratio_updated",
    }
    assert {name: names((FOLDER / "queries" / f"{name}.kql").read_text()) for name in wanted} == {
        name: {asked} for name, asked in wanted.items()
    }


# -- alerts -----------------------------------------------------------------------------------

RULES = (FOLDER / "modules" / "alerts.bicep").read_text()
SEVERITIES = {"critical": 0, "high": 1, "medium": 2, "low": 3}


def rules() -> dict[str, int]:
    return {name: int(severity) for name, severity in re.findall(r"alert: '([\w-]+)'\n +severity: (\d)", RULES)}


def test_an_alert_has_the_name_and_the_level_it_has_in_cody2zoho() -> None:
    levels = {
        one.name: [SEVERITIES[level.lower()] for level in one.levels] for one in (*watches.CHECKS, *sentinel.RULES)
    }
    own = {name: severity for name, severity in rules().items() if not name.startswith("raised-")}

    assert set(own) - set(levels) == set()
    assert {name: levels[name] for name in own} == {name: [severity] for name, severity in own.items()}
    assert {name: severity for name, severity in rules().items() if name.startswith("raised-")} == {
        "raised-critical": 0,
        "raised-high": 1,
    }


def test_an_alert_compares_settings_by_their_names_and_the_template_has_their_defaults() -> None:
    asked = set(re.findall(r"\b(ALERT_\w+)\b", "".join(path.read_text() for path in FOLDER.glob("alerts/*.kql"))))
    main = (FOLDER / "main.bicep").read_text()
    defaults = dict(re.findall(r"(ALERT_\w+): (\d+)", main))
    spelt = {configuration.names(field)[0]: field for field in Settings.model_fields}

    assert asked == set(defaults) == set(re.findall(r"thresholds\.(ALERT_\w+)", RULES))
    assert defaults == {name: str(Settings.model_fields[spelt[name]].default).removesuffix(".0") for name in asked}


def test_a_token_is_late_in_azure_when_it_is_in_the_product() -> None:
    """It lasts an hour, and is late with seven minutes left; Azure sees what is sent five minutes late."""
    from cody2zoho.watching.watches import outside

    minutes = 60 - outside._TOKEN_SECONDS // 60 + 5
    assert f"ago({minutes}m)" in (FOLDER / "alerts" / "token.kql").read_text()
