"""Unique fields and upsert: how Zoho keeps, finds and overwrites the record that is already there."""

import pytest
from zoho_client import Caller, a_case


def test_a_taken_value_is_refused_with_the_existing_record() -> None:
    caller = Caller()
    first = caller.new_id("k1")
    status, [item] = caller.insert(a_case("k1"))
    assert status == 400
    assert item == {
        "code": "DUPLICATE_DATA",
        "details": {
            "api_name": "Cody_Conversation_ID",
            "duplicate_record": {
                "Owner": {"name": caller.zoho.user.full_name, "id": caller.zoho.user.id, "zuid": "75092197"},
                "module": {"api_name": "Cases", "id": caller.zoho.modules["Cases"].id},
                "id": first,
            },
            "json_path": "$.data[0].Cody_Conversation_ID",
            "id": first,
            "more_records": False,
        },
        "message": "duplicate data",
        "status": "error",
    }
    assert list(caller.zoho.cases) == [first]


def test_upper_and_lower_case_are_the_same_value() -> None:
    caller = Caller()
    caller.new_id("abc")
    assert caller.insert(a_case("ABC"))[0] == 400


def test_two_of_one_batch_collide() -> None:
    status, [_, second] = Caller().insert(a_case("k"), a_case("k"))
    assert (status, second["details"]["json_path"]) == (207, "$.data[1].Cody_Conversation_ID")


def test_no_value_is_no_collision() -> None:
    caller = Caller()
    assert caller.insert(a_case(), a_case(Cody_Conversation_ID=None), a_case(""))[0] == 201


def test_two_unique_fields_collide_in_one_nested_error() -> None:
    caller = Caller()
    caller.zoho.add_field("Cases", "Other", unique=True)
    caller.new_id("k", Other="o")
    _, [item] = caller.insert(a_case("k", Other="o"))
    assert (item["code"], item["message"]) == ("MULTIPLE_OR_MULTI_ERRORS", "Multiple errors in the request")
    names = [error["details"]["api_name"] for error in item["details"]["errors"]]
    assert names == ["Cody_Conversation_ID", "Other"]


def test_an_update_may_keep_its_own_value_and_not_take_anothers() -> None:
    caller = Caller()
    first, second = caller.new_id("a"), caller.new_id("b")
    assert caller.ask("PUT", f"Cases/{second}", {"data": [a_case("B")]})[0] == 200
    status, body = caller.ask("PUT", f"Cases/{second}", {"data": [a_case("a")]})
    assert (status, body["data"][0]["details"]["id"]) == (400, first)


def test_a_changed_value_frees_the_old_one() -> None:
    caller = Caller()
    caller.zoho.edit_case(caller.new_id("a"), Cody_Conversation_ID="b")
    assert caller.insert(a_case("a"))[0] == 201
    assert caller.insert(a_case("b"))[0] == 400


@pytest.mark.parametrize(("style", "names"), [("id_only", {"id"}), ("api_name_only", {"api_name"})])
def test_older_organisations_say_less_about_the_duplicate(style: str, names: set[str]) -> None:
    caller = Caller()
    caller.knobs.duplicate_details = style  # type: ignore[assignment]
    caller.new_id("k")
    _, [item] = caller.insert(a_case("k"))
    assert item["details"].keys() == names


def test_a_race_lets_doubles_in_while_the_window_is_open() -> None:
    caller = Caller()
    caller.knobs.unique_window_seconds = 0.5
    caller.new_id("k")
    caller.new_id("k")
    caller.clock.wait(0.5)
    _, [item] = caller.insert(a_case("k"))
    assert (item["code"], item["details"]["more_records"]) == ("DUPLICATE_DATA", True)


def test_the_recycle_bin_blocks_a_value_only_if_told_to() -> None:
    caller = Caller()
    caller.knobs.recycle_bin_blocks_unique = True
    first = caller.new_id("k")
    caller.zoho.delete_case(first)
    _, [item] = caller.insert(a_case("k"))
    assert item["details"]["id"] == first
    assert caller.ask("GET", f"Cases/{first}")[0] == 204
    caller.clock.wait(60 * 86_400)
    caller.token = caller.zoho.accounts.issue_access_token()
    assert caller.insert(a_case("k"))[0] == 201
    caller.knobs.recycle_bin_blocks_unique = False
    caller.zoho.delete_case(caller.new_id("other"))
    assert caller.insert(a_case("other"))[0] == 201


