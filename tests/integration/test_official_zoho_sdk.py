"""Our Zoho is close enough for Zoho's own Python SDK: everything asserted here is what the SDK itself parsed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cody2zoho.simulators.server import SimulatorServer
from cody2zoho.simulators.zoho import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DEMO_REFRESH_TOKEN, Zoho, ZohoKnobs

SESSION = Path(__file__).with_name("zoho_sdk_session.py")
Steps = dict[str, Any]


@pytest.fixture(scope="module")
def zoho() -> Zoho:
    zoho = Zoho(knobs=ZohoKnobs(index_lag_seconds=0))
    zoho.set_up_fields()
    zoho.add_contact("Visitor")
    return zoho


@pytest.fixture(scope="module")
def steps(zoho: Zoho, tmp_path_factory: pytest.TempPathFactory) -> Steps:
    """One session of the SDK from the first token to the last error."""
    folder = tmp_path_factory.mktemp("sdk")
    [contact_id] = zoho.contacts
    with SimulatorServer([zoho]) as server:
        credentials = [DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DEMO_REFRESH_TOKEN]
        command = [sys.executable, str(SESSION), server.url, *credentials, str(folder), contact_id]
        session = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=folder)
        assert session.returncode == 0, session.stderr
        steps: Steps = json.loads(session.stdout)
        assert steps["opened"]["api_domain"] == server.url
    return steps


def first_id(steps: Steps) -> int:
    return int(steps["created"]["items"][0]["details"]["id"])


def test_the_sdk_signs_in_and_learns_who_it_is(steps: Steps, zoho: Zoho) -> None:
    assert steps["opened"]["user"] == f"{zoho.user.email}:{zoho.zgid}"
    assert steps["org"] == {"status": 200, "zgid": zoho.zgid, "edition": "enterprise"}
    assert steps["user"] == {"status": 200, "email": zoho.user.email}


def test_the_sdk_reads_the_fields_of_cases(steps: Steps) -> None:
    assert steps["fields"] == {
        "status": 200,
        "length": 255,
        "mandatory": ["Subject", "Status", "Case_Origin"],
        "unique": ["Cody_Conversation_ID"],
        "statuses": ["New", "On Hold", "Escalated", "Closed"],
        "related_to": "Contacts",
    }


def test_the_sdk_creates_a_case(steps: Steps, zoho: Zoho) -> None:
    [created] = steps["created"]["items"]
    assert (steps["created"]["status"], created["kind"], created["code"]) == (201, "SuccessResponse", "SUCCESS")
    assert created["message"] == "record added"
    assert zoho.cases[str(first_id(steps))]["Cody_Conversation_ID"] == "one"


def test_the_sdk_meets_its_duplicate_and_gets_the_existing_id(steps: Steps) -> None:
    [again] = steps["again"]["items"]
    assert (steps["again"]["status"], again["kind"], again["code"]) == (400, "APIException", "DUPLICATE_DATA")
    assert again["details"]["duplicate_record"] == {"id": first_id(steps)}
    assert again["details"]["id"] == first_id(steps)
    assert again["details"]["api_name"] == "Cody_Conversation_ID"


def test_the_sdk_tells_the_records_of_a_mixed_batch_apart(steps: Steps) -> None:
    assert steps["mixed"]["status"] == 207
    assert [one["code"] for one in steps["mixed"]["items"]] == ["SUCCESS", "DUPLICATE_DATA"]
    assert steps["mixed"]["items"][1]["details"]["json_path"] == "$.data[1].Cody_Conversation_ID"


def test_the_sdk_reads_the_case_back(steps: Steps, zoho: Zoho) -> None:
    [contact_id] = zoho.contacts
    read = steps["read"]
    assert (read["status"], read["subject"], read["case_status"], read["messages"]) == (200, "From the SDK", "New", 7)
    assert read["contact"] == int(contact_id)
    assert read["owner"] == {"id": int(zoho.user.id)}


def test_the_sdk_sees_nothing_where_there_is_no_case(steps: Steps) -> None:
    assert steps["nothing"] == {"status": 204, "object": None}


def test_the_sdk_finds_the_case_by_query_and_by_search(steps: Steps) -> None:
    case_id = first_id(steps)
    assert steps["query"] == {"status": 200, "rows": [{"id": case_id, "subject": "From the SDK"}], "count": 1}
    assert steps["bad_query"] == {"status": 400, "code": "INVALID_QUERY"}
    assert steps["search"] == {"status": 200, "ids": [case_id]}


def test_the_sdk_adds_a_note_and_a_file(steps: Steps, zoho: Zoho) -> None:
    assert (steps["note"]["status"], steps["note"]["items"][0]["code"]) == (201, "SUCCESS")
    assert (steps["attached"]["status"], steps["attached"]["items"][0]["code"]) == (200, "SUCCESS")
    assert [(note["Note_Title"], note["Note_Content"]) for note in zoho.notes] == [("Transcript", "Hello 👋")]
    [file] = zoho.attachments
    assert (file.parent_id, file.file_name, file.content) == (
        str(first_id(steps)),
        "transcript.txt",
        "Grüße".encode(),
    )


def test_the_sdk_updates_and_upserts_the_same_case(steps: Steps, zoho: Zoho) -> None:
    assert (steps["updated"]["status"], steps["updated"]["items"][0]["message"]) == (200, "record updated")
    [upserted] = steps["upserted"]["items"]
    assert (upserted["action"], upserted["duplicate_field"]) == ("update", "Cody_Conversation_ID")
    case = zoho.cases[str(first_id(steps))]
    assert (case["Description"], case["Subject"]) == ("Edited", "Upserted")


def test_the_sdk_learns_that_a_module_does_not_exist(steps: Steps) -> None:
    assert "INVALID_MODULE" in steps["unknown_module"]["raised"]
