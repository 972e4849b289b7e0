"""What was forgotten leaves no trace of ours but a digest, and never gets a case again."""

import os
import pty
import subprocess
import sys
from dataclasses import replace

import pytest
from click.testing import CliRunner, Result
from kombu import Connection

from chats import KEY, case_of, chat, work
from cody2zoho import configuration, rebuild
from cody2zoho.alerts import Alert, Channel, Level, Notice
from cody2zoho.alerts.channels import Form
from cody2zoho.cli import main
from cody2zoho.explain import why
from cody2zoho.explain.lives import look
from cody2zoho.ledger.records import Held, Known, State
from cody2zoho.reconcile import nightly, reconcile
from cody2zoho.simulators.faults import Fault
from cody2zoho.sync import erasure, pipeline, polling
from cody2zoho.telemetry.events import ConversationParked
from cody2zoho.watching.tracker import Tracker

ONE, OTHER = "Jw9R1NVTVgkK", "OtherOneHere"
FORGOTTEN = Known(State.FORGOTTEN)


@pytest.fixture
def worker(plugged):
    return plugged(alert_urls="http://127.0.0.1:9/never")


def everything(store) -> str:
    """All keys and values in Redis."""
    read = {"string": store.get, "hash": store.hgetall, "set": store.smembers}
    ranges = {"zset": store.zrange, "list": store.lrange}
    kept = []
    for key in store.scan_iter():
        kind = store.type(key)
        kept.append((key, read[kind](key) if kind in read else ranges[kind](key, 0, -1)))
    return str(kept)


def waiting(worker) -> None:
    polling.poll(worker)


def postponed(worker) -> None:
    polling.poll(worker)
    worker.ledger.later(worker.ledger.claim(ONE), 60, f"Zoho minds {ONE}")


def working_though_its_worker_died(worker) -> None:
    polling.poll(worker)
    worker.ledger.lease_seconds = 0
    worker.ledger.claim(ONE)


def created(worker) -> None:
    work(worker)


def parked(worker) -> None:
    polling.poll(worker)
    worker.ledger.park(worker.ledger.claim(ONE), f"Zoho minds {ONE}")


def dismissed(worker) -> None:
    parked(worker)
    worker.ledger.dismiss(ONE)


def empty(worker) -> None:
    polling.poll(worker)
    worker.ledger.let_go(worker.ledger.claim(ONE), State.EMPTY)


def marked_by_the_earlier_product(worker) -> None:
    worker.store.set(f"processed_conversation:{ONE}", "1")
    worker.ledger.close()
    rebuild.ensure(worker)


def queued(worker) -> None:
    """As Celery writes it: one message in the queue, one that a worker has taken."""
    polling.poll(worker)
    prefix = worker.settings.redis_key_prefix
    with Connection(worker.settings.celery_address, transport_options={"global_keyprefix": prefix}) as connection:
        for one in (ONE, ONE, OTHER):
            with connection.SimpleQueue("cases") as queue:
                queue.put([[one], {}, {}], headers={"argsrepr": repr((one,))})
    worker.store.hset(f"{prefix}unacked", "a-tag", str(worker.store.rpop(f"{prefix}cases")))
    assert ONE in everything(worker.store)


def in_the_hand_of_a_batch_whose_worker_died(worker) -> None:
    polling.poll(worker)
    worker.history.start([worker.cody.conversation(ONE)])
    worker.history.take(0, 10)
    worker.history.hold([ONE], 30)
    worker.history.hear({ONE: 1_760_000_000})


def told_of_in_alerts(worker) -> None:
    """Also in a message to a channel that is set no more."""
    polling.poll(worker)
    late = Alert("late", Level.HIGH, "system error", "Late", details={"conversation": ONE, "hours": 3.0})
    worker.alerts.judge("late", [late])
    worker.alerts.tell(Notice(late, "digest", 1, body=f"The oldest is {ONE}"), [Channel("gone", "x", Form.JSON)])
    tracker = Tracker(worker.store, worker.settings.redis_key_prefix, worker.clock)
    tracker.hear(ConversationParked(f"Its {ONE} is odd"))
    tracker.count()


