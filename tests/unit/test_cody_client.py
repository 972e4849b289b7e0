"""Our Cody client against the simulated Cody, over HTTP, in all its moods."""

import json
from typing import Any

import pytest

from cody2zoho.cody import rows
from cody2zoho.cody.api import Cody
from cody2zoho.errors import AccessRevoked, Gone, NotSetUp, RateLimited, Transient
from cody2zoho.http import Api
from cody2zoho.simulators import cody as simulated
from cody2zoho.simulators.faults import Fault
from cody2zoho.simulators.server import SimulatorServer
from cody2zoho.simulators.wire import Reply, Request

NOW = 1_760_000_000


@pytest.fixture
def cody(server: SimulatorServer) -> Cody:
    return Cody(Api("Cody", 2, 5), f"{server.url}/api/v1", simulated.DEMO_KEY)


def chat(account: simulated.Cody, messages: int) -> str:
    """A conversation with so many messages, numbered in the order they were said."""
    conversation = account.add_conversation(at=NOW - 900)
    for number in range(messages):
        account.say(conversation.id, f"message {number}", machine=bool(number % 2), at=NOW - 800 + number)
    return conversation.id


@pytest.mark.parametrize("style", ["live", "docs"])
@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 24, 101])
def test_all_messages_come_in_the_order_they_were_said(account, cody, server, style: str, count: int) -> None:
    account.knobs.pagination_style = style
    conversation_id = chat(account, count)
    assert [message.content for message in cody.messages(conversation_id)] == [f"message {n}" for n in range(count)]
    assert server.journal["cody"].requests == max(1, -(-count // 10))


def test_messages_of_other_conversations_never_slip_in_though_next_forgets_the_filter(account, cody) -> None:
    chat(account, 30)
    own = chat(account, 25)
    chat(account, 30)
    assert len(cody.messages(own)) == 25


def test_what_shares_a_second_keeps_codys_order(account, cody) -> None:
    conversation = account.add_conversation(at=NOW)
    for number in range(25):
        account.say(conversation.id, f"message {number}", at=NOW)
    assert [message.content for message in cody.messages(conversation.id)] == [f"message {n}" for n in range(25)]


def test_messages_that_arrive_while_pages_are_read_are_all_there(account, cody, server) -> None:
    conversation_id = chat(account, 30)
    server.faults.after(2, lambda: account.say(conversation_id, "late", at=NOW), simulator="cody")
    contents = [message.content for message in cody.messages(conversation_id)]
    assert contents == [*(f"message {n}" for n in range(30)), "late"]


def test_a_list_that_never_stops_moving_is_left_for_later(account, cody, server) -> None:
    conversation_id = chat(account, 30)
    for request in range(1, 60):
        server.faults.after(request, lambda: account.say(conversation_id, "again", at=NOW), simulator="cody")
    with pytest.raises(Transient, match="kept changing"):
        cody.messages(conversation_id)


@pytest.mark.parametrize("seed", range(8))
def test_rows_that_change_places_between_two_pages_never_cost_a_message(account, cody, seed: int) -> None:
    account.dice.seed(seed)
    account.knobs.ties = "random"
    conversation_id = chat(account, 9)
    account.say(conversation_id, "first of two", at=NOW)
    account.say(conversation_id, "second of two", at=NOW)
    for number in range(9):
        account.say(conversation_id, f"message {number}", at=NOW + 1 + number)
    try:
        found = cody.messages(conversation_id)
    except Transient:
        return
    assert len(found) == 20


def test_a_server_that_ignores_the_page_never_yields_a_part_of_a_transcript(account, cody) -> None:
    account.knobs.page_ignored = True
    with pytest.raises(Transient):
        cody.messages(chat(account, 30))


def test_a_total_that_promises_too_much_is_believed_no_further_than_an_empty_page(account, cody) -> None:
    account.knobs.total_disagrees = 5
    assert len(cody.messages(chat(account, 24))) == 24


class TotalOnly(simulated.Cody):
    """A third dialect: pages that say how many rows there are in all, and nothing about pages."""

    def handle(self, request: Request) -> Reply:
        body = json.loads(super().handle(request).body)
        body["meta"] = {"pagination": {"total": body["meta"]["pagination"]["total"]}}
        return Reply.json(200, body)


def test_a_dialect_that_names_only_the_total_is_read_to_the_end(account, cody, server) -> None:
    server.simulators[0] = terse = TotalOnly(knobs=account.knobs)
    terse.add_bot(at=NOW)
    assert len(cody.messages(chat(terse, 24))) == 24


def test_content_that_is_null_is_empty_and_marks_are_kept(account, cody) -> None:
    conversation = account.add_conversation(at=NOW)
    account.say(conversation.id, None, machine=True, failed_responding=True, flagged=True, at=NOW)
    [message] = cody.messages(conversation.id)
    assert (message.content, message.by_machine, message.failed, message.flagged) == ("", True, True, True)


def test_a_page_of_conversations_tells_where_it_stands(account, cody) -> None:
    for number in range(31):
        account.add_conversation(at=NOW + number)
    pages = [cody.conversations(None, number) for number in (1, 2, 3)]
    assert [len(page.rows) for page in pages] == [15, 15, 1]
    assert [page.is_last for page in pages] == [False, False, True]
    assert {page.total for page in pages} == {31}
    assert pages[0].rows[0].created_at == NOW + 30


@pytest.mark.parametrize("style", ["live", "docs"])
def test_a_page_past_the_end_is_empty_and_last(account, cody, style: str) -> None:
    account.knobs.pagination_style = style
    account.add_conversation(at=NOW)
    page = cody.conversations(None, 9)
    assert (page.rows, page.is_last) == ([], True)


def test_bots_are_listed(account, cody) -> None:
    assert {bot.name for bot in cody.bots()} == {"Support", "Sales"}


def test_a_deleted_conversation_is_gone(account, cody) -> None:
    conversation_id = chat(account, 3)
    assert cody.conversation(conversation_id).id == conversation_id
    account.delete_conversation(conversation_id)
    with pytest.raises(Gone):
        cody.conversation(conversation_id)


@pytest.mark.parametrize("knob", ["422", "404"])
def test_a_deleted_conversations_messages_are_gone_too(account, cody, knob: str) -> None:
    account.knobs.unknown_filter = knob
    with pytest.raises(Gone):
        cody.messages("AAAAAAAAAAAA")


@pytest.mark.parametrize("knob", ["422", "404"])
def test_an_unknown_bot_is_a_matter_for_a_person(account, cody, knob: str) -> None:
    account.knobs.unknown_filter = knob
    with pytest.raises(NotSetUp, match="Cody knows no bot AAAAAAAAAAAA: write") as caught:
        cody.conversations("AAAAAAAAAAAA", 1)
    assert caught.value.what == "bot AAAAAAAAAAAA"


def test_a_wrong_key_is_said_and_not_shown(account, cody) -> None:
    account.change_key("another")
    with pytest.raises(AccessRevoked, match="CODY_API_KEY") as caught:
        cody.bots()
    assert simulated.DEMO_KEY not in str(caught.value)
    assert caught.value.what == "cody"


def test_the_limit_of_requests_asks_for_a_pause_and_says_how_long(account, cody) -> None:
    account.knobs.requests_per_minute = 1
    cody.bots()
    with pytest.raises(RateLimited) as caught:
        cody.bots()
    assert 0 < (caught.value.retry_after_seconds or 0) <= 60


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("429"), RateLimited),
        (Fault("429", retry_after=7), RateLimited),
        (Fault("500"), Transient),
        (Fault("502"), Transient),
        (Fault("503"), Transient),
        (Fault("garble"), Transient),
        (Fault("truncate"), Transient),
        (Fault("cut"), Transient),
        (Fault("login"), AccessRevoked),
    ],
)
def test_every_fault_is_an_error_that_says_what_to_do_next(account, cody, server, fault: Fault, error: type) -> None:
    conversation_id = chat(account, 3)
    server.faults.add(fault)
    with pytest.raises(error) as caught:
        cody.messages(conversation_id)
    assert type(caught.value) is error
    assert conversation_id not in str(caught.value)
    assert getattr(caught.value, "retry_after_seconds", None) == fault.retry_after


