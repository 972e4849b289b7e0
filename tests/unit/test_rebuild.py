"""A ledger that is new, lost or old is filled from Zoho before anything is created."""

import pytest
import redis

from cody2zoho import rebuild
from cody2zoho.ledger.keys import conversation_of, distinct_key
from cody2zoho.ledger.records import Known, State
from cody2zoho.simulators.audit import audit
from cody2zoho.simulators.faults import Fault
from cody2zoho.simulators.generator import generate
from cody2zoho.sync import pipeline, polling
from cody2zoho.watching import monitor

INSERT, QUERY = "POST /crm/v8/Cases", "POST /crm/v8/coql"


def work(worker) -> None:
    """Poll, and make a case of all that is due."""
    polling.poll(worker)
    while due := pipeline.ready(worker):
        for conversation_id in due:
            pipeline.create_case(conversation_id, worker)


def made(organisation, count: int, key: str = "") -> list[str]:
    """Cases that have stood in Zoho for long; returns their ids."""
    made = [
        organisation.add_case(Subject="Chat", Cody_Conversation_ID=key or f"conversation{number:06}")
        for number in range(count)
    ]
    organisation.clock.now += 86_400
    return made


def test_nothing_is_handed_out_or_claimed_before_the_ledger_was_filled(account, server, plugged) -> None:
    account.load(generate(10, 3, now=account.now()))
    server.faults.add(Fault("503", path="*/coql"))
    worker = plugged(closed=True, cody_bot_id="all")
    polling.poll(worker)
    assert pipeline.ready(worker) == []
    [conversation_id, *_] = worker.store.zrange("{cody2zoho}:agenda", 0, 0)
    assert str(pipeline.create_case(conversation_id, worker)) == "nothing to do: closed"
    assert server.journal["zoho"].kinds[INSERT] == 0
    server.faults.clear()
    assert pipeline.ready(worker)


def test_while_zoho_is_away_each_tick_tries_and_one_a_minute_says_so(server, plugged, caplog) -> None:
    server.faults.add(Fault("503", path="*/coql"))
    worker = plugged(closed=True)
    assert [rebuild.ensure(worker) for _ in range(5)] == [False] * 5
    assert server.journal["zoho"].kinds[QUERY] == 5
    assert [one.message for one in caplog.records].count("rebuild_postponed") == 1
    worker.store.delete("{cody2zoho}:blocked:probe:rebuild")
    rebuild.ensure(worker)
    assert [one.message for one in caplog.records].count("rebuild_postponed") == 2


def test_after_redis_was_wiped_nothing_is_inserted_twice(account, organisation, server, plugged, clock) -> None:
    account.load(generate(60, 3, now=account.now()))
    worker = plugged(closed=True, cody_bot_id="all")
    work(worker)
    assert audit(account, organisation).perfect
    inserts, queries = server.journal["zoho"].kinds[INSERT], server.journal["zoho"].kinds[QUERY]
    clock.now += 4_000
    worker.store.flushall()
    work(worker)
    assert server.journal["zoho"].kinds[INSERT] == inserts
    assert server.journal["zoho"].kinds[QUERY] == queries + 1
    assert worker.ledger.counts()[State.CREATED] == len(organisation.cases)


def test_an_old_snapshot_is_noticed_and_costs_one_query(
    account, organisation, server, plugged, clock, redis_address: str
) -> None:
    account.load(generate(40, 3, now=account.now()))
    worker = plugged(cody_bot_id="all")
    polling.poll(worker)
    [first] = pipeline.ready(worker, 1)
    pipeline.create_case(first, worker)
    raw = redis.Redis.from_url(redis_address)
    snapshot = {key: raw.dump(key) for key in raw.scan_iter()}
    work(worker)
    inserts = server.journal["zoho"].kinds[INSERT]
    clock.now += 4_000
    raw.flushall()
    for key, value in snapshot.items():
        raw.restore(key, 0, value)
    work(worker)
    assert server.journal["zoho"].kinds[INSERT] == inserts
    assert server.journal["zoho"].kinds[QUERY] == 1
    assert audit(account, organisation).perfect


def test_ten_thousand_cases_cost_single_digit_requests(organisation, server, plugged) -> None:
    made(organisation, 10_000)
    worker = plugged(closed=True, cody_bot_id="all")
    assert rebuild.ensure(worker)
    assert worker.ledger.counts()[State.CREATED] == 10_000
    assert sum(server.journal["zoho"].kinds.values()) < 10


def test_one_that_is_interrupted_goes_on_where_it_was(organisation, server, plugged) -> None:
    made(organisation, 5_000)
    server.faults.add(Fault("503", path="*/coql", nth=3))
    worker = plugged(closed=True, cody_bot_id="all")
    assert not rebuild.ensure(worker)
    assert not worker.ledger.is_open()
    assert rebuild.ensure(worker)
    assert worker.ledger.counts()[State.CREATED] == 5_000
    assert server.journal["zoho"].kinds[QUERY] == 4


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_ledger_that_is_wiped_while_it_is_filled_is_not_opened_half_full(
    organisation, server, plugged, page: int
) -> None:
    made(organisation, 5_000)
    worker = plugged(closed=True, cody_bot_id="all")
    server.faults.after(page, worker.store.flushall, path="*/coql")
    assert not rebuild.ensure(worker)
    assert not worker.ledger.is_open()
    assert rebuild.ensure(worker)
    assert worker.ledger.counts()[State.CREATED] == 5_000


