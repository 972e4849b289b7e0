"""Contacts: nothing but an upsert minds a second one, and what is deleted or merged can be named no more."""

import json

import pytest
from zoho_client import Caller, a_case

SINCE = {"if-unmodified-since": "2000-01-01T00:00:00+00:00"}


def upsert(caller: Caller, email: str, headers: dict[str, str]) -> dict:
    body = {"data": [{"Last_Name": "New", "Email": email}], "duplicate_check_fields": ["Email"]}
    [item] = json.loads(caller.send("POST", "Contacts/upsert", body, headers=headers).body)["data"]
    return item


def test_an_insert_makes_a_second_contact_with_the_same_email() -> None:
    caller = Caller()
    for _ in range(2):
        assert caller.ask("POST", "Contacts", {"data": [{"Last_Name": "A", "Email": "a@example.com"}]})[0] == 201
    assert len(caller.query("select id from Contacts where Email = 'A@example.com'")) == 2


def test_an_upsert_of_what_was_not_modified_since_long_ago_only_inserts() -> None:
    caller = Caller()
    assert upsert(caller, "a@example.com", SINCE)["action"] == "insert"
    caller.zoho.add_contact("Old", Email="b@example.com")
    assert upsert(caller, "b@example.com", SINCE)["code"] == "ALREADY_MODIFIED"
    assert upsert(caller, "b@example.com", {})["action"] == "update"


@pytest.mark.parametrize(
    ("pattern", "found"), [("%45-67", 1), ("%45-6%", 1), ("+49%", 1), ("%45%67", 0), ("+49%67", 0), ("%", 1)]
)
def test_a_percent_sign_stands_for_anything_at_the_ends_only(pattern: str, found: int) -> None:
    caller = Caller()
    caller.zoho.add_contact("Meier", Mobile="+49 (0)30 / 123 45-67")
    rows = caller.query(f"select id from Contacts where (Phone like '{pattern}' or Mobile like '{pattern}')")
    assert len(rows) == found


@pytest.mark.parametrize("merged", [True, False], ids=["merged", "deleted"])
def test_nothing_can_be_related_to_a_contact_that_is_gone(*, merged: bool) -> None:
    caller = Caller()
    gone, kept = caller.zoho.add_contact("A", Email="a@example.com", Phone="1"), caller.zoho.add_contact("B")
    case_id = caller.new_id("k", Related_To={"id": gone})
    if merged:
        caller.zoho.merge_contacts(kept, gone)
        assert caller.zoho.cases[case_id]["Related_To"]["id"] == kept
        assert caller.query("select id from Contacts where Email = 'a@example.com'")[0]["id"] == kept
    else:
        caller.zoho.delete_contact(gone)
        assert caller.query("select id from Contacts where Email = 'a@example.com'") == []
    status, [item] = caller.insert(a_case("l", Related_To={"id": gone}))
    assert (status, item["details"]["api_name"]) == (400, "Related_To")
