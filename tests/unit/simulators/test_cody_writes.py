"""Chatting, renaming, deleting, documents: what changes and when it shows."""

import json

import pytest
from cody_client import NOON, Asker

from cody2zoho.simulators.cody import CodyKnobs
from cody2zoho.simulators.cody.hashids import Hashids
from cody2zoho.simulators.wire import Request


@pytest.fixture
def ask() -> Asker:
    return Asker()


def contents(ask: Asker) -> list[str]:
    return [row["content"] for row in ask.get("messages")["data"]]


def test_ids_are_those_of_the_published_algorithm() -> None:
    assert Hashids("this is my salt", 0).encode(12345) == "NkK9"
    assert Hashids("this is my salt", 8).encode(1) == "gB0NV05e"


def test_a_bot_and_a_conversation_can_have_the_same_id(ask: Asker) -> None:
    bot, conversation = ask.cody.add_bot(), ask.cody.add_conversation()

    assert bot.id == conversation.id
    assert len(bot.id) == 12


def test_a_turn_is_answered_with_the_reply_one_second_later(ask: Asker) -> None:
    conversation = ask.cody.add_conversation()

    reply = ask.post("messages", {"conversation_id": conversation.id, "content": " Hi "})["data"]

    assert (reply["machine"], reply["created_at"]) == (True, NOON + 1)
    assert [(row["machine"], row["created_at"]) for row in ask.get("messages")["data"]] == [
        (True, NOON + 1),
        (False, NOON),
    ]
    assert contents(ask)[1] == "Hi"


def test_a_reply_can_show_late(ask: Asker) -> None:
    ask.knobs.reply_latency_seconds = 30
    reply = ask.cody.ask(ask.cody.add_conversation().id, "Hi")

    assert contents(ask) == ["Hi"]
    ask.clock.now += 30
    assert contents(ask) == [reply.content, "Hi"]


def test_a_reply_can_stand_empty_until_it_is_written(ask: Asker) -> None:
    ask.knobs.reply_latency_seconds, ask.knobs.placeholder = 30, True
    reply = ask.cody.ask(ask.cody.add_conversation().id, "Hi")
    empty = ask.get("messages")["data"][0]
    ask.clock.now += 30
    full = ask.get("messages")["data"][0]

    assert empty["content"] == ""
    assert full == {**empty, "content": reply.content}


def test_a_reply_to_a_conversation_deleted_meanwhile_is_forgotten(ask: Asker) -> None:
    ask.knobs.reply_latency_seconds = 30
    conversation = ask.cody.add_conversation()
    ask.cody.ask(conversation.id, "Hi")
    ask.cody.delete_conversation(conversation.id)
    ask.clock.now += 30

    assert contents(ask) == []


def test_failed_generation_is_a_500_that_leaves_a_failed_reply(ask: Asker) -> None:
    ask.knobs.generation_fails = True
    conversation = ask.cody.add_conversation()

    assert ask.send("POST", "messages", {"conversation_id": conversation.id, "content": "Hi"}).status == 500
    assert [row["failed_responding"] for row in ask.get("messages")["data"]] == [True, False]


def test_content_may_have_two_thousand_characters(ask: Asker) -> None:
    conversation = ask.cody.add_conversation()

    assert ask.send("POST", "messages", {"conversation_id": conversation.id, "content": "x" * 2000}).status == 200
    reply = ask.send("POST", "messages", {"conversation_id": conversation.id, "content": "x" * 2001})
    assert json.loads(reply.body)["message"] == "The content field must not be greater than 2000 characters."


def test_a_spent_quota_is_402_until_the_messages_are_thirty_days_old() -> None:
    ask = Asker(knobs=CodyKnobs(messages_per_30_days=1))
    body = {"conversation_id": ask.cody.add_conversation().id, "content": "Hi"}
    ask.post("messages", body)

    assert ask.send("POST", "messages", body).status == 402
    ask.clock.now += 30 * 24 * 3600
    assert ask.send("POST", "messages", body).status == 200


def test_a_stream_is_read_from_the_address_in_the_answer(ask: Asker) -> None:
    ask.cody.answer = lambda question: "two words"
    body = {"conversation_id": ask.cody.add_conversation().id, "content": "Hi"}

    assert ask.send("POST", "messages/stream", body).status == 302
    url = ask.post("messages/stream", {**body, "redirect": False})["data"]["stream_url"]
    stream = ask.cody.handle(Request("GET", url.removeprefix("https://getcody.ai")))
    assert (
        stream.body.decode()
        == 'data: [START]\n\ndata: {"chunk": "two "}\n\ndata: {"chunk": "words"}\n\ndata: [END]\n\n'
    )


