"""The three answers that somebody captured from the live API hold against the default configuration."""

from cody_client import NOON, Asker


def test_bots_look_as_captured() -> None:
    ask = Asker()
    bot = ask.cody.add_bot("Jazz", model="gpt-3.5-turbo", description="Tells jokes", at=NOON)

    assert ask.get("bots") == {
        "data": [
            {
                "id": bot.id,
                "name": "Jazz",
                "description": "Tells jokes",
                "model": "gpt-3.5-turbo",
                "created_at": NOON,
            }
        ],
        "meta": {
            "pagination": {
                "total": 1,
                "count": 1,
                "per_page": 15,
                "current_page": 1,
                "total_pages": 1,
                "links": {},
            }
        },
    }


def test_four_conversations_fit_on_one_page_newest_first() -> None:
    ask = Asker()
    made = [ask.cody.add_conversation(name, at=NOON + i) for i, name in enumerate(["a", None, "c", "d"])]

    answer = ask.get("conversations", bot_id=made[0].bot_id)

    assert [list(row) for row in answer["data"]] == [["id", "name", "bot_id", "created_at"]] * 4
    assert [row["id"] for row in answer["data"]] == [row.id for row in reversed(made)]
    assert answer["data"][2]["name"] is None
    assert answer["meta"]["pagination"] == {
        "total": 4,
        "count": 4,
        "per_page": 15,
        "current_page": 1,
        "total_pages": 1,
        "links": {},
    }


def test_the_first_of_three_pages_of_messages_looks_as_captured() -> None:
    ask = Asker()
    conversation = ask.cody.add_conversation()
    for turn in range(12):
        ask.cody.say(conversation.id, f"question {turn}", at=NOON + 60 * turn)
        ask.cody.say(conversation.id, f"answer {turn}", machine=True, at=NOON + 60 * turn + 1)

    answer = ask.get("messages", conversation_id=conversation.id)

    keys = ["id", "content", "machine", "failed_responding", "flagged", "conversation_id", "created_at"]
    assert [list(row) for row in answer["data"]] == [keys] * 10
    assert [row["content"] for row in answer["data"][:3]] == ["answer 11", "question 11", "answer 10"]
    assert answer["data"][0]["machine"] is True
    assert list(answer["meta"]["pagination"].items()) == [
        ("total", 24),
        ("count", 10),
        ("per_page", 10),
        ("current_page", 1),
        ("total_pages", 3),
        ("links", {"next": "https://getcody.ai/api/v1/messages?page=2"}),
    ]
