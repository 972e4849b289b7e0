"""Where nobody works any more, somebody tells it."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Thread

import pytest

from cody2zoho.alerts import send_waiting
from cody2zoho.watching import heartbeat, sentinel
from cody2zoho.watching.sentinel import Sentinel
from leaving import Leaving
from waiting import eventually
from webhook import Webhook, hanging, webhook


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as server:
        yield server


@pytest.fixture
def worker(plugged, hook):
    return plugged(alert_urls=hook.url, heartbeat_url=f"{hook.url}?beat")


def told(hook: Webhook) -> list[tuple[str, str]]:
    return [(one["status"], one["key"]) for one in hook.got]


def test_that_nobody_works_is_told_once_by_all_who_are_left(worker, hook, clock) -> None:
    left = [Sentinel(worker, is_beat=True), Sentinel(worker, is_beat=False)]
    for seconds in (0, 170, 20, 20):
        clock.now += seconds
        for one in left:
            one.look()
    assert told(hook) == [("raised", "ticks")]
    sentinel.note_watched(worker)
    left[0].look()
    send_waiting(worker.alerts)
    assert told(hook) == [("raised", "ticks"), ("resolved", "ticks")]


def test_after_a_stop_of_everything_nobody_is_told_before_the_first_check_is_due(worker, hook, clock) -> None:
    sentinel.note_watched(worker)
    clock.now += 2 * 86_400
    beat = Sentinel(worker, is_beat=True)
    beat.look()
    clock.now += 60
    sentinel.note_watched(worker)
    beat.look()
    send_waiting(worker.alerts)
    assert hook.got == []


def test_a_clock_that_is_an_hour_off_makes_no_alert_and_hides_none(plugged, hook, clock) -> None:
    ahead = replace(clock, now=clock.now + 3_600)
    worker, other = plugged(alert_urls=hook.url), plugged(alert_urls=hook.url)
    sentinels = [Sentinel(worker, is_beat=False), Sentinel(replace(other, clock=ahead), is_beat=True)]
    for minute in range(12):
        if minute < 6:
            sentinel.note_watched(worker)
        for one in sentinels:
            one.look()
        assert minute > 6 or hook.got == []
        clock.now += 60
        ahead.now += 60
    send_waiting(worker.alerts)
    assert told(hook) == [("raised", "ticks")]


def test_a_worker_that_starts_where_beat_is_dead_does_not_take_that_back(worker, hook, clock) -> None:
    left = [Sentinel(worker, is_beat=False)]
    for minute in range(20):
        clock.now += 60
        if minute == 10:
            left.append(Sentinel(worker, is_beat=False))
        for one in left:
            one.look()
    send_waiting(worker.alerts)
    assert told(hook) == [("raised", "ticks")]


def test_that_redis_is_away_is_told_by_beat_and_that_it_is_back(worker, hook, clock, redis_address) -> None:
    gone = Leaving.from_url(redis_address, decode_responses=True)
    beat, other = (Sentinel(replace(worker, store=gone), is_beat=is_beat) for is_beat in (True, False))
    gone.away = True
    for seconds in (0, 40, 40, 40):
        clock.now += seconds
        beat.look()
        other.look()
    assert told(hook) == [("raised", "redis")]
    gone.away = False
    sentinel.note_watched(worker)
    beat.look()
    other.look()
    gone.close()
    assert told(hook) == [("raised", "redis"), ("resolved", "redis")]
    assert hook.got[1]["message"].startswith("Resolved after 2 minutes: Redis")


def test_a_channel_that_hangs_or_is_wrong_keeps_nobody_from_hearing_that_redis_is_away(
    plugged, hook, clock, redis_address
) -> None:
    with hanging() as (address, is_over):
        beat = Sentinel(plugged(alert_urls=f"{address} bogus://hush@x {hook.url}", redis_url="unix:///nowhere"), True)
        beat.look()
        clock.now += 80
        looking = Thread(target=beat.look)
        looking.start()
        eventually(lambda: told(hook) == [("raised", "redis")])
        assert looking.is_alive()
        is_over.set()
        looking.join(20)


def test_each_of_two_beats_tells_that_redis_is_away_under_the_same_key(plugged, hook, clock) -> None:
    """Nothing that they share is there to agree by; who watches both may tell by the key that it is one thing."""
    beats = [Sentinel(plugged(alert_urls=hook.url, redis_url="unix:///nowhere"), True) for _ in range(2)]
    for seconds in (0, 80, 80):
        clock.now += seconds
        for one in beats:
            one.look()
    assert told(hook) == [("raised", "redis")] * 2


def test_a_short_absence_of_redis_is_no_alert(worker, hook, clock, redis_address) -> None:
    gone = Leaving.from_url(redis_address, decode_responses=True)
    beat = Sentinel(replace(worker, store=gone), is_beat=True)
    gone.away = True
    beat.look()
    clock.now += 40
    beat.look()
    gone.away = False
    beat.look()
    send_waiting(worker.alerts)
    gone.close()
    assert hook.got == []


def test_the_sign_of_life_stays_away_while_something_is_critical(worker, hook) -> None:
    heartbeat.send(worker)
    Sentinel(worker, is_beat=True).look()
    assert hook.paths == ["/hook?beat"]
    worker.alerts.judge("redis", [sentinel._AWAY])
    heartbeat.send(worker)
    assert hook.paths == ["/hook?beat"]


def test_a_sign_of_life_that_does_not_arrive_is_said_without_its_address(plugged, hook, caplog) -> None:
    hook.status = 404
    heartbeat.send(plugged(heartbeat_url=f"{hook.url}/secret-check"))
    assert "HEARTBEAT_URL answered 404" in str([vars(one) for one in caplog.records])
    assert "secret-check" not in str([vars(one) for one in caplog.records])
