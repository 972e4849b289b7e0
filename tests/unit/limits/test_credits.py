"""Zoho's API credits: every one is counted, and what matters most gets the last of them."""

import time

import pytest
import redis

from cody2zoho.checks import Level, all_checks
from cody2zoho.errors import OutOfTurn
from cody2zoho.limits.budget import KEPT_BACK, Budget
from cody2zoho.limits.credits import cost_of, lane
from cody2zoho.models import Note
from cody2zoho.services import Services
from later import PREFIX, later

BOOKS = f"{PREFIX}metrics:credits"
DAY = 86_400


def spend(store: redis.Redis, count: int, seconds_ago: float = 0, of: str = "cases") -> None:
    """As if it had been spent then."""
    store.hincrby(BOOKS, f"{int(time.time() - seconds_ago) // 900}:{of}", count)


def going_on(worker: Services) -> list[str]:
    """The lanes that may go on."""
    found = []
    for name in KEPT_BACK:
        with lane(name):
            try:
                worker.limits.credits.check()
            except OutOfTurn:
                continue
        found.append(name)
    return found


@pytest.mark.parametrize(
    ("path", "body", "credits_"),
    [
        ("settings/fields", None, 1),
        ("Cases", {"data": [{}]}, 1),
        ("Cases", {"data": [{}] * 10}, 1),
        ("Cases", {"data": [{}] * 11}, 2),
        ("Cases/1/Notes", {"data": [{}] * 100}, 10),
        ("coql", {"select_query": "select id from Cases where a = 'b'"}, 1),
        ("coql", {"select_query": "select id from Cases where a = 'b' limit 200"}, 1),
        ("coql", {"select_query": "select id from Cases where a = 'b' LIMIT 0, 201"}, 2),
        ("coql", {"select_query": "select id from Cases where a = 'b' limit 1000"}, 2),
        ("coql", {"select_query": "select id from Cases where a = 'b' limit 2000"}, 3),
        ("coql", {"select_query": "select id from Cases where a = 'limit 9000' limit 2000 offset 4000"}, 3),
    ],
)
def test_a_call_costs_what_zoho_says(path: str, body: object, credits_: int) -> None:
    assert cost_of(path, body) == credits_


def test_our_books_and_zohos_agree(plugged, organisation) -> None:
    worker = plugged(zoho_contact_name="Chat")
    worker.fields.all()
    worker.contact.id()
    case = worker.cases.insert({"Subject": "x", "Status": "Closed", "Case_Origin": "Web"})
    worker.cases.add_notes(case.case_id, [Note(f"{number}", "x") for number in range(25)])
    assert worker.limits.credits.budget().used == organisation.credits.spent > 7


def test_a_call_that_zoho_turns_down_for_its_token_costs_nothing(plugged, organisation) -> None:
    worker = plugged()
    worker.tokens.get()
    organisation.accounts.evict_access_tokens()
    worker.fields.all()
    assert worker.limits.credits.budget().used == organisation.credits.spent == 1


def test_what_is_spent_is_booked_to_its_lane(plugged) -> None:
    worker = plugged()
    worker.fields.all()
    with lane("reconcile"):
        worker.fields.all()
        with lane("backfill"):
            worker.fields.all()
        worker.fields.all()
    assert worker.limits.credits.budget().by_lane == {"cases": 1, "follow_ups": 0, "reconcile": 2, "backfill": 1}


@pytest.mark.parametrize(
    ("left", "lanes"),
    [
        (10_000, ["cases", "follow_ups", "reconcile", "backfill"]),
        (5_001, ["cases", "follow_ups", "reconcile", "backfill"]),
        (5_000, ["cases", "follow_ups", "reconcile"]),
        (2_500, ["cases", "follow_ups"]),
        (1_000, ["cases"]),
        (0, ["cases"]),
    ],
)
def test_the_lower_a_lane_the_earlier_it_pauses(plugged, store, left: int, lanes: list[str]) -> None:
    spend(store, 10_000 - left)
    assert going_on(plugged(zoho_credits_per_day=10_000, zoho_credits_reserve=300)) == lanes


def test_only_cases_go_on_below_the_reserve(plugged, store) -> None:
    worker = plugged(zoho_credits_per_day=10_000, zoho_credits_reserve=6_000)
    spend(store, 3_999)
    assert len(going_on(worker)) == 4
    spend(store, 1)
    assert going_on(worker) == ["cases"]


def test_a_lane_that_must_wait_asks_zoho_nothing_and_hears_until_when(plugged, store, server) -> None:
    worker = plugged(zoho_credits_per_day=1_000)
    worker.tokens.get()
    spend(store, 700, seconds_ago=DAY - 3600)
    spend(store, 200, seconds_ago=3600)
    asked = server.journal["zoho"].requests
    with lane("reconcile"), pytest.raises(OutOfTurn, match="before reconcile") as caught:
        worker.fields.all()
    # Of the oldest, an hour from now, as many come back as are lacking; counted by quarters of an hour.
    assert 3_600 <= (caught.value.retry_after_seconds or 0) <= 3_600 + 900
    assert server.journal["zoho"].requests == asked


