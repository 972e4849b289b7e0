"""Counters of all workers together: true, and nearly free."""

import time

import pytest
import redis

from chats import case_of, chat, live, work
from cody2zoho.ledger.records import Held, State
from cody2zoho.sync import polling
from cody2zoho.telemetry import counters
from cody2zoho.telemetry.counters import Counters
from cody2zoho.telemetry.events import ApiCall, CaseFollowedUp, CodyPollCompleted, PollFailed
from cody2zoho.telemetry.metrics import COUNTERS, REQUEST_SECONDS, Histogram
from cody2zoho.watching import summary

PREFIX = "cody2zoho:"


@pytest.fixture
def tally(store: redis.Redis) -> Counters:
    return Counters(store, PREFIX)


def test_what_two_workers_count_is_one_sum(store: redis.Redis) -> None:
    for seconds in (0.04, 0.3):
        worker = Counters(store, PREFIX)
        worker.hear(ApiCall("zoho", "POST", 201, seconds, 400))
        worker.send()
    found = counters.read(store, PREFIX)
    assert found["api_requests_total|zoho|201"] == 2
    assert found["api_response_bytes_total|zoho"] == 800
    assert found["api_request_duration_seconds|zoho|sum"] == pytest.approx(0.34)


def test_an_observation_counts_in_the_one_bucket_that_it_fits_into() -> None:
    def bucket(seconds: float) -> str:
        return next(REQUEST_SECONDS.observe(seconds, "cody"))[0].rpartition("|")[2]

    assert [bucket(seconds) for seconds in (0, 0.05, 0.0501, 60, 61)] == ["0.05", "0.05", "0.1", "60", "+Inf"]


def test_nothing_is_sent_where_nothing_happened(store: redis.Redis, tally: Counters) -> None:
    before = store.info("commandstats").get("cmdstat_hincrbyfloat", {}).get("calls", 0)
    tally.send()
    assert store.info("commandstats").get("cmdstat_hincrbyfloat", {}).get("calls", 0) == before


def test_what_redis_could_not_take_goes_with_the_next_sending(store: redis.Redis, tally: Counters) -> None:
    tally.hear(PollFailed("support", "no"))
    store.replicaof("127.0.0.1", 1)
    try:
        tally.send()
    finally:
        store.replicaof("NO", "ONE")
    tally.hear(PollFailed("support", "no"))
    tally.send()
    assert counters.read(store, PREFIX)["polls_total|failed"] == 2


def test_a_process_that_ends_sends_what_is_left(store: redis.Redis, tally: Counters) -> None:
    tally.start()
    tally.hear(CaseFollowedUp("4876", 3))
    tally.hear(CodyPollCompleted(1, 15, 2, 0, 0.2))
    tally.stop()
    assert counters.read(store, PREFIX)["case_follow_ups_total"] == 1


def test_every_counter_has_a_name_with_its_unit() -> None:
    for one in COUNTERS:
        assert one.name.endswith("_seconds" if isinstance(one, Histogram) else "_total"), one.name
    assert len({one.name for one in COUNTERS}) == len(COUNTERS)


def counted(services, what: str) -> int:
    return int(counters.read(services.store, services.settings.redis_key_prefix).get(f"conversations_total|{what}", 0))


def hours(services) -> dict[str, str]:
    return services.store.hgetall(f"{services.settings.redis_key_prefix}metrics:hours")


def test_a_conversation_is_counted_when_it_comes_in_and_when_it_becomes_a_case(plugged, account) -> None:
    services = plugged()
    chat(account)
    chat(account)
    work(services)
    assert (counted(services, "seen"), counted(services, "created")) == (2, 2)
    assert sorted(field.partition("|")[2] for field in hours(services)) == ["created", "seen"]
    assert set(hours(services).values()) == {"2"}


