"""The same error three times is told with its context; another, or one long ago, is not the same."""

import re
from collections.abc import Iterator

import pytest
import redis

from cody2zoho import watches
from cody2zoho.alerts import send_waiting
from cody2zoho.telemetry.events import ConversationParked, Event, TokenRefreshFailed
from cody2zoho.tracker import Tracker, place_of
from webhook import Webhook, webhook


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as server:
        yield server


@pytest.fixture
def worker(plugged, hook):
    return plugged(error_alert_webhook=hook.url)


@pytest.fixture
def tracker(worker, clock) -> Tracker:
    return Tracker(worker.store, worker.settings.redis_key_prefix, clock)


def hear(tracker: Tracker, *events: Event) -> None:
    for event in events:
        tracker.hear(event)
    tracker.count()


def watch(worker) -> None:
    [check] = [one for one in watches.CHECKS if one.name == "error"]
    worker.alerts.judge("error", check.look(worker))
    send_waiting(worker.alerts)


def test_the_third_of_the_same_kind_is_told_once_as_the_earlier_product_did(worker, tracker, hook, clock) -> None:
    hear(tracker, TokenRefreshFailed("Zoho is out of order (500)"), TokenRefreshFailed("Zoho is out of order (502)"))
    watch(worker)
    assert hook.got == []
    for _ in range(3):
        hear(tracker, TokenRefreshFailed("Zoho is out of order (503)"))
        watch(worker)
    [told] = hook.got
    key = told.pop("key")
    assert key.startswith("error:token_refresh_failed-")
    assert told == {
        "timestamp": "2025-10-09 08:53:20 UTC",
        "severity": "CRITICAL",
        "message": "The same error 3 times: token_refresh_failed",
        "status": "raised",
        "error_type": "token_refresh_failed",
        "context": {"affected_count": 3, "reason": "Zoho is out of order (503)"},
        "service": "cody2zoho",
    }
    clock.now += 3_700
    watch(worker)
    assert [one["status"] for one in hook.got] == ["raised", "resolved"]


def test_different_errors_are_not_the_same(worker, tracker, hook) -> None:
    hear(tracker, *(ConversationParked(reason) for reason in ("one field", "another field", "no contact")))
    watch(worker)
    assert hook.got == []


def test_what_was_heard_while_redis_was_away_is_counted_later(worker, hook, clock, redis_address) -> None:
    gone = redis.Redis.from_url(redis_address, decode_responses=True)
    tracker = Tracker(gone, worker.settings.redis_key_prefix, clock)
    gone.connection_pool.connection_kwargs["path"] = "/nowhere"
    hear(tracker, *[ConversationParked("x")] * 3)
    gone.connection_pool.connection_kwargs["path"] = redis_address.removeprefix("unix://").partition("?")[0]
    gone.connection_pool.reset()
    tracker.count()
    gone.close()
    watch(worker)
    assert [one["error_type"] for one in hook.got] == ["conversation_parked"]


def test_the_place_of_an_error_is_ours_and_has_no_words() -> None:
    with pytest.raises(AttributeError) as raised:
        place_of(1)
    assert re.fullmatch(r"tracker.py:\d+", place_of(raised.value.__traceback__))