STATES = [
    told_of_in_alerts,
    waiting,
    postponed,
    working_though_its_worker_died,
    created,
    parked,
    dismissed,
    empty,
    marked_by_the_earlier_product,
    queued,
    in_the_hand_of_a_batch_whose_worker_died,
]


@pytest.mark.parametrize("reach", STATES)
def test_no_trace_is_left_whatever_became_of_it(account, worker, store, reach) -> None:
    chat(account, ONE)
    reach(worker)
    known = worker.ledger.about(ONE)
    assert known
    erasure.forget(worker, ONE)
    left = everything(store)
    assert ONE not in left
    assert known.get("case", ONE) not in left
    assert "Zoho minds" not in left
    counts = worker.ledger.counts()
    assert counts.pop(State.FORGOTTEN) == 1
    assert set(counts.values()) == {0}


@pytest.mark.parametrize("reach", STATES)
def test_it_never_gets_a_case_again(account, organisation, worker, clock, reach) -> None:
    chat(account, ONE)
    reach(worker)
    erasure.forget(worker, ONE)
    organisation.cases.clear()
    account.say(ONE, "And when?")
    conversation = worker.cody.conversation(ONE)
    work(worker)
    polling.sweep(worker)
    assert str(pipeline.create_case(ONE, worker)) == "nothing to do: forgotten"
    assert not worker.ledger.retry(ONE)
    assert not worker.ledger.again(conversation)
    assert worker.ledger.add_new([conversation]) == []
    reconcile.repair(reconcile.reconcile(worker), worker)
    work(worker)
    assert worker.ledger.looked_up([ONE]) == {ONE: FORGOTTEN}
    assert organisation.cases == {}


def test_others_stay_as_they_are(account, organisation, worker, store) -> None:
    chat(account, ONE)
    chat(account, OTHER)
    queued(worker)
    work(worker)
    erasure.forget(worker, ONE)
    assert worker.ledger.about(OTHER)["case"] == case_of(organisation, OTHER)
    assert worker.ledger.counts()[State.CREATED] == 1
    assert store.llen(f"{worker.settings.redis_key_prefix}cases") == 1


def test_a_rebuild_does_not_adopt_the_case_that_nobody_has_deleted_yet(account, organisation, worker) -> None:
    chat(account, ONE)
    work(worker)
    erasure.forget(worker, ONE)
    organisation.clock.now += 10_000
    worker.ledger.close()
    assert rebuild.ensure(worker)
    assert worker.ledger.looked_up([ONE]) == {ONE: FORGOTTEN}
    assert worker.ledger.counts()[State.CREATED] == 0
    rebuild.check(worker)
    assert worker.ledger.is_open()


@pytest.mark.parametrize("become", [lambda worker: erasure.forget(worker, ONE), parked], ids=["forgotten", "parked"])
def test_a_rebuild_looks_at_no_young_case_whose_conversation_was_forgotten_or_is_parked(
    account, organisation, plugged, store, become
) -> None:
    worker = plugged(follow_up_hours=24)
    chat(account, ONE)
    become(worker)
    organisation.add_case(Subject="Chat", **{KEY: ONE})
    organisation.clock.now += 10_000
    worker.ledger.close()
    assert rebuild.ensure(worker)
    assert ONE not in store.zrange(f"{worker.settings.redis_key_prefix}agenda", 0, -1)


def test_a_message_that_comes_after_all_leaves_no_trace(account, worker, store) -> None:
    chat(account, ONE)
    erasure.forget(worker, ONE)
    # As who noted it a moment before.
    store.zadd(f"{worker.settings.redis_key_prefix}agenda", {ONE: 0})
    work(worker)
    assert ONE not in everything(store)


