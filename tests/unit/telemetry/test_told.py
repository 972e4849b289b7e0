"""What Application Insights is told of each event is what its page says, no more and no less."""

import re
from pathlib import Path

from cody2zoho.ledger.records import State
from cody2zoho.telemetry.events import (
    ApiCall,
    BusinessMetricsSummary,
    CaseCreated,
    CodyPollCompleted,
    ConversationProcessed,
    Event,
    PollingCycleCompleted,
    RateLimitHit,
    TokenRefresh,
    WorkBlocked,
    WorkerHung,
)
from cody2zoho.telemetry.insights.told import Custom, Metric, told
from cody2zoho.watching import summary

PAGE = (Path(__file__).parents[3] / "docs" / "azure-insights.md").read_text()
TOTALS = summary._totals({state.value: 0 for state in State}, {})
RATES = dict.fromkeys((*summary._RATES, "error_rate_percent"), 0.0)

EXAMPLES: list[Event] = [
    ConversationProcessed("case", 0.3, 1.5, 3, 99),
    CaseCreated("4876", 3, 1, "matched", {"email": 1}, 99),
    CodyPollCompleted(1, 15, 2, 0, 0.2),
    PollingCycleCompleted(15, 2, 13, 0, 0.3),
    ApiCall("cody", "GET", 200, 0.1, 400, "getcody.ai/api/v1/messages"),
    TokenRefresh(success=True, seconds=0.2),
    RateLimitHit("zoho", 60),
    BusinessMetricsSummary({"waiting": 1}, {**TOTALS, **RATES, **summary._ratio(TOTALS)}),
]


def documented(heading: str) -> dict[str, set[str]]:
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.MULTILINE)
    return {name: set(re.findall(r"`([^`]+)`", cells)) for name, cells in rows}


FIGURES = documented("Every five minutes")


def test_every_event_that_is_translated_has_an_example() -> None:
    assert {type(one) for one in EXAMPLES} == set(told.registry) - {object}


def test_every_custom_event_is_documented_with_its_properties() -> None:
    found = {one.name: set(one.properties) for event in EXAMPLES for one in told(event) if isinstance(one, Custom)}
    in_words = {"redacted_email": "redacted_<kind>", "conversations_waiting": "conversations_<state>"}
    shown = {name: {in_words.get(one, one) for one in some} for name, some in found.items()}
    assert found["business_metrics_summary"] - {"conversations_waiting"} <= set(FIGURES)
    shown["business_metrics_summary"] -= set(FIGURES)
    assert shown == documented("Custom events")


def test_every_metric_is_documented_with_its_properties() -> None:
    found = {one.name: set(one.properties) for event in EXAMPLES for one in told(event) if isinstance(one, Metric)}
    assert found == documented("Custom metrics") | {name: set() for name in FIGURES}


def test_no_metric_is_told_by_an_id_or_a_text() -> None:
    values = {
        value
        for event in EXAMPLES
        for one in told(event)
        if isinstance(one, Metric)
        for value in one.properties.values()
    }
    assert values <= {"case", "cody", "zoho", True}


def test_what_an_operator_has_to_know_is_an_event_too() -> None:
    [blocked] = told(WorkBlocked("zoho", "mend it"))
    [hung] = told(WorkerHung(240))
    assert (blocked, hung.name) == (Custom("work_blocked", {"what": "zoho", "remedy": "mend it"}), "worker_hung")


#: Names that queries of the earlier product's users go by; its list of them is the contract.
EARLIER_EVENTS = """
    conversation_processed case_created cody_poll_completed polling_cycle_completed api_call token_refresh
    rate_limit_hit business_metrics_summary conversation_processing_ratio_updated
"""
EARLIER_METRICS = """
    conversation_processing_time conversation_message_count conversation_character_count cases_created_total
    conversation_message_count_at_creation conversation_character_count_at_creation cody_poll_count
    cody_poll_duration conversations_found_per_poll polling_cycle_duration conversations_found_per_cycle
    conversations_processed_per_cycle conversations_skipped_per_cycle errors_per_cycle api_call_duration
    api_response_size token_refresh_duration token_refresh_attempts rate_limit_events total_cases_created
    total_conversations_processed total_conversations_skipped total_errors total_api_calls total_token_refreshes
    total_cody_polls cases_per_hour conversations_per_hour api_calls_per_hour cody_polls_per_hour
    error_rate_percent conversation_to_case_ratio conversations_processed_total conversation_to_case_ratio_percent
"""


def test_every_event_and_metric_of_the_earlier_product_is_told_by_its_name() -> None:
    everything = [one for event in EXAMPLES for one in told(event)]
    events = {one.name for one in everything if isinstance(one, Custom)}
    metrics = {one.name for one in everything if isinstance(one, Metric)}
    assert set(EARLIER_EVENTS.split()) == events
    assert set(EARLIER_METRICS.split()) - metrics == set()
