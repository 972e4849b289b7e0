"""Search: late, and generous in what it takes for equal."""

import pytest
from zoho_client import Caller

LAG = 30


def found(caller: Caller, criteria: str) -> list[str]:
    status, body = caller.ask("GET", "Cases/search", criteria=criteria)
    assert status in (200, 204), body
    return [row["Cody_Conversation_ID"] for row in body["data"]] if body else []


def a_shop(*keys: str, **fields: str) -> Caller:
    caller = Caller()
    for key in keys:
        caller.new_id(key, **fields)
    caller.clock.wait(LAG)
    return caller


def test_a_new_case_is_found_only_after_the_lag() -> None:
    caller = Caller()
    caller.new_id("k")
    caller.clock.wait(LAG - 1)
    assert found(caller, "(Cody_Conversation_ID:equals:k)") == []
    caller.clock.wait(1)
    assert found(caller, "(Cody_Conversation_ID:equals:k)") == ["k"]


def test_an_edited_case_is_found_by_its_old_value_until_the_lag_is_over() -> None:
    caller = a_shop("k")
    [case_id] = caller.zoho.cases
    caller.zoho.edit_case(case_id, Subject="Edited")
    caller.clock.wait(LAG - 1)
    caller.zoho.edit_case(case_id, Subject="Twice")
    assert found(caller, "(Subject:equals:Cody)") == ["k"]
    caller.clock.wait(1)
    assert found(caller, "(Subject:equals:Edited)") == ["k"]
    caller.clock.wait(LAG)
    assert found(caller, "(Subject:equals:Twice)") == ["k"]


def test_a_search_that_never_catches_up() -> None:
    caller = Caller()
    caller.knobs.index_lag_seconds = 1e12
    caller.new_id("k")
    caller.clock.wait(3_000)
    assert found(caller, "(Cody_Conversation_ID:equals:k)") == []


def test_equals_means_contains_and_special_characters_look_alike() -> None:
    caller = a_shop("conv-12", "conv_123", "other")
    assert found(caller, "(Cody_Conversation_ID:equals:conv-12)") == ["conv_123", "conv-12"]
    assert found(caller, "(Cody_Conversation_ID:starts_with:conv 12)") == ["conv_123", "conv-12"]


@pytest.mark.parametrize(
    ("criteria", "keys"),
    [
        ("(Status:equals:new)", ["b", "a"]),
        ("(Status:equals:Ne)", []),
        ("((Cody_Conversation_ID:equals:a)and(Status:equals:New))", ["a"]),
        ("((Cody_Conversation_ID:equals:a)or(Cody_Conversation_ID:equals:b))", ["b", "a"]),
        ("(((Cody_Conversation_ID:equals:a)or(Cody_Conversation_ID:equals:b))and(Subject:equals:nothing))", []),
        ("(Cody_Conversation_ID:in:a,x)", ["a"]),
        ("(Cody_Conversation_ID:not_equal:a)", ["b"]),
        ("(Subject:equals:a \\(b\\)\\, c)", ["b", "a"]),
        ("(Created_Time:greater_than:2027-01-01T00:00:00Z)", ["b", "a"]),
        ("(Created_Time:between:2026-01-01T00:00:00Z,2027-01-01T00:00:00Z)", []),
    ],
)
def test_criteria_are_understood(criteria: str, keys: list[str]) -> None:
    assert found(a_shop("a", "b", Subject="a (b), c"), criteria) == keys


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "EXPECTED_PARAM_MISSING"),
        ({"word": "x"}, "INVALID_DATA"),
        ({"criteria": "Subject:equals:x"}, "INVALID_QUERY"),
        ({"criteria": "(Subject:equals:a(b)"}, "INVALID_QUERY"),
        ({"criteria": "(Subject:resembles:x)"}, "INVALID_QUERY"),
        ({"criteria": "(CF_Nothing:equals:x)"}, "INVALID_QUERY"),
        ({"criteria": "(Subject:equals:a)(Subject:equals:b)"}, "INVALID_QUERY"),
        ({"criteria": "(" + "or".join(["(Subject:equals:a)"] * 11) + ")"}, "LIMIT_EXCEEDED"),
        ({"word": "chat", "page": "11"}, "LIMIT_REACHED"),
    ],
)
def test_what_search_does_not_take(query: dict[str, str], code: str) -> None:
    status, body = a_shop("k").ask("GET", "Cases/search", **query)
    assert (status, body["code"]) == (400, code)


def test_criteria_win_over_email_and_email_over_word() -> None:
    caller = a_shop("k", Email="a@example.com", Phone="+49 30 1")
    assert caller.ask("GET", "Cases/search", criteria="(Subject:equals:zzz)", email="a@example.com")[0] == 204
    assert caller.ask("GET", "Cases/search", email="A@example.com", word="zzz")[0] == 200
    assert caller.ask("GET", "Cases/search", phone="+49 30 1")[0] == 200
    assert caller.ask("GET", "Cases/search", word="cody")[0] == 200
