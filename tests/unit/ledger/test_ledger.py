"""The ledger on a real server: every move, and who may make it."""

from dataclasses import replace

import pytest
import redis

from cody2zoho.ledger.ledger import Ledger
from cody2zoho.ledger.records import Held, Known, State
from cody2zoho.models import Conversation

PREFIX = "{test}:"
ONE = Conversation("Jw9R1NVTVgkK", "Qz3dWnA91Lke", 1_755_000_157)
OTHER = Conversation("JW9r1nvtvgkk", "Qz3dWnA91Lke", 1_755_000_158)


@pytest.fixture
def ledger(store: redis.Redis) -> Ledger:
    ledger = Ledger(store, PREFIX, lease_seconds=180)
    ledger.open()
    return ledger


def impatient(store: redis.Redis) -> Ledger:
    """A ledger whose leases are over as soon as they begin."""
    ledger = Ledger(store, PREFIX, lease_seconds=0)
    ledger.open()
    return ledger


def due(ledger: Ledger, lost_after_seconds: float = 300, *, most_in_hand: int = 10) -> list[str]:
    return ledger.due(10, most_in_hand, lost_after_seconds).ids


def test_a_conversation_is_new_only_once(ledger: Ledger) -> None:
    assert ledger.add_new([ONE, OTHER]) == [ONE.id, OTHER.id]
    assert ledger.add_new([ONE, OTHER]) == []
    assert ledger.counts()[State.WAITING] == 2


def test_a_conversation_that_has_its_case_is_never_new_again(ledger: Ledger) -> None:
    ledger.add_new([ONE])
    ledger.created(ledger.claim(ONE.id), Held("1", 2, "d"))
    assert ledger.add_new([ONE]) == []
    assert due(ledger) == []


def test_ids_that_differ_only_in_case_are_two_conversations(ledger: Ledger) -> None:
    ledger.add_new([ONE, OTHER])
    ledger.created(ledger.claim(ONE.id), Held("1", 2, "d"))
    assert ledger.claim(OTHER.id).owner


def test_adding_nothing_asks_nothing(ledger: Ledger) -> None:
    assert ledger.add_new([]) == []


def test_a_claim_knows_what_was_listed(ledger: Ledger) -> None:
    ledger.add_new([ONE])
    claim = ledger.claim(ONE.id)
    assert (claim.conversation, claim.attempts) == (ONE, 1)


def test_only_a_name_that_is_wanted_is_kept(store: redis.Redis) -> None:
    ledger = Ledger(store, PREFIX, lease_seconds=180, keeps_name=lambda name: "@" in name)
    ledger.open()
    ledger.add_new([replace(ONE, name="anna@example.com"), replace(OTHER, name="About my order")])
    assert [ledger.claim(one).conversation.name for one in (ONE.id, OTHER.id)] == ["anna@example.com", None]
    assert "name" not in ledger.about(OTHER.id)
    ledger.add_new([parked := Conversation("p", "bot", 1, "bob@example.com")])
    ledger.park(ledger.claim(parked.id), "no")
    assert ledger.about(parked.id)["name"] == "bob@example.com"
    ledger.dismiss(parked.id)
    assert "name" not in ledger.about(parked.id)


def test_a_claimed_conversation_is_nobody_elses(ledger: Ledger) -> None:
    ledger.add_new([ONE])
    ledger.claim(ONE.id)
    second = ledger.claim(ONE.id)
    assert (second.owner, second.was) == ("", "working")


def test_after_the_lease_someone_else_may_claim_and_the_attempt_counts(store: redis.Redis) -> None:
    ledger = impatient(store)
    ledger.add_new([ONE])
    ledger.claim(ONE.id)
    assert ledger.claim(ONE.id).attempts == 2


def test_a_lost_claim_moves_nothing(store: redis.Redis, ledger: Ledger) -> None:
    ledger.add_new([ONE])
    lost = impatient(store).claim(ONE.id)
    present = ledger.claim(ONE.id)
    assert not ledger.later(lost, 5, "too late")
    assert not ledger.park(lost, "too late")
    assert ledger.about(ONE.id)["owner"] == present.owner


