"""Each thing that goes wrong is one alert at a webhook, and its end another."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chats import chat, pass_time, work
from cody2zoho import services
from cody2zoho.alerts import send_waiting
from cody2zoho.services import Services
from cody2zoho.simulators.faults import Fault
from cody2zoho.sync import pipeline, polling
from cody2zoho.telemetry import listen, listeners
from cody2zoho.telemetry.counters import Counters
from cody2zoho.telemetry.events import ApiCall, ConversationProcessed
from cody2zoho.watching import monitor, sentinel, watches
from cody2zoho.watching.tracker import Tracker
from webhook import Webhook, webhook


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as server:
        yield server


@pytest.fixture
def worker(plugged, hook) -> Services:
    return plugged(alert_urls=hook.url, alert_cooldown_minutes=0)


def watch(worker: Services, times: int = 2) -> None:
    """More than once: what lasts is told once."""
    for _ in range(times):
        list(watches.look(worker))
        send_waiting(worker.alerts)


def told(hook: Webhook) -> list[tuple[str, str, str]]:
    return [(one["status"], one["key"], one["severity"]) for one in hook.got]


def once(hook: Webhook, key: str, severity: str) -> None:
    assert told(hook) == [("raised", key, severity), ("resolved", key, severity)]


def test_where_all_is_well_nobody_is_told(account, worker, hook) -> None:
    for _ in range(12):
        chat(account)
    work(worker)
    watch(worker)
    assert hook.got == []


def test_a_wrong_key_is_told_and_that_it_was_mended(plugged, worker, hook) -> None:
    watch(plugged(alert_urls=hook.url, cody_api_key="wrong"))
    watch(worker)
    once(hook, "blocked:cody", "CRITICAL")
    assert hook.got[0]["error_type"] == "auth issue"


def test_an_api_that_is_out_of_order_is_told(worker, hook, server) -> None:
    server.faults.add(Fault("503", simulator="zoho", path="/crm/*"))
    watch(worker)
    server.faults.clear()
    watch(worker)
    once(hook, "apis:zoho", "HIGH")


@pytest.mark.parametrize("fault", [Fault("503", simulator="zoho", path="/crm/*", times=1), Fault("429", path="/crm/*")])
def test_one_request_that_fails_or_a_limit_is_no_outage(worker, hook, server, fault: Fault) -> None:
    server.faults.add(fault)
    watches_only(worker, "apis")
    assert hook.got == []


def test_a_fault_in_one_check_silences_no_other_and_is_told(account, worker, hook, clock, store, caplog) -> None:
    heard = Tracker(store, worker.settings.redis_key_prefix, clock)
    listen(heard.hear)
    store.hset(f"{worker.settings.redis_key_prefix}alerts:hours", str(int(clock.now // 3_600)), "canary")
    worker.ledger.park(worker.ledger.claim([chat(account), polling.poll(worker)][0]), "No field")
    for _ in range(3):
        list(watches.look(worker))
        heard.count()
    watch(worker)
    listeners.remove(heard.hear)
    assert {key.partition("-")[0] for _, key, _ in told(hook)} == {"parked", "error:task_failed"}
    assert "canary" not in f"{hook.raw} {[vars(one) for one in caplog.records]}"


def test_a_conversation_that_waits_too_long_is_told_with_its_id(account, worker, hook, server, store) -> None:
    one = chat(account)
    server.faults.add(Fault("503", simulator="zoho", path="/crm/*"))
    work(worker)
    key = f"{worker.settings.redis_key_prefix}conversation:{one}"
    store.hset(key, "due", int(store.hget(key, "due")) - 3 * 3_600_000)
    server.faults.clear()
    watch(worker)
    store.hset(key, "due", int(store.hget(key, "due")) + 3 * 3_600_000)
    watch(worker)
    once(hook, "late", "HIGH")
    assert hook.got[0]["details"] == {"conversation": one, "affected_count": 1, "hours": 3.0}


def test_a_conversation_that_nobody_ever_took_is_late_too(account, worker, store, clock) -> None:
    one = chat(account)
    polling.poll(worker)
    store.hincrby(f"{worker.settings.redis_key_prefix}conversation:{one}", "due", -3 * 3_600_000)
    seconds, which, count = worker.ledger.oldest_due(late_hours=2)
    assert (round(seconds / 60), which, count) == (180, one, 1)


def test_what_our_own_limits_put_off_is_late_all_the_same(account, plugged, store) -> None:
    worker = plugged()
    one = chat(account)
    polling.poll(worker)
    key = f"{worker.settings.redis_key_prefix}conversation:{one}"
    store.hincrby(key, "due", -10 * 3_600_000)
    for _ in range(2):
        worker.ledger.later(worker.ledger.claim(one), 30, "Cody's limit", counts=False)
    assert [round(found / 3_600) for found in worker.ledger.oldest_due(late_hours=2)[:1]] == [10]
    worker.ledger.wait(worker.ledger.claim(one), 30, "the conversation goes on")
    assert worker.ledger.oldest_due(late_hours=2) == (0, "", 0)


def test_a_conversation_that_goes_on_for_hours_is_not_late(account, plugged, store, clock) -> None:
    """Nobody has looked at it yet, for each of its words was told by Cody's feed."""
    worker = plugged(conversation_quiet_seconds=1_800)
    one = chat(account, ago=0)
    polling.poll(worker)
    key = f"{worker.settings.redis_key_prefix}conversation:{one}"
    for fact in ("seen", "due"):
        store.hincrby(key, fact, -3 * 3_600_000)
    assert worker.ledger.moved([(one, int(clock.now) + 1, 1_800)], 86_400, follow_up=True) == 1
    assert worker.ledger.oldest_due(late_hours=2) == (0, "", 0)