# -- upsert


def upsert(caller: Caller, case: dict[str, object], *check: str) -> tuple[int, dict[str, object]]:
    body = {"data": [case], **({"duplicate_check_fields": list(check)} if check else {})}
    status, answer = caller.ask("POST", "Cases/upsert", body)
    return status, answer["data"][0] if "data" in answer else answer


def test_upsert_overwrites_every_supplied_field_of_the_match() -> None:
    caller = Caller()
    case_id = caller.new_id("k", Priority="High")
    caller.zoho.edit_case(case_id, Status="Closed")
    status, item = upsert(caller, a_case("K"), "Cody_Conversation_ID")
    assert (status, item["action"], item["duplicate_field"]) == (200, "update", "Cody_Conversation_ID")
    assert caller.zoho.cases[case_id]["Status"] == "New"
    assert caller.zoho.cases[case_id]["Priority"] == "High"


def test_upsert_without_a_match_inserts() -> None:
    caller = Caller()
    status, item = upsert(caller, a_case("k"), "Cody_Conversation_ID")
    assert (status, item["action"], item["duplicate_field"]) == (200, "insert", None)
    caller.knobs.upsert_insert_status = 201
    assert upsert(caller, a_case("other"), "Cody_Conversation_ID")[0] == 201
    both = {"data": [a_case("other"), a_case("third")], "duplicate_check_fields": ["Cody_Conversation_ID"]}
    assert caller.ask("POST", "Cases/upsert", both)[0] == 200


def test_upsert_without_check_fields_merges_cases_of_the_same_subject() -> None:
    caller = Caller()
    first = caller.new_id("one")
    _, item = upsert(caller, a_case("two"))
    assert (item["action"], item["duplicate_field"]) == ("update", "Subject")
    assert list(caller.zoho.cases) == [first]


def test_upsert_checks_the_unnamed_unique_fields_too() -> None:
    caller = Caller()
    caller.zoho.add_field("Cases", "Other", unique=True)
    caller.new_id("k", Other="o")
    _, item = upsert(caller, a_case("new", Other="o"), "Cody_Conversation_ID")
    assert item["duplicate_field"] == "Other"


def test_upsert_may_name_system_and_unique_fields_only() -> None:
    status, answer = upsert(Caller(), a_case("k"), "Description")
    assert (status, answer["code"]) == (400, "INVALID_DATA")


def test_upsert_of_contacts_finds_them_by_email() -> None:
    caller = Caller()
    contact = caller.zoho.add_contact("Old", Email="a@example.com")
    body = {"data": [{"Last_Name": "New", "Email": "A@example.com"}], "duplicate_check_fields": ["Email"]}
    assert caller.ask("POST", "Contacts/upsert", body)[1]["data"][0]["action"] == "update"
    assert caller.zoho.contacts[contact]["Full_Name"] == "New"
    assert caller.ask("POST", "Contacts", body)[0] == 201


# -- external ids


def test_an_external_field_names_records_in_paths_and_lookups() -> None:
    caller = Caller()
    caller.zoho.add_field("Cases", "Ext", external="org")
    caller.zoho.add_field("Contacts", "Ext Id", external="org")
    contact = caller.zoho.add_contact("Chat", Ext_Id="c-1")
    named = {"x-external": "Cases.Ext,Cases.Related_To.Ext_Id"}
    case_id = caller.new_id(Ext="a/1")
    body = {"data": [{"Related_To": {"id": "c-1"}}]}
    assert caller.send("PUT", "Cases/a%2F1", body, headers=named).status == 200
    assert caller.zoho.cases[case_id]["Related_To"]["id"] == contact
    assert caller.send("GET", "Cases/a%2F1", headers=named).status == 200
    assert caller.send("GET", "Cases/nothing", headers=named).status == 204
    assert caller.insert(a_case(Ext="A/1"))[0] == 400
    assert caller.send("DELETE", "Cases/a%2F1", headers=named).status == 200
