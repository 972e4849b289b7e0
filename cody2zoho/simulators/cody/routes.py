"""The 21 operations of Cody's API, and how a path finds its own."""

from collections.abc import Callable

from cody2zoho.simulators.wire import Reply

from . import conversations, documents, messages
from .call import Call
from .errors import no_route, wrong_method

Operation = Callable[[Call], Reply]
PREFIX = "/api/v1/"

ROUTES: dict[str, dict[str, Operation]] = {
    "bots": {"GET": conversations.list_bots},
    "conversations": {"GET": conversations.list_conversations, "POST": conversations.create_conversation},
    "conversations/{id}": {
        "GET": conversations.get_conversation,
        "POST": conversations.update_conversation,
        "DELETE": conversations.delete_conversation,
    },
    "documents": {"GET": documents.list_documents, "POST": documents.create_document},
    "documents/file": {"POST": documents.create_document_from_file},
    "documents/webpage": {"POST": documents.create_document_from_webpage},
    "documents/{id}": {"GET": documents.get_document, "DELETE": documents.delete_document},
    "folders": {"GET": documents.list_folders, "POST": documents.create_folder},
    "folders/{id}": {"GET": documents.get_folder, "POST": documents.update_folder},
    "messages": {"GET": messages.list_messages, "POST": messages.send_message},
    "messages/stream": {"POST": messages.send_message_for_stream},
    "messages/{id}": {"GET": messages.get_message},
    "uploads/signed-url": {"POST": documents.get_signed_url},
}


def find_operation(method: str, path: str) -> tuple[Operation, str]:
    """The operation and the id in its path; raises Refused with 404 or 405.

    A literal path wins over `{id}`, method by method: GET /messages/stream is the message `stream`.
    """
    resource = path.removeprefix(PREFIX).strip("/")
    first, _, record_id = resource.partition("/")
    by_method = {**ROUTES.get(f"{first}/{{id}}" if record_id else resource, {}), **ROUTES.get(resource, {})}
    if not by_method or "/" in record_id or "{" in resource:
        raise no_route(path)
    operation = by_method.get("GET" if method == "HEAD" else method)
    if operation is None:
        raise wrong_method(method, path, _allowed(by_method))
    return operation, record_id


def _allowed(by_method: dict[str, Operation]) -> list[str]:
    heads = ["HEAD"] if "GET" in by_method else []
    return sorted([*by_method, *heads], key=["GET", "HEAD", "POST", "DELETE"].index)
