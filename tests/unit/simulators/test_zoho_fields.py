"""Zoho's metadata: what a field looks like, and how one is made or made unique."""

from typing import Any

import pytest
from zoho_client import Caller, a_case

UNIQUE = {"case_sensitive": False}


def create(caller: Caller, *fields: dict[str, Any]) -> tuple[int, Any]:
    return caller.ask("POST", "settings/fields", {"fields": list(fields)}, module="Cases")


def fields_of(caller: Caller, module: str = "Cases") -> dict[str, dict[str, Any]]:
    status, body = caller.ask("GET", "settings/fields", module=module)
    assert status == 200
    return {field["api_name"]: field for field in body["fields"]}


def test_the_mandatory_fields_of_a_case_are_subject_status_and_origin() -> None:
    mandatory = [name for name, field in fields_of(Caller()).items() if field["system_mandatory"]]
    assert mandatory == ["Subject", "Status", "Case_Origin"]


def test_unique_is_an_empty_object_or_one_with_either_spelling_of_its_key() -> None:
    caller = Caller()
    assert fields_of(caller)["Subject"]["unique"] == {}
    assert fields_of(caller)["Cody_Conversation_ID"]["unique"] == {"casesensitive": False}
    caller.knobs.unique_key = "case_sensitive"
    assert fields_of(caller)["Cody_Conversation_ID"]["unique"] == {"case_sensitive": False}


def test_every_lookup_leads_to_a_module_with_fields() -> None:
    caller = Caller()
    targets = {field["lookup"]["api_name"] for field in fields_of(caller).values() if field["data_type"] == "lookup"}
    assert targets == {"Contacts", "Accounts", "Deals", "Products"}
    assert all(fields_of(caller, module) for module in targets)


def test_a_field_is_made_and_read_back_under_the_name_that_its_label_gives() -> None:
    caller = Caller()
    wanted = {"field_label": "Other Key (2)", "data_type": "text", "length": 50, "unique": UNIQUE}
    status, body = create(caller, wanted)
    [item] = body["fields"]
    assert (status, item["code"], item["message"]) == (201, "SUCCESS", "field created")
    made = fields_of(caller)["Other_Key_2"]
    assert made["id"] == item["details"]["id"]
    assert (made["field_label"], made["length"], made["custom_field"]) == ("Other Key (2)", 50, True)
    assert caller.insert(a_case(Other_Key_2="x"), a_case(Other_Key_2="X"))[0] == 207


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ({"data_type": "text"}, "MANDATORY_NOT_FOUND"),
        ({"field_label": "A"}, "MANDATORY_NOT_FOUND"),
        ({"field_label": "A", "data_type": "sandwich"}, "INVALID_DATA"),
        ({"field_label": "A", "data_type": "text", "length": 256}, "DEPENDENT_MISMATCH"),
        ({"field_label": "A", "data_type": "text", "unique": {"case_sensitive": True}}, "INVALID_DATA"),
        ({"field_label": "A", "data_type": "textarea", "unique": UNIQUE}, "NOT_ALLOWED"),
        ({"field_label": "Subject", "data_type": "text"}, "DUPLICATE_DATA"),
        ({"field_label": "cody messages", "data_type": "text"}, "DUPLICATE_DATA"),
        ({"field_label": "ID", "data_type": "text"}, "RESERVED_KEYWORD_NOT_ALLOWED"),
    ],
)
def test_a_field_that_cannot_be_is_refused(field: dict[str, Any], code: str) -> None:
    caller = Caller()
    before = fields_of(caller)
    status, body = create(caller, field)
    assert (status, body["fields"][0]["code"]) == (400, code)
    assert fields_of(caller) == before


def test_a_module_has_two_unique_fields_at_most() -> None:
    caller = Caller()
    status, body = create(
        caller,
        {"field_label": "Second", "data_type": "text", "unique": UNIQUE},
        {"field_label": "Third", "data_type": "text", "unique": UNIQUE},
    )
    assert (status, [item["code"] for item in body["fields"]]) == (207, ["SUCCESS", "LIMIT_EXCEEDED"])


def test_the_edition_limits_the_number_of_custom_fields() -> None:
    caller = Caller()
    caller.knobs.edition = "free"
    _, body = create(caller, {"field_label": "One more", "data_type": "integer"})
    assert body["fields"][0]["message"] == "The field has reached its maximum creation limit"


def test_a_call_takes_five_fields_at_most() -> None:
    status, body = create(Caller(), *({"field_label": f"F{n}", "data_type": "integer"} for n in range(6)))
    assert (status, body["details"]["maximum_length"]) == (400, 5)


def test_a_plain_field_can_be_made_unique_unless_there_are_doubles() -> None:
    caller = Caller()
    name = caller.zoho.add_field("Cases", "Plain", length=20)
    first = caller.new_id(Plain="same")
    second = caller.new_id(Plain="SAME")
    change = {"fields": [{"id": fields_of(caller)[name]["id"], "unique": UNIQUE}]}
    assert caller.ask("PATCH", "settings/fields", change, module="Cases")[0] == 400
    caller.zoho.edit_case(second, Plain="other")
    assert caller.ask("PATCH", "settings/fields", change, module="Cases")[0] == 200
    assert fields_of(caller)[name]["unique"] == {"casesensitive": False}
    _, [item] = caller.insert(a_case(Plain="Same"))
    assert item["details"]["id"] == first


def test_uniqueness_and_length_can_be_changed_and_types_cannot() -> None:
    caller = Caller()
    field = fields_of(caller)["Cody_Conversation_ID"]
    change = {"fields": [{"length": 200, "unique": {"case_sensitive": False, "_disable": None}}]}
    assert caller.ask("PATCH", f"settings/fields/{field['id']}", change, module="Cases")[0] == 200
    changed = fields_of(caller)["Cody_Conversation_ID"]
    assert (changed["length"], changed["unique"]) == (200, {})
    caller.new_id("k")
    caller.new_id("k")


def test_modules_and_related_lists_are_listed() -> None:
    caller = Caller()
    caller.sign_in("ZohoCRM.settings.ALL")
    modules = {module["api_name"]: module for module in caller.ask("GET", "settings/modules")[1]["modules"]}
    assert modules["Cases"]["api_supported"]
    lists = caller.ask("GET", "settings/related_lists", module="Cases")[1]["related_lists"]
    assert [one["api_name"] for one in lists] == ["Notes", "Attachments"]


def test_the_organisation_and_its_user_introduce_themselves() -> None:
    caller = Caller()
    [org] = caller.ask("GET", "org")[1]["org"]
    assert (org["zgid"], org["license_details"]["paid_type"]) == (caller.zoho.zgid, "enterprise")
    [user] = caller.ask("GET", "users", type="CurrentUser")[1]["users"]
    assert user["email"] == caller.zoho.user.email
