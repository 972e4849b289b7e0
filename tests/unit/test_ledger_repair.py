"""What a comparison does to the ledger: adopt cases that exist, let conversations begin again, tell what is known."""

import pytest
import redis

from cody2zoho.ledger import Known, Ledger, State
from cody2zoho.models import Conversation

ONE = Conversation("Jw9R1NVTVgkK", "Qz3dWnA91Lke", 1_755_000_157)
OTHER = Conversation("JW9r1nvtvgkk", "Qz3dWnA91Lke", 1_755_000_158)


@pytest.fixture
def ledger(store: redis.Redis) -> Ledger:
    return Ledger(store, "{test}:", lease_seconds=180)


def due(ledger: Ledger) -> list[str]:
    return ledger.due(10, 300)


def test_who_is_unknown_is_absent_from_what_is_looked_up(ledger: Ledger) -> None:
    ledger.add_new([ONE])
    ledger.adopt([(OTHER.id, "57")])
    assert ledger.looked_up([ONE.id, "unknown", OTHER.id]) == {
        ONE.id: Known(State.WAITING),
        OTHER.id: Known(State.CREATED, "57"),
    }
    assert ledger.looked_up([]) == {}


def test_an_adopted_conversation_is_done(ledger: Ledger) -> None:
    ledger.add_new([ONE])
    assert ledger.adopt([(ONE.id, "57"), (OTHER.id, "58")]) == 2
    assert due(ledger) == []
    assert ledger.claim(ONE.id).was == ledger.claim(OTHER.id).was == State.CREATED
    assert (ledger.counts()[State.CREATED], ledger.counts()[State.WAITING]) == (2, 0)


def test_adopting_again_is_no_news_and_keeps_the_case(ledger: Ledger) -> None:
    ledger.adopt([(ONE.id, "57")])
    assert ledger.adopt([(ONE.id, "58")]) == 0
    assert ledger.looked_up([ONE.id])[ONE.id].case_id == "57"
    assert ledger.counts()[State.CREATED] == 1


def test_a_parked_conversation_that_is_adopted_needs_nobody_any_more(ledger: Ledger) -> None:
    ledger.add_new([ONE])
    ledger.park(ledger.claim(ONE.id), "Zoho refuses it")
    ledger.adopt([(ONE.id, "57")])
    assert list(ledger.parked()) == []


@pytest.mark.parametrize("state", [None, State.WAITING, State.CREATED, State.PARKED, State.EMPTY, State.GONE])
def test_whatever_it_was_it_begins_again_at_once(ledger: Ledger, state: State | None) -> None:
    if state:
        ledger.add_new([ONE])
    if state in (State.EMPTY, State.GONE):
        ledger.let_go(ledger.claim(ONE.id), state, "-")
    if state is State.PARKED:
        ledger.park(ledger.claim(ONE.id), "-")
    if state is State.CREATED:
        ledger.adopt([(ONE.id, "57")])
    assert ledger.again(ONE)
    assert due(ledger) == [ONE.id]
    claim = ledger.claim(ONE.id)
    assert (claim.conversation, claim.attempts) == (ONE, 1)
    assert list(ledger.parked()) == []
    assert sum(ledger.counts().values()) == ledger.counts()[State.WORKING] == 1


def test_what_someone_works_on_is_left_to_them(ledger: Ledger) -> None:
    ledger.add_new([ONE])
    claim = ledger.claim(ONE.id)
    assert not ledger.again(ONE)
    assert ledger.created(claim, "57", 2, "d")


def test_all_that_have_a_case_are_told_once(ledger: Ledger) -> None:
    pairs = [(f"conversation{number}", str(number)) for number in range(1_200)]
    ledger.adopt(pairs)
    ledger.add_new([ONE])
    told = list(ledger.all_created())
    assert len(told) == 1_200
    assert dict(told) == dict(pairs)


def test_the_next_look_is_told_while_there_is_one(ledger: Ledger) -> None:
    ledger.add_new([ONE])
    assert ledger.next_look(ONE.id)
    ledger.adopt([(ONE.id, "57")])
    assert ledger.next_look(ONE.id) is None
