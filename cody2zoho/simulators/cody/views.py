"""Records as JSON: exactly the keys of the live API, in its order."""

from typing import Any

from .call import Call
from .records import Bot, Conversation, Document, Folder, Message

#: Usage is rounded up to a multiple of this, at half a credit each.
TOKEN_STEP = 8000
#: A rule of thumb of the language models' makers.
CHARACTERS_PER_TOKEN = 4


def _with_extras(content: dict[str, Any], call: Call) -> dict[str, Any]:
    return {**content, "internal_flags": {"beta": True}, "updated_by": None} if call.knobs.extra_fields else content


def bot(row: Bot, call: Call) -> dict[str, Any]:
    content = {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "model": row.model,
        "created_at": row.created_at,
    }
    return _with_extras(content, call)


def conversation(row: Conversation, call: Call) -> dict[str, Any]:
    content: dict[str, Any] = {"id": row.id, "name": row.name, "bot_id": row.bot_id, "created_at": row.created_at}
    if "document_ids" in call.includes:
        ids = list(row.document_ids)
        content["document_ids"] = ids if call.knobs.document_ids == "list" else {"data": ids}
    return _with_extras(content, call)


def message(row: Message, call: Call) -> dict[str, Any]:
    content: dict[str, Any] = {
        "id": row.id,
        "content": row.content,
        "machine": row.machine,
        "failed_responding": row.failed_responding,
        "flagged": row.flagged,
        "conversation_id": row.conversation_id,
        "created_at": row.created_at,
    }
    if "sources" in call.includes:
        content["sources"] = {"data": _sources(row, call)}
    if "usage" in call.includes:
        content["usage"] = _usage(row)
    return _with_extras(content, call)


def _sources(row: Message, call: Call) -> Any:
    known = [call.store.documents[source] for source in row.source_ids if source in call.store.documents]
    cited = [_source(document, call) for document in known]
    if call.knobs.sources == "object":
        return cited[0] if cited else {}
    return cited


def _source(row: Document, call: Call) -> dict[str, Any]:
    """The address of a document shows the numeric ids that the API hides elsewhere."""
    content: dict[str, Any] = {
        "type": row.origin,
        "document_id": row.id,
        "document_name": row.name,
        "document_url": f"{call.address}/directories/{call.store.folders[row.folder_id].number}/documents/{row.number}",
        "created_at": row.created_at,
    }
    if row.origin == "webpage":
        content["webpage_url"] = row.webpage_url
    if row.origin == "file":
        content["file_name"] = row.name
    return content


def _usage(row: Message) -> dict[str, Any]:
    if not row.machine:
        return {"tokens": 0, "credits": 0.0}
    steps = 1 + len(row.content or "") // (CHARACTERS_PER_TOKEN * TOKEN_STEP)
    return {"tokens": steps * TOKEN_STEP, "credits": steps * 0.5}


def folder(row: Folder, call: Call) -> dict[str, Any]:
    return _with_extras({"id": row.id, "name": row.name, "created_at": row.created_at}, call)


def document(row: Document, call: Call) -> dict[str, Any]:
    content = {
        "id": row.id,
        "name": row.name,
        "status": row.status,
        "content_url": f"{call.address}/storage/documents/{row.id}.html",
        "folder_id": row.folder_id,
        "created_at": row.created_at,
    }
    return _with_extras(content, call)
