"""What was backed up comes back, whole, into an empty Redis or a full one, and Zoho has the last word."""

import re
import zlib
from pathlib import Path

import pytest

from chats import case_of, chat, live, pass_time, work
from cody2zoho import rebuild
from cody2zoho.backup import making, restoring, shelf
from cody2zoho.backup.catalogue import BY_CONVERSATION, LEFT_OUT, PLACES, REST
from cody2zoho.backup.container import Header, Reader, Totals, written
from cody2zoho.backup.snapshot import Snapshot
from cody2zoho.errors import ConfigurationError, Transient
from cody2zoho.ledger.records import SCHEMA, Held, State
from cody2zoho.models import Conversation
from cody2zoho.simulators.audit import audit
from cody2zoho.sync import erasure, pipeline, polling
from keeping import PREFIX, state

INSERT = "POST /crm/v8/Cases"


def many(worker, count: int = 600) -> None:
    """Waiting since just now, and nobody had one yet."""
    ids = [f"Conversation{number:03}"[-12:] for number in range(count)]
    worker.ledger.add_new(Conversation(one, "support", int(worker.clock()) - 7_200) for one in ids)


def text_of(made: making.Made) -> str:
    with made.item.place.opened(made.item.name) as source:
        return "\n".join(Reader(source, "").lines())


def write(worker, folder, lines: list[str]) -> None:
    """A backup of these lines."""
    header = Header(int(worker.clock()), "1", SCHEMA, making.zoho_of(worker.settings), ("support",))
    folder.write("one.backup", written(header, lines, Totals()))


def test_every_state_comes_back_with_all_that_belongs_to_it(worker, lived, back_up, put_back) -> None:
    before = state(worker.store)
    made = back_up()
    worker.store.flushall()
    put_back()
    after = state(worker.store)
    # Whoever worked is gone: what it had waits again, with its attempt.
    before[f"{PREFIX}conversation:WorkingOne11"].pop("owner")
    before[f"{PREFIX}conversation:WorkingOne11"]["state"] = "waiting"
    before[f"{PREFIX}metrics:states"] = after[f"{PREFIX}metrics:states"]
    assert after == before
    assert lived["WorkingOne11"] == "working"
    counts = {state: count for state, count in worker.ledger.counts().items() if count}
    once = (State.CREATED, State.PARKED, State.DISMISSED, State.EMPTY, State.GONE, State.FORGOTTEN)
    assert counts == dict.fromkeys(once, 1) | {State.WAITING: 2}
    assert made.totals.conversations == 7


def test_every_key_in_redis_is_kept_or_left_out_for_a_reason() -> None:
    page = (Path(__file__).parents[3] / "docs" / "architecture.md").read_text().partition("## Redis keys")[2]
    rows = re.findall(r"^\| (`.*?) \|", page.partition("\n## ")[0], re.MULTILINE)
    documented = {re.sub(r"<\w+>$", "*", key) for row in rows for key in re.findall(r"`([^`]+)`", row)}
    kept = {one.pattern for one in (*PLACES, *REST)} | set(BY_CONVERSATION)
    decided = {re.sub(r"<\w+>$", "*", key) for key in kept | set(LEFT_OUT)}
    assert len(documented) > 50
    assert documented == decided
    assert not kept & set(LEFT_OUT)


def test_no_token_no_message_and_no_log_line_is_in_it(worker, lived, back_up) -> None:
    worker.tokens.get()
    worker.store.xadd(f"{PREFIX}logs", {"line": "a line of the log"})
    worker.store.lpush(f"{PREFIX}cases", "a message of the queue")
    token = worker.tokens.get().value
    text = text_of(back_up())
    for secret in (token, "a line of the log", "a message of the queue", "simulated-zoho-secret", "owner"):
        assert secret not in text
    assert "CreatedOne11" in text


def test_a_key_that_ends_some_day_ends_then(worker, back_up, put_back) -> None:
    worker.store.set(f"{PREFIX}metrics:credits:allowance", 40_000, px=50_000)
    worker.store.hset(f"{PREFIX}metrics:credits", "1|cases", 7)
    worker.store.pexpire(f"{PREFIX}metrics:credits", 20_000)
    ends_at = worker.store.execute_command("PEXPIRETIME", f"{PREFIX}metrics:credits:allowance")
    back_up()
    worker.store.flushall()
    put_back()
    assert abs(worker.store.execute_command("PEXPIRETIME", f"{PREFIX}metrics:credits:allowance") - ends_at) < 5_000
    assert 0 < worker.store.pttl(f"{PREFIX}metrics:credits") <= 20_000


