"""Inserting and updating cases: what Zoho takes, what it refuses and how it says so."""

from typing import Any

import pytest
from zoho_client import Caller, a_case


def refusal(caller: Caller, case: Any) -> dict[str, Any]:
    status, [item] = caller.insert(case)
    assert (status, item["status"]) == (400, "error")
    return item


def test_a_created_case_is_there_with_every_field() -> None:
    caller = Caller()
    contact = caller.zoho.add_contact("Chat", First_Name="Web")
    status, [item] = caller.insert(
        a_case("k1", Description="العربية 👋", Cody_Messages=4, Cody_Average_Length=2.5, Related_To={"id": contact})
    )
    assert status == 201
    assert item["details"].keys() == {
        "Modified_Time",
        "Modified_By",
        "Created_Time",
        "id",
        "Created_By",
        "$approval_state",
    }
    case = caller.zoho.cases[item["details"]["id"]]
    assert case["Description"] == "العربية 👋"
    assert (case["Cody_Messages"], case["Cody_Average_Length"]) == (4, 2.5)
    assert case["Related_To"] == {"name": "Web Chat", "id": contact}
    assert len(case["id"]) == 19


def test_all_well_is_201_some_is_207_and_none_is_400_in_the_order_sent() -> None:
    caller = Caller()
    good, bad = a_case(), {"Subject": "no status"}
    assert caller.insert(good, good)[0] == 201
    status, items = caller.insert(bad, good)
    assert (status, [item["status"] for item in items]) == (207, ["error", "success"])
    assert caller.insert(bad, bad)[0] == 400
    assert len(caller.zoho.cases) == 3


@pytest.mark.parametrize(
    ("fields", "code", "details"),
    [
        ({"Subject": None}, "MANDATORY_NOT_FOUND", {"api_name": "Subject"}),
        ({"Case_Origin": ""}, "MANDATORY_NOT_FOUND", {"api_name": "Case_Origin"}),
        ({"Subject": 7}, "INVALID_DATA", {"api_name": "Subject", "expected_data_type": "string"}),
        ({"Subject": "x" * 256}, "INVALID_DATA", {"api_name": "Subject", "maximum_length": 255}),
        ({"Description": "x" * 32_001}, "INVALID_DATA", {"api_name": "Description", "maximum_length": 32_000}),
        ({"Email": "nobody"}, "INVALID_DATA", {"api_name": "Email", "expected_data_type": "email"}),
        ({"Related_To": "text"}, "INVALID_DATA", {"api_name": "Related_To", "expected_data_type": "jsonobject"}),
        ({"Related_To": {"id": "1"}}, "INVALID_DATA", {"api_name": "Related_To", "id": "1"}),
        ({"Cody_Messages": "4"}, "INVALID_DATA", {"api_name": "Cody_Messages", "expected_data_type": "integer"}),
        ({"Cody_Messages": 10**9}, "INVALID_DATA", {"api_name": "Cody_Messages", "maximum_length": 9}),
        ({"Cody_Messages": True}, "INVALID_DATA", {"api_name": "Cody_Messages", "expected_data_type": "integer"}),
        ({"Cody_Average_Length": "x"}, "INVALID_DATA", {"expected_data_type": "double"}),
    ],
)
def test_a_wrong_value_is_refused_with_the_field_and_the_rule(
    fields: dict[str, Any], code: str, details: dict[str, Any]
) -> None:
    caller = Caller()
    item = refusal(caller, a_case(**fields))
    assert item["code"] == code
    assert details.items() <= item["details"].items()
    assert item["details"]["json_path"] == f"$.data[0].{next(iter(fields))}"
    assert not caller.zoho.cases


def test_length_counts_utf16_code_units_unless_told_otherwise() -> None:
    caller = Caller()
    assert caller.insert(a_case(Subject="👋" * 127 + "é"))[0] == 201
    assert refusal(caller, a_case(Subject="👋" * 128))["details"]["maximum_length"] == 255
    caller.knobs.length_unit = "code_point"
    assert caller.insert(a_case(Subject="👋" * 128))[0] == 201


def test_only_enforced_pick_lists_refuse_other_values() -> None:
    caller = Caller()
    item = refusal(caller, a_case(Status="Sleeping"))
    assert item["details"]["supported_values"] == ["New", "On Hold", "Escalated", "Closed"]
    assert caller.insert(a_case(Case_Origin="Chat"))[0] == 201
    caller.knobs.enforced_pick_lists.append("Case_Origin")
    assert refusal(caller, a_case(Case_Origin="Chat"))["details"]["api_name"] == "Case_Origin"
    caller.zoho.set_pick_list("Cases", "Case_Origin", ["Chat"])
    assert caller.insert(a_case(Case_Origin="Chat"))[0] == 201


