"""Paused: nothing new is begun, nothing is forgotten, nobody else waits; and resumed, nothing is done twice."""

import json
import logging
import random
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from click.testing import CliRunner, Result

from chats import chat, work
from cody2zoho import configuration
from cody2zoho.cli import main
from cody2zoho.explain.lives import look
from cody2zoho.explain.why import is_well, ledger_says, what_next
from cody2zoho.ledger.ledger import Ledger
from cody2zoho.ledger.paused import Paused
from cody2zoho.ledger.records import Held, State
from cody2zoho.services import Services
from cody2zoho.simulators.audit import audit
from cody2zoho.simulators.faults import Fault
from cody2zoho.sync import pipeline, polling

PREFIX = "{cody2zoho}:"


@pytest.fixture
def worker(plugged) -> Services:
    return plugged(cody_bot_id="support,sales")


def agenda(store: redis.Redis) -> list[str]:
    return store.zrange(f"{PREFIX}agenda", 0, -1)


def due(worker: Services) -> list[str]:
    return worker.ledger.due(10, 100, 300).ids


# -- nothing new is begun


@pytest.mark.parametrize("bot", [None, "support"])
def test_while_paused_conversations_are_noted_and_no_case_is_begun(account, organisation, worker, bot) -> None:
    worker.paused.pause(bot, "moving house")
    one = chat(account)
    work(worker)
    assert not organisation.cases
    assert worker.ledger.counts()[State.WAITING] == 1
    assert str(pipeline.create_case(one, worker)) == "nothing to do: paused"
    worker.paused.resume(bot)
    work(worker)
    assert len(organisation.cases) == 1


def test_one_that_no_poll_has_seen_is_not_begun_either(account, organisation, worker) -> None:
    worker.paused.pause("support", "")
    assert str(pipeline.create_case(chat(account), worker)) == "nothing to do: paused"
    assert not organisation.cases


def test_what_is_being_worked_on_finishes(account, worker, store) -> None:
    one = chat(account)
    polling.poll(worker)
    claim = worker.ledger.claim(one)
    for bot in (None, "support"):
        worker.paused.pause(bot, "")
    assert agenda(store) == [one]
    assert worker.ledger.renew(claim)
    assert worker.ledger.created(claim, Held("4876", 1, "d"))
    worker.paused.resume(None)
    assert agenda(store) == []


def test_a_claim_that_was_given_before_the_pause_is_given_though_its_answer_was_lost(account, worker) -> None:
    one = chat(account)
    polling.poll(worker)
    claim = worker.ledger.claim(one)
    worker.paused.pause("support", "")
    ledger = worker.ledger
    names = ("agenda", "working", "metrics:states", "ledger", "blocked", "paused", "aside")
    keys = [*ledger._places([one]), *ledger._keys(*names)]
    assert ledger._claim(keys=keys, args=[one, claim.owner, 30_000])[0] == "claimed"


def test_a_look_for_later_words_that_is_in_the_queue_is_not_lost(account, worker, store) -> None:
    one = chat(account)
    polling.poll(worker)
    worker.ledger.created(worker.ledger.claim(one), Held("4876", 1, "d"), 0)
    worker.paused.pause(None, "")
    claim = worker.ledger.claim(one)
    assert claim.held == Held("4876", 1, "d")
    worker.ledger.created(claim, claim.held, 900)
    worker.paused.resume(None)
    assert agenda(store) == [one]
    assert worker.ledger.counts()[State.CREATED] == 1


def test_a_pause_holds_for_all_workers_and_those_that_start_later(account, worker, plugged) -> None:
    one = chat(account)
    polling.poll(worker)
    worker.paused.pause(None, "")
    assert plugged().ledger.claim(one).was == "paused"


# -- nobody else waits


def test_a_paused_bot_does_not_hold_up_another(account, worker, store) -> None:
    waiting = [chat(account, bot_id="sales", ago=9_000) for _ in range(40)]
    other = chat(account)
    polling.poll(worker)
    assert worker.paused.pause("sales", "") == 40
    # Not one of them is looked at again: the look has no more to read than if they were not there.
    assert agenda(store) == [other]
    assert due(worker) == [other]
    assert worker.paused.aside() == len(waiting)


def test_one_that_comes_in_afterwards_is_handed_out_once(account, worker, store) -> None:
    worker.paused.pause("support", "")
    one = chat(account)
    polling.poll(worker)
    assert due(worker) == [one]
    assert worker.ledger.claim(one).was == "paused"
    assert agenda(store) == []
    assert worker.ledger.claim(one).attempts == 0


