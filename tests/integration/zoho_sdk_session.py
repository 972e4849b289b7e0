"""One session of Zoho's own Python SDK, in a process of its own because the SDK keeps global state.

    python zoho_sdk_session.py ADDRESS CLIENT_ID CLIENT_SECRET REFRESH_TOKEN FOLDER

Prints one JSON object: step to what the SDK made of the answer. The steps know nothing of the simulator.
"""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from zohocrmsdk.src.com.zoho.api.authenticator import OAuthToken
from zohocrmsdk.src.com.zoho.api.authenticator.store import TokenStore
from zohocrmsdk.src.com.zoho.crm.api import HeaderMap, Initializer, ParameterMap
from zohocrmsdk.src.com.zoho.crm.api.attachments import AttachmentsOperations
from zohocrmsdk.src.com.zoho.crm.api.attachments import FileBodyWrapper as AttachmentBody
from zohocrmsdk.src.com.zoho.crm.api.coql import BodyWrapper as CoqlBody
from zohocrmsdk.src.com.zoho.crm.api.coql import CoqlOperations
from zohocrmsdk.src.com.zoho.crm.api.dc import DataCenter
from zohocrmsdk.src.com.zoho.crm.api.exception import SDKException
from zohocrmsdk.src.com.zoho.crm.api.fields import FieldsOperations, GetFieldsParam
from zohocrmsdk.src.com.zoho.crm.api.modules.minified_module import MinifiedModule
from zohocrmsdk.src.com.zoho.crm.api.notes import BodyWrapper as NotesBody
from zohocrmsdk.src.com.zoho.crm.api.notes import NotesOperations, ParentId
from zohocrmsdk.src.com.zoho.crm.api.notes.note import Note
from zohocrmsdk.src.com.zoho.crm.api.org import OrgOperations
from zohocrmsdk.src.com.zoho.crm.api.record import BodyWrapper, Field, Record, RecordOperations, SearchRecordsParam
from zohocrmsdk.src.com.zoho.crm.api.sdk_config import SDKConfig
from zohocrmsdk.src.com.zoho.crm.api.users import GetUsersParam, UsersOperations
from zohocrmsdk.src.com.zoho.crm.api.util import Choice, StreamWrapper

Case = Field.Cases