def test_what_a_person_retries_is_due_from_then_on(account, plugged, store) -> None:
    worker = plugged()
    one = chat(account)
    polling.poll(worker)
    store.hincrby(f"{worker.settings.redis_key_prefix}conversation:{one}", "due", -86_400_000)
    worker.ledger.park(worker.ledger.claim(one), "No field")
    worker.ledger.retry(one)
    assert worker.ledger.oldest_due(late_hours=2)[2] == 0


def test_what_came_in_while_its_bot_was_paused_is_due_from_its_end_on(account, plugged, store) -> None:
    worker = plugged()
    one = chat(account)
    polling.poll(worker)
    store.hincrby(f"{worker.settings.redis_key_prefix}conversation:{one}", "due", -86_400_000)
    worker.paused.pause("support", "a rest")
    worker.paused.resume("support")
    assert worker.ledger.oldest_due(late_hours=2)[2] == 0


def test_what_nobody_hands_out_is_told(account, worker, hook, clock) -> None:
    chat(account)
    polling.poll(worker)
    minutes(worker, clock, 12)
    work(worker)
    watch(worker)
    once(hook, "queue", "HIGH")


def minutes(worker: Services, clock, count: int, *, only_quick: bool = False) -> None:
    """So many, with a poll and checks in each; whatever comes due meanwhile is not worked on."""
    for _ in range(count):
        pass_time(worker, clock, 60)
        polling.poll(worker)
        monitor.refresh_token(worker)
        sentinel.note_watched(worker)
        list(watches.look(worker, only_quick=only_quick))
        send_waiting(worker.alerts)


def test_a_long_queue_that_is_worked_off_is_no_alert(account, worker, hook, clock) -> None:
    """As at a first start with much history, or after a stop."""
    for _ in range(15):
        chat(account)
    polling.poll(worker)
    for _ in range(15):
        minutes(worker, clock, 1)
        one, *_ = pipeline.ready(worker, limit=1)
        pipeline.create_case(one, worker)
    assert hook.got == []


