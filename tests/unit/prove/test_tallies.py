"""What was counted is compared with what there is; each kind of wrong figure is found."""

from dataclasses import replace

import pytest

from cody2zoho.prove import tallies
from cody2zoho.prove.scale import PREFIX
from cody2zoho.prove.tallies import Tallies, Truth, miscounted
from cody2zoho.simulators.journal import Entry
from cody2zoho.telemetry.counters import Counters
from cody2zoho.telemetry.events import ApiCall

TRUTH = Truth(cases=8, unknown=0, conversations=10, requests={"zoho": 20}, wiped=False)


def told(**figures: int) -> Tallies:
    """Of conversations so many, and 20 answers of Zoho's, unless said otherwise."""
    ends = {"seen": 10, "created": 8} | {what: count for what, count in figures.items() if what != "answers"}
    counted = {f"conversations_total|{what}": float(count) for what, count in ends.items()}
    answers = {"api_requests_total|zoho|201": figures.get("answers", 20) - 1, "api_requests_total|zoho|429": 1}
    return Tallies({**counted, **answers, "api_requests_total|zoho|none": 7}, ends)


def test_all_is_well() -> None:
    assert list(miscounted(told(), TRUTH)) == []
    assert list(miscounted(told(answers=12), TRUTH)) == []


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (told(created=9), "9 cases were counted, and Zoho has 8"),
        (told(created=7), "7 cases were counted, and Zoho has 8"),
        (told(seen=11), "11 conversations were counted, and the ledger knows 10"),
        (told(seen=9), "9 conversations were counted, and the ledger knows 10"),
        (replace(told(), hours={"seen": 10, "created": 7}), "8 are created in all, and 7 by the hour"),
        (told(answers=21), "21 answers of zoho were counted, and it was asked 20 times"),
    ],
)
def test_a_wrong_figure_is_said_in_a_sentence(found: Tallies, sentence: str) -> None:
    assert list(miscounted(found, TRUTH)) == [sentence]


def test_what_was_wiped_may_be_less_and_never_more() -> None:
    wiped = replace(TRUTH, wiped=True)
    assert list(miscounted(told(created=2, seen=3), wiped)) == []
    assert len(list(miscounted(told(created=9, seen=11, answers=21), wiped))) == 3


def test_a_case_of_a_conversation_deleted_meanwhile_may_be_missing_and_no_other() -> None:
    truth = replace(TRUTH, unknown=1)
    assert list(miscounted(told(created=7), truth)) == []
    assert list(miscounted(told(created=6), truth)) == ["6 cases were counted, and Zoho has 8"]


def test_it_is_read_as_workers_write_it(store) -> None:
    tally = Counters(store, PREFIX)
    for status in (201, 429, 0):
        tally.hear(ApiCall("zoho", "POST", status, 0.1, 400))
    tally.hear(ApiCall("zoho_accounts", "POST", 200, 0.1, 400))
    tally.send()
    store.hset(f"{PREFIX}metrics:hours", mapping={"1|seen": 2, "2|seen": 3})
    found = tallies.read(store)
    assert (found.answered("zoho"), found.answered("zoho_accounts"), found.answered("cody")) == (2, 1, 0)
    assert found.hours == {"seen": 5}


def test_requests_are_told_apart_by_where_they_went() -> None:
    paths = ("/crm/v8/Cases", "/crm/v8/coql", "/oauth/v2/token", "/api/v1/messages?x=1")
    entries = [Entry("any", "GET", path, 200, 0.1) for path in paths]
    assert tallies.arrived(entries) == {"cody": 1, "zoho": 2, "zoho_accounts": 1}
