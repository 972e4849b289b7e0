"""Two hundred generated conversations hold everything that a poller must survive."""

import json
import random
from collections import Counter

import pytest

from cody2zoho.simulators.cody import Cody
from cody2zoho.simulators.corpus import CorpusConversation
from cody2zoho.simulators.generator import BOTS, DAY, KINDS, generate, plan

NOW = 1_800_000_000


@pytest.fixture(scope="module")
def conversations() -> list[CorpusConversation]:
    return generate(200, 1, now=NOW)


def contents(conversations: list[CorpusConversation]) -> list[str]:
    return [message["content"] or "" for found in conversations for message in found["messages"]]


def test_the_same_seed_makes_the_same_conversations(conversations: list[CorpusConversation]) -> None:
    assert generate(200, 1, now=NOW) == conversations
    assert generate(200, 2, now=NOW) != conversations


@pytest.mark.parametrize("seed", range(5))
def test_every_kind_occurs(seed: int) -> None:
    assert set(plan(200, random.Random(seed))) == set(KINDS)


@pytest.mark.parametrize("count", [0, 1, 7, 60, 1000])
def test_exactly_as_many_are_made_as_were_asked_for(count: int) -> None:
    assert len(generate(count, 1, now=NOW)) == count


def test_both_bots_have_several_pages(conversations: list[CorpusConversation]) -> None:
    shares = Counter(found["bot_id"] for found in conversations)

    assert shares.keys() == BOTS.keys()
    assert min(shares.values()) > 31


def test_the_edges_of_a_page_of_messages_are_there(conversations: list[CorpusConversation]) -> None:
    lengths = {len(found["messages"]) for found in conversations}

    assert lengths >= {0, 1, 2, 10, 11, 20, 24, 523}


def test_all_scripts_and_odd_characters_are_there(conversations: list[CorpusConversation]) -> None:
    everything = "".join(contents(conversations))

    for piece in [
        "مرحبا",
        "😡",
        "שלום",
        "你好",
        "注文",
        "œuf",
        "\x00",
        "\x08",
        "\r\n",
        "\u2028",
        "<script>",
        "| Plan |",
        "```",
    ]:
        assert piece in everything
    assert not any(0xD800 <= ord(letter) < 0xE000 for letter in everything)


def test_answers_can_be_longer_than_any_field(conversations: list[CorpusConversation]) -> None:
    lengths = {len(text) for text in contents(conversations)}
    words = {len(word) for text in contents(conversations) for word in text.split()}

    assert lengths >= {40_000, 32_001, 33_000}
    assert max(words) == 33_000


def test_marked_null_and_nameless_ones_are_there(conversations: list[CorpusConversation]) -> None:
    messages = [message for found in conversations for message in found["messages"]]

    assert any(message["failed_responding"] for message in messages)
    assert any(message["flagged"] for message in messages)
    assert {None, ""} <= {message["content"] for message in messages}
    assert {None, "", "+351912345678"} <= {found["name"] for found in conversations}
    assert any(isinstance(_parsed(message["content"]), dict) for message in messages)


def _parsed(text: str | None) -> object:
    try:
        return json.loads(text or "")
    except ValueError:
        return None


def test_some_share_their_second_across_and_within_conversations(conversations: list[CorpusConversation]) -> None:
    starts = Counter(found["created_at"] for found in conversations)
    within = Counter(
        (message["conversation_id"], message["created_at"]) for c in conversations for message in c["messages"]
    )

    assert max(starts.values()) >= 3
    assert max(within.values()) >= 12


def test_most_are_days_old_and_a_handful_is_fresh(conversations: list[CorpusConversation]) -> None:
    ends = [max([found["created_at"], *(m["created_at"] for m in found["messages"])]) for found in conversations]
    fresh = [end for end in ends if end > NOW - 300]

    assert 2 <= len(fresh) <= 6
    assert all(end <= NOW for end in ends)
    assert all(end < NOW - DAY for end in ends if end not in fresh)


def test_the_oldest_comes_first_and_ids_are_those_a_simulator_would_give(
    conversations: list[CorpusConversation],
) -> None:
    starts = [found["created_at"] for found in conversations]
    cody = Cody()
    bots = [cody.add_bot().id, cody.add_bot().id]

    assert starts == sorted(starts)
    assert bots == list(BOTS)
    assert [cody.add_conversation().id for _ in range(200)] == [found["id"] for found in conversations]