def test_a_first_start_that_finds_much_to_do_is_no_alert(account, worker, hook, clock) -> None:
    for _ in range(30):
        chat(account)
    minutes(worker, clock, 3)
    assert hook.got == []


def test_what_stood_still_because_all_was_stopped_is_no_alert(account, worker, hook, clock) -> None:
    for _ in range(15):
        chat(account)
    minutes(worker, clock, 3)
    worker.tokens.get()
    pass_time(worker, clock, 5_400)
    sentinel.note_watched(worker)
    watch(worker)
    minutes(worker, clock, 3)
    assert hook.got == []


def test_what_stands_still_before_and_after_a_stop_is_not_told_as_over(account, worker, hook, clock) -> None:
    chat(account)
    minutes(worker, clock, 13)
    pass_time(worker, clock, 1_200)
    sentinel.note_watched(worker)
    watch(worker)
    assert told(hook) == [("raised", "queue", "HIGH")]


@pytest.mark.parametrize("who", ["a person", "Zoho"])
def test_what_stood_still_while_it_was_paused_or_blocked_is_no_alert(account, worker, hook, clock, who: str) -> None:
    for _ in range(15):
        chat(account)
    polling.poll(worker)
    if who == "Zoho":
        worker.blocks.put("zoho set-up", "No field")
    else:
        worker.paused.pause(None, "a rest")
    minutes(worker, clock, 20, only_quick=True)
    worker.blocks.lift("zoho set-up")
    worker.paused.resume(None)
    minutes(worker, clock, 2)
    assert {key for _, key, _ in told(hook)} <= {"blocked:zoho set-up"}


@pytest.mark.parametrize("name", ["cases", "ticks"])
def test_a_message_that_nobody_takes_from_celerys_queue_is_told(worker, hook, clock, store, name: str) -> None:
    queue = f"{worker.settings.redis_key_prefix}{name}"
    store.lpush(queue, "the oldest")
    for _ in range(12):
        clock.now += 60
        store.lpush(queue, f"sent at {clock.now}")
        watches_only(worker, "broker")
    assert told(hook) == [("raised", f"broker:{name}", "HIGH")]
    assert hook.got[0]["details"] == {"queue": name, "minutes": 11}
    store.rpop(queue)
    watches_only(worker, "broker")
    once(hook, f"broker:{name}", "HIGH")


def test_a_long_queue_from_which_messages_are_taken_is_no_alert(worker, hook, clock, store) -> None:
    queue = f"{worker.settings.redis_key_prefix}cases"
    store.lpush(queue, *map(str, range(100)))
    for _ in range(30):
        clock.now += 60
        store.rpop(queue)
        watches_only(worker, "broker")
    assert hook.got == []


def test_a_list_that_was_never_read_is_told_too(worker, hook, clock) -> None:
    watches_only(worker, "polls")
    clock.now += 1_000
    watches_only(worker, "polls")
    work(worker)
    watches_only(worker, "polls")
    once(hook, "polls:support", "HIGH")


def test_attempts_that_fail_one_after_the_other_are_told_until_one_succeeds(account, plugged, hook, server) -> None:
    worker = plugged(alert_urls=hook.url, alert_consecutive_errors=3)
    counted = Counters(worker.store, worker.settings.redis_key_prefix)
    listen(counted.hear)
    try:
        for number in range(4):
            work(worker) if number else chat(account)
            server.faults.add(Fault("503", simulator="zoho", path="/crm/*"))
            chat(account)
            work(worker)
            counted.send()
            watches_only(worker, "consecutive_errors")
        assert told(hook) == [("raised", "consecutive_errors", "HIGH")]
        assert hook.got[0]["details"] == {"affected_count": 3}
        server.faults.clear()
        chat(account)
        work(worker)
        counted.send()
        watches_only(worker, "consecutive_errors")
        once(hook, "consecutive_errors", "HIGH")
    finally:
        listeners.remove(counted.hear)