def test_nothing_listens_there_is_said_so() -> None:
    with SimulatorServer([]) as server:
        address = server.url
    with pytest.raises(Transient, match="Cody cannot be reached: no connection"):
        Cody(Api("Cody", 1, 1), f"{address}/api/v1", "key").bots()


def test_an_answer_that_drips_is_given_up_in_time(account, server) -> None:
    """Each byte would start the read time-out of `requests` anew."""
    server.faults.add(Fault("drip", seconds=3))
    with pytest.raises(Transient, match="did not answer in time"):
        Cody(Api("Cody", 1, 0.6), f"{server.url}/api/v1", simulated.DEMO_KEY).bots()


@pytest.mark.parametrize(
    ("cited", "names"),
    [
        (None, []),
        ("odd", []),
        ([], []),
        ({}, []),
        ({"data": None}, []),
        ({"data": {}}, []),
        ({"data": [5, {}, {"document_name": None}]}, []),
        (
            {"data": {"document_name": " A\nguide ", "document_url": "https://a.example"}},
            ["A guide (https://a.example)"],
        ),
        ({"data": [{"document_name": "A"}, {"document_name": "A"}, {"document_name": "B"}]}, ["A", "B"]),
        (
            {"data": [{"document_name": "A", "webpage_url": "https://a.example/page", "document_url": "https://x"}]},
            ["A (https://a.example/page)"],
        ),
    ],
)
def test_sources_of_every_shape_are_read_and_odd_ones_lose_no_message(cited: Any, names: list[str]) -> None:
    row = {"id": "m", "content": "x", "machine": True, "created_at": NOW, "sources": cited}
    assert [str(source) for source in rows.message(row).sources] == names