def test_a_deleted_conversation_leaves_lists_totals_and_messages(ask: Asker) -> None:
    conversation = ask.cody.add_conversation()
    ask.cody.say(conversation.id, "Hi")

    reply = ask.send("DELETE", f"conversations/{conversation.id}")

    assert (reply.status, reply.body) == (200, b"")
    assert ask.send("GET", f"conversations/{conversation.id}").status == 404
    assert ask.get("messages")["meta"]["pagination"]["total"] == 0
    assert ask.ids("conversations", bot_id=conversation.bot_id) == []


def test_the_body_of_a_delete_can_be_an_object(ask: Asker) -> None:
    ask.knobs.delete_body = "object"

    assert ask.send("DELETE", f"conversations/{ask.cody.add_conversation().id}").body == b"{}"


def test_updates_are_posts_that_rename_and_move(ask: Asker) -> None:
    one, two = ask.cody.add_bot(), ask.cody.add_bot()
    made = ask.post("conversations", {"name": "old", "bot_id": one.id, "document_ids": ["x"]})["data"]

    changed = ask.post(f"conversations/{made['id']}", {"name": "new", "bot_id": two.id})["data"]

    assert changed == {**made, "name": "new", "bot_id": two.id}
    assert ask.ids("conversations", bot_id=one.id) == []
    assert ask.ids("conversations", bot_id=two.id) == [made["id"]]


def test_documents_are_synced_after_a_while_and_files_have_no_id_before(ask: Asker) -> None:
    folder_id = ask.post("folders", {"name": "manuals"})["data"]["id"]
    page = {"folder_id": folder_id, "url": "https://example.com/guide"}
    assert ask.post("documents/webpage", page)["data"]["status"] == "syncing"
    assert ask.send("POST", "documents/file", {"folder_id": folder_id, "key": "uploads/a.pdf"}).body == b""
    assert len(ask.ids("documents", folder_id=folder_id)) == 1

    ask.clock.now += 60
    assert [row["status"] for row in ask.get("documents")["data"]] == ["syncing", "synced"]
    ask.clock.now += 60
    file_id = ask.ids("documents", keyword="a.pdf")[0]
    assert ask.get(f"documents/{file_id}")["data"]["status"] == "synced"
    assert ask.send("DELETE", f"documents/{file_id}").status == 200
    assert ask.send("GET", f"documents/{file_id}").status == 404


def test_too_many_files_at_once_are_429_without_a_time_to_wait() -> None:
    ask = Asker(knobs=CodyKnobs(files_at_once=1))
    body = {"folder_id": ask.cody.add_folder("f").id, "key": "uploads/a.pdf"}
    ask.send("POST", "documents/file", body)

    reply = ask.send("POST", "documents/file", body)
    assert reply.status == 429
    assert "Retry-After" not in reply.headers


def test_an_unreachable_page_is_400_and_a_wrong_address_422(ask: Asker) -> None:
    folder_id = ask.cody.add_folder("f").id

    assert ask.send("POST", "documents/webpage", {"folder_id": folder_id, "url": "https://x.invalid/"}).status == 400
    assert ask.send("POST", "documents/webpage", {"folder_id": folder_id, "url": "example"}).status == 422


def test_the_rest_of_the_operations_answer(ask: Asker) -> None:
    folder = ask.post("folders", {"name": "a"})["data"]
    message = ask.cody.say(ask.cody.add_conversation().id, "Hi")

    assert ask.post(f"folders/{folder['id']}", {"name": "b"})["data"]["name"] == "b"
    assert ask.get(f"folders/{folder['id']}")["data"]["name"] == "b"
    assert ask.ids("folders", keyword="B") == [folder["id"]]
    assert ask.post("documents", {"name": "d", "folder_id": folder["id"]})["data"]["folder_id"] == folder["id"]
    assert ask.get(f"messages/{message.id}", includes="usage")["data"]["usage"] == {"tokens": 0, "credits": 0.0}
    assert set(ask.post("uploads/signed-url", {"file_name": "a", "content_type": "b"})["data"]) == {"url", "key"}


def test_odd_content_survives_the_way_through_json(ask: Asker) -> None:
    odd = "a\x00b\x08 </script> \\/ שלום 👋 \u2028"
    ask.cody.say(ask.cody.add_conversation().id, odd)
    ask.cody.say(ask.cody.add_conversation().id, None)

    assert contents(ask) == [None, odd]
    assert rb"<\/script>" in ask.send("GET", "messages").body