def test_an_unknown_field_is_ignored_and_remembered_or_refused() -> None:
    caller = Caller()
    case_id = caller.new_id(Contact_Name="Web Chat")
    assert "Contact_Name" not in caller.zoho.cases[case_id]
    assert caller.zoho.ignored_fields == {"Cases.Contact_Name": 1}
    caller.knobs.unknown_fields = "reject"
    assert refusal(caller, a_case(Contact_Name="x"))["details"]["api_name"] == "Contact_Name"


def test_read_only_fields_are_passed_over() -> None:
    caller = Caller()
    case_id = caller.new_id(Case_Number="999", Created_Time="2000-01-01T00:00:00Z")
    assert caller.zoho.cases[case_id]["Case_Number"] == "1"
    assert caller.zoho.cases[case_id]["Created_Time"] == "2027-01-15T01:00:00-07:00"


@pytest.mark.parametrize(
    ("body", "code", "details"),
    [
        (b"{", "INVALID_DATA", {"expected_data_type": "jsonobject"}),
        (b"[]", "INVALID_DATA", {"expected_data_type": "jsonobject"}),
        (b'{"data": [{"Cody_Messages": NaN}]}', "INVALID_DATA", {"expected_data_type": "jsonobject"}),
        ({}, "MANDATORY_NOT_FOUND", {"api_name": "data", "json_path": "$.data"}),
        ({"data": []}, "MANDATORY_NOT_FOUND", {"api_name": "data", "json_path": "$.data"}),
        ({"data": {}}, "INVALID_DATA", {"expected_data_type": "jsonarray", "api_name": "data", "json_path": "$.data"}),
        ({"data": [{}] * 101}, "INVALID_DATA", {"maximum_length": 100, "api_name": "data", "json_path": "$.data"}),
    ],
)
def test_a_body_that_is_no_batch_is_refused_whole(body: Any, code: str, details: dict[str, Any]) -> None:
    status, answer = Caller().ask("POST", "Cases", body)
    assert (status, answer["code"], answer["details"]) == (400, code, details)


def test_rows_that_are_no_objects_fail_alone() -> None:
    status, items = Caller().insert(7, a_case())  # type: ignore[arg-type]
    assert (status, [item["code"] for item in items]) == (207, ["INVALID_DATA", "SUCCESS"])


def test_an_update_touches_only_what_it_names_and_null_clears() -> None:
    caller = Caller()
    case_id = caller.new_id(Description="old", Priority="High")
    caller.clock.wait(60)
    status, body = caller.ask("PUT", f"Cases/{case_id}", {"data": [{"Description": None, "Subject": "new"}]})
    assert (status, body["data"][0]["message"]) == (200, "record updated")
    case = caller.zoho.cases[case_id]
    assert (case["Description"], case["Priority"], case["Subject"]) == (None, "High", "new")
    assert case["Modified_Time"] > case["Created_Time"]


def test_an_update_takes_numbers_for_ids_and_refuses_unknown_ones() -> None:
    caller = Caller()
    case_id = caller.new_id()
    rows = [{"id": int(case_id), "Subject": "new"}, {"id": "1", "Subject": "new"}]
    status, body = caller.ask("PUT", "Cases", {"data": rows})
    assert (status, [item["code"] for item in body["data"]]) == (207, ["SUCCESS", "INVALID_DATA"])
    assert body["data"][1]["message"] == "the id given seems to be invalid"


def test_an_update_of_a_record_modified_meanwhile_is_412() -> None:
    caller = Caller()
    case_id = caller.new_id()
    caller.clock.wait(10)
    read_at = caller.zoho.time_text()
    caller.clock.wait(10)
    caller.zoho.edit_case(case_id, Status="Closed")
    body = {"data": [{"Status": "New"}]}
    reply = caller.send("PUT", f"Cases/{case_id}", body, headers={"if-unmodified-since": read_at})
    assert (reply.status, b"ALREADY_MODIFIED" in reply.body) == (412, True)
    now = {"if-unmodified-since": caller.zoho.time_text()}
    assert caller.send("PUT", f"Cases/{case_id}", body, headers=now).status == 200


def test_the_ledger_tells_whether_workflows_would_have_run() -> None:
    caller = Caller()
    caller.insert(a_case())
    caller.insert(a_case(), trigger=[])
    caller.insert(a_case(), trigger=["workflow"])
    assert [(run.action, run.trigger) for run in caller.zoho.automation] == [
        ("insert", None),
        ("insert", ()),
        ("insert", ("workflow",)),
    ]


def test_an_odd_trigger_is_refused_before_anything_is_written() -> None:
    caller = Caller()
    assert caller.ask("POST", "Cases", {"data": [a_case()], "trigger": "workflow"})[0] == 400
    assert not caller.zoho.cases


def test_a_deleted_case_is_gone_from_reads() -> None:
    caller = Caller()
    case_id = caller.new_id()
    status, body = caller.ask("DELETE", f"Cases/{case_id}")
    assert (status, body["data"][0]["details"]) == (200, {"id": case_id})
    assert caller.ask("GET", f"Cases/{case_id}") == (204, None)
    assert caller.ask("DELETE", "Cases", ids=case_id)[0] == 400