def test_a_case_under_a_distinct_key_is_its_conversations(organisation, plugged) -> None:
    assert conversation_of(distinct_key("Jw9R1NVTVgkK")) == conversation_of("Jw9R1NVTVgkK") == "Jw9R1NVTVgkK"
    [case_id] = made(organisation, 1, distinct_key("Jw9R1NVTVgkK"))
    worker = plugged(closed=True, cody_bot_id="all")
    rebuild.ensure(worker)
    assert worker.ledger.looked_up(["Jw9R1NVTVgkK"]) == {"Jw9R1NVTVgkK": Known(State.CREATED, case_id)}


def test_what_the_earlier_product_did_is_not_done_again(account, organisation, plugged) -> None:
    account.load(generate(20, 3, now=account.now()))
    worker = plugged(closed=True, cody_bot_id="all")
    for conversation_id in account.store.conversations:
        worker.store.set(f"processed_conversation:{conversation_id}", "1")
    work(worker)
    assert not organisation.cases


def test_only_one_fills_it_at_a_time(plugged) -> None:
    first, second = plugged(closed=True, cody_bot_id="all"), plugged(closed=True)
    first.store.set("{cody2zoho}:lock:rebuild", "first", px=60_000)
    assert not rebuild.ensure(second)


def test_zoho_without_the_field_is_said_and_nothing_is_opened(account, server, plugged) -> None:
    worker = plugged(closed=True, zoho_field_map={"conversation_id": "No_Such_Field"})
    assert not rebuild.ensure(worker)
    assert "No_Such_Field" in worker.blocks.current()["zoho set-up"]


def test_while_zoho_is_not_set_up_it_is_asked_once_a_minute_and_at_once_when_a_worker_starts(server, plugged) -> None:
    worker = plugged(closed=True, zoho_field_map={"conversation_id": "No_Such_Field"})
    for _ in range(10):
        pipeline.ready(worker)
    # The one that found out, and the first try thereafter.
    assert server.journal["zoho"].kinds["GET /crm/v8/settings/fields"] == 2
    mended = plugged(closed=True)
    pipeline.ready(mended)
    assert not mended.ledger.is_open()
    monitor.started(mended)
    pipeline.ready(mended)
    assert mended.ledger.is_open()
    assert not mended.blocks.current()


def test_a_ledger_that_does_not_know_zohos_newest_case_is_found_out(
    account, organisation, plugged, caplog: pytest.LogCaptureFixture
) -> None:
    """When all processes were restarted together with an old Redis, none of them remembers better."""
    worker = plugged(cody_bot_id="all")
    made(organisation, 3)
    assert monitor.health(worker)["zoho"] == "ok"
    assert not worker.ledger.is_open()
    assert "ledger_behind" in caplog.text
    rebuild.ensure(worker)
    assert monitor.health(worker)["zoho"] == "ok"
    assert worker.ledger.is_open()


def test_a_young_case_may_lack_its_notes_and_gets_them(account, organisation, server, plugged) -> None:
    """Redis is wiped between the insert and the notes, as seed 206 of the chaos suite did."""
    conversation = account.add_conversation(bot_id="support", at=account.now() - 500)
    account.say(conversation.id, "Where is my order? " * 3_000, at=account.now() - 400)
    worker = plugged(closed=True, cody_bot_id="all")
    server.faults.add(Fault("500", path="*/Notes", times=1))
    work(worker)
    assert not audit(account, organisation).perfect
    worker.store.flushall()
    work(worker)
    assert audit(account, organisation).perfect


def test_an_old_case_whose_notes_are_still_to_come_gets_them_and_is_no_sign_of_an_old_ledger(
    account, organisation, server, plugged, clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Zoho takes no notes for hours, and this is its newest case."""
    conversation = account.add_conversation(bot_id="support", at=account.now() - 500)
    account.say(conversation.id, "Where is my order? " * 3_000, at=account.now() - 400)
    worker = plugged()
    server.faults.add(Fault("500", path="*/Notes"))
    work(worker)
    clock.now += 7_200
    monitor.health(worker)
    assert "ledger_behind" not in caplog.text
    assert worker.ledger.is_open()
    worker.ledger.close()
    assert rebuild.ensure(worker)
    server.faults.clear()
    pipeline.create_case(conversation.id, worker)
    assert audit(account, organisation).perfect


def test_a_field_that_zoho_cannot_be_asked_for_is_said_and_nothing_is_opened(plugged) -> None:
    worker = plugged(closed=True, zoho_field_map="conversation_id=Description")
    assert not rebuild.ensure(worker)
    assert not worker.ledger.is_open()
    assert worker.blocks.current()["zoho set-up"].startswith("Zoho refuses the request")
