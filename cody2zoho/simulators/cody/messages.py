"""The operations on messages, and the stream that a reply can be read from."""

import base64
import json
import re

from cody2zoho.simulators.wire import Reply

from . import views
from .call import Call
from .errors import Refusal, Refused, compact, no_record, redirect
from .form import Form
from .listing import NothingThere, filter_id, page_of, ties_shuffled
from .pagination import Rows
from .records import Message

PAGE_SIZE = 10
LONGEST_CONTENT = 2000
QUOTA_SECONDS = 30 * 24 * 3600
QUOTA_SPENT = "You have reached the message limit for last 30 days, please wait till tomorrow or upgrade your plan."


def list_messages(call: Call) -> Reply:
    """Without a conversation: every message of the account, newest first."""
    return page_of(call, _selected(call), views.message, PAGE_SIZE)


def _selected(call: Call) -> Rows[Message]:
    try:
        conversation_id = filter_id(call, "conversation_id", "Conversation", call.store.conversations)
    except NothingThere:
        return []
    shelf = call.store.messages_of[conversation_id] if conversation_id else _feed(call)
    return ties_shuffled(call, shelf[:]) if call.knobs.ties == "random" else shelf


def _feed(call: Call) -> Rows[Message]:
    """All messages of the account, as far as the knobs let them be seen."""
    shelf, knobs = call.store.newest_messages, call.knobs
    if knobs.feed == "404":
        raise no_record("Conversation", "")
    if not knobs.feed_lacks and knobs.feed == "newest":
        return shelf
    bots = {one.id: one.bot_id for one in call.store.conversations.values()}
    seen = [message for message in shelf[:] if bots[message.conversation_id] != knobs.feed_lacks]
    return seen[::-1] if knobs.feed == "oldest" else seen


def get_message(call: Call) -> Reply:
    message = call.store.messages.get(call.record_id)
    if message is None:
        raise no_record("Message", call.record_id)
    return call.one(views.message(message, call))


def send_message(call: Call) -> Reply:
    """Answers with the bot's reply; when generation fails, with a 500 that leaves a reply behind."""
    reply = _turn(call)
    if reply.failed_responding:
        raise Refused("Server Error", 500)
    return call.one(views.message(reply, call))


def send_message_for_stream(call: Call) -> Reply:
    reply = _turn(call)
    url = f"{call.address}/stream/{_token(reply.id)}"
    wants_redirect = call.fields.get("redirect", True) not in (False, 0, "0", "false")
    return redirect(url) if wants_redirect else compact(200, {"data": {"stream_url": url}})


def _turn(call: Call) -> Message:
    form = Form(call.fields)
    content = form.text("content", longest=LONGEST_CONTENT)
    conversation_id = form.known("conversation_id", call.store.conversations)
    form.check()
    _check_quota(call)
    return call.account.ask(conversation_id, content)


def _check_quota(call: Call) -> None:
    quota = call.knobs.messages_per_30_days
    if quota is None:
        return
    since = call.account.now() - QUOTA_SECONDS
    spent = sum(1 for message in call.store.messages.values() if not message.machine and message.created_at > since)
    if spent >= quota:
        raise Refusal(QUOTA_SPENT, 402)


def _token(message_id: str) -> str:
    """Looks like Laravel's `encrypt()`; the value is the id of the reply."""
    sealed = {"iv": "c2ltdWxhdGVk", "value": message_id, "mac": "0" * 64, "tag": ""}
    return base64.urlsafe_b64encode(json.dumps(sealed).encode()).decode()


def read_stream(call: Call) -> Reply:
    """The reply as server-sent events, all at once, between `[START]` and `[END]`."""
    try:
        message = call.store.messages[json.loads(base64.urlsafe_b64decode(call.record_id))["value"]]
    except (ValueError, KeyError, TypeError):
        raise Refused("Not Found", 404) from None
    chunks = re.findall(r"\S*\s*", message.content or "")
    events = ["[START]", *(json.dumps({"chunk": chunk}) for chunk in chunks if chunk), "[END]"]
    body = "".join(f"data: {event}\n\n" for event in events)
    return Reply(200, body.encode(), {"Content-Type": "text/event-stream"})
