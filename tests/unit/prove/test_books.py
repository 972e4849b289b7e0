"""Our own books, compared with what Zoho holds, and what may lie in them at the end."""

import pytest
import redis

from cody2zoho.ledger.ledger import Ledger
from cody2zoho.ledger.records import Held
from cody2zoho.models import Conversation
from cody2zoho.prove.books import Books
from cody2zoho.prove.leaks import leaks
from cody2zoho.prove.scale import PREFIX


@pytest.fixture
def ledger(store: redis.Redis) -> Ledger:
    ledger = Ledger(store, PREFIX, 60)
    ledger.open()
    ledger.add_new([Conversation("a", "bot", 0)])
    return ledger


def made(ledger: Ledger, conversation_id: str = "a", case_id: str = "1") -> None:
    ledger.created(ledger.claim(conversation_id), Held(case_id, 2, "digest"))


def test_a_case_that_both_know_is_no_disagreement(store: redis.Redis, ledger: Ledger) -> None:
    made(ledger)
    assert Books(store).disagreements(["a"], {"a": ["1"]}, ()) == []
    assert Books(store).work_is_done()
    assert Books(store).left_behind() == []


@pytest.mark.parametrize("cases", [{}, {"a": ["2"]}, {"a": ["1", "2"]}])
def test_a_case_that_only_the_ledger_knows_or_another_one_is(
    store: redis.Redis, ledger: Ledger, cases: dict[str, list[str]]
) -> None:
    made(ledger)
    [sentence] = Books(store).disagreements(["a"], cases, ())
    assert sentence.startswith("a: the ledger says created 1, Zoho has ")


def test_a_case_that_only_zoho_knows_is_unless_its_conversation_was_deleted(store: redis.Redis, ledger: Ledger) -> None:
    assert Books(store).disagreements(["a"], {"a": ["1"]}, ()) == ["a: the ledger says waiting , Zoho has 1"]
    assert Books(store).disagreements(["b"], {"b": ["1"]}, ()) == ["b: the ledger says nothing , Zoho has 1"]
    assert Books(store).disagreements(["b"], {"b": ["1"]}, {"b"}) == []


def test_what_is_not_finished_is_left_behind(store: redis.Redis, ledger: Ledger) -> None:
    books = Books(store)
    assert not books.work_is_done()
    assert books.left_behind() == ["1 conversations are waiting", "1 conversations are due in the agenda: a"]
    ledger.claim("a")
    assert not books.work_is_done()
    assert books.left_behind() == ["1 conversations are working"]


def test_a_ledger_that_forgot_has_no_work_but_does_not_know_what_there_is(store: redis.Redis, ledger: Ledger) -> None:
    made(ledger)
    assert Books(store).knows(["a"])
    assert not Books(store).knows(["a", "b"])
    store.flushall()
    assert Books(store).work_is_done()
    assert not Books(store).knows(["a"])


def test_a_parked_conversation_is_left_behind_with_its_reason(store: redis.Redis, ledger: Ledger) -> None:
    ledger.park(ledger.claim("a"), "Zoho refuses Subject")
    assert Books(store).work_is_done()
    assert Books(store).left_behind() == ["1 conversations are parked", "a is parked: Zoho refuses Subject"]


def test_messages_in_a_queue_or_taken_and_unanswered_are_left_behind(store: redis.Redis) -> None:
    books = Books(store)
    assert books.messages_are_gone()
    store.lpush(f"{PREFIX}cases", "x")
    store.hset(f"{PREFIX}unacked", "tag", "x")
    assert not books.messages_are_gone()
    assert books.left_behind() == ["1 messages lie in the queue cases", "1 messages were taken and never answered"]


def test_a_leak_is_told_by_its_place_alone(tmp_path) -> None:
    words = "where is my order, it should have come"
    (tmp_path / "worker.log").write_text(f"ready\nasked with 1000.secret\nhello\nthey said {words}\n")
    (tmp_path / "beat.log").write_text("hello, but nothing of it is anybody's own\n")
    assert leaks(tmp_path, {"1000.secret"}, {words, "hello", ""}) == [
        "worker.log, line 2, holds a secret",
        "worker.log, line 4, holds a customer's words",
    ]