def test_a_case_that_two_workers_report_counts_once(plugged, account) -> None:
    services = plugged()
    conversation_id = chat(account)
    polling.poll(services)
    slow = services.ledger.claim(conversation_id)
    pass_time_of_lease(services, conversation_id)
    quick = services.ledger.claim(conversation_id)
    assert quick.owner
    assert services.ledger.created(quick, Held("4876"))
    assert not services.ledger.created(slow, Held("4876"))
    assert counted(services, "created") == 1


def test_what_is_brought_up_to_date_is_no_second_case(plugged, account, clock, organisation) -> None:
    services = plugged(conversation_quiet_seconds=300, follow_up_hours=24)
    conversation_id = chat(account)
    work(services)
    account.say(conversation_id, "One more question")
    live(services, clock, 1_200)
    assert "One more question" in organisation.cases[case_of(organisation, conversation_id)]["Description"]
    assert services.ledger.looked_up([conversation_id])[conversation_id].state is State.CREATED
    assert counted(services, "created") == 1


def test_each_part_of_a_split_conversation_is_a_case_and_counts_as_one(plugged, account, clock, organisation) -> None:
    services = plugged(conversation_quiet_seconds=300, follow_up_hours=24, conversation_split_hours=24)
    conversation_id = chat(account, ago=5 * 86_400)
    account.say(conversation_id, "And now?", at=account.now() - 2 * 86_400)
    work(services)
    account.say(conversation_id, "And today?", at=account.now())
    live(services, clock, 1_200)
    assert counted(services, "created") == len(organisation.cases) == 3
    latest = services.store.lrange(f"{services.settings.redis_key_prefix}metrics:latest", 0, -1)
    assert {tuple(entry.split(" ")[1:3]) for entry in latest} == {
        (conversation_id, case) for case in organisation.cases
    }


def test_what_is_let_go_is_counted_as_that(plugged, account) -> None:
    services = plugged()
    account.add_conversation(bot_id="support", at=account.now() - 10 * 86_400)
    work(services)
    assert (counted(services, "empty"), counted(services, "created")) == (1, 0)


def test_what_a_repair_finds_came_in_once(plugged, account) -> None:
    services = plugged()
    services.ledger.open()
    conversation = services.cody.conversation(chat(account))
    assert services.ledger.again(conversation, "")
    assert services.ledger.again(conversation)
    work(services)
    assert (counted(services, "seen"), counted(services, "created")) == (1, 1)


def test_what_a_person_dismisses_is_counted_as_that(plugged, account) -> None:
    services = plugged()
    conversation_id = chat(account)
    polling.poll(services)
    services.ledger.park(services.ledger.claim(conversation_id), "no")
    assert services.ledger.dismiss(conversation_id)
    assert not services.ledger.dismiss(conversation_id)
    assert (counted(services, "parked"), counted(services, "dismissed")) == (1, 1)


def test_one_that_is_dismissed_and_has_its_case_counts_as_that_case(plugged, account) -> None:
    services = plugged()
    conversation_id = chat(account)
    polling.poll(services)
    claim = services.ledger.claim(conversation_id)
    services.ledger.hold(claim, Held("4876"))
    services.ledger.park(claim, "no")
    assert services.ledger.dismiss(conversation_id)
    assert (counted(services, "created"), counted(services, "dismissed")) == (1, 0)


def pass_time_of_lease(services, conversation_id: str) -> None:
    working = f"{services.settings.redis_key_prefix}working"
    services.store.zadd(working, {conversation_id: 1})


def test_hours_that_nobody_looks_at_any_more_are_dropped(plugged) -> None:
    services = plugged()
    key, this = f"{services.settings.redis_key_prefix}metrics:hours", int(time.time() // 3600)
    services.store.hset(key, mapping={f"{this - 32 * 24 - 2}|seen": 4, f"{this - 31 * 24}|seen": 3, f"{this}|seen": 2})
    summary.tell(services)
    found = counters.hours(services.store, services.settings.redis_key_prefix)
    assert found == {(this - 31 * 24, "seen"): 3, (this, "seen"): 2}
