"""Offset pages over a newest-first list that moves, in two dialects."""

from typing import Any

import pytest
from cody_client import NOON, Asker

from cody2zoho.simulators.cody import CodyKnobs


def with_conversations(count: int, **knobs: Any) -> Asker:
    """The youngest is called 1."""
    ask = Asker(knobs=CodyKnobs(requests_per_minute=None, **knobs))
    ask.cody.add_bot()
    for number in range(count, 0, -1):
        ask.cody.add_conversation(str(number), at=NOON - number)
    return ask


def names(ask: Asker, **query: str) -> list[int]:
    return [int(row["name"]) for row in ask.get("conversations", **query)["data"]]


def pagination(ask: Asker, **query: str) -> dict[str, Any]:
    found: dict[str, Any] = ask.get("conversations", **query)["meta"]["pagination"]
    return found


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (15, 1), (16, 2), (30, 2), (31, 3)])
def test_pages_hold_fifteen_and_there_is_always_one(count: int, pages: int) -> None:
    assert pagination(with_conversations(count))["total_pages"] == pages


def test_the_pages_together_are_the_whole_list() -> None:
    ask = with_conversations(31)

    assert names(ask, page="1") + names(ask, page="2") + names(ask, page="3") == list(range(1, 32))


@pytest.mark.parametrize("page", ["0", "-1", "abc", "", "1.5", "02", "²"])
def test_a_page_that_is_no_number_is_the_first(page: str) -> None:
    ask = with_conversations(16)

    assert names(ask, page=page) == names(ask)
    assert pagination(ask, page=page)["current_page"] == 1


def test_a_page_past_the_end_is_empty_and_points_back() -> None:
    found = pagination(with_conversations(16), page="9")

    assert (found["count"], found["total"], found["current_page"], found["total_pages"]) == (0, 16, 9, 2)
    assert found["links"] == {"previous": "https://getcody.ai/api/v1/conversations?page=8"}


def test_links_lose_every_filter() -> None:
    ask = with_conversations(31)
    bot_id = ask.ids("bots")[0]

    assert pagination(ask, bot_id=bot_id, keyword="1", page="1")["total"] < 31
    assert pagination(ask, bot_id=bot_id, page="2")["links"] == {
        "previous": "https://getcody.ai/api/v1/conversations?page=1",
        "next": "https://getcody.ai/api/v1/conversations?page=3",
    }


def test_the_documented_dialect_counts_pages_without_links() -> None:
    ask = with_conversations(31, pagination_style="docs")

    assert pagination(ask, page="2") == {
        "count": 15,
        "total": 31,
        "per_page": 15,
        "total_pages": 3,
        "next_page": 3,
        "previous_page": 1,
    }
    assert pagination(ask, page="3")["next_page"] is None
    assert pagination(ask)["previous_page"] is None


def test_a_conversation_that_begins_between_two_pages_repeats_a_row() -> None:
    ask = with_conversations(31)
    first = names(ask, page="1")
    ask.cody.add_conversation("0", at=NOON)

    assert names(ask, page="2")[0] == first[-1]


def test_a_conversation_deleted_between_two_pages_hides_a_row() -> None:
    ask = with_conversations(31)
    first = names(ask, page="1")
    ask.cody.delete_conversation(ask.ids("conversations")[3])

    assert 16 not in first + names(ask, page="2")


def test_the_size_of_a_page_cannot_be_chosen_unless_the_knob_says_so() -> None:
    assert len(names(with_conversations(31), per_page="100", limit="100")) == 15
    assert len(names(with_conversations(31, honour_per_page=True), per_page="20")) == 20
    assert pagination(with_conversations(2, honour_per_page=True), per_page="1000")["per_page"] == 100


def test_knobs_make_pages_that_ignore_the_number_and_totals_that_disagree() -> None:
    ask = with_conversations(31, page_ignored=True, total_disagrees=-5)

    assert names(ask, page="2") == names(ask)
    assert pagination(ask)["total"] == 26


def test_rows_of_one_second_come_newest_id_first_or_in_any_order() -> None:
    ask = Asker()
    made = [ask.cody.add_conversation(str(number)).id for number in range(10)]

    assert ask.ids("conversations") == made[::-1]
    ask.knobs.ties = "random"
    assert len({tuple(ask.ids("conversations")) for _ in range(5)}) > 1
    assert sorted(ask.ids("conversations")) == sorted(made)


def test_activity_moves_a_conversation_up_only_if_the_knob_says_so() -> None:
    ask = with_conversations(3)
    oldest = ask.ids("conversations")[-1]
    ask.cody.say(oldest, "still there?", at=NOON)

    assert names(ask) == [1, 2, 3]
    ask.knobs.conversation_order = "activity"
    assert names(ask) == [3, 1, 2]
