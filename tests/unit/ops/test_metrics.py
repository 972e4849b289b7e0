"""Figures for programs: as the earlier product told them, and as Prometheus reads them."""

import math
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from chats import chat, work
from cody2zoho.ops.prometheus import GAUGES
from cody2zoho.telemetry.counters import Counters
from cody2zoho.telemetry.events import ApiCall, ConversationProcessed, RateLimitHit, TokenRefresh
from cody2zoho.telemetry.metrics import COUNTERS, Histogram

ROOT = Path(__file__).parents[3]

PROMETHEUS = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1"


@pytest.fixture
def busy(plugged, account, lively):
    """Three conversations became cases; a token was renewed, and asked for in vain."""
    services = plugged()
    for _ in range(3):
        chat(account)
    work(services)
    lively()
    counters = Counters(services.store, services.settings.redis_key_prefix)
    for event in (
        TokenRefresh(success=True, seconds=0.2),
        TokenRefresh(success=False, seconds=0.2),
        RateLimitHit("zoho", 2),
        ConversationProcessed("created", 0.04, 3),
        ConversationProcessed("created", 0.3, 7),
        ConversationProcessed("created", 70, 100_000),
        ApiCall("zoho", "POST", 201, 0.3, 400),
    ):
        counters.hear(event)
    counters.send()
    return services


def families(text: str):
    return {family.name: family for family in text_string_to_metric_families(text)}


@pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
def test_json_is_as_the_earlier_product_had_it(serve, busy, accept: str) -> None:
    found = serve().get("/metrics", Accept=accept).json
    assert {name: list(part) for name, part in found.items() if isinstance(part, dict)} == {
        "application": ["status", "polling_active", "uptime_seconds"],
        "conversations": [
            "total_processed",
            "cases_created",
            "total_skipped",
            "total_errors",
            "processing_rate_per_hour",
        ],
        "tokens": ["refresh_attempts", "refresh_successes", "refresh_failures", "success_rate", "rate_limit_hits"],
        "cleaned_up": ["leases", "messages", "slots", "batches", "signs"],
    }
    assert isinstance(found["timestamp"], int)
    assert found["application"]["status"] == "running"
    assert found["application"]["polling_active"] is True
    assert (found["conversations"]["total_processed"], found["conversations"]["cases_created"]) == (3, 3)
    assert found["conversations"]["processing_rate_per_hour"] > 1
    assert list(found["tokens"].values()) == [2, 1, 1, 50.0, 1]


def test_a_scraper_gets_text_that_prometheus_own_parser_reads(serve, busy) -> None:
    answer = serve().get("/metrics", Accept=PROMETHEUS)
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = families(answer.text)
    assert found["cody2zoho_up"].samples[0].value == 1
    assert found["cody2zoho_workers"].samples[0].value == 1
    states = {sample.labels["state"]: sample.value for sample in found["cody2zoho_conversations_in_state"].samples}
    assert states["created"] == 3
    assert found["cody2zoho_token_remaining_seconds"].samples[0].value > 3_500
    whats = {sample.labels["what"]: sample.value for sample in found["cody2zoho_conversations"].samples}
    assert (whats["seen"], whats["created"]) == (3, 3)


def test_a_histogram_counts_up_to_each_bound(serve, busy) -> None:
    samples = families(serve().get("/metrics", Accept=PROMETHEUS).text)[
        "cody2zoho_conversation_processing_seconds"
    ].samples
    buckets = {sample.labels["le"]: sample.value for sample in samples if sample.name.endswith("_bucket")}
    assert (
        buckets["0.05"],
        buckets["0.25"],
        buckets["0.5"],
        buckets["60.0"] if "60.0" in buckets else buckets["60"],
    ) == (1, 1, 2, 2)
    assert buckets["+Inf"] == 3
    [count] = [sample.value for sample in samples if sample.name.endswith("_count")]
    [total] = [sample.value for sample in samples if sample.name.endswith("_sum")]
    assert (count, round(total, 2)) == (3, 70.34)
    assert all(not math.isnan(sample.value) for sample in samples)


def test_without_redis_it_answers_that_it_is_away(serve) -> None:
    browser = serve(redis_url="redis://127.0.0.1:1/0")
    text = browser.get("/metrics", Accept=PROMETHEUS)
    assert (text.status, [family.samples[0].value for family in families(text.text).values()]) == (200, [0])
    json = browser.get("/metrics")
    assert (json.status, json.json["application"]["status"]) == (200, "redis_away")


def test_no_label_is_an_id_or_anybodys_words(serve, busy, organisation) -> None:
    text = serve().get("/metrics", Accept=PROMETHEUS).text
    for family in families(text).values():
        for sample in family.samples:
            assert set(sample.labels) <= {"state", "queue", "api", "what", "le", "outcome", "status"}
    assert not any(case_id in text for case_id in organisation.cases)


def test_every_metric_is_documented(serve, busy) -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    names = (
        {f"cody2zoho_{name}" for name, *_ in GAUGES} | {f"cody2zoho_{one.name}" for one in COUNTERS} | {"cody2zoho_up"}
    )
    documented = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `cody2zoho_")}
    assert documented == names
    told = set(families(serve().get("/metrics", Accept=PROMETHEUS).text))
    assert told == {name.removesuffix("_total") for name in names}


def test_every_histogram_has_its_buckets_in_order() -> None:
    for one in COUNTERS:
        if isinstance(one, Histogram):
            assert list(one.bounds) == sorted(one.bounds)