def test_while_everything_is_paused_nothing_is_handed_out(account, worker) -> None:
    chat(account)
    polling.poll(worker)
    worker.paused.pause(None, "")
    assert pipeline.ready(worker) == []
    worker.paused.resume(None)
    assert len(pipeline.ready(worker)) == 1


# -- nothing is forgotten, nothing is done twice


def test_what_was_in_the_queue_when_all_was_paused_is_due_at_once_when_it_goes_on(account, worker) -> None:
    one = chat(account)
    polling.poll(worker)
    assert due(worker) == [one]
    worker.paused.pause(None, "")
    assert worker.ledger.claim(one).was == "paused"
    worker.paused.resume(None)
    assert due(worker) == [one]


def test_a_wait_goes_on_while_it_is_paused(account, worker) -> None:
    one = chat(account)
    polling.poll(worker)
    worker.ledger.later(worker.ledger.claim(one), 900, "out of order")
    next_look = worker.ledger.about(one)["next_look"]
    worker.paused.pause("support", "")
    worker.paused.resume("support")
    assert worker.ledger.about(one)["next_look"] == next_look


def test_one_bot_goes_on_and_the_other_does_not(account, worker, store) -> None:
    ids = {bot: chat(account, bot_id=bot) for bot in ("support", "sales")}
    polling.poll(worker)
    for bot in ids:
        worker.paused.pause(bot, "")
    assert worker.paused.resume("sales") == ["bot sales"]
    assert agenda(store) == [ids["sales"]]
    assert worker.paused.aside() == 1
    worker.paused.pause(None, "")
    assert worker.paused.resume(None) == ["all", "bot support"]
    assert set(agenda(store)) == set(ids.values())


def test_what_a_worker_finishes_after_its_lease_does_not_come_back(account, worker, store) -> None:
    one = chat(account)
    polling.poll(worker)
    lost = Ledger(store, PREFIX, lease_seconds=0).claim(one)
    worker.paused.pause("support", "")
    assert worker.ledger.claim(one).was == "paused"
    assert worker.ledger.created(lost, Held("4876", 1, "d"))
    worker.paused.resume("support")
    assert (agenda(store), worker.paused.aside()) == ([], 0)


def test_what_a_worker_postpones_after_its_lease_waits_as_long_as_it_says(account, worker, store) -> None:
    one = chat(account)
    polling.poll(worker)
    lost = Ledger(store, PREFIX, lease_seconds=0).claim(one)
    worker.paused.pause("support", "")
    worker.ledger.claim(one)
    worker.ledger.later(lost, 900, "out of order")
    worker.paused.resume("support")
    assert (due(worker), agenda(store)) == ([], [one])


@pytest.mark.parametrize("done", [Ledger.retry, Ledger.dismiss])
def test_what_a_person_decides_meanwhile_counts(account, worker, store, done: Callable[[Ledger, str], bool]) -> None:
    one = chat(account)
    polling.poll(worker)
    lost = Ledger(store, PREFIX, lease_seconds=0).claim(one)
    worker.paused.pause("support", "")
    worker.ledger.claim(one)
    worker.ledger.park(lost, "no")
    done(worker.ledger, one)
    worker.paused.resume("support")
    assert agenda(store) == ([one] if done is Ledger.retry else [])


def test_who_still_puts_aside_while_another_resumes_puts_nothing_aside_for_good(account, worker, store) -> None:
    one = chat(account)
    polling.poll(worker)
    worker.paused.pause("support", "")
    worker.paused.resume("support")
    assert worker.paused._moved(worker.paused._put_aside, [one], "bot support") == 0
    assert agenda(store) == [one]


def test_a_resume_that_was_killed_half_way_is_finished_by_the_next_poll(account, worker, store) -> None:
    one = chat(account)
    polling.poll(worker)
    worker.paused.pause("support", "")

    class Killed(Paused):
        def bring_back(self) -> int:
            raise SystemExit

    with pytest.raises(SystemExit):
        Killed(store, PREFIX, worker.clock).resume("support")
    assert agenda(store) == []
    polling.poll(worker)
    assert agenda(store) == [one]


