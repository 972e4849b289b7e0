"""Figures for programs: as the earlier product told them, and as Prometheus reads them."""

import math
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from chats import chat, work
from cody2zoho.alerts import Alert, Level
from cody2zoho.alerts.alert import SYSTEM_ERROR
from cody2zoho.ops.gauges import CHOSEN, GAUGES
from cody2zoho.sync import pipeline, polling
from cody2zoho.telemetry.counters import Counters
from cody2zoho.telemetry.events import ApiCall, ConversationProcessed, RateLimitHit, TokenRefresh
from cody2zoho.telemetry.metrics import COUNTERS, Histogram
from cody2zoho.watching.watches import errors
from tools import says, tool

ROOT = Path(__file__).parents[3]

PROMETHEUS = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1"


CANARY = "canary-words-of-a-customer"


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
    assert list(found) == ["application", "conversations", "tokens", "cleaned_up", "timestamp"]
    kinds = [type(value) for part in found.values() for value in (part.values() if isinstance(part, dict) else [part])]
    assert kinds == [str, bool, int, int, int, int, int, float, int, int, int, float, int, *[int] * 5, int]
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
    family = families(serve().get("/metrics", Accept=PROMETHEUS).text)["cody2zoho_conversation_processing_seconds"]
    samples = [sample for sample in family.samples if sample.labels["outcome"] == "created"]
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


#: Few values each, all of them ours.
LABELS = {"state", "queue", "api", "what", "le", "outcome", "status", "window", "cause", "check", "severity", "setting"}
LABELS |= {"version", "environment"}


def test_no_label_is_an_id_or_anybodys_words(serve, busy, organisation) -> None:
    text = serve().get("/metrics", Accept=PROMETHEUS).text
    for family in families(text).values():
        for sample in family.samples:
            assert set(sample.labels) <= LABELS
    assert not any(case_id in text for case_id in organisation.cases)


def test_every_metric_is_documented_with_its_type_labels_and_meaning(serve, busy) -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text()
    lines = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `cody2zoho_")]
    documented = {name.strip("`"): (kind, labels, means) for name, kind, labels, means in lines}
    told = families(serve().get("/metrics", Accept=PROMETHEUS).text)
    labels = {"cody2zoho_up": ()} | {f"cody2zoho_{one.name}": one.labels for one in (*GAUGES, *CHOSEN, *COUNTERS)}
    kinds = {name.removesuffix("_total"): family.type for name, family in told.items()}
    assert documented == {
        name: (
            kinds[name.removesuffix("_total")],
            ", ".join(f"`{label}`" for label in named) or "–",
            told[name.removesuffix("_total")].documentation,
        )
        for name, named in labels.items()
    }
    assert set(told) == {name.removesuffix("_total") for name in labels}


def test_a_stranger_is_told_in_a_sentence_what_each_metric_means(serve, busy) -> None:
    for family in families(serve().get("/metrics", Accept=PROMETHEUS).text).values():
        assert family.documentation.endswith(".")
        assert len(family.documentation.split()) >= 4, family.name


def test_recent_figures_are_those_of_the_status_page(serve, busy) -> None:
    samples = families(serve().get("/metrics", Accept=PROMETHEUS).text)["cody2zoho_conversations_recent"].samples
    recent = {(sample.labels["what"], sample.labels["window"]): sample.value for sample in samples}
    assert {recent[what, window] for what in ("seen", "created") for window in ("today", "24h", "30d")} == {3}


def test_every_histogram_has_its_buckets_in_order() -> None:
    for one in COUNTERS:
        if isinstance(one, Histogram):
            assert list(one.bounds) == sorted(one.bounds)


def test_promtool_has_nothing_to_say_about_names_types_and_help(serve, busy) -> None:
    text = serve().get("/metrics", Accept=PROMETHEUS).text
    assert says(tool("promtool"), "check", "metrics", given=text) == ""


def test_what_waits_is_parked_or_raised_is_told_without_anybodys_words(serve, plugged, account, organisation) -> None:
    services = plugged()
    late, stuck, one = chat(account), chat(account), chat(account)
    polling.poll(services)
    services.ledger.park(services.ledger.claim(stuck), f"Zoho refuses Short: {CANARY}")
    services.ledger.park(services.ledger.claim(one), "Its worker died or hung 5 times while it worked on it")
    services.store.hincrby(f"{services.settings.redis_key_prefix}conversation:{late}", "due", -9_000_000)
    services.alerts.judge("polls", [Alert(f"polls:{CANARY}", Level.HIGH, SYSTEM_ERROR, CANARY, CANARY)])
    services.blocks.put(f"bot {CANARY}", CANARY)
    text = serve().get("/metrics", Accept=PROMETHEUS).text
    assert CANARY not in text
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in families(text).values()
        for sample in family.samples
    }
    assert 9_000 <= found["cody2zoho_oldest_without_case_seconds",] < 9_100
    assert found["cody2zoho_alerts_raised", "polls", "high"] == 1
    assert found["cody2zoho_blocked", "bot"] == 1
    parked = {labels[1]: count for labels, count in found.items() if labels[0] == "cody2zoho_conversations_parked"}
    assert parked == {"workers died": 1, "tried too long": 0, "refused": 1, "not looked at": 0}
    assert found["cody2zoho_alert_threshold", "MAX_SYNC_AGE_HOURS"] == 2


def test_a_counter_is_there_before_it_counts_so_that_the_first_time_is_an_increase(serve, plugged, account) -> None:
    plugged()
    found = families(serve().get("/metrics", Accept=PROMETHEUS).text)
    for counter in COUNTERS:
        samples = found[f"cody2zoho_{counter.name.removesuffix('_total')}"].samples
        assert {sample.value for sample in samples} <= {0}
        assert samples or "api" in counter.labels
    outcomes = {sample.labels["outcome"] for sample in found["cody2zoho_conversation_processing_seconds"].samples}
    chat(account)
    services = plugged()
    polling.poll(services)
    [one] = pipeline.ready(services)
    assert pipeline.create_case(one, services).what in outcomes
    assert set(errors._ENDED) < outcomes


def test_who_asks_for_json_first_gets_it_though_text_would_do(serve, lively) -> None:
    lively()
    answer = serve().get("/metrics", Accept="application/json, text/plain, */*")
    assert answer.headers["content-type"] == "application/json"


def test_polling_is_active_between_two_polls_that_are_far_apart(serve, plugged, lively, store) -> None:
    lively()
    key = f"{plugged().settings.redis_key_prefix}signs"
    store.hset(key, "poll", int(store.time()[0]) - 400)
    assert serve(poll_interval_seconds=600).get("/metrics").json["application"]["polling_active"] is True
    assert serve(poll_interval_seconds=30).get("/metrics").json["application"]["polling_active"] is False