def test_a_case_is_a_fact_whoever_reports_it_and_counts_once(store: redis.Redis, ledger: Ledger) -> None:
    ledger.add_new([ONE])
    lost = impatient(store).claim(ONE.id)
    present = ledger.claim(ONE.id)
    assert ledger.created(lost, Held("4876", 2, "d"))
    assert not ledger.created(present, Held("4876", 2, "d"))
    assert ledger.counts()[State.CREATED] == 1
    assert ledger.counts()[State.WORKING] == 0


def test_a_late_word_about_a_case_takes_nothing_back_that_is_known_by_now(store: redis.Redis, ledger: Ledger) -> None:
    ledger.add_new([ONE])
    frozen = impatient(store).claim(ONE.id)
    newer = Held("1", 5, "e", 1_755_000_300, "f")
    assert ledger.created(ledger.claim(ONE.id), newer)
    assert ledger.moved([(ONE.id, 1_755_000_400, 0)], 3_600, follow_up=True)
    assert not ledger.created(frozen, Held("1", 2, "d", 1_755_000_200, "e"))
    following = ledger.claim(ONE.id)
    assert not ledger.created(frozen, Held("1", 2, "d", 1_755_000_200, "e"))
    assert following.held == newer
    assert ledger.created(following, replace(newer, messages=6))


@pytest.mark.parametrize("state", [State.CREATED, State.PARKED, State.GONE])
def test_what_is_finished_is_not_claimed_and_never_due(store: redis.Redis, state: State) -> None:
    ledger = impatient(store)
    ledger.add_new([ONE])
    claim = ledger.claim(ONE.id)
    {
        State.CREATED: lambda: ledger.created(claim, Held("1", 2, "d")),
        State.PARKED: lambda: ledger.park(claim, "no"),
        State.GONE: lambda: ledger.let_go(claim, State.GONE),
    }[state]()
    assert ledger.claim(ONE.id).was == state
    assert due(ledger, 0) == []


def test_what_is_handed_out_comes_up_again_only_when_its_message_counts_as_lost(ledger: Ledger) -> None:
    ledger.add_new([ONE])
    assert due(ledger, 300) == [ONE.id]
    assert due(ledger, 0) == []


def test_a_lost_message_brings_the_conversation_up_again(ledger: Ledger) -> None:
    ledger.add_new([ONE])
    due(ledger, 0)
    assert due(ledger, 300) == [ONE.id]


def test_what_a_worker_holds_is_not_due(ledger: Ledger) -> None:
    ledger.add_new([ONE])
    ledger.claim(ONE.id)
    assert due(ledger, 300) == []


def test_a_dead_workers_conversation_is_due_when_its_lease_ends(store: redis.Redis) -> None:
    ledger = impatient(store)
    ledger.add_new([ONE])
    ledger.claim(ONE.id)
    assert due(ledger, 300) == [ONE.id]


def test_a_postponed_conversation_waits_with_its_reason(ledger: Ledger) -> None:
    ledger.add_new([ONE])
    ledger.later(ledger.claim(ONE.id), 60, "Zoho is out of order (503)")
    assert due(ledger, 0) == []
    about = ledger.about(ONE.id)
    assert (about["state"], about["reason"]) == ("waiting", "Zoho is out of order (503)")
    assert "owner" not in about


def test_of_a_case_its_id_its_messages_and_their_digest_stay(ledger: Ledger, store) -> None:
    ledger.add_new([ONE])
    ledger.later(ledger.claim(ONE.id), 0, "Zoho is out of order (503)")
    ledger.created(ledger.claim(ONE.id), Held("4876", 2, "abc"))
    held = {"case": "4876", "messages": "2", "digest": "abc", "last_said_at": "0", "described": "-"}
    assert ledger.about(ONE.id) == {"state": "created", **held}
    assert not store.exists(f"{PREFIX}conversation:{ONE.id}")


def test_an_unknown_conversation_is_said_to_be_unknown(ledger: Ledger) -> None:
    assert ledger.claim("never-seen").was == "unknown"


