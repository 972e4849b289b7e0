"""Ordinary conversations in a file: short enough for one request to Cody and one to Zoho each."""

import json
import random
import time
from pathlib import Path
from typing import Any

BOT = "bench"

#: They began a minute apart, the last one a day ago.
_LAST_BEGAN = int(time.time()) - 86_400

#: Cody pages at 10 messages, so that more would cost a second request.
_MOST_TURNS = 5

_QUESTION = "Hello, I ordered the blue kettle last week and it has not come yet. Where is it, and when may I expect it?"
_ANSWER = "I am sorry to hear that. Your parcel left our warehouse on Monday and is due tomorrow before noon. " * 2


def write(file: Path, count: int, *, silent: bool = False) -> None:
    """Oldest first, 2 to 10 messages each, none if `silent`."""
    dice = random.Random(1)
    with file.open("w") as lines:
        for number in range(1, count + 1):
            turns = 0 if silent else dice.randint(1, _MOST_TURNS)
            lines.write(json.dumps(_conversation(id_of(number), began_at(number, count), turns)) + "\n")


def id_of(number: int) -> str:
    """Twelve characters, as Cody's ids have."""
    return f"B{number:011}"


def began_at(number: int, count: int) -> int:
    """Unix seconds."""
    return _LAST_BEGAN - 60 * (count - number)


def _conversation(own_id: str, created_at: int, turns: int) -> dict[str, Any]:
    return {
        "id": own_id,
        "name": "A chat",
        "bot_id": BOT,
        "created_at": created_at,
        "messages": [_message(own_id, place, created_at) for place in range(2 * turns)],
    }


def _message(conversation_id: str, place: int, created_at: int) -> dict[str, Any]:
    return {
        "id": f"M{conversation_id}{place}",
        "content": f"{_ANSWER if place % 2 else _QUESTION} ({place})",
        "conversation_id": conversation_id,
        "machine": bool(place % 2),
        "failed_responding": False,
        "flagged": False,
        "created_at": created_at + place,
    }