def test_a_comparison_names_the_case_that_is_still_to_be_deleted(account, organisation, worker) -> None:
    chat(account, ONE)
    work(worker)
    erasure.forget(worker, ONE)
    report = reconcile.reconcile(worker)
    [orphan] = report.orphaned
    assert (orphan.case_id, orphan.conversation_id) == (case_of(organisation, ONE), ONE)
    assert "forgotten: delete the case" in orphan.why
    assert (report.missing, report.unrecorded) == ([], [])
    assert nightly.compare(worker)["unrecorded"] == 0


def test_it_is_forgotten_twice_as_well_as_once(account, worker) -> None:
    chat(account, ONE)
    work(worker)
    erasure.forget(worker, ONE)
    since = worker.ledger.about(ONE)
    erasure.forget(worker, ONE)
    assert worker.ledger.about(ONE) == since
    assert worker.ledger.counts()[State.FORGOTTEN] == 1


# -- a worker is at it ------------------------------------------------------------------------


def test_a_worker_is_waited_for_so_that_its_case_can_be_named(account, worker) -> None:
    chat(account, ONE)
    polling.poll(worker)
    claim, said = worker.ledger.claim(ONE), []
    erasure.forget(worker, ONE, said.append, lambda _: worker.ledger.created(claim, Held("4711", 1, "d")))
    assert said == ["A worker has it; this waits until it is done."]
    assert worker.ledger.looked_up([ONE]) == {ONE: FORGOTTEN}


@pytest.mark.parametrize("enable_notes", [False, True])
def test_a_case_made_by_a_worker_that_lost_its_lease_is_not_recorded_but_told(
    account, organisation, plugged, caplog, enable_notes: bool
) -> None:
    chat(account, ONE)
    worker = plugged(enable_notes=enable_notes)
    polling.poll(worker)
    worker.ledger.lease_seconds = 0

    def meanwhile(send, kind, reader=""):
        erasure.forget(worker, ONE)
        return send()

    pipeline.create_case(ONE, replace(worker, cody=replace(worker.cody, permit=meanwhile)))
    [record] = [one for one in caplog.records if one.levelname == "ERROR"]
    assert (record.getMessage(), record.case) == ("forgotten_case_made", case_of(organisation, ONE))
    assert worker.ledger.looked_up([ONE]) == {ONE: FORGOTTEN}


# -- why --------------------------------------------------------------------------------------


def test_why_says_that_it_was_forgotten_and_what_is_left_to_do(account, organisation, worker) -> None:
    chat(account, ONE)
    work(worker)
    erasure.forget(worker, ONE)
    life = look(worker, ONE)
    assert "forgotten: a person erased it" in why.ledger_says(life)
    case_id = case_of(organisation, ONE)
    assert why.what_next(life) == f"a person deletes case {case_id} in Zoho and the conversation at Cody"
    assert not why.is_well(life)
    organisation.cases.clear()
    life.cases, life.conversation = [], None
    assert why.what_next(life) == "nothing"


# -- the command ------------------------------------------------------------------------------


