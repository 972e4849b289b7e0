"""How far the lists are known."""

import pytest

from cody2zoho.ledger.places import Place, Places


@pytest.fixture
def places(store) -> Places:
    return Places(store, "{test}:")


def test_the_first_line_drawn_stays(places: Places) -> None:
    assert places.line() is None
    assert places.draw_line(1_700_000_000) == 1_700_000_000
    assert places.draw_line(1_800_000_000) == places.line() == 1_700_000_000


def test_without_a_line_all_history_counts_from_the_first_start_on(places: Places) -> None:
    assert places.draw_line(0) == 0
    assert places.draw_line(1_800_000_000) == places.line() == 0


def test_a_place_in_the_list_is_kept_per_bot(places: Places) -> None:
    places.keep_place("one", Place(5, 9, 300))
    assert places.place("one", line=0) == Place(5, 9, 300)
    assert places.place("two", line=100) == Place(99, 99, 0)