def test_pausing_and_resuming_all_the_time_makes_each_case_once(account, organisation, server, plugged) -> None:
    workers = [plugged(cody_bot_id="support,sales") for _ in range(4)]
    for number in range(60):
        chat(account, bot_id=("support", "sales")[number % 2])
    polling.poll(workers[0])
    dice = random.Random(7)

    def toil(worker: Services) -> None:
        while worker.ledger.counts()[State.CREATED] < 60:
            for one in pipeline.ready(worker):
                pipeline.create_case(one, worker)

    def disturb() -> None:
        while workers[0].ledger.counts()[State.CREATED] < 50:
            bot = dice.choice([None, "support", "sales"])
            workers[0].paused.pause(bot, "")
            workers[0].paused.resume(dice.choice([None, bot]))
        workers[0].paused.resume(None)

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(disturb), *(threads.submit(toil, worker) for worker in workers[1:])]:
            done.result(timeout=60)
    assert server.run(lambda: audit(account, organisation)).perfect
    assert (agenda(workers[0].store), workers[0].paused.aside()) == ([], 0)


# -- seeing


def test_the_log_says_it_once_each_time(worker, clock, caplog: pytest.LogCaptureFixture) -> None:
    def said() -> list[tuple[object, ...]]:
        polling.poll(worker)
        found = [record for record in caplog.records if record.getMessage().startswith("work_")]
        caplog.clear()
        return [(one.getMessage(), one.what, vars(one).get("reason"), vars(one).get("seconds")) for one in found]

    caplog.set_level(logging.INFO)
    worker.paused.pause("sales", "moving house")
    assert (said(), said()) == ([("work_paused", "bot sales", "moving house", None)], [])
    clock.now += 3_600
    worker.paused.resume(None)
    assert (said(), said()) == ([("work_resumed", "bot sales", None, 3_600)], [])


@pytest.fixture
def run(worker, server, redis_address, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("SIMULATORS_URL", server.url)
    monkeypatch.setenv("REDIS_URL", redis_address)
    monkeypatch.setenv("REDIS_KEY_PREFIX", PREFIX)
    monkeypatch.setenv("CODY_BOT_ID", "support,sales")

    def run(*words: str) -> Result:
        configuration.settings.cache_clear()
        return CliRunner().invoke(main, words)

    return run


def test_a_person_pauses_and_resumes_one_bot_or_all(account, run, worker) -> None:
    chat(account)
    polling.poll(worker)
    paused = run("pause", "--bot", "support", "--reason", "moving\nhouse")
    assert paused.output == (
        "bot support is paused until `cody2zoho resume --bot support`; of those that wait 1 is put aside.\n"
    )
    assert run("pause").output == "Everything is paused until `cody2zoho resume`.\n"
    assert [(one.what, one.reason) for one in worker.paused.current()] in (
        [("all", ""), ("bot support", "moving house")],
        [("bot support", "moving house"), ("all", "")],
    )
    resumed = run("resume", "--bot", "support")
    assert resumed.output == "bot support goes on\nEverything is paused all the same, until `cody2zoho resume`.\n"
    assert run("resume").output == "everything goes on\n"
    nothing = run("resume")
    assert (nothing.exit_code, nothing.output) == (1, "Nothing was paused that fits.\n")


def test_nobody_believes_that_a_mistyped_bot_is_paused(run, worker) -> None:
    result = run("pause", "--bot", "suport")
    assert result.exit_code == 2
    assert "There is no bot suport in CODY_BOT_ID, which has support, sales." in result.output
    assert worker.paused.current() == []


def test_where_all_bots_are_ours_cody_is_asked_whether_there_is_such_a_bot(server, run, worker, monkeypatch) -> None:
    monkeypatch.setenv("CODY_BOT_ID", "all")
    result = run("pause", "--bot", "suport")
    assert (result.exit_code, worker.paused.current()) == (1, [])
    assert "Cody knows no bot suport" in result.output
    server.faults.add(Fault("503", simulator="cody"))
    assert run("pause", "--bot", "support").exit_code == 0
    assert worker.paused.of("support")


def test_a_pause_is_seen_wherever_one_looks(account, run, worker) -> None:
    one = chat(account)
    polling.poll(worker)
    run("pause", "--bot", "support", "--reason", "moving house")
    for command in ("status", "parked", "doctor"):
        assert re.search(r"bot support was paused \d seconds? ago: moving house", run(command).output)
    shown = json.loads(run("status", "--json").stdout)
    assert (shown["paused"]["bot support"]["reason"], shown["aside"]) == ("moving house", 1)
    life = look(worker, one)
    assert is_well(life)
    assert ledger_says(life).startswith("waiting until it is resumed;")
    assert what_next(life).startswith("it waits until `cody2zoho resume`: bot support was paused")
    assert "moving house" in what_next(life)
