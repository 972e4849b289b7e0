"""Where cases always came in and none comes any more, that is told once, and a holiday is too."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from cody2zoho.alerts import send_waiting
from cody2zoho.services import Services
from cody2zoho.watching import sentinel, watches
from webhook import Webhook, webhook

#: Monday, 2026-11-16, 12:00 UTC.
MONDAY_NOON = 1_794_830_400


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as server:
        yield server


@pytest.fixture
def worker(plugged, hook, clock) -> Services:
    clock.now = float(MONDAY_NOON)
    return plugged(alert_urls=hook.url, alert_cooldown_minutes=0)


def made(worker: Services, *, since_weeks: float, until_hours: int = 0, hours: range = range(9, 18)) -> None:
    """Two cases an hour on working days."""
    hour = MONDAY_NOON // 3_600
    first, key = hour - round(since_weeks * 168), f"{worker.settings.redis_key_prefix}metrics:hours"
    for at in range(first, hour - until_hours):
        is_working_day = (at // 24 + 3) % 7 < 5
        if is_working_day and at % 24 in hours:
            worker.store.hset(key, f"{at}|created", 2)


def case_at(worker: Services, moment: float) -> None:
    worker.store.hincrby(f"{worker.settings.redis_key_prefix}metrics:hours", f"{int(moment // 3_600)}|created", 1)


def look(worker: Services, clock, hours: float = 0) -> None:
    for _ in range(int(hours) or 1):
        clock.now += 3_600 if hours else 0
        [check] = [one for one in watches.CHECKS if one.name == "silence"]
        found = watches.looked(check, worker)
        assert found is not None
        worker.alerts.judge("silence", found)
        send_waiting(worker.alerts)


def told(hook: Webhook) -> list[str]:
    return [one["status"] for one in hook.got]


def test_a_working_day_without_cases_is_told_and_the_next_case_ends_it(worker, hook, clock) -> None:
    made(worker, since_weeks=4, until_hours=1)
    look(worker, clock, 2)
    assert hook.got == []
    look(worker, clock, 2)
    [message] = hook.got
    assert (message["key"], message["severity"]) == ("silence", "MEDIUM")
    assert message["message"] == "No case has been made for 4 hours, where 8 are usual"
    assert message["details"] == {"hours": 4, "usual": 8, "last_case": "2026-11-16 10:00 UTC"}
    case_at(worker, clock.now)
    look(worker, clock)
    assert told(hook) == ["raised", "resolved"]


def test_nights_and_weekends_are_quiet_as_ever(worker, hook, clock) -> None:
    made(worker, since_weeks=4)
    for hour in range(2 * 168):
        clock.now += 3_600
        at = int(clock.now // 3_600)
        if (at // 24 + 3) % 7 < 5 and at % 24 in range(9, 18):
            case_at(worker, clock.now)
        if hour % 5 == 0:
            look(worker, clock)
    assert hook.got == []


def test_a_holiday_of_a_week_is_told_once(worker, hook, clock) -> None:
    made(worker, since_weeks=4)
    look(worker, clock, 168)
    assert told(hook) == ["raised"]


def test_a_holiday_with_a_case_here_and_there_is_told_once(worker, hook, clock) -> None:
    made(worker, since_weeks=4, hours=range(24))
    look(worker, clock, 5)
    case_at(worker, clock.now)
    look(worker, clock, 5)
    case_at(worker, clock.now)
    look(worker, clock, 5)
    assert told(hook) == ["raised", "resolved"]


def test_one_holiday_in_the_past_teaches_nothing(worker, hook, clock) -> None:
    made(worker, since_weeks=4)
    for hour in range(24):
        worker.store.hdel(
            f"{worker.settings.redis_key_prefix}metrics:hours", f"{MONDAY_NOON // 3_600 - 2 * 168 - 12 + hour}|created"
        )
    look(worker, clock, 5)
    assert told(hook) == ["raised"]


def test_who_is_not_known_for_three_weeks_is_not_expected_to_have_cases(worker, hook, clock) -> None:
    made(worker, since_weeks=2.5)
    look(worker, clock, 48)
    assert hook.got == []


def test_nobody_expects_cases_while_everything_is_paused_or_blocked(worker, hook, clock) -> None:
    made(worker, since_weeks=4)
    worker.paused.pause(None, "a rest")
    look(worker, clock, 5)
    worker.paused.resume(None)
    look(worker, clock, 3)
    worker.blocks.put("zoho", "Zoho refuses it")
    look(worker, clock)
    assert hook.got == []


def test_what_nobody_could_make_because_all_was_stopped_is_missed_by_nobody(worker, hook, clock) -> None:
    made(worker, since_weeks=4)
    sentinel.note_watched(worker)
    clock.now += 3 * 3_600
    sentinel.note_watched(worker)
    look(worker, clock)
    clock.now += 3 * 3_600
    look(worker, clock)
    assert hook.got == []


def test_the_morning_after_summer_time_ended_is_as_quiet_as_ever(plugged, hook, clock) -> None:
    """From eight to six in Berlin, where that was an hour earlier until the 25th of October."""
    worker = plugged(alert_urls=hook.url, time_zone="Europe/Berlin")
    end = datetime(2026, 10, 26, 8, 5, tzinfo=worker.settings.zone)
    for hours in range(4 * 168 + 8):
        at = datetime.fromtimestamp(end.timestamp() - 3_600 * hours, worker.settings.zone)
        if at.weekday() < 5 and at.hour in range(8, 18) and at.date() < end.date():
            worker.store.hset(
                f"{worker.settings.redis_key_prefix}metrics:hours", f"{at.timestamp() // 3_600:.0f}|created", 6
            )
    clock.now = end.timestamp()
    look(worker, clock)
    assert hook.got == []
    look(worker, clock, 2)
    assert told(hook) == ["raised"]
