"""Once a day people are told how the day was, also when nothing happened."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from chats import chat, pass_time, work
from cody2zoho.alerts import Alert, Level, send_waiting
from cody2zoho.alerts.channels import channels, who_takes_digest
from cody2zoho.services import Services
from cody2zoho.settings import Settings
from cody2zoho.simulators.faults import Fault
from cody2zoho.sync import polling
from cody2zoho.telemetry.counters import Counters
from cody2zoho.telemetry.events import ConversationProcessed
from cody2zoho.watching import digest
from webhook import Webhook, webhook

CANARY = "My card is 4111 1111 1111 1111, canary@example.com, +49 30 1234567"


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as server:
        yield server


@pytest.fixture
def worker(plugged, hook) -> Services:
    return plugged(alert_urls=hook.url, digest_at="08:00", time_zone="Europe/Berlin")


def at(clock, moment: str) -> None:
    """Of the 21st of November 2026 and the days after, in UTC: an hour less than in Berlin."""
    clock.now = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()


def begun(worker: Services, clock) -> None:
    """It has run since the day before."""
    at(clock, "2026-11-20 12:00")
    digest.tell_if_due(worker)


def test_it_is_told_once_a_day_at_its_time_by_whoever_looks_first(worker, plugged, hook, clock) -> None:
    begun(worker, clock)
    for moment in ("2026-11-21 06:59", "2026-11-21 07:00", "2026-11-21 07:01", "2026-11-21 23:30", "2026-11-22 07:00"):
        at(clock, moment)
        digest.tell_if_due(worker)
        digest.tell_if_due(plugged(alert_urls=hook.url, digest_at="08:00", time_zone="Europe/Berlin"))
        send_waiting(worker.alerts)
    assert [one["timestamp"] for one in hook.got] == ["2026-11-21 07:00:00 UTC", "2026-11-22 07:00:00 UTC"]


def test_many_workers_at_the_same_moment_tell_it_once(plugged, hook, clock, worker) -> None:
    begun(worker, clock)
    at(clock, "2026-11-21 07:00")
    workers = [plugged(alert_urls=hook.url, digest_at="08:00") for _ in range(8)]
    at(clock, "2026-11-21 09:00")
    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(digest.tell_if_due, workers)) == 1


def test_a_worker_that_comes_back_late_tells_it_late(worker, hook, clock) -> None:
    begun(worker, clock)
    at(clock, "2026-11-24 21:00")
    assert digest.tell_if_due(worker)


def test_a_first_start_tells_none_before_a_day_is_over(worker, clock) -> None:
    at(clock, "2026-11-21 12:00")
    assert not digest.tell_if_due(worker)
    at(clock, "2026-11-22 06:00")
    assert not digest.tell_if_due(worker)
    at(clock, "2026-11-22 07:00")
    assert digest.tell_if_due(worker)


def test_never_is_never(plugged, clock) -> None:
    worker = plugged(digest_at="never")
    begun(worker, clock)
    at(clock, "2026-11-21 23:00")
    assert not digest.tell_if_due(worker)


def test_a_day_on_which_nothing_happened_is_told_as_documented(worker, hook, clock) -> None:
    begun(worker, clock)
    at(clock, "2026-11-21 07:00")
    digest.tell_if_due(worker)
    send_waiting(worker.alerts)
    [message] = hook.got
    assert message == {
        "timestamp": "2026-11-21 07:00:00 UTC",
        "script": "monitor",
        "level": "INFO",
        "error_type": "status update",
        "message": "The 24 hours to 2026-11-21 08:00: no conversations, no cases; all is well",
        "status": "digest",
        "severity": "LOW",
        "key": "digest",
        "remedy": "",
        "environment": "production",
        "details": {
            "from": "2026-11-20 08:00",
            "to": "2026-11-21 08:00",
            "time_zone": "Europe/Berlin",
            "seen": 0,
            "cases": 0,
            "let_go": 0,
            "newly_parked": 0,
            "waiting": 0,
            "oldest_due": None,
            "parked": 0,
            "parked_reasons": [],
            "errors": {},
            "zoho_credits": {
                "used": 0,
                "remaining": None,
                "forecast": "unknown how long they last: Zoho does not say before half are used",
            },
            "blocked": [],
            "paused": [],
            "alerts_raised": 0,
            "alerts_resolved": 0,
            "alerts": [],
            "open_alerts": [],
        },
    }


def test_it_tells_what_came_in_what_waits_and_what_is_wrong_without_anybodys_words(
    account, organisation, worker, hook, server, clock
) -> None:
    made, failing, parked = (chat(account) for _ in range(3))
    for one in (made, failing, parked):
        account.say(one, CANARY, at=account.now() - 7_100)
    polling.poll(worker)
    worker.ledger.park(worker.ledger.claim(parked), "Zoho refuses Short: it is longer than 5 characters")
    worker.alerts.judge("parked", [Alert("parked", Level.MEDIUM, "data mismatch", "A conversation is parked", "Look")])
    worker.alerts.judge("late", [Alert("late", Level.HIGH, "system error", "A conversation waits", "Start a worker")])
    server.faults.add(Fault("503", simulator="zoho", path="/crm/*", times=1))
    work(worker)
    worker.paused.pause("sales", f"Jane asked for it, {CANARY}")
    clock.now += 3_600
    worker.alerts.judge("late", [])

    notice = digest.of_now(worker)
    figures = notice.alert.details
    # Hours are those of Redis's own clock, which nobody can move.
    assert figures["parked"] == 1
    assert figures["parked_reasons"] == [
        {"reason": "Zoho refuses Short: it is longer than 5 characters", "conversations": 1}
    ]
    assert figures["waiting"] == 1
    assert (figures["alerts_raised"], figures["alerts_resolved"]) == (2, 1)
    assert [(one["key"], one["for"], one["remedy"]) for one in figures["open_alerts"]] == [
        ("parked", "60 minutes", "Look")
    ]
    assert notice.title.endswith("; 1 alert open")
    assert "• MEDIUM, for 60 minutes: A conversation is parked → Look" in notice.text
    assert "• Paused: bot sales was paused 60 minutes ago\n" in notice.text
    assert "    1 × Zoho refuses Short: it is longer than 5 characters" in notice.text
    told = f"{notice.text} {notice.as_json()}"
    assert [canary for canary in ("4111", "canary@", "1234567") if canary in told] == []


def test_its_hours_are_the_24_before(worker, store, clock) -> None:
    at(clock, "2026-11-21 07:20")
    hour, key = int(clock.now // 3_600), f"{worker.settings.redis_key_prefix}metrics:hours"
    for back, cases in ((0, 100), (1, 1), (24, 10), (25, 1_000)):
        store.hset(key, f"{hour - back}|created", cases)
        store.hset(key, f"{hour - back}|seen", 2 * cases)
    figures = digest.of_now(worker).alert.details
    assert (figures["cases"], figures["seen"]) == (11, 22)
    assert (figures["from"], figures["to"]) == ("2026-11-20 08:00", "2026-11-21 08:00")


def test_what_failed_is_said_only_where_something_was_tried(worker) -> None:
    counted = Counters(worker.store, worker.settings.redis_key_prefix)
    assert "• Failed: nothing, for nothing was tried\n" in digest.of_now(worker).text
    for outcome in ("case", "case", "case", "postponed"):
        counted.hear(ConversationProcessed(outcome, 1))
    counted.send()
    assert "• Failed: 1 of 4 attempts to make a case (25.0%)\n" in digest.of_now(worker).text


def test_what_has_been_due_the_longest_is_named(account, worker, clock) -> None:
    one = chat(account)
    polling.poll(worker)
    pass_time(worker, clock, 10_000)
    worker.store.hincrby(f"{worker.settings.redis_key_prefix}conversation:{one}", "due", -10_000_000)
    assert digest.of_now(worker).alert.details["oldest_due"] == {"conversation": one, "for": "2 hours"}


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (
            {"alert_urls": "json://all critical=json://some digest=json://digest low,high=json://low"},
            "url 1, url 3, url 4",
        ),
        ({"support_google_chat": "http://relay/g", "crm_alert_slack_webhook": "http://relay/s"}, "google chat"),
        ({"crm_alert_slack_webhook": "http://relay/s", "crm_alert_pagerduty_key": "k"}, "slack"),
        ({"crm_alert_pagerduty_key": "k", "error_alert_webhook": "http://relay/e"}, ""),
    ],
)
def test_it_goes_to_who_wants_to_know_and_wakes_nobody(chosen: dict[str, str], names: str) -> None:
    needed = {"cody_api_key": "k", "zoho_client_id": "i", "zoho_client_secret": "s", "zoho_refresh_token": "r"}
    known = channels(Settings(**{**needed, "cody_bot_id": "b", **chosen}))
    assert ", ".join(one.name for one in who_takes_digest(known)) == names
