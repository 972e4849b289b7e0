"""What Application Insights is told of each event: custom events and metrics, by the names that its users know.

An event's own fields are its properties. Metrics have properties of few values only: every combination is a row.
Nobody's name, address or words is among them, though the earlier product told the contact's.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

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
)


@dataclass(frozen=True)
class Custom:
    """A custom event."""

    name: str
    properties: dict[str, Any]


@dataclass(frozen=True)
class Metric:
    """One value of a custom metric."""

    name: str
    value: float
    properties: dict[str, Any] = field(default_factory=dict)
    #: `histogram` for what is measured each time, `counter` for what is added up, `gauge` for what holds now.
    kind: str = "histogram"


Told = Iterator[Custom | Metric]


@singledispatch
def told(event: Event) -> Told:
    """Whatever the log has at INFO or above is a custom event of the same name and fields."""
    if event.level >= logging.INFO:
        yield Custom(event.name, event.facts)


def _metrics(values: Mapping[str, float | None], properties: dict[str, Any] | None = None) -> Iterator[Metric]:
    for name, value in values.items():
        if value is not None:
            yield Metric(name, value, properties or {})


@told.register
def _(event: ConversationProcessed) -> Told:
    yield Custom(event.name, event.facts | {"success": event.outcome == "case"})
    values = {
        "conversation_processing_time": event.seconds,
        "conversation_message_count": event.messages,
        "conversation_character_count": event.characters,
    }
    yield from _metrics(values, {"outcome": event.outcome})


@told.register
def _(event: CaseCreated) -> Told:
    yield Custom(event.name, _with_id(event.facts))
    values = {
        "conversation_message_count_at_creation": event.messages,
        "conversation_character_count_at_creation": event.characters,
    }
    yield from _metrics(values)


def _with_id(facts: dict[str, Any]) -> dict[str, Any]:
    return {"case_id" if name == "case" else name: value for name, value in facts.items()}


@told.register
def _(event: CodyPollCompleted) -> Told:
    yield Custom(event.name, event.facts)
    yield Metric("cody_poll_count", 1, kind="counter")
    yield from _metrics({"cody_poll_duration": event.seconds, "conversations_found_per_poll": event.conversations})


@told.register
def _(event: PollingCycleCompleted) -> Told:
    yield Custom(event.name, event.facts)
    values = {
        "polling_cycle_duration": event.seconds,
        "conversations_found_per_cycle": event.found,
        "conversations_processed_per_cycle": event.processed,
        "conversations_skipped_per_cycle": event.skipped,
        "errors_per_cycle": event.errors,
    }
    yield from _metrics(values)


@told.register
def _(event: ApiCall) -> Told:
    properties = {name: value for name, value in event.facts.items() if name not in ("api", "address")}
    yield Custom(event.name, {"api_name": event.api, **properties, "success": 0 < event.status < 400})
    yield from _metrics({"api_call_duration": event.seconds, "api_response_size": event.bytes}, {"api_name": event.api})


@told.register
def _(event: TokenRefresh) -> Told:
    yield Custom(event.name, event.facts)
    yield Metric("token_refresh_duration", event.seconds, {"success": event.success})
    yield Metric("token_refresh_attempts", 1, {"success": event.success}, "counter")


@told.register
def _(event: RateLimitHit) -> Told:
    waits = {} if event.retry_after is None else {"retry_after": event.retry_after}
    yield Custom(event.name, {"api_name": event.api, **waits})
    yield Metric("rate_limit_events", 1, {"api_name": event.api}, "counter")


@told.register
def _(event: BusinessMetricsSummary) -> Told:
    yield Custom(event.name, event.facts)
    for name, value in event.figures.items():
        yield Metric(name, value, kind="gauge")
    processed, made = event.figures["total_conversations_processed"], event.figures["total_cases_created"]
    ratio = event.figures["conversation_to_case_ratio_percent"]
    totals = {"conversations_processed_total": processed, "cases_created_total": made}
    for name, value in {**totals, "conversation_to_case_ratio": ratio}.items():
        yield Metric(name, value, kind="gauge")
    properties = {"conversations_processed": processed, "cases_created": made, "success_rate_percent": ratio}
    yield Custom("conversation_processing_ratio_updated", properties)
