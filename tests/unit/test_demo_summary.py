"""The demo's verdict: a sentence for each promise that was broken."""

from dataclasses import replace

import pytest

from cody2zoho.cli.demo_summary import Summary

GOOD = Summary(
    conversations=10,
    with_something_said=8,
    cases=8,
    duplicates=[],
    missing=[],
    unexpected=[],
    words_missing=[],
    seconds_to_first_case=2.0,
    seconds=6.0,
    requests_to_cody=16,
    requests_to_zoho=12,
    worker_memory_mb=None,
    errors=[],
    finished=True,
)


def test_all_is_well() -> None:
    assert GOOD.problems == []
    assert GOOD.as_json()["ok"] is True
    assert GOOD.as_json()["cases_per_second"] == 2
    assert GOOD.as_json()["requests_per_case"] == 3.5


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ({"missing": ["a"]}, "1 conversation without a case: a."),
        ({"duplicates": ["a", "b"]}, "2 conversations with more than one case: a, b."),
        ({"words_missing": ["a"]}, "1 conversation whose case lacks words: a."),
        ({"unexpected": list("abcdefg")}, "with a case, though nobody said anything: a, b, c, d, e and 2 more."),
        ({"errors": ["12:00:00 ERROR x"]}, "The workers logged errors, 1 in all; the first: 12:00:00 ERROR x"),
        ({"finished": False}, "Not all was done after 6 s."),
    ],
)
def test_a_broken_promise_is_a_sentence(broken: dict, sentence: str) -> None:
    summary = replace(GOOD, **broken)
    [problem] = summary.problems
    assert sentence in problem
    assert summary.as_json()["ok"] is False


def test_nothing_made_is_no_division_by_zero() -> None:
    nothing = replace(GOOD, cases=0, seconds_to_first_case=None)
    assert nothing.as_json()["cases_per_second"] is None
    assert nothing.as_json()["requests_per_case"] is None
    assert ("first case after", "–") in list(nothing.lines())