class LocalDataCenter(DataCenter):
    """A data centre at an address of our choice."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get_iam_url(self) -> str:
        return f"{self.address}/oauth/v2/token"

    def get_file_upload_url(self) -> str:
        return self.address

    def environment(self) -> DataCenter.Environment:
        return DataCenter.Environment(self.address, self.get_iam_url(), self.get_file_upload_url())


class Memory(TokenStore):
    """The store that the SDK demands, for one token."""

    def __init__(self) -> None:
        self.tokens: list[OAuthToken] = []

    def find_token(self, _: OAuthToken) -> OAuthToken | None:
        return self.tokens[-1] if self.tokens else None

    def save_token(self, token: OAuthToken) -> None:
        self.tokens = [token]

    def delete_token(self, _: str) -> None:
        self.tokens = []

    def get_tokens(self) -> list[OAuthToken]:
        return self.tokens

    def delete_tokens(self) -> None:
        self.tokens = []

    def find_token_by_id(self, _: str) -> OAuthToken | None:
        return self.find_token(self.tokens[0]) if self.tokens else None


# -- steps


def initialise(address: str, client_id: str, client_secret: str, refresh_token: str, folder: str) -> dict[str, Any]:
    token = OAuthToken(client_id, client_secret, refresh_token=refresh_token, find_user=True)
    Initializer.initialize(
        LocalDataCenter(address).environment(), token, Memory(), SDKConfig(auto_refresh_fields=False), folder
    )
    return {"api_domain": token.get_api_domain(), "user": token.get_user_signature().get_name()}


def read_org() -> dict[str, Any]:
    response = OrgOperations().get_organization()
    [org] = response.get_object().get_org()
    licence = org.get_license_details()
    return {"status": response.get_status_code(), "zgid": org.get_zgid(), "edition": licence.get_paid_type()}


def read_current_user() -> dict[str, Any]:
    parameters = ParameterMap()
    parameters.add(GetUsersParam.type, "CurrentUser")
    response = UsersOperations().get_users(parameters)
    [user] = response.get_object().get_users()
    return {"status": response.get_status_code(), "email": user.get_email()}


def read_fields() -> dict[str, Any]:
    parameters = ParameterMap()
    parameters.add(GetFieldsParam.module, "Cases")
    response = FieldsOperations().get_fields(parameters)
    fields = {field.get_api_name(): field for field in response.get_object().get_fields()}
    return {
        "status": response.get_status_code(),
        "length": fields["Subject"].get_length(),
        "mandatory": [name for name, field in fields.items() if field.get_system_mandatory()],
        "unique": [name for name, field in fields.items() if (unique := field.get_unique()) and _is_unique(unique)],
        "statuses": [value.get_display_value() for value in fields["Status"].get_pick_list_values()],
        "related_to": fields["Related_To"].get_lookup().get_module().get_api_name(),
    }


def _is_unique(unique: Any) -> bool:
    return unique.get_casesensitive() is not None


def a_case(key: str, subject: str = "From the SDK", contact_id: int | None = None) -> Record:
    case = Record()
    case.add_field_value(Case.subject(), subject)
    case.add_field_value(Case.status(), Choice("New"))
    case.add_field_value(Case.case_origin(), Choice("Web"))
    case.add_key_value("Cody_Conversation_ID", key)
    case.add_key_value("Cody_Messages", 7)
    if contact_id:
        contact = Record()
        contact.set_id(contact_id)
        case.add_field_value(Case.related_to(), contact)
    return case


def write(operation: str, *cases: Record, check_fields: list[str] | None = None) -> dict[str, Any]:
    body = BodyWrapper()
    body.set_data(list(cases))
    body.set_trigger([])
    if check_fields:
        body.set_duplicate_check_fields(check_fields)
    response = getattr(RecordOperations("Cases"), operation)(body, HeaderMap())
    return {"status": response.get_status_code(), "items": [item(one) for one in response.get_object().get_data()]}


def item(result: Any) -> dict[str, Any]:
    """Result of one record, as far as this kind of result has it."""
    found = {"kind": type(result).__name__, "code": result.get_code().get_value(), "message": _text(result)}
    details = result.get_details() or {}
    found["details"] = {name: _plain(value) for name, value in details.items()}
    if hasattr(result, "get_action") and result.get_action():
        found |= {"action": result.get_action().get_value(), "duplicate_field": result.get_duplicate_field()}
    return found


def _text(result: Any) -> str:
    message = result.get_message()
    return str(message.get_value() if isinstance(message, Choice) else message)


def _plain(value: Any) -> Any:
    """Something that JSON can hold."""
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "get_id"):
        return {"id": value.get_id()}
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def read_case(case_id: int) -> dict[str, Any]:
    response = RecordOperations("Cases").get_record(case_id, ParameterMap(), HeaderMap())
    [case] = response.get_object().get_data()
    status = case.get_key_value("Status")
    return {
        "status": response.get_status_code(),
        "subject": case.get_key_value("Subject"),
        "case_status": status.get_value(),
        "messages": case.get_key_value("Cody_Messages"),
        "contact": case.get_key_value("Related_To").get_id(),
        "created": _plain(case.get_key_value("Created_Time")),
        "owner": _plain(case.get_key_value("Owner")),
    }


def read_nothing(case_id: int) -> dict[str, Any]:
    response = RecordOperations("Cases").get_record(case_id, ParameterMap(), HeaderMap())
    return {"status": response.get_status_code(), "object": response.get_object()}


def query(text: str) -> dict[str, Any]:
    body = CoqlBody()
    body.set_select_query(text)
    response = CoqlOperations().get_records(body)
    found = response.get_object()
    if not hasattr(found, "get_data"):
        return {"status": response.get_status_code(), "code": found.get_code().get_value()}
    rows = [{"id": row.get_id(), "subject": row.get_key_value("Subject")} for row in found.get_data()]
    return {"status": response.get_status_code(), "rows": rows, "count": found.get_info().get_count()}


def search(criteria: str) -> dict[str, Any]:
    parameters = ParameterMap()
    parameters.add(SearchRecordsParam.criteria, criteria)
    response = RecordOperations("Cases").search_records(parameters, HeaderMap())
    found = response.get_object()
    ids = [row.get_id() for row in found.get_data()] if found else []
    return {"status": response.get_status_code(), "ids": ids}


def add_note(case_id: int, title: str, content: str) -> dict[str, Any]:
    module = MinifiedModule()
    module.set_api_name("Cases")
    parent = ParentId()
    parent.set_id(case_id)
    parent.set_module(module)
    note = Note()
    note.set_note_title(title)
    note.set_note_content(content)
    note.set_parent_id(parent)
    body = NotesBody()
    body.set_data([note])
    response = NotesOperations().create_notes(body)
    return {"status": response.get_status_code(), "items": [item(one) for one in response.get_object().get_data()]}


def attach(case_id: int, path: Path) -> dict[str, Any]:
    """From a file, for the SDK loses the name of anything else."""
    body = AttachmentBody()
    body.set_file(StreamWrapper(file_path=str(path)))
    response = AttachmentsOperations().upload_attachments(case_id, "Cases", body)
    return {"status": response.get_status_code(), "items": [item(one) for one in response.get_object().get_data()]}


def write_to_unknown_module() -> dict[str, Any]:
    body = BodyWrapper()
    body.set_data([Record()])
    try:
        RecordOperations("Nonsense").create_records(body, HeaderMap())
    except SDKException as error:
        return {"raised": str(error)}
    return {"raised": None}


def session(folder: Path, contact_id: int) -> dict[str, Any]:
    """All steps in order; each writes down what the SDK understood."""
    steps: dict[str, Any] = {"org": read_org(), "user": read_current_user(), "fields": read_fields()}
    steps["created"] = write("create_records", a_case("one", contact_id=contact_id))
    case_id = int(steps["created"]["items"][0]["details"]["id"])
    steps["again"] = write("create_records", a_case("ONE"))
    steps["mixed"] = write("create_records", a_case("two"), a_case("one"))
    steps["read"] = read_case(case_id)
    steps["nothing"] = read_nothing(case_id + 999_999)
    steps["query"] = query("select id, Subject from Cases where Cody_Conversation_ID = 'one' limit 2")
    steps["bad_query"] = query("select id, Subject from Cases where CF_Nothing = 'one' limit 2")
    steps["search"] = search("(Cody_Conversation_ID:equals:one)")
    steps["note"] = add_note(case_id, "Transcript", "Hello 👋")
    transcript = folder / "transcript.txt"
    transcript.write_text("Grüße", encoding="utf-8")
    steps["attached"] = attach(case_id, transcript)
    edited = Record()
    edited.set_id(case_id)
    edited.add_field_value(Case.description(), "Edited")
    steps["updated"] = write("update_records", edited)
    steps["upserted"] = write("upsert_records", a_case("one", "Upserted"), check_fields=["Cody_Conversation_ID"])
    steps["unknown_module"] = write_to_unknown_module()
    return steps


def main(address: str, client_id: str, client_secret: str, refresh_token: str, folder: str, contact_id: str) -> None:
    opened = initialise(address, client_id, client_secret, refresh_token, folder)
    print(json.dumps({"opened": opened, **session(Path(folder), int(contact_id))}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
