"""Totals since the first start, and rates of the last hour."""

import logging

import pytest

from chats import chat, work
from cody2zoho.sync import polling
from cody2zoho.telemetry.counters import Counters
from cody2zoho.telemetry.events import ApiCall, CasePostponed, CodyPollCompleted, PollFailed
from cody2zoho.watching import summary


@pytest.fixture
def told(plugged, account, caplog, clock):
    """Tells after so many cases and other news, and five minutes; returns what was told."""
    caplog.set_level(logging.INFO)
    services = plugged()

    def tell(cases: int = 0, *events):
        for _ in range(cases):
            chat(account)
        work(services)
        tally = Counters(services.store, services.settings.redis_key_prefix)
        for event in events:
            tally.hear(event)
        tally.send()
        states = summary.tell(services)
        clock.now += 300
        line = [line for line in caplog.records if line.message == "business_metrics_summary"][-1]
        assert line.conversations_created == states["created"]
        return line

    return tell


def test_totals_are_those_of_all_workers_since_the_first_start(told) -> None:
    told(2, ApiCall("cody", "GET", 200, 0.1, 10), CodyPollCompleted(1, 15, 2, 0, 0.2))
    line = told(1, ApiCall("zoho", "POST", 201, 0.1, 10), PollFailed("support", "no"), CasePostponed("no", 2, 1))
    assert (line.total_cases_created, line.total_conversations_processed) == (3, 3)
    assert (line.total_api_calls, line.total_cody_polls, line.total_errors) == (2, 1, 2)
    assert line.conversation_to_case_ratio_percent == 100


def test_requests_to_webhooks_are_none_to_cody_or_zoho(told) -> None:
    calls = [ApiCall(api, "POST", 200, 0.1, 10) for api in ("webhook", "cody", "zoho", "zoho_accounts")]
    assert told(0, *calls).total_api_calls == 3


def test_rates_are_those_of_the_last_hour(told, clock) -> None:
    assert told(5).cases_per_hour == 0
    clock.now += 1_500
    assert told(1).cases_per_hour == 2
    for _ in range(12):
        line = told()
    assert line.cases_per_hour == 0
    assert line.total_cases_created == 6


def test_a_poll_counts_as_one_however_many_bots_it_could_not_read(told) -> None:
    failures = [PollFailed(bot, "no") for bot in ("support", "sales")]
    line = told(0, *failures, CodyPollCompleted(0, 0, 0, 0, 0.2, failed=2))
    assert (line.total_cody_polls, line.total_errors) == (1, 2)


def test_a_sign_of_life_is_no_request_to_cody_or_zoho(told) -> None:
    assert (
        told(0, ApiCall("webhook", "GET", 200, 0.1, 2), ApiCall("zoho_accounts", "POST", 200, 0.1, 2)).total_api_calls
        == 1
    )


def test_a_stop_of_everything_is_not_in_the_rates(told, clock) -> None:
    told(5)
    clock.now += 3 * 86_400
    assert told(4).cases_per_hour == 0
    assert told(1).cases_per_hour == 12


def test_what_is_retried_and_becomes_a_case_is_in_the_rates(told, plugged, account, clock) -> None:
    services = plugged()
    for _ in range(5):
        conversation_id = chat(account)
        polling.poll(services)
        services.ledger.park(services.ledger.claim(conversation_id), "no")
    assert told().total_conversations_processed == 5
    for parked in services.ledger.parked():
        services.ledger.retry(parked.conversation_id)
    line = told(0, CasePostponed("no", 2, 1))
    assert line.total_conversations_processed == 5
    assert (line.conversations_per_hour, line.error_rate_percent) == (60, 16.7)


def test_the_error_rate_is_of_all_that_was_done(told, clock) -> None:
    told()
    poll = CodyPollCompleted(1, 15, 2, 0, 0.2)
    assert told(0, poll, poll, poll, CasePostponed("no", 2, 1)).error_rate_percent == 25


def test_two_beats_make_it_no_oftener_and_its_hour_no_shorter(told, plugged, clock, caplog) -> None:
    services = plugged()
    told(6)
    for _ in range(11):
        told()
        clock.now -= 200
        summary.tell(services)
        clock.now += 200
    assert len([line for line in caplog.records if line.message == "business_metrics_summary"]) == 12
    assert told(6).cases_per_hour == 6
