"""The ledger on a real server: every move, and who may make it."""

import pytest
import redis

from cody2zoho.ledger import Ledger, Place, State
from cody2zoho.models import Conversation

PREFIX = "{test}:"
ONE = Conversation("Jw9R1NVTVgkK", "Qz3dWnA91Lke", 1_755_000_157)
OTHER = Conversation("JW9r1nvtvgkk", "Qz3dWnA91Lke", 1_755_000_158)


@pytest.fixture
def ledger(store: redis.Redis) -> Ledger:
    return Ledger(store, PREFIX, lease_seconds=180)


def impatient(store: redis.Redis) -> Ledger:
    """A ledger whose leases are over as soon as they begin."""
    return Ledger(store, PREFIX, lease_seconds=0)


def test_a_conversation_is_new_only_once(ledger: Ledger) -> None:
    assert ledger.add_new([ONE, OTHER]) == [ONE.id, OTHER.id]
    assert ledger.add_new([ONE, OTHER]) == []
    assert ledger.counts()[State.WAITING] == 2


def test_ids_that_differ_only_in_case_are_two_conversations(ledger: Ledger) -> None:
    ledger.add_new([ONE, OTHER])
    ledger.created(ledger.claim(ONE.id), "1", 2, "d")
    assert ledger.claim(OTHER.id).owner


def test_adding_nothing_asks_nothing(ledger: Ledger) -> None:
    assert ledger.add_new([]) == []


def test_a_claim_knows_what_was_listed(ledger: Ledger) -> None:
    ledger.add_new([ONE])
    claim = ledger.claim(ONE.id)
    assert (claim.conversation, claim.attempts) == (ONE, 1)


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
    assert ledger.created(lost, "4876", 2, "d")
    assert not ledger.created(present, "4876", 2, "d")
    assert ledger.counts()[State.CREATED] == 1
    assert ledger.counts()[State.WORKING] == 0


@pytest.mark.parametrize("state", [State.CREATED, State.PARKED, State.GONE])
def test_what_is_finished_is_not_claimed_and_never_due(store: redis.Redis, state: State) -> None:
    ledger = impatient(store)
    ledger.add_new([ONE])
    claim = ledger.claim(ONE.id)
    {
        State.CREATED: lambda: ledger.created(claim, "1", 2, "d"),
        State.PARKED: lambda: ledger.park(claim, "no"),
        State.GONE: lambda: ledger.let_go(claim, State.GONE, "deleted"),
    }[state]()
    assert ledger.claim(ONE.id).was == state
    assert ledger.due(10, 0) == []


def test_an_empty_conversation_is_looked_at_again_when_a_person_asks(store: redis.Redis) -> None:
    ledger = impatient(store)
    ledger.add_new([ONE])
    ledger.let_go(ledger.claim(ONE.id), State.EMPTY, "nothing was said")
    assert ledger.due(10, 0) == []
    assert ledger.claim(ONE.id).owner


def test_what_is_handed_out_comes_up_again_only_when_its_message_counts_as_lost(ledger: Ledger) -> None:
    ledger.add_new([ONE])
    assert ledger.due(10, lost_after_seconds=300) == [ONE.id]
    assert ledger.due(10, lost_after_seconds=0) == []


def test_a_lost_message_brings_the_conversation_up_again(ledger: Ledger) -> None:
    ledger.add_new([ONE])
    ledger.due(10, lost_after_seconds=0)
    assert ledger.due(10, lost_after_seconds=300) == [ONE.id]


def test_what_a_worker_holds_is_not_due(ledger: Ledger) -> None:
    ledger.add_new([ONE])
    ledger.claim(ONE.id)
    assert ledger.due(10, 300) == []


def test_a_dead_workers_conversation_is_due_when_its_lease_ends(store: redis.Redis) -> None:
    ledger = impatient(store)
    ledger.add_new([ONE])
    ledger.claim(ONE.id)
    assert ledger.due(10, 300) == [ONE.id]


def test_a_postponed_conversation_waits_with_its_reason(ledger: Ledger) -> None:
    ledger.add_new([ONE])
    ledger.later(ledger.claim(ONE.id), 60, "Zoho is out of order (503)")
    assert ledger.due(10, 0) == []
    about = ledger.about(ONE.id)
    assert (about["state"], about["reason"]) == ("waiting", "Zoho is out of order (503)")
    assert "owner" not in about


def test_a_created_case_leaves_nothing_of_its_attempts(ledger: Ledger) -> None:
    ledger.add_new([ONE])
    ledger.later(ledger.claim(ONE.id), 0, "Zoho is out of order (503)")
    ledger.created(ledger.claim(ONE.id), "4876", 2, "abc")
    assert set(ledger.about(ONE.id)) == {"state", "bot", "created_at", "seen", "case", "messages", "digest"}


def test_an_unknown_conversation_is_said_to_be_unknown(ledger: Ledger) -> None:
    assert ledger.claim("never-seen").was == "unknown"


def test_the_first_line_drawn_stays(ledger: Ledger) -> None:
    assert ledger.line(1_700_000_000) == 1_700_000_000
    assert ledger.line(1_800_000_000) == 1_700_000_000


def test_without_a_line_all_history_counts_from_the_first_start_on(ledger: Ledger) -> None:
    assert ledger.line(None) == 0
    assert ledger.line(1_800_000_000) == 0


def test_a_place_in_the_list_is_kept_per_bot(ledger: Ledger) -> None:
    ledger.keep_place("one", Place(5, 9, 300))
    assert ledger.place("one", line=0) == Place(5, 9, 300)
    assert ledger.place("two", line=100) == Place(99, 99, 0)