def test_what_was_spent_a_day_ago_counts_no_more(plugged, store) -> None:
    worker = plugged(zoho_credits_per_day=1_000)
    spend(store, 900, seconds_ago=DAY + 900)
    assert len(going_on(worker)) == 4
    assert worker.limits.credits.budget().used == 0
    worker.fields.all()
    assert store.hlen(BOOKS) == 1


def test_what_was_spent_by_a_clock_that_was_put_back_does_not_count(plugged, store) -> None:
    worker = plugged(zoho_credits_per_day=1_000)
    spend(store, 1_000, seconds_ago=-7 * DAY)
    assert worker.limits.credits.budget().remaining == 1_000
    assert worker.limits.room() > 0
    worker.fields.all()
    assert list(store.hvals(BOOKS)) == ["1"]


def test_books_are_gone_a_day_after_the_last_call(plugged, store) -> None:
    plugged().fields.all()
    assert DAY < store.ttl(BOOKS) <= DAY + 3600


def test_what_zoho_says_is_left_is_learnt_by_all_workers(plugged, organisation) -> None:
    organisation.knobs.credits_a_day = 1_000
    worker, other = plugged(zoho_credits_reserve=0), plugged(zoho_credits_reserve=0)
    worker.fields.all()
    assert other.limits.credits.budget().remaining is None
    organisation.credits.spend(500)
    worker.fields.all()
    budget = other.limits.credits.budget()
    assert (budget.remaining, budget.allowance) == (498, 996)
    assert going_on(other) == ["cases", "follow_ups", "reconcile"]
    organisation.credits.spend(300)
    worker.fields.all()
    assert other.limits.credits.budget().allowance == 996
    assert going_on(other) == ["cases", "follow_ups"]


def test_zoho_is_asked_anew_what_is_left_a_quarter_of_an_hour_later(plugged, organisation, store) -> None:
    organisation.knobs.credits_a_day = 1_000
    organisation.credits.spend(950)
    worker = plugged()
    worker.fields.all()
    with lane("backfill"), pytest.raises(OutOfTurn) as caught:
        worker.fields.all()
    assert 0 < (caught.value.retry_after_seconds or 0) <= 900
    later(store, 900)
    with lane("backfill"):
        assert worker.fields.all()
        with pytest.raises(OutOfTurn):
            worker.fields.all()


def test_less_counts_where_our_books_and_zoho_differ(plugged, organisation, store) -> None:
    organisation.knobs.credits_a_day = 1_000
    organisation.credits.spend(600)
    worker = plugged(zoho_credits_per_day=500)
    worker.fields.all()
    assert worker.limits.credits.budget().remaining == 399
    spend(store, 200)
    assert worker.limits.credits.budget().remaining == 299


NOW = 1_760_000_400.0


def budget(lately: int, yesterday: int, allowance: int | None, remaining: int | None) -> Budget:
    """At a full quarter of an hour: spent in the last hour, and 20 hours ago."""
    now = NOW // 900 * 900
    spent = {(int(now - 1800), "cases"): lately, (int(now - 72_000), "cases"): yesterday}
    return Budget(now, spent, allowance, remaining, reserve=0, told_for_seconds=0)


def test_the_forecast_is_the_rate_of_the_last_hour() -> None:
    assert budget(100, 5_000, 10_000, 4_900).per_day == 2_400


def test_credits_last_at_a_rate_below_the_allowance() -> None:
    some = budget(100, 5_000, 10_000, 4_900)
    assert some.headroom_days is None
    assert some.words == "they last: the present rate takes 2400 of 10000 a day"


def test_a_rate_above_the_allowance_is_never_said_to_last() -> None:
    for remaining in (None, 5_000):
        assert budget(1_000, 30_000, 20_000, remaining).words == "the present rate takes 24000 of 20000 a day"


def test_headroom_is_the_time_until_nothing_is_left() -> None:
    # 24,000 a day against 1,000 used so far: 11,500 are gone in half a day.
    some = budget(1_000, 0, 12_500, 11_500)
    assert some.headroom_days == 0.5
    assert some.words == "used up in 12.0 hours at the present rate of 24000 a day"


def test_an_unknown_allowance_is_said_to_be_unknown() -> None:
    assert budget(1_000, 0, None, None).words.startswith("unknown")


def test_used_up_credits_do_not_last() -> None:
    assert budget(0, 12_500, 12_500, 0).words.startswith("used up")


def test_doctor_warns_when_the_forecast_passes_the_allowance(plugged, store) -> None:
    worker = plugged(zoho_credits_per_day=1_000)
    found = {finding.about: finding for finding in all_checks(worker)}
    assert found["Zoho credits"].level is Level.OK
    spend(store, 200)
    found = {finding.about: finding for finding in all_checks(worker)}
    assert found["Zoho credits"].level is Level.WARNING
    assert "ZOHO_CREDITS_PER_DAY" in found["Zoho credits"].mend


def test_doctor_says_that_used_up_credits_hold_up_cases_though_nothing_is_spent_any_more(plugged, store) -> None:
    worker = plugged(zoho_credits_per_day=1_000)
    worker.fields.all()
    spend(store, 1_000, seconds_ago=DAY / 2)
    found = {finding.about: finding for finding in all_checks(worker)}["Zoho credits"]
    assert (found.level, found.words.partition(";")[0]) == (Level.WARNING, "used up")
