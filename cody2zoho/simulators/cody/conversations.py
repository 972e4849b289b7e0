"""The operations on bots and conversations."""

from cody2zoho.simulators.wire import Reply

from . import views
from .call import Call
from .errors import compact, no_record
from .form import Form
from .listing import NothingThere, by_activity, filter_id, page_of, ties_shuffled, with_keyword
from .pagination import Rows
from .records import Conversation

MOST_DOCUMENTS = 1000


def list_bots(call: Call) -> Reply:
    rows = call.store.newest_bots
    return page_of(call, with_keyword(call, rows) if "keyword" in call.query else rows, views.bot)


def list_conversations(call: Call) -> Reply:
    return page_of(call, _selected(call), views.conversation)


def _selected(call: Call) -> Rows[Conversation]:
    try:
        bot_id = filter_id(call, "bot_id", "Bot", call.store.bots)
    except NothingThere:
        return []
    shelf = call.store.conversations_of[bot_id] if bot_id else call.store.newest_conversations
    found: Rows[Conversation] = with_keyword(call, shelf) if "keyword" in call.query else shelf
    return _ordered(call, found)


def _ordered(call: Call, rows: Rows[Conversation]) -> Rows[Conversation]:
    if call.knobs.ties == "random":
        rows = ties_shuffled(call, rows[:])
    return by_activity(rows[:]) if call.knobs.conversation_order == "activity" else rows


def create_conversation(call: Call) -> Reply:
    form = Form(call.fields)
    name, bot_id = form.text("name"), form.known("bot_id", call.store.bots)
    document_ids = form.ids("document_ids", most=MOST_DOCUMENTS)
    form.check()
    made = call.account.add_conversation(name, bot_id=bot_id, document_ids=document_ids or ())
    return call.one(views.conversation(made, call))


def get_conversation(call: Call) -> Reply:
    return call.one(views.conversation(_named(call), call))


def update_conversation(call: Call) -> Reply:
    """An absent `document_ids` leaves the documents as they are, which nobody documents."""
    conversation = _named(call)
    form = Form(call.fields)
    name, bot_id = form.text("name"), form.known("bot_id", call.store.bots)
    document_ids = form.ids("document_ids", most=MOST_DOCUMENTS)
    form.check()
    call.account.rename(conversation.id, name)
    call.account.move(conversation.id, bot_id)
    if document_ids is not None:
        conversation.document_ids = document_ids
    return call.one(views.conversation(conversation, call))


def delete_conversation(call: Call) -> Reply:
    call.account.delete_conversation(_named(call).id)
    return deleted(call)


def deleted(call: Call) -> Reply:
    """The answer to a DELETE, whose body nobody documents."""
    return Reply(200) if call.knobs.delete_body == "empty" else compact(200, {})


def _named(call: Call) -> Conversation:
    conversation = call.store.conversations.get(call.record_id)
    if conversation is None:
        raise no_record("Conversation", call.record_id)
    return conversation
