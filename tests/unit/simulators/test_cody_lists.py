"""Filters and includes."""

import pytest
from cody_client import Asker


def test_conversations_are_found_by_bot_and_by_part_of_their_name() -> None:
    ask = Asker()
    one, two = ask.cody.add_bot("one"), ask.cody.add_bot("two")
    refund = ask.cody.add_conversation("A REFUND please", bot_id=one.id)
    ask.cody.add_conversation(None, bot_id=one.id)
    other = ask.cody.add_conversation("refunded", bot_id=two.id)

    assert ask.ids("conversations", keyword="refund") == [other.id, refund.id]
    assert ask.ids("conversations", keyword="refund", bot_id=one.id) == [refund.id]
    assert ask.ids("bots", keyword="TW") == [two.id]


def test_a_blank_filter_is_no_filter() -> None:
    ask = Asker()
    ask.cody.add_conversation()

    assert len(ask.ids("conversations", bot_id=" ", keyword="")) == 1


@pytest.mark.parametrize(("knob", "status"), [("empty", 200), ("422", 422), ("404", 404)])
def test_an_unknown_filter_is_answered_as_the_knob_says(knob: str, status: int) -> None:
    ask = Asker()
    conversation = ask.cody.add_conversation()
    ask.cody.say(conversation.id, "hello")
    ask.knobs.unknown_filter = knob  # type: ignore[assignment]

    assert ask.send("GET", "conversations", bot_id="AAAAAAAAAAAA").status == status
    assert ask.send("GET", "messages", conversation_id="AAAAAAAAAAAA").status == status
    # Ids are case-sensitive.
    assert ask.send("GET", "messages", conversation_id=conversation.id.swapcase()).status == status


def test_messages_without_a_conversation_are_those_of_the_whole_account() -> None:
    ask = Asker()
    for bot in (ask.cody.add_bot(), ask.cody.add_bot()):
        for _ in range(6):
            ask.cody.say(ask.cody.add_conversation(bot_id=bot.id).id, "hello")

    assert ask.get("messages")["meta"]["pagination"]["total"] == 12
    assert len(ask.ids("messages")) == 10


def test_includes_add_sources_and_usage_and_unknown_ones_are_ignored() -> None:
    ask = Asker()
    folder = ask.cody.add_folder("manuals")
    document = ask.cody.add_document("guide", folder.id, origin="webpage", webpage_url="https://example.com")
    conversation = ask.cody.add_conversation(document_ids=[document.id])
    ask.cody.ask(conversation.id, "where?")

    machine, human = ask.get("messages", conversation_id=conversation.id, includes="sources,usage,bogus")["data"]

    assert machine["usage"] == {"tokens": 8000, "credits": 0.5}
    assert human["sources"] == {"data": []}
    assert machine["sources"]["data"][0]["webpage_url"] == "https://example.com"
    ask.knobs.sources = "object"
    assert ask.get("messages", includes="sources")["data"][0]["sources"]["data"]["document_id"] == document.id
    assert "bogus" not in machine


def test_document_ids_come_only_when_asked_for_and_in_two_shapes() -> None:
    ask = Asker()
    conversation = ask.cody.add_conversation(document_ids=["x"])

    assert "document_ids" not in ask.get(f"conversations/{conversation.id}")["data"]
    assert ask.get(f"conversations/{conversation.id}", includes="document_ids")["data"]["document_ids"] == ["x"]
    ask.knobs.document_ids = "data"
    assert ask.get("conversations", includes="document_ids")["data"][0]["document_ids"] == {"data": ["x"]}


def test_unknown_fields_appear_with_the_knob() -> None:
    ask = Asker()
    conversation = ask.cody.add_conversation()
    ask.knobs.extra_fields = True

    assert "internal_flags" in ask.get(f"conversations/{conversation.id}")["data"]


def test_deep_pages_of_a_long_list_keep_the_order() -> None:
    ask = Asker()
    made = [ask.cody.add_conversation(at=number).id for number in range(3000)]

    assert ask.ids("conversations", page="100") == made[::-1][1485:1500]
