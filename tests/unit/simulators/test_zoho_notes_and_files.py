"""What hangs on a case: notes and files, neither of which Zoho ever compares."""

from typing import Any

import pytest
import requests
from zoho_client import HOST, Caller

from cody2zoho.simulators.zoho import ZohoKnobs


def note(title: str | None = "Title", content: str | None = "Content") -> dict[str, str | None]:
    return {"Note_Title": title, "Note_Content": content}


def test_a_note_is_added_on_the_record_or_with_its_parent() -> None:
    caller = Caller()
    case_id = caller.new_id()
    status, body = caller.ask("POST", f"Cases/{case_id}/Notes", {"data": [note("one", "👋")]})
    assert (status, body["data"][0]["message"]) == (201, "record added")
    parent = {"module": {"api_name": "Cases"}, "id": int(case_id)}
    assert caller.ask("POST", "Notes", {"data": [{**note("two"), "Parent_Id": parent}]})[0] == 201
    assert [(one["parent_id"], one["Note_Title"]) for one in caller.zoho.notes] == [(case_id, "one"), (case_id, "two")]
    assert caller.zoho.notes[0]["Note_Content"] == "👋"


def test_the_same_note_twice_is_two_notes() -> None:
    caller = Caller()
    path = f"Cases/{caller.new_id()}/Notes"
    caller.ask("POST", path, {"data": [note()]})
    caller.ask("POST", path, {"data": [note()]})
    assert len(caller.zoho.notes) == 2


def test_notes_are_listed_newest_first_with_the_fields_asked_for() -> None:
    caller = Caller()
    path = f"Cases/{caller.new_id()}/Notes"
    assert caller.ask("GET", path, fields="Note_Title") == (204, None)
    caller.ask("POST", path, {"data": [note("one"), note("two"), note("three")]})
    assert caller.ask("GET", path)[1]["code"] == "REQUIRED_PARAM_MISSING"
    _, body = caller.ask("GET", path, fields="Note_Title", per_page="2")
    assert [row["Note_Title"] for row in body["data"]] == ["three", "two"]
    assert body["info"]["more_records"]
    assert body["data"][0].keys() == {"Note_Title", "id"}


def test_a_note_is_read_and_deleted_by_its_id() -> None:
    caller = Caller()
    case_id = caller.new_id()
    caller.ask("POST", f"Cases/{case_id}/Notes", {"data": [note("one")]})
    [known] = caller.zoho.notes
    [row] = caller.ask("GET", f"Notes/{known['id']}")[1]["data"]
    assert (row["Note_Title"], row["Parent_Id"]["id"]) == ("one", case_id)
    assert caller.ask("DELETE", f"Notes/{known['id']}")[0] == 200
    assert caller.ask("GET", f"Notes/{known['id']}") == (204, None)
    assert caller.ask("GET", f"Cases/{case_id}/Notes", fields="id") == (204, None)


@pytest.mark.parametrize(
    ("row", "code", "details"),
    [
        (note("x" * 121), "INVALID_DATA", {"api_name": "Note_Title", "maximum_length": 120}),
        (note(content="x" * 65_536), "INVALID_DATA", {"api_name": "Note_Content", "maximum_length": 65_535}),
        (note(content="👋" * 32_768), "INVALID_DATA", {"maximum_length": 65_535}),
        (note(None, None), "EXPECTED_FIELD_MISSING", {}),
    ],
)
def test_a_note_that_does_not_fit_is_refused(row: dict[str, Any], code: str, details: dict[str, Any]) -> None:
    caller = Caller()
    status, body = caller.ask("POST", f"Cases/{caller.new_id()}/Notes", {"data": [row]})
    [item] = body["data"]
    assert (status, item["code"]) == (400, code)
    assert details.items() <= item["details"].items()
    assert not caller.zoho.notes


def test_the_content_may_be_limited_to_32000() -> None:
    caller = Caller(ZohoKnobs(note_content_limit=32_000))
    path = f"Cases/{caller.new_id()}/Notes"
    assert caller.ask("POST", path, {"data": [note(content="x" * 32_001)]})[0] == 400


def test_a_note_needs_a_parent_that_exists() -> None:
    caller = Caller()
    _, body = caller.ask("POST", "Cases/1/Notes", {"data": [note()]})
    assert body["data"][0]["message"] == "the related id given seems to be invalid"
    for parent in (None, "1", {"id": "1"}, {"module": {"api_name": "Cases"}}):
        _, body = caller.ask("POST", "Notes", {"data": [{**note(), "Parent_Id": parent}]})
        assert body["data"][0]["code"] == "MANDATORY_NOT_FOUND"
    assert caller.ask("GET", "Cases/1/Notes", fields="id")[0] == 400


# -- files


def upload(caller: Caller, case_id: str, name: str, content: bytes) -> tuple[int, bytes]:
    """The form is built by requests, a client that nobody here has written."""
    files = {"file": (name, content, "text/plain")}
    prepared = requests.Request("POST", f"http://{HOST}/", files=files).prepare()
    headers = {"content-type": prepared.headers["Content-Type"]}
    assert isinstance(prepared.body, bytes)
    reply = caller.send("POST", f"Cases/{case_id}/Attachments", prepared.body, headers=headers)
    return reply.status, reply.body


@pytest.mark.parametrize("name", ["a.txt", "Grüße 👋.txt", 'with "quotes".txt'])
def test_a_file_arrives_byte_for_byte_under_its_name(name: str) -> None:
    caller = Caller()
    case_id = caller.new_id()
    content = b"\r\n--line\r\n\x00\xff" + "Grüße".encode()
    status, body = upload(caller, case_id, name, content)
    assert (status, b"attachment uploaded successfully" in body) == (200, True)
    [file] = caller.zoho.attachments
    assert (file.parent_id, file.file_name, file.content) == (case_id, name, content)


def test_files_are_listed_downloaded_and_deleted() -> None:
    caller = Caller()
    case_id = caller.new_id()
    path = f"Cases/{case_id}/Attachments"
    assert caller.ask("GET", path, fields="File_Name") == (204, None)
    upload(caller, case_id, "a.txt", b"one")
    upload(caller, case_id, "a.txt", b"one")
    rows = caller.ask("GET", path, fields="File_Name,Size")[1]["data"]
    assert [(row["File_Name"], row["Size"]) for row in rows] == [("a.txt", "3")] * 2
    assert caller.send("GET", f"{path}/{rows[0]['id']}").body == b"one"
    assert caller.ask("DELETE", f"{path}/{rows[0]['id']}")[0] == 200
    assert len(caller.zoho.attachments) == 1


def test_a_link_can_be_attached_instead_of_a_file() -> None:
    caller = Caller()
    path = f"Cases/{caller.new_id()}/Attachments"
    assert caller.ask("POST", path, attachmentUrl="https://example.com/a")[0] == 200
    assert caller.zoho.attachments[0].link_url == "https://example.com/a"


def test_what_cannot_be_attached_is_refused() -> None:
    caller = Caller(ZohoKnobs(attachment_limit_bytes=10))
    case_id = caller.new_id()
    assert upload(caller, case_id, "a.txt", b"x" * 11)[0] == 413
    assert upload(caller, case_id, "a.exe", b"x")[0] == 400
    assert upload(caller, "1", "a.txt", b"x")[0] == 400
    assert caller.send("POST", f"Cases/{case_id}/Attachments", b"x").status == 415
    assert not caller.zoho.attachments
