"""COQL: exact, up to date, and strict about its grammar."""

from typing import Any

import pytest
from zoho_client import Caller


def a_shop() -> Caller:
    caller = Caller()
    contact = caller.zoho.add_contact("Chat", Email="a@example.com")
    caller.new_id("a", Subject="Apple pie", Cody_Messages=1, Related_To={"id": contact})
    caller.new_id("b", Subject="Bread", Cody_Messages=2, Status="Closed", Priority="High")
    caller.new_id("conv-12", Subject="it's", Cody_Messages=30)
    return caller


def keys(caller: Caller, condition: str) -> list[str]:
    return [row["Cody_Conversation_ID"] for row in caller.query(f"select Cody_Conversation_ID from Cases {condition}")]


def test_a_new_case_is_found_at_once_with_its_id() -> None:
    caller = Caller()
    case_id = caller.new_id("k")
    status, body = caller.ask("POST", "coql", {"select_query": "SELECT Subject FROM Cases WHERE Status = 'New'"})
    assert status == 200
    assert body == {"data": [{"Subject": "Cody Chat", "id": case_id}], "info": {"count": 1, "more_records": False}}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("where Cody_Conversation_ID = 'A'", ["a"]),
        ("where Cody_Conversation_ID = 'conv-1'", []),
        ("where Cody_Conversation_ID != 'a'", ["b", "conv-12"]),
        ("where Cody_Conversation_ID in ('a', 'b', 'c')", ["a", "b"]),
        ("where Cody_Conversation_ID not in ('a', 'b')", ["conv-12"]),
        ("where Subject like 'apple%'", ["a"]),
        ("where Subject not like '%e%'", ["conv-12"]),
        (r"where Subject = 'it\'s'", ["conv-12"]),
        ("where Cody_Messages > 1 and Cody_Messages <= 30", ["b", "conv-12"]),
        ("where Cody_Messages between 2 and 30", ["b", "conv-12"]),
        ("where Priority is null", ["a", "conv-12"]),
        ("where Priority is not null", ["b"]),
        ("where Priority != 'Low'", ["b"]),
        ("where Status = 'Closed' or Cody_Messages = 1", ["a", "b"]),
        ("where Status = 'Closed' or Cody_Messages = 1 and Subject = 'Bread'", ["b"]),
        ("where (Status = 'Closed' or Cody_Messages = 1) and Subject = 'Bread'", ["b"]),
        ("where Related_To.Last_Name = 'Chat'", ["a"]),
        ("where Created_Time > '2027-01-01T00:00:00+00:00'", ["a", "b", "conv-12"]),
        ("where id is not null order by Cody_Messages desc", ["conv-12", "b", "a"]),
        ("where id is not null order by Status asc, Cody_Messages desc limit 2", ["b", "conv-12"]),
        ("where id is not null limit 1 offset 1", ["b"]),
        ("where id is not null limit 2, 1", ["conv-12"]),
    ],
)
def test_conditions_are_understood(condition: str, expected: list[str]) -> None:
    assert keys(a_shop(), condition) == expected


def test_an_id_is_found_as_a_number_or_a_text_and_lookups_by_their_id() -> None:
    caller = a_shop()
    case_id = next(iter(caller.zoho.cases))
    [contact] = caller.zoho.contacts
    assert keys(caller, f"where id = {case_id}") == keys(caller, f"where id = '{case_id}'") == ["a"]
    assert keys(caller, f"where Related_To = '{contact}'") == keys(caller, f"where Related_To.id = {contact}") == ["a"]


def test_a_lookup_is_followed_in_the_selection() -> None:
    [row] = a_shop().query("select Related_To.Email from Cases where Cody_Conversation_ID = 'a'")
    assert row["Related_To.Email"] == "a@example.com"


def test_upper_case_matters_only_if_told_to() -> None:
    caller = a_shop()
    caller.knobs.coql_case_sensitive = True
    assert keys(caller, "where Subject = 'bread'") == []
    assert keys(caller, "where Cody_Conversation_ID = 'A'") == []


def test_doubles_are_both_shown() -> None:
    caller = Caller()
    caller.knobs.unique_window_seconds = 1
    caller.new_id("k")
    caller.new_id("k")
    assert len(caller.query("select id from Cases where Cody_Conversation_ID = 'k'")) == 2


def test_a_deleted_case_is_not_found() -> None:
    caller = a_shop()
    caller.zoho.delete_case(next(iter(caller.zoho.cases)))
    assert keys(caller, "where Cody_Conversation_ID = 'a'") == []


@pytest.mark.parametrize(
    ("text", "code", "details"),
    [
        ("select id from Cases", "SYNTAX_ERROR", {"clause": "where"}),
        ("id from Cases where id is null", "SYNTAX_ERROR", {"clause": "select"}),
        ("select id Cases where id is null", "SYNTAX_ERROR", {"clause": "from"}),
        ("select id from Cases where id = ", "SYNTAX_ERROR", {"line": 1, "column": 33, "near": "<EOF>"}),
        ("select id from Cases\nwhere id ~ 'x'", "SYNTAX_ERROR", {"line": 2, "column": 10, "near": "~"}),
        ("select id from Cases where Subject = 'it's'", "SYNTAX_ERROR", {"line": 1, "near": "'"}),
        ("select id from Cases where (id is null", "SYNTAX_ERROR", {"line": 1}),
        (
            "select id from Cases where CF_X = 'x'",
            "INVALID_QUERY",
            {"column_name": "CF_X", "reason": "column given seems to be invalid", "operator": "="},
        ),
        ("select CF_X from Cases where id is null", "INVALID_QUERY", {"column_name": "CF_X"}),
        ("select id from Cases where Related_To.X = 'x'", "INVALID_QUERY", {"column_name": "X"}),
        ("select id from Cases where Description = 'x'", "INVALID_QUERY", {"column_name": "Description"}),
        ("select id from Cases where Cody_Messages = 'x'", "INVALID_QUERY", {"column_name": "Cody_Messages"}),
        ("select id from Sandwiches where id is null", "INVALID_MODULE", {}),
        ("select id from Cases where id is null limit 2001", "LIMIT_EXCEEDED", {"limit": 2000}),
        ("select id, id from Cases where id is null", "DUPLICATE_DATA", {"column_name": "id"}),
        ("", "MANDATORY_NOT_FOUND", {"api_name": "select_query"}),
    ],
)
def test_what_coql_does_not_take(text: str, code: str, details: dict[str, Any]) -> None:
    caller = Caller()
    caller.sign_in("ZohoCRM.modules.ALL", "ZohoCRM.coql.READ")
    status, body = caller.ask("POST", "coql", {"select_query": text})
    assert (status, body["code"]) == (400, code)
    assert details.items() <= body["details"].items()


def test_an_in_list_has_100_values_at_most() -> None:
    values = ",".join(f"'{number}'" for number in range(101))
    status, body = Caller().ask("POST", "coql", {"select_query": f"select id from Cases where id in ({values})"})
    assert (status, body["code"], body["details"]["clause"]) == (400, "LIMIT_EXCEEDED", "in")
