"""Files on records: upload, list, download, delete. The same file twice is two attachments."""

from typing import Any
from urllib.parse import quote

from cody2zoho.simulators.wire import Reply

from .attachment_shelf import Attachment
from .call import Call
from .errors import Refused, batch, invalid_id, invalid_parent, missing_parameter, success
from .multipart import Part, parts_of
from .paging import NOTHING, page_of
from .reads import asked_fields

#: Zoho refuses executables; it does not say which endings that means.
EXECUTABLE = (".exe", ".bat", ".cmd", ".com", ".msi", ".scr", ".vbs", ".ps1", ".sh", ".jar")


def upload(call: Call) -> Reply:
    """One file, or a link to one. Zoho answers 200, not 201."""
    parent_id = _parent(call)
    parts = parts_of(call.request.headers.get("content-type", ""), call.request.body)
    link = _link(call, parts or [])
    if parts is None and link is None:
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", "The content type is not supported")
    file = next((part for part in parts or [] if part.name == "file"), None)
    if file is None and link is None:
        raise missing_parameter("file")
    attachment = _add(call, parent_id, file, link)
    by, now = call.user.reference, attachment.created_time
    details = {"Modified_Time": now, "Modified_By": by, "Created_Time": now, "id": attachment.id, "Created_By": by}
    return batch([success("attachment uploaded successfully", details)], 200)


def list_of_record(call: Call) -> Reply:
    fields = asked_fields(call)
    files = call.organisation.attachment_shelf.of(_parent(call))
    return page_of(call, files[::-1], lambda file: _shown(call, file, fields))


def download(call: Call) -> Reply:
    file = call.organisation.attachment_shelf.find(_parent(call), call.names["attachment"])
    if file is None:
        return NOTHING
    disposition = f"attachment;filename*=UTF-8''{quote(file.file_name)}"
    return Reply(200, file.content, {"Content-Type": "application/x-download", "Content-Disposition": disposition})


def delete(call: Call) -> Reply:
    shelf = call.organisation.attachment_shelf
    file = shelf.find(_parent(call), call.names["attachment"])
    if file is None:
        return batch([invalid_id(id=call.names["attachment"]).item], 200)
    shelf.remove(file)
    return batch([success("record deleted", {"id": file.id})], 200)


def _parent(call: Call) -> str:
    if call.names["id"] not in call.module.live:
        raise invalid_parent()
    return call.names["id"]


def _link(call: Call, parts: list[Part]) -> str | None:
    sent = next((part.content.decode("utf-8", "replace") for part in parts if part.name == "attachmentUrl"), None)
    return sent or call.request.query.get("attachmentUrl")


def _add(call: Call, parent_id: str, file: Part | None, link: str | None) -> Attachment:
    name = (file.file_name if file else link) or "file"
    content = file.content if file else b""
    _refuse_unfit(call, name, content)
    organisation = call.organisation
    created = organisation.time_text()
    only_link = None if file else link
    new = Attachment(organisation.new_id(), parent_id, call.module.api_name, name, content, created, only_link)
    organisation.attachment_shelf.add(new)
    return new


def _refuse_unfit(call: Call, name: str, content: bytes) -> None:
    most = call.knobs.attachment_limit_bytes
    if len(content) > most:
        message = "the file size is more than the allowed size"
        raise Refused(413, "FILE_SIZE_MORE_THAN_ALLOWED_SIZE", message, {"limit": most})
    if name.lower().endswith(EXECUTABLE):
        raise Refused(400, "INVALID_DATA", "the file type is not supported", {"api_name": "file"})


def _shown(call: Call, file: Attachment, fields: list[str]) -> dict[str, Any]:
    by = call.user.reference
    whole = {
        "id": file.id,
        "File_Name": file.file_name,
        "Size": str(len(file.content)),
        "Created_Time": file.created_time,
        "Modified_Time": file.created_time,
        "Created_By": by,
        "Modified_By": by,
        "Owner": call.user.as_owner,
        "Parent_Id": {"name": call.module.name_of(call.module.live[file.parent_id]), "id": file.parent_id},
        "$type": "Link URL" if file.link_url else "Attachment",
        "$link_url": file.link_url,
        "$se_module": file.parent_module,
        "$file_id": file.id,
        "$editable": True,
    }
    return {**{name: whole[name] for name in fields if name in whole}, "id": file.id}
