"""What is counted by the hour stands on the day it belongs to, whatever the calendar does."""

from datetime import UTC, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
import redis

from cody2zoho.ops import charts
from cody2zoho.telemetry import counters
from cody2zoho.watching import summary

BERLIN, NEW_YORK, TOKYO = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo")


def one_an_hour(now: datetime, hours: int = 40 * 24) -> SimpleNamespace:
    """What the page looks at: every hour one conversation came in, this one too."""
    this = int(now.timestamp() // 3600)
    return SimpleNamespace(now=now.timestamp(), hours={(hour, "seen"): 1 for hour in range(this - hours + 1, this + 1)})


def days(now: datetime, zone: ZoneInfo) -> dict[str, int]:
    return {bar.label: bar.seen for bar in charts.last_month(one_an_hour(now), zone).bars}


@pytest.mark.parametrize(
    ("now", "day", "hours"),
    [
        (datetime(2026, 10, 30, 12, tzinfo=BERLIN), "25 Oct", 25),
        (datetime(2026, 4, 2, 12, tzinfo=BERLIN), "29 Mar", 23),
        (datetime(2026, 11, 9, 12, tzinfo=NEW_YORK), "1 Nov", 25),
    ],
)
def test_the_day_of_a_change_of_the_clocks_has_all_its_hours_and_the_others_theirs(now, day, hours) -> None:
    found = days(now, now.tzinfo)
    assert found.pop(f"{now.day} {now:%b}") == now.hour + 1
    assert found.pop(day) == hours
    assert set(found.values()) == {24}


def test_thirty_days_go_on_over_the_end_of_a_month_and_of_a_leap_february() -> None:
    found = list(days(datetime(2028, 3, 2, 0, 30, tzinfo=UTC), ZoneInfo("UTC")))
    assert (found[0], found[-1], len(found)) == ("2 Feb", "2 Mar", 30)
    assert "29 Feb" in found


def test_the_last_day_has_24_hours_when_the_clocks_change() -> None:
    chart = charts.last_day(one_an_hour(datetime(2026, 10, 25, 12, tzinfo=BERLIN)), BERLIN)
    assert (len(chart.bars), chart.seen) == (24, 24)
    assert [bar.label for bar in chart.bars].count("02:00") == 2


def test_another_time_zone_moves_conversations_between_days_and_loses_none() -> None:
    now = datetime(2026, 6, 15, 18, tzinfo=UTC)
    seen = one_an_hour(now, hours=20 * 24)
    assert {charts.last_month(seen, zone).seen for zone in (BERLIN, NEW_YORK, TOKYO)} == {480}
    assert [charts.today(seen, zone, "seen") for zone in (BERLIN, NEW_YORK, TOKYO)] == [21, 15, 4]


def test_hours_of_the_last_32_days_are_kept_over_the_end_of_a_month(store: redis.Redis) -> None:
    now = datetime(2026, 3, 1, 0, 0, 1, tzinfo=UTC).timestamp()
    this = int(now // 3600)
    store.hset("p:metrics:hours", mapping={f"{this - ago}|seen": 1 for ago in (0, 1, 700, 768, 769, 2_000)})
    counters.trim(store, "p:", now)
    assert sorted(this - hour for hour, _ in counters.hours(store, "p:")) == [0, 1, 700, 768]
    counters.trim(store, "p:", now + 3_600)
    assert sorted(this - hour for hour, _ in counters.hours(store, "p:")) == [0, 1, 700]


def test_a_worker_whose_clock_is_ahead_drops_nothing(store: redis.Redis, plugged, clock) -> None:
    services = plugged()
    clock.now += 10**9
    key = f"{services.settings.redis_key_prefix}metrics:hours"
    store.hset(key, f"{store.time()[0] // 3600}|seen", 3)
    summary.tell(services)
    assert store.hlen(key) == 1