def test_one_cause_is_one_alert(account, plugged, worker, hook, clock) -> None:
    """A key that Cody refuses is no list that is not read, and a token that Zoho refuses none that is not renewed."""
    chat(account)
    work(worker)
    worker.blocks.put("cody", "Cody refuses the key")
    worker.blocks.put("zoho", "Zoho refuses the token")
    clock.now += 3_500
    for name in ("blocked", "polls", "token"):
        watches_only(worker, name)
    assert [one["key"] for one in hook.got] == ["blocked:cody", "blocked:zoho"]


def test_a_list_that_is_not_read_any_more_is_told(account, worker, hook, clock) -> None:
    work(worker)
    worker.tokens.get()
    clock.now += 1_000
    watch(worker)
    work(worker)
    watch(worker)
    once(hook, "polls:support", "HIGH")


def test_a_token_that_is_not_renewed_is_told(account, worker, hook, clock) -> None:
    chat(account)
    work(worker)
    clock.now += 3_300
    polling.poll(worker)
    watches_only(worker, "token")
    worker.tokens.keep_fresh(900)
    watches_only(worker, "token")
    once(hook, "token", "HIGH")


def watches_only(worker: Services, name: str) -> None:
    [check] = [one for one in watches.CHECKS if one.name == name]
    found = watches.looked(check, worker)
    assert found is not None
    worker.alerts.judge(name, found)
    send_waiting(worker.alerts)


def test_parked_conversations_are_told(account, worker, hook, server) -> None:
    one = chat(account)
    polling.poll(worker)
    worker.ledger.park(worker.ledger.claim(one), "Zoho refuses it")
    watch(worker)
    worker.ledger.dismiss(one)
    watch(worker)
    once(hook, "parked", "MEDIUM")


def test_credits_that_end_are_told_and_again_when_none_is_left(plugged, hook, store) -> None:
    worker = plugged(alert_urls=hook.url, zoho_credits_per_day=1_000, alert_cooldown_minutes=0)
    prefix = worker.settings.redis_key_prefix
    quarter = int(store.time()[0]) // 900
    for spent in (950, 1_000):
        store.hset(f"{prefix}metrics:credits", f"{quarter}:cases", spent)
        watches_only(worker, "credits")
    assert told(hook) == [("raised", "credits", "HIGH"), ("raised", "credits", "CRITICAL")]


def test_cases_that_do_not_match_are_told(worker, hook, store) -> None:
    key = f"{worker.settings.redis_key_prefix}metrics:reconcile"
    store.hset(key, mapping={"at": 1, "cases": 100, "missing": 11})
    watch(worker)
    store.hset(key, "missing", 10)
    watch(worker)
    once(hook, "discrepancy", "MEDIUM")


def test_too_few_cases_are_told(account, worker, hook) -> None:
    ids = [chat(account) for _ in range(10)]
    polling.poll(worker)
    for one in ids[:2]:
        worker.ledger.park(worker.ledger.claim(one), "Zoho refuses it")
    work(worker)
    watches_only(worker, "sync_rate")
    assert told(hook) == [("raised", "sync_rate", "HIGH")]


@pytest.mark.parametrize(
    ("event", "key"),
    [
        (ConversationProcessed("postponed", 1), "error_rate:cases"),
        (ApiCall("zoho", "POST", 503, 1, 0), "error_rate:zoho"),
    ],
)
def test_errors_are_told_for_a_day(worker, hook, clock, event: Any, key: str) -> None:
    counted = Counters(worker.store, worker.settings.redis_key_prefix)
    watches_only(worker, "error_rate")
    good = {"error_rate:cases": ConversationProcessed("case", 1), "error_rate:zoho": ApiCall("zoho", "POST", 201, 1, 0)}
    for one in [event] * 3 + [good[key]] * 18:
        counted.hear(one)
    counted.send()
    watches_only(worker, "error_rate")
    for _ in range(26):
        clock.now += 3_600
        watches_only(worker, "error_rate")
    once(hook, key, "HIGH")
    assert hook.got[0]["details"]["error_rate"] == "14.3%"