@pytest.fixture
def run(worker, server, redis_address, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SIMULATORS_URL", server.url)
    monkeypatch.setenv("REDIS_URL", redis_address)
    # The keys of `plugged`, not those of what is only simulated.
    monkeypatch.setenv("REDIS_KEY_PREFIX", "{cody2zoho}:")

    def run(*words: str) -> Result:
        configuration.settings.cache_clear()
        return CliRunner().invoke(main, ["forget", *words])

    return run


def test_it_says_what_a_person_has_to_delete(account, organisation, worker, run) -> None:
    chat(account, ONE)
    work(worker)
    case_id = case_of(organisation, ONE)
    result = run(ONE, "--yes")
    assert result.exit_code == 0
    assert "It is forgotten here, and gets no case again." in result.output
    assert f"- delete case {case_id} in Zoho, also from its recycle bin" in result.output
    assert "- delete the conversation at Cody" in result.output
    assert worker.ledger.looked_up([ONE]) == {ONE: FORGOTTEN}


@pytest.mark.parametrize("makes", ["true", "false"])
def test_it_reminds_of_the_contact_where_contacts_are_made(account, worker, run, monkeypatch, makes: str) -> None:
    monkeypatch.setenv("CONTACT_MATCH", "email")
    monkeypatch.setenv("CONTACT_CREATE", makes)
    chat(account, ONE)
    work(worker)
    assert ("- delete the visitor's contact in Zoho, if" in run(ONE, "--yes").output) == (makes == "true")


def test_a_case_id_will_do(account, organisation, worker, run) -> None:
    chat(account, ONE)
    work(worker)
    assert run(case_of(organisation, ONE), "--yes").exit_code == 0
    assert worker.ledger.looked_up([ONE]) == {ONE: FORGOTTEN}


def test_whose_case_it_is_only_zoho_can_tell(account, organisation, worker, run, server) -> None:
    chat(account, ONE)
    work(worker)
    server.faults.add(Fault("500", path="/crm/*"))
    result = run(case_of(organisation, ONE), "--yes")
    assert result.exit_code == 1
    assert "Zoho cannot be asked whose case that is: Zoho is out of order" in result.output
    assert "Is the id right?" not in result.output
    assert worker.ledger.about(ONE)["state"] == State.CREATED


def test_what_could_not_be_asked_is_said_with_the_case_that_the_ledger_knew(
    account, organisation, worker, run, server
) -> None:
    chat(account, ONE)
    work(worker)
    server.faults.add(Fault("500", path="/crm/*"))
    server.faults.add(Fault("500", path="/api/*"))
    result = run(ONE, "--yes")
    assert result.exit_code == 1
    assert f"- delete case {case_of(organisation, ONE)} in Zoho" in result.output
    assert f"- look in Zoho for any other case with {KEY} {ONE}; it cannot be asked" in result.output
    assert "- delete the conversation at Cody, if it is there; it cannot be asked" in result.output
    assert worker.ledger.looked_up([ONE]) == {ONE: FORGOTTEN}


def test_without_a_terminal_it_does_nothing_unless_it_is_told_yes(account, worker, run) -> None:
    chat(account, ONE)
    work(worker)
    result = run(ONE)
    assert result.exit_code == 2
    assert "there is no terminal to answer at: add --yes" in result.output
    assert worker.ledger.about(ONE)["state"] == State.CREATED


def test_an_id_that_nobody_knows_is_not_barred(run, store) -> None:
    result = run("AAAAAAAAAAAA", "--yes")
    assert result.exit_code == 1
    assert "Nobody knows such a conversation; nothing was done." in result.output
    assert store.keys("*forgotten") == []


@pytest.mark.parametrize(("answer", "state"), [("n", State.CREATED), ("", State.CREATED), ("y", State.FORGOTTEN)])
def test_at_a_terminal_it_asks(account, worker, run, answer: str, state: State) -> None:
    chat(account, ONE)
    work(worker)
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    program = [sys.executable, "-m", "cody2zoho", "forget", ONE]
    done = subprocess.run(program, check=False, stdin=theirs, capture_output=True, text=True, timeout=60)
    os.close(ours)
    os.close(theirs)
    assert "Forget it? This cannot be undone" in done.stdout
    assert done.returncode == (0 if state is State.FORGOTTEN else 1), done.stderr
    assert worker.ledger.about(ONE)["state"] == state


def test_what_alerts_say_beside_the_id_stays(account, worker) -> None:
    chat(account, ONE)
    told_of_in_alerts(worker)
    erasure.forget(worker, ONE)
    [raised], [waiting] = worker.alerts.raised(), worker.alerts.waiting(worker.alerts.channels[0])
    assert raised.alert.details == waiting.alert.details == {"conversation": "forgotten", "hours": 3.0}