def test_a_key_whose_time_has_come_is_not_put_back(worker, folder, back_up, put_back) -> None:
    worker.store.set(f"{PREFIX}metrics:credits:allowance", 40_000, px=30)
    back_up()
    worker.store.flushall()
    # Longer than it lived; nobody can move Redis's clock.
    assert worker.store.blpop(["nothing"], timeout=0.05) is None
    put_back()
    assert worker.store.get(f"{PREFIX}metrics:credits:allowance") is None


def test_nothing_is_handed_out_before_zoho_told_of_what_was_made_since(
    account, organisation, server, worker, clock, back_up, put_back
) -> None:
    for number in range(20):
        chat(account, f"Conversation{number:02}"[-12:])
    polling.poll(worker)
    [first] = pipeline.ready(worker, 1)
    pipeline.create_case(first, worker)
    back_up()
    work(worker)
    inserts = server.journal["zoho"].kinds[INSERT]
    pass_time(worker, clock, 7_200)
    worker.store.flushall()
    put_back()
    assert worker.ledger.claim(first).was == "closed"
    assert worker.ledger.counts()[State.WAITING] == 19
    work(worker)
    # Every one of the 19 was waiting in the backup, and has its case since.
    assert server.journal["zoho"].kinds[INSERT] == inserts
    assert worker.ledger.counts()[State.CREATED] == 20
    assert audit(account, organisation).perfect


def test_what_was_said_and_written_after_the_backup_is_not_written_twice(
    account, organisation, plugged, folder, clock
) -> None:
    worker = plugged(conversation_quiet_seconds=60, follow_up_hours=24)
    one = chat(account, ago=600)
    live(worker, clock, 120)
    made = making.create(worker, folder, name="one")
    account.say(one, "Second words", at=account.now())
    live(worker, clock, 1_200)
    clock.now += 7_200
    worker.store.flushall()
    restoring.restore(restoring.rehearse(made.item, None, worker), worker, merged=False, told=lambda _: None)
    live(worker, clock, 60)
    account.say(one, "Third words", at=account.now())
    live(worker, clock, 3_600)
    case = organisation.cases[case_of(organisation, one)]
    [note] = [note["Note_Content"] for note in organisation.notes]
    assert ("Second words" in case["Description"], "Second words" in note, "Third words" in note) == (True, False, True)
    assert case["Cody_Messages"] == 3


def test_what_was_in_hand_is_tried_again_and_finds_its_case(
    account, organisation, server, worker, clock, back_up, put_back
) -> None:
    one = chat(account)
    polling.poll(worker)
    claim = worker.ledger.claim(one)
    back_up()
    worker.ledger.later(claim, 0, "the worker goes on")
    work(worker)
    clock.now += 7_200
    worker.store.flushall()
    put_back()
    worker.store.zadd(f"{PREFIX}agenda", {one: 0})
    work(worker)
    assert len(organisation.cases) == 1
    assert worker.ledger.counts()[State.CREATED] == 1


def test_what_only_redis_knows_is_dropped_and_found_again(
    account, organisation, worker, clock, back_up, put_back
) -> None:
    chat(account)
    work(worker)
    back_up()
    chat(account, "CameLater111", ago=3_700)
    work(worker)
    chat(account, "StillWaiting", ago=10)
    polling.poll(worker)
    figures = put_back().figures
    assert figures.lost == {"created": 1, "waiting": 1}
    assert not worker.ledger.looked_up(["CameLater111", "StillWaiting"])
    clock.now += 7_200
    work(worker)
    assert audit(account, organisation).perfect
    assert len(organisation.cases) == 3