def test_a_message_says_what_to_do(worker, hook) -> None:
    worker.blocks.put("bot support", "Cody knows no bot support: correct CODY_BOT_ID")
    worker.store.hset(
        f"{worker.settings.redis_key_prefix}metrics:reconcile", mapping={"at": 1, "cases": 9, "missing": 9}
    )
    watch(worker)
    remedies = {one["key"]: one["remedy"] for one in hook.got}
    assert remedies == {
        "blocked:bot support": "Cody knows no bot support: correct CODY_BOT_ID",
        "discrepancy": "Run `cody2zoho reconcile`",
    }


def test_a_pause_that_a_person_wants_is_no_alert(account, worker, hook, clock) -> None:
    chat(account)
    polling.poll(worker)
    worker.paused.pause(None, "a rest")
    pass_time(worker, clock, 700)
    polling.poll(worker)
    watch(worker)
    assert hook.got == []


def test_what_came_in_during_a_pause_is_not_late_as_soon_as_it_is_over(account, worker, hook, clock, store) -> None:
    worker.paused.pause(None, "a rest")
    ids = [chat(account) for _ in range(12)]
    minutes(worker, clock, 2)
    for one in ids:
        store.hincrby(f"{worker.settings.redis_key_prefix}conversation:{one}", "due", -86_400_000)
    worker.paused.resume(None)
    minutes(worker, clock, 1)
    assert hook.got == []
    minutes(worker, clock, 121, only_quick=True)
    assert "late" in {key for _, key, _ in told(hook)}


def test_a_ledger_that_is_being_rebuilt_lacks_no_cases(account, worker, hook, store) -> None:
    ids = [chat(account) for _ in range(12)]
    polling.poll(worker)
    for one in ids:
        store.hincrby(f"{worker.settings.redis_key_prefix}conversation:{one}", "due", -86_400_000)
    store.hdel(f"{worker.settings.redis_key_prefix}ledger", "epoch")
    watches_only(worker, "sync_rate")
    assert hook.got == []


def test_a_check_that_cannot_tell_changes_nothing(account, plugged, hook, caplog, monkeypatch) -> None:
    worker = plugged(alert_urls=hook.url)
    worker.blocks.put("zoho", "Zoho refuses it")
    watches_only(worker, "blocked")
    worker.store.set(f"{worker.settings.redis_key_prefix}blocked", "not a hash")
    [(_, found)] = [one for one in watches.look(worker, only_quick=True) if one[0].name == "blocked"]
    assert found is None
    assert "check_failed" in caplog.text
    assert [one.alert.key for one in worker.alerts.raised()] == ["blocked:zoho"]


def test_no_customers_word_leaves_with_an_alert(account, worker, hook, server) -> None:
    for _ in range(3):
        one = chat(account)
        account.say(one, "My card is 4111 1111 1111 1111, canary@example.com", at=account.now() - 7_100)
    server.faults.add(Fault("503", simulator="zoho", path="/crm/*"))
    work(worker)
    watch(worker)
    assert hook.raw
    assert "4111" not in "".join(hook.raw)
    assert "canary" not in "".join(hook.raw)


def test_workers_whose_clocks_differ_by_an_hour_make_no_alert_of_that(
    account, plugged, hook, clock, redis_address
) -> None:
    """What they share is told by the clock of Redis."""
    worker = plugged(alert_urls=hook.url)
    real = services.build(worker.settings)
    ahead = replace(real, clock=lambda: time.time() + 3_600)
    for one in (real, ahead, real, ahead):
        polling.poll(real)
        sentinel.note_watched(one)
        list(watches.look(one))
    assert (real.alerts.raised(), real.alerts.waiting(real.alerts.channels[0])) == ([], [])
    real.store.close()
