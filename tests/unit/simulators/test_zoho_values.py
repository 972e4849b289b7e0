"""Every data type takes its own values and no others."""

from typing import Any

import pytest
from zoho_client import Caller, a_case

from cody2zoho.simulators.zoho.multipart import parts_of


def a_shop() -> Caller:
    caller = Caller()
    for data_type in ("date", "datetime", "boolean", "multiselectpicklist", "website", "phone", "currency"):
        caller.zoho.add_field("Cases", f"A {data_type}", data_type)
    return caller


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("A_date", "2026-02-28"),
        ("A_datetime", "2026-02-28T12:00:00+01:00"),
        ("A_boolean", False),
        ("A_multiselectpicklist", ["one", "two"]),
        ("A_website", "https://example.com/a?b=c"),
        ("A_phone", "+49 (30) 123-45"),
        ("A_currency", 12),
        ("Email", "o'neil+x@mail.example.co.uk"),
    ],
)
def test_a_value_of_the_type_is_stored_as_sent(field: str, value: Any) -> None:
    caller = a_shop()
    assert caller.zoho.cases[caller.new_id(**{field: value})][field] == value


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("A_date", "2026-02-30", "date"),
        ("A_date", "2026-02-28T12:00:00Z", "date"),
        ("A_datetime", "2026-02-28T12:00:00", "datetime"),
        ("A_datetime", 1_700_000_000, "string"),
        ("A_boolean", "true", "boolean"),
        ("A_multiselectpicklist", "one", "jsonarray"),
        ("A_website", "no site", "website"),
        ("A_phone", "call me", "phone"),
        ("A_currency", "12", "double"),
        ("Email", "a@b", "email"),
        ("Email", "a b@example.com", "email"),
        ("Related_To", {"name": "Chat"}, "jsonobject"),
    ],
)
def test_any_other_value_is_refused_with_the_type_expected(field: str, value: Any, expected: str) -> None:
    status, [item] = a_shop().insert(a_case(**{field: value}))
    assert (status, item["code"], item["details"]["expected_data_type"]) == (400, "INVALID_DATA", expected)


def test_a_number_has_as_many_digits_as_its_field() -> None:
    assert Caller().insert(a_case(Cody_Average_Length=1e16))[1][0]["details"]["maximum_length"] == 16


def test_the_owner_is_a_user() -> None:
    caller = Caller()
    case_id = caller.new_id(Owner={"id": int(caller.zoho.user.id)})
    assert caller.zoho.cases[case_id]["Owner"]["email"] == caller.zoho.user.email
    assert caller.insert(a_case(Owner={"id": "1"}))[1][0]["message"] == "the id given seems to be invalid"


def test_lone_surrogates_and_control_characters_survive_the_way_there_and_back() -> None:
    caller = Caller()
    text = "\ud83d half an emoji \x00\x07\u2028 and \U0001f44b a whole one"
    case_id = caller.new_id(Description=text)
    assert caller.ask("GET", f"Cases/{case_id}")[1]["data"][0]["Description"] == text


def test_a_form_is_read_however_its_client_writes_names() -> None:
    body = (
        b"--b\r\nContent-Disposition: form-data; name=title\r\n\r\nplain\r\n"
        b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename*=utf-8''Gr%C3%BC%C3%9Fe.txt\r\n\r\nx\r\n"
        b"--b--\r\n"
    )
    title, file = parts_of("multipart/form-data; boundary=b", body) or []
    assert (title.name, title.file_name, title.content) == ("title", None, b"plain")
    assert (file.name, file.file_name, file.content) == ("file", "Grüße.txt", b"x")
    assert parts_of("application/json", b"{}") is None