def test_merged_it_only_adds_what_redis_does_not_know(account, worker, back_up, put_back) -> None:
    one, other = chat(account, "DismissedOne"), chat(account, "ParkedBefore")
    polling.poll(worker)
    for each in (one, other):
        worker.ledger.park(worker.ledger.claim(each), "Zoho minds a field")
    worker.ledger.dismiss(one)
    back_up()
    worker.store.delete(f"{PREFIX}conversation:{one}")
    worker.store.hincrby(f"{PREFIX}metrics:states", "dismissed", -1)
    worker.ledger.retry(other)
    worker.store.set(f"{PREFIX}sync:since", 77)
    put_back(merged=True)
    assert worker.ledger.looked_up([one])[one].state is State.DISMISSED
    assert worker.ledger.looked_up([other])[other].state is State.WAITING
    assert worker.store.get(f"{PREFIX}sync:since") == "77"
    assert (worker.ledger.counts()[State.DISMISSED], worker.ledger.counts()[State.WAITING]) == (1, 1)


def test_what_a_person_erased_since_stays_away(account, worker, back_up, put_back) -> None:
    one = chat(account)
    work(worker)
    back_up()
    worker.ledger.forget(one)
    assert put_back().figures.barred == 1
    assert worker.ledger.looked_up([one])[one].state is State.FORGOTTEN
    assert f"{PREFIX}conversation:{one}" not in state(worker.store)
    assert worker.ledger.counts()[State.CREATED] == 0


def test_nothing_that_is_put_back_names_what_a_person_erased_since(account, worker, clock, back_up, put_back) -> None:
    one = chat(account)
    work(worker)
    worker.strangers.know(one, clock.now)
    worker.history.start([Conversation(one, "support", 1_700_000_000, "a@example.com")])
    worker.store.hset(f"{PREFIX}alerts:raised", "parked", f"{one} is parked")
    back_up()
    erasure.forget(worker, one)
    put_back()
    # What the list of all messages told last holds ids of messages; the simulated Cody gives the first the same.
    named = {key for key, value in state(worker.store).items() if one in f"{key} {value}"}
    assert named <= {f"{PREFIX}feed"}
    assert worker.history.latest().left == 0


def test_what_was_erased_before_the_backup_gets_no_case_after_a_merge(
    account, organisation, worker, clock, back_up, put_back
) -> None:
    one = chat(account)
    polling.poll(worker)
    erasure.forget(worker, one)
    back_up()
    worker.store.flushall()
    worker.ledger.open()
    polling.poll(worker)
    assert worker.ledger.looked_up([one])[one].state is State.WAITING
    assert put_back(merged=True).figures.bars == 1
    clock.now += 7_200
    work(worker)
    assert worker.ledger.looked_up([one])[one].state is State.FORGOTTEN
    assert not organisation.cases
    assert {state: count for state, count in worker.ledger.counts().items() if count} == {State.FORGOTTEN: 1}


