"""The operations on folders, documents and uploads."""

from urllib.parse import urlsplit

from cody2zoho.simulators.wire import Reply

from . import views
from .call import Call
from .conversations import deleted
from .errors import Refusal, compact, no_record
from .form import Form
from .listing import NothingThere, filter_id, page_of, with_keyword
from .pagination import Rows
from .records import Document, Folder

LONGEST_DOCUMENT = 768 * 1024
BUSY = "You have reached the limit of files that can be processed simultaneously. Please try again in few minutes."
UNREACHABLE = "The webpage could not be accessed."


def list_folders(call: Call) -> Reply:
    rows = call.store.newest_folders
    return page_of(call, with_keyword(call, rows) if "keyword" in call.query else rows, views.folder)


def create_folder(call: Call) -> Reply:
    return call.one(views.folder(call.account.add_folder(_checked_name(call)), call))


def get_folder(call: Call) -> Reply:
    return call.one(views.folder(_folder(call), call))


def update_folder(call: Call) -> Reply:
    folder = _folder(call)
    folder.name = _checked_name(call)
    return call.one(views.folder(folder, call))


def _checked_name(call: Call) -> str:
    form = Form(call.fields)
    name = form.text("name")
    form.check()
    return name


def _folder(call: Call) -> Folder:
    folder = call.store.folders.get(call.record_id)
    if folder is None:
        raise no_record("Folder", call.record_id)
    return folder


def list_documents(call: Call) -> Reply:
    return page_of(call, _selected(call), views.document)


def _selected(call: Call) -> Rows[Document]:
    try:
        folder_id = filter_id(call, "folder_id", "Folder", call.store.folders)
        conversation_id = filter_id(call, "conversation_id", "Conversation", call.store.conversations)
    except NothingThere:
        return []
    rows = [row for row in call.store.newest_documents if folder_id in (None, row.folder_id)]
    if conversation_id:
        focus = set(call.store.conversations[conversation_id].document_ids)
        rows = [row for row in rows if row.id in focus]
    return with_keyword(call, rows) if "keyword" in call.query else rows


def create_document(call: Call) -> Reply:
    form = Form(call.fields)
    name, folder_id = form.text("name"), form.known("folder_id", call.store.folders)
    form.text("content", longest=LONGEST_DOCUMENT, required=False)
    form.check()
    return call.one(views.document(call.account.add_document(name, folder_id), call))


def create_document_from_file(call: Call) -> Reply:
    """Accepted without an id; the document appears in the list when the conversion is over."""
    form = Form(call.fields)
    folder_id, key = form.known("folder_id", call.store.folders), form.text("key")
    form.check()
    if call.account.files_in_conversion >= call.knobs.files_at_once:
        raise Refusal(BUSY, 429)
    call.account.convert_file(key.rsplit("/", 1)[-1], folder_id)
    return Reply(200)


def create_document_from_webpage(call: Call) -> Reply:
    """Pages under the reserved top-level domain `invalid` cannot be reached."""
    form = Form(call.fields)
    folder_id, url = form.known("folder_id", call.store.folders), form.url("url")
    form.check()
    if (urlsplit(url).hostname or "").endswith(".invalid"):
        raise Refusal(UNREACHABLE, 400)
    made = call.account.add_document(url, folder_id, origin="webpage", webpage_url=url)
    return call.one(views.document(made, call))


def get_document(call: Call) -> Reply:
    return call.one(views.document(_document(call), call))


def delete_document(call: Call) -> Reply:
    call.store.drop_document(_document(call))
    return deleted(call)


def _document(call: Call) -> Document:
    document = call.store.documents.get(call.record_id)
    if document is None:
        raise no_record("Document", call.record_id)
    return document


def get_signed_url(call: Call) -> Reply:
    """The upload itself goes to a storage provider, which is not simulated."""
    form = Form(call.fields)
    file_name = form.text("file_name")
    form.text("content_type")
    form.check()
    key = f"uploads/{file_name}"
    return compact(200, {"data": {"url": f"https://storage.invalid/{key}?signature=simulated", "key": key}})
