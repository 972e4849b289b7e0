"""What nobody outside Cody knows, as switches. The defaults are the likeliest Cody."""

from dataclasses import dataclass
from typing import Literal


@dataclass
class CodyKnobs:
    """Read at every request, so a test or an operator may turn them while the simulator runs."""

    #: `live`: what was captured (`current_page`, `links`); `docs`: what is documented (`next_page`).
    pagination_style: Literal["live", "docs"] = "live"
    #: JSON errors also for clients that did not ask for JSON.
    json_errors_always: bool = False
    #: Whether `per_page` and `limit` count, up to 100.
    honour_per_page: bool = False
    #: Every page is page 1.
    page_ignored: bool = False
    #: Added to the `total` that lists report.
    total_disagrees: int = 0
    #: Whether a new message moves its conversation to the top.
    conversation_order: Literal["created", "activity"] = "created"
    #: Order of rows of the same second: the newest id first, or another one at every request.
    ties: Literal["newest_id", "random"] = "newest_id"
    #: Answer to a list filtered by a bot, conversation or folder that does not exist.
    unknown_filter: Literal["empty", "422", "404"] = "empty"
    #: The list of all messages: of the whole account, newest first; oldest first; or unknown (404).
    feed: Literal["newest", "oldest", "404"] = "newest"
    #: The list of all messages leaves out this bot's, by its id.
    feed_lacks: str | None = None
    #: Shape of `sources.data`.
    sources: Literal["array", "object"] = "array"
    #: Shape of `document_ids`: a bare list or `{"data": […]}`.
    document_ids: Literal["list", "data"] = "list"
    #: Body of a successful DELETE: nothing, or `{}`.
    delete_body: Literal["empty", "object"] = "empty"
    #: Records carry fields that nobody documented.
    extra_fields: bool = False
    #: Seconds until the reply to a message has its text.
    reply_latency_seconds: float = 0.0
    #: While it has none, the reply is listed with empty content.
    placeholder: bool = False
    #: Every message that is sent fails with 500 and leaves a `failed_responding` reply.
    generation_fails: bool = False
    #: Requests a minute and account; None is unlimited.
    requests_per_minute: int | None = 60
    #: Messages that may be sent in 30 days; None is unlimited.
    messages_per_30_days: int | None = None
    #: Seconds until a document is synced, or an uploaded file has become a document.
    document_seconds: float = 60.0
    #: Documents end as `sync_failed`.
    documents_fail: bool = False
    #: Files in conversion at the same time.
    files_at_once: int = 5