def test_the_ledger_knows_a_whole_page_in_one_look(ledger: Ledger) -> None:
    ledger.add_new([ONE, OTHER])
    ledger.created(ledger.claim(ONE.id), Held("4876", 2, "d"))
    assert ledger.looked_up([ONE.id, OTHER.id, "never-seen"]) == {
        ONE.id: Known(State.CREATED, "4876"),
        OTHER.id: Known(State.WAITING),
    }


def test_an_attempt_at_which_nothing_was_asked_does_not_count(ledger: Ledger) -> None:
    ledger.add_new([ONE])
    ledger.later(ledger.claim(ONE.id), 0, "not our turn", counts=False)
    assert ledger.claim(ONE.id).attempts == 1


def test_a_lease_that_ends_without_a_word_is_counted_until_an_attempt_ends_in_words(store: redis.Redis) -> None:
    ledger = impatient(store)
    ledger.add_new([ONE])
    assert [ledger.claim(ONE.id).lapses for _ in range(3)] == [0, 1, 2]
    ledger.later(ledger.claim(ONE.id), 0, "its worker died", counts=False)
    ledger.claim(ONE.id)
    assert ledger.claim(ONE.id).lapses == 4
    ledger.later(ledger.claim(ONE.id), 0, "Zoho is out of order (503)")
    ledger.claim(ONE.id)
    assert ledger.claim(ONE.id).lapses == 1


def test_an_owner_renews_its_lease_and_nobody_else_does(store: redis.Redis, ledger: Ledger) -> None:
    ledger.add_new([ONE])
    lost = impatient(store).claim(ONE.id)
    present = ledger.claim(ONE.id)
    store.zadd(f"{PREFIX}working", {ONE.id: 1})
    assert not ledger.renew(lost)
    assert store.zscore(f"{PREFIX}working", ONE.id) == 1
    assert ledger.renew(present)
    assert ledger.claim(ONE.id).was == "working"
    assert due(ledger) == []


def test_no_more_is_handed_out_than_may_be_in_hand(store: redis.Redis, ledger: Ledger) -> None:
    ledger.add_new([Conversation(f"c{number}", "bot", 0) for number in range(9)])
    store.rpush(f"{PREFIX}cases", "a message", "another")
    ledger.claim("c0")
    assert len(due(ledger, most_in_hand=5)) == 2
    assert due(ledger, most_in_hand=3) == []


def test_dead_workers_are_not_in_hand(store: redis.Redis) -> None:
    ledger = impatient(store)
    ledger.add_new([Conversation(f"c{number}", "bot", 0) for number in range(3)])
    for number in range(3):
        ledger.claim(f"c{number}")
    assert len(due(ledger, most_in_hand=3)) == 3


def test_a_closed_ledger_hands_out_nothing_and_lets_nothing_be_claimed(ledger: Ledger) -> None:
    ledger.add_new([ONE])
    ledger.close()
    assert due(ledger) == []
    assert ledger.claim(ONE.id).was == "closed"
    assert not ledger.due(10, 10, 300).is_open


def test_a_case_made_while_the_ledger_was_lost_is_recorded(store: redis.Redis, ledger: Ledger) -> None:
    ledger.add_new([ONE])
    claim = ledger.claim(ONE.id)
    store.flushall()
    assert ledger.created(claim, Held("4876", 2, "d"))
    assert ledger.looked_up([ONE.id]) == {ONE.id: Known(State.CREATED, "4876")}
    assert ledger.counts()[State.CREATED] == 1


def test_a_redis_that_came_back_with_an_old_state_closes_the_ledger(store: redis.Redis, ledger: Ledger) -> None:
    ledger.add_new([ONE])
    due(ledger)
    snapshot = store.hgetall(f"{PREFIX}ledger")
    due(ledger)
    store.hset(f"{PREFIX}ledger", mapping=snapshot)
    assert due(ledger, 0) == []
    assert not ledger.is_open()


def test_a_ledger_filled_anew_is_trusted_by_who_knew_the_old_one(store: redis.Redis, ledger: Ledger) -> None:
    for _ in range(3):
        due(ledger)
    store.flushall()
    assert due(ledger) == []
    Ledger(store, PREFIX, lease_seconds=180).open()
    ledger.add_new([ONE])
    assert due(ledger) == [ONE.id]