def test_nothing_is_merged_into_a_half_of_another_restore(account, worker, folder, back_up, put_back) -> None:
    """What waits there still might stand in no agenda, and would be passed over for ever."""
    many(worker)
    back_up()
    rehearsal = restoring.rehearse(shelf.Item(folder, "one.backup"), None, worker)

    def dies(lines: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        restoring.restore(rehearsal, worker, merged=False, told=dies)
    before = state(worker.store)
    with pytest.raises(ConfigurationError, match="restore one without --merge"):
        put_back(merged=True)
    assert state(worker.store) == before
    put_back()
    assert worker.ledger.counts()[State.WAITING] == 600


def test_merged_a_backfill_under_way_is_neither_ended_nor_made_longer(worker, back_up, put_back) -> None:
    worker.history.start([Conversation("History00001", "support", 1_700_000_001)])
    worker.history.stop()
    worker.store.zadd(f"{PREFIX}backfill:todo", {"History00003 support 1700000003": 1_700_000_003})
    back_up()
    worker.history.start([Conversation("History00002", "support", 1_700_000_002)])
    before = worker.history.latest()
    put_back(merged=True)
    run = worker.history.latest()
    assert (run.name, run.left, run.is_over) == (before.name, 1, False)


def test_merged_into_an_empty_redis_a_backfill_goes_on(worker, back_up, put_back) -> None:
    worker.history.start([Conversation("History00001", "support", 1_700_000_001)])
    back_up()
    worker.store.flushall()
    put_back(merged=True)
    assert (worker.history.latest().left, worker.history.is_under_way()) == (1, True)


def test_what_was_erased_while_the_backup_was_made_stays_away_in_an_empty_redis_too(
    account, worker, folder, put_back
) -> None:
    one = chat(account)
    work(worker)
    lines = []
    for line in Snapshot(worker.store, PREFIX).lines():
        lines.append(line)
        if one in line:
            worker.ledger.forget(one)
    write(worker, folder, lines)
    worker.store.flushall()
    put_back()
    assert worker.ledger.looked_up([one])[one].state is State.FORGOTTEN


def test_what_is_paused_now_stays_paused_and_what_was_paused_then_is(account, plugged, folder) -> None:
    worker = plugged(cody_bot_id="support,sales")
    one = chat(account)
    polling.poll(worker)
    worker.paused.pause("support", "a holiday")
    making.create(worker, folder, name="one")
    worker.paused.resume("support")
    worker.paused.pause("sales", "a move")
    rehearsal = restoring.rehearse(shelf.Item(folder, "one.backup"), None, worker)
    restoring.restore(rehearsal, worker, merged=False, told=lambda _: None)
    assert {pause.what for pause in worker.paused.current()} == {"bot support", "bot sales"}
    assert worker.store.zscore(f"{PREFIX}aside", one)
    worker.paused.resume(None)
    assert worker.store.zscore(f"{PREFIX}agenda", one)


def test_what_a_pause_had_put_aside_that_ended_meanwhile_goes_on(account, plugged, folder) -> None:
    worker = plugged(cody_bot_id="support,sales")
    one = chat(account)
    polling.poll(worker)
    worker.paused.pause("support", "a holiday")
    lines = []
    for line in Snapshot(worker.store, PREFIX).lines():
        lines.append(line)
        if one in line:
            worker.paused.resume("support")
            worker.paused.tell()
    write(worker, folder, lines)
    rehearsal = restoring.rehearse(shelf.Item(folder, "one.backup"), None, worker)
    restoring.restore(rehearsal, worker, merged=False, told=lambda _: None)
    assert worker.store.zscore(f"{PREFIX}agenda", one)


def test_a_backfill_goes_on_with_what_a_batch_had_in_hand(worker, back_up, put_back) -> None:
    history = [Conversation(f"History{number:05}", "support", 1_700_000_000 + number) for number in range(700)]
    worker.history.start(history)
    assert worker.history.take(0, 100)
    back_up()
    worker.store.flushall()
    put_back()
    run = worker.history.latest()
    assert (run.total, run.left, run.is_over) == (700, 700, False)
    assert {one.id for one in worker.history.take(0, 700).conversations} == {one.id for one in history}


class Killed(BaseException):
    """As if the process were gone: nobody cleans up."""


@pytest.mark.parametrize("merged", [False, True])
def test_a_restore_that_dies_half_way_leaves_the_ledger_closed_and_the_next_one_mends_it(
    account, worker, folder, back_up, put_back, merged: bool
) -> None:
    many(worker)
    before = state(worker.store)
    back_up()
    if merged:
        worker.store.flushall()
    rehearsal = restoring.rehearse(shelf.Item(folder, "one.backup"), None, worker)

    def dies(lines: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        restoring.restore(rehearsal, worker, merged=merged, told=dies)
    assert 0 < worker.ledger.counts()[State.WAITING] < 600
    for _ in range(3):
        assert not rebuild.ensure(worker)
        assert pipeline.ready(worker) == []
    # Neither may anybody who had begun to fill it open it now.
    assert not worker.ledger.open()
    assert not worker.ledger.keep_filled_to(worker.ledger.filled_to(), "1")
    assert "cody2zoho backup restore" in worker.blocks.current()["restore"]
    put_back(merged=merged)
    assert state(worker.store) == before
    assert not worker.blocks.current()
    assert rebuild.ensure(worker)
    assert worker.ledger.counts()[State.WAITING] == 600


def test_a_case_that_a_worker_reports_meanwhile_is_kept(account, worker, folder, back_up) -> None:
    many(worker)
    [one] = pipeline.ready(worker, 1)
    back_up()
    claim = worker.ledger.claim(one)
    rehearsal = restoring.rehearse(shelf.Item(folder, "one.backup"), None, worker)

    def reports(lines: int) -> None:
        worker.ledger.created(claim, Held("4711", 1, "d1", 1_759_999_000))

    restoring.restore(rehearsal, worker, merged=False, told=reports)
    assert worker.ledger.looked_up([one])[one].case_id == "4711"
    assert sum(worker.ledger.counts().values()) == 600


def test_whatever_a_visitor_calls_himself_comes_back(plugged, folder) -> None:
    worker = plugged(contact_match="email")
    name = 'a@example.com \u2028\u2029\x85\x0b\x1e\n\t"\\ 😀 ü'
    worker.ledger.add_new([Conversation("NamedOne1111", "support", 1, name)])
    made = making.create(worker, folder, name="one")
    worker.store.flushall()
    restoring.restore(restoring.rehearse(made.item, None, worker), worker, merged=False, told=lambda _: None)
    assert worker.ledger.about("NamedOne1111")["name"] == name


def test_merged_nothing_that_is_there_ends_earlier(worker, back_up, put_back) -> None:
    key = f"{PREFIX}metrics:credits"
    worker.store.hset(key, "1|cases", 7)
    worker.store.pexpire(key, 30_000)
    back_up()
    worker.store.hset(key, "2|cases", 8)
    worker.store.pexpire(key, 60_000)
    put_back(merged=True)
    assert worker.store.hgetall(key) == {"1|cases": "7", "2|cases": "8"}
    assert worker.store.pttl(key) > 30_000


def test_a_state_of_the_first_version_is_brought_up_before(worker, back_up, put_back) -> None:
    worker.store.hset(f"{PREFIX}conversation:OldOne111111", mapping={"state": "created", "case": "57"})
    worker.store.hset(f"{PREFIX}metrics:states", "created", 1)
    worker.store.hdel(f"{PREFIX}ledger", "schema")
    made = back_up()
    assert '"is":"finished","id":"OldOne111111","record":"created 57"' in text_of(made)


def test_a_state_of_a_later_version_is_neither_read_nor_replaced(worker, folder, back_up) -> None:
    made = back_up()
    worker.store.hset(f"{PREFIX}ledger", "schema", SCHEMA + 1)
    rehearsal = restoring.rehearse(made.item, None, worker)
    for asked in (
        lambda: back_up("two"),
        lambda: restoring.restore(rehearsal, worker, merged=False, told=lambda _: None),
        lambda: restoring.restore(rehearsal, worker, merged=True, told=lambda _: None),
    ):
        with pytest.raises(ConfigurationError, match="written by a newer cody2zoho"):
            asked()
    assert not worker.ledger.restoring()


def test_redis_wiped_in_the_midst_of_a_restore_is_noticed(account, worker, folder, back_up) -> None:
    many(worker)
    back_up()
    rehearsal = restoring.rehearse(shelf.Item(folder, "one.backup"), None, worker)
    with pytest.raises(Transient, match="restore once more"):
        restoring.restore(rehearsal, worker, merged=False, told=lambda _: worker.store.flushall())
    assert not worker.ledger.is_open()


def test_redis_wiped_in_the_midst_of_a_backup_leaves_none(account, worker, folder) -> None:
    chat(account)
    work(worker)
    lines = making._whole(Snapshot(worker.store, PREFIX), worker)
    next(lines)
    worker.store.flushall()
    with pytest.raises(Transient, match="make the backup again"):
        list(lines)


def test_while_something_else_is_at_work_nothing_is_touched(account, worker, folder, back_up) -> None:
    chat(account)
    work(worker)
    back_up()
    before = state(worker.store)
    rehearsal = restoring.rehearse(shelf.Item(folder, "one.backup"), None, worker)
    worker.store.set(f"{PREFIX}lock:fetch", "another", px=60_000)
    refused = pytest.raises(Transient, match="lock:fetch")
    with refused:
        restoring.restore(rehearsal, worker, merged=False, told=lambda _: None, wait_seconds=0.05)
    assert state(worker.store) == before
    assert worker.ledger.is_open()


def test_lines_are_compressed(back_up, lived) -> None:
    made = back_up()
    assert len(zlib.compress(text_of(made).encode())) < len(text_of(made)) / 2