def test_two_processes_take_turns_without_distrust(store: redis.Redis, ledger: Ledger) -> None:
    other = Ledger(store, PREFIX, lease_seconds=180)
    for _ in range(3):
        assert ledger.due(10, 10, 300).is_open
        assert other.due(10, 10, 300).is_open


def test_a_clock_put_back_makes_nobody_wait(store: redis.Redis, ledger: Ledger) -> None:
    ledger.add_new([ONE, OTHER])
    ledger.claim(OTHER.id)
    due(ledger, 0)
    hour_ms = 3_600_000
    clock = int(store.hget(f"{PREFIX}ledger", "clock") or 0)
    # As if all of it had been written an hour ahead.
    store.hset(f"{PREFIX}ledger", "clock", clock + hour_ms)
    for key in ("agenda", "working"):
        for one in store.zrange(f"{PREFIX}{key}", 0, -1):
            store.zincrby(f"{PREFIX}{key}", hour_ms, one)
    assert due(ledger) == [ONE.id]
    assert 0 < float(store.zscore(f"{PREFIX}working", OTHER.id) or 0) - clock <= 181_000


def test_what_a_person_tries_again_has_all_its_leases_before_it_too(ledger: Ledger, store) -> None:
    ledger.add_new([ONE])
    for _ in range(5):
        ledger.claim(ONE.id)
        store.zadd(f"{PREFIX}working", {ONE.id: 0})
    ledger.park(ledger.claim(ONE.id), "its worker died")
    ledger.retry(ONE.id)
    ledger.claim(ONE.id)
    store.zadd(f"{PREFIX}working", {ONE.id: 0})
    assert ledger.claim(ONE.id).lapses == 1


def test_a_case_in_zoho_is_adopted_whatever_was_known(ledger: Ledger) -> None:
    ledger.add_new([ONE])
    ledger.park(ledger.claim(ONE.id), "no")
    ledger.dismiss(ONE.id)
    assert ledger.adopt([(ONE.id, "1"), (OTHER.id, "2")]) == 2
    assert ledger.adopt([(ONE.id, "1"), (OTHER.id, "2")]) == 0
    assert due(ledger) == []
    assert list(ledger.parked()) == []
    assert ledger.counts() == {state: 2 if state is State.CREATED else 0 for state in State}
    assert dict(ledger.all_created()) == {ONE.id: Known(State.CREATED, "1"), OTHER.id: Known(State.CREATED, "2")}


@pytest.mark.parametrize("state", [State.WAITING, State.WORKING, State.PARKED])
def test_a_case_of_what_was_tried_and_is_not_done_is_left_to_it(ledger: Ledger, state: State) -> None:
    """It may have made the case, and not its notes."""
    ledger.add_new([ONE])
    claim = ledger.claim(ONE.id)
    if state is State.WAITING:
        ledger.later(claim, 0, "our own limit", counts=False)
    elif state is State.PARKED:
        ledger.park(claim, "no room for a file")
    assert ledger.adopt([(ONE.id, "1")]) == 0
    assert ledger.counts()[state] == 1
    if state is State.PARKED:
        ledger.retry(ONE.id)
        assert ledger.adopt([(ONE.id, "1")]) == 0


@pytest.mark.parametrize("finished", [State.CREATED, State.GONE, State.PARKED, None])
def test_a_person_may_begin_anew_with_anything_nobody_works_on(ledger: Ledger, finished: State | None) -> None:
    ledger.add_new([ONE])
    claim = ledger.claim(ONE.id)
    assert not ledger.again(ONE)
    {
        State.CREATED: lambda: ledger.created(claim, Held("1", 2, "d")),
        State.GONE: lambda: ledger.let_go(claim, State.GONE),
        State.PARKED: lambda: ledger.park(claim, "no"),
        None: lambda: ledger.later(claim, 900, "out of order"),
    }[finished]()
    assert ledger.again(ONE)
    assert due(ledger) == [ONE.id]
    assert ledger.claim(ONE.id).attempts == 1
    assert sum(ledger.counts().values()) == 1
