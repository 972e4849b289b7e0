"""Cody's API: bots, conversations and messages, read page by page.

Cody pages at 15 conversations and 10 messages, newest first, by offset: a row added or deleted between two
requests moves all others. It answers in one of two pagination dialects, and the `links.next` of one of them
forgets the filter, so nothing is ever taken from it but that there is one.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import quote

from cody2zoho.cody import rows
from cody2zoho.errors import AccessRevoked, Gone, NotSetUp, Refused, Transient
from cody2zoho.http import Answer, Api, raise_for_passing_fault
from cody2zoho.limits.permits import Kind
from cody2zoho.models import Conversation, Message, Said
from cody2zoho.text.transcript import oldest_first

#: A list that moved while it was read is read again, this often in all.
_WALKS = 3
_MOST_PAGES = 10_000

#: Requests for all conversations of a bot: three million of them.
_MOST_LISTED = 200_000


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


Row = TypeVar("Row", bound=_HasId)
_Query = dict[str, str]
_Parse = Callable[[Any], Row]

#: Whether a list need not be read on, by all rows that were read.
Enough = Callable[[list[Any]], bool] | None


@dataclass(frozen=True)
class Bot:
    id: str
    name: str


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of a list, newest first; `total` counts the rows of all pages, None where Cody does not say."""

    rows: list[Row]
    is_last: bool
    total: int | None
    page_count: int


class Permit(Protocol):
    """When a request may be made. Raises OutOfTurn where that is not soon."""

    def __call__(self, send: Callable[[], Answer], kind: Kind, reader: str = "") -> Answer:
        """What `send` answers; `reader` is the conversation that is read."""


def at_once(send: Callable[[], Answer], kind: Kind, reader: str = "") -> Answer:  # noqa: ARG001 - whoever asks
    """The permit of whoever knows no limit."""
    return send()


@dataclass(frozen=True)
class Cody:
    """What we ask of Cody. Every method sends each request once.

    Raises Transient, RateLimited or OutOfTurn for passing faults, AccessRevoked where Cody refuses the key, Gone
    where a conversation no longer exists.
    """

    api: Api
    base_url: str
    key: str
    permit: Permit = at_once

    def bots(self) -> list[Bot]:
        return self._whole_list("bots", {}, lambda row: Bot(row["id"], str(row.get("name") or "")))

    def ensure_bot(self, bot_id: str) -> None:
        """Raise NotSetUp unless there is such a bot."""
        if bot_id not in {bot.id for bot in self.bots()}:
            raise _no_such_bot(bot_id)

    def conversations(self, bot_id: str | None, page: int) -> Page[Conversation]:
        """One page of a bot's conversations, or of all bots'; raises NotSetUp where Cody knows no such thing."""
        try:
            return self._page("conversations", {"bot_id": bot_id} if bot_id else {}, page, rows.conversation)
        except Gone:
            raise (_no_such_bot(bot_id) if bot_id else _no_such_list()) from None

    def conversations_since(self, bot_id: str | None, line: int) -> Iterator[list[Conversation]]:
        """A bot's conversations, newest first, down to those that began at Unix second `line`, page by page.

        One that begins meanwhile moves rows down, where they are read twice. One that is deleted moves rows up,
        onto pages that were read already; the shrunken total tells, and they are read again.
        """
        number, before = 1, Page[Conversation]([], False, None, 1)
        for _ in range(_MOST_LISTED):
            page = self.conversations(bot_id, number)
            yield [row for row in page.rows if row.created_at >= line]
            back = _pages_slipped(before, page)
            if not back and (page.is_last or all(row.created_at < line for row in page.rows)):
                return
            if not back and page.rows == before.rows:
                break
            number, before = max(1, number - back) if back else number + 1, page
        raise Transient("Cody's list of conversations kept changing while it was read")

    def conversation(self, conversation_id: str) -> Conversation:
        body = _object(self._get(f"conversations/{quote(conversation_id, safe='')}", {}))
        return rows.parsed(rows.conversation, body.get("data"))

    def has(self, conversation_id: str) -> bool:
        """Whether there still is such a conversation. Raises NotSetUp where nothing at this address is Cody's."""
        try:
            self.conversation(conversation_id)
        except Gone:
            # A wrong address knows no conversation either; but Cody can always list its bots.
            try:
                self.bots()
            except Gone:
                raise _no_such_address() from None
            return False
        return True

    def feed(self, page: int) -> Page[Said]:
        """One page of all messages of the account. Raises Gone where Cody has no such list."""
        return self._page("messages", {}, page, rows.said)

    def newest_messages(self, conversation_id: str, *, with_sources: bool = False) -> Page[Message]:
        """The first page of its messages, newest first."""
        return self._page("messages", _asked(conversation_id, with_sources), 1, rows.message)

    def messages(
        self,
        conversation_id: str,
        first: Page[Message] | None = None,
        *,
        with_sources: bool = False,
        enough: Enough = None,
    ) -> list[Message]:
        """All messages, oldest first; raises Transient rather than return a part of them.

        The `first` page is not asked for again where it was just read. `enough` ends the reading: it is asked after
        each page about all that was read, newest first.
        """
        query = _asked(conversation_id, with_sources)
        return oldest_first(self._whole_list("messages", query, rows.message, first, enough))

    def _whole_list(
        self, path: str, query: _Query, parse: _Parse[Row], first: Page[Row] | None = None, enough: Enough = None
    ) -> list[Row]:
        for _ in range(_WALKS):
            found, settled = self._walk(path, query, parse, first, enough)
            if settled:
                return list(found.values())
            first = None
        raise Transient(f"Cody's list of {path} kept changing while it was read")

    def _walk(
        self, path: str, query: _Query, parse: _Parse[Row], first: Page[Row] | None, enough: Enough
    ) -> tuple[dict[str, Row], bool]:
        """All rows from the first page to the last, or to `enough`, and whether none can have slipped between two."""
        found: dict[str, Row] = {}
        totals: set[int | None] = set()
        read = 0
        for number in range(1, _MOST_PAGES):
            page = first if first and number == 1 else self._page(path, query, number, parse)
            totals.add(page.total)
            known = len(found)
            read += len(page.rows)
            found.update((row.id, row) for row in page.rows if row.id not in found)
            missing = page.total is not None and len(found) < page.total
            if not page.rows or (page.is_last and not missing) or (enough and enough(list(found.values()))):
                # A row that came twice took the place of another: rows of one second in another order each time.
                return found, len(totals) == 1 and read == len(found)
            if len(found) == known:
                return found, False
        return found, False

    def _page(self, path: str, query: dict[str, str], number: int, parse: Callable[[Any], Row]) -> Page[Row]:
        body = _object(self._get(path, {**query, "page": str(number)}))
        found = body.get("data")
        if not isinstance(found, list):
            raise Transient(f"Cody answered a list of {path} with something else")
        meta = body.get("meta")
        place = (meta.get("pagination") if isinstance(meta, dict) else None) or {}
        page_count = int(place.get("total_pages") or 1)
        more = number < page_count or bool(place.get("next_page")) or "next" in (place.get("links") or {})
        return Page([rows.parsed(parse, row) for row in found], not (found and more), place.get("total"), page_count)

    def _get(self, path: str, query: dict[str, str]) -> Answer:
        url, authorization = f"{self.base_url}/{path}", f"Bearer {self.key}"
        answer = self.permit(
            lambda: self.api.send("GET", url, authorization, params=query),
            _kind(path, query),
            query.get("conversation_id", ""),
        )
        raise_for_passing_fault("Cody", "GET", answer)
        if answer.status in (401, 403) or 300 <= answer.status < 400:
            # Without a valid key Laravel answers 401, or sends a browser to its login page.
            raise AccessRevoked(f"Cody refuses the key ({answer.status}): write a valid CODY_API_KEY", what="cody")
        if answer.status in (404, 422):
            raise Gone(f"Cody does not know what was asked for ({answer.status})")
        if answer.status == 402:
            raise Transient("Cody's plan is used up (402): wait, or upgrade it")
        if answer.status != 200:
            raise Refused(f"Cody refuses a list of {path.partition('/')[0]} ({answer.status})")
        return answer


def _asked(conversation_id: str, with_sources: bool) -> dict[str, str]:
    return {"conversation_id": conversation_id, **({"includes": "sources"} if with_sources else {})}


def _no_such_address() -> NotSetUp:
    return NotSetUp("Cody does not answer at this address: correct CODY_API_URL", what="cody")


def _kind(path: str, query: dict[str, str]) -> Kind:
    """What a request is for, as far as its turn goes."""
    is_first, is_feed = query.get("page", "1") == "1", path == "messages" and "conversation_id" not in query
    # Further pages of the feed would take the share that keeps a backlog from hiding what is new.
    if path in ("bots", "conversations") or (is_feed and is_first):
        return Kind.POLL
    return Kind.START if is_first or is_feed else Kind.ON


def _pages_slipped(before: Page[Row], page: Page[Row]) -> int:
    """How many pages up the rows of a list may have moved between two requests."""
    if before.total is None or page.total is None:
        return 0
    return max(0, math.ceil((before.total - page.total) / max(1, len(before.rows))))


def _no_such_bot(bot_id: str) -> NotSetUp:
    remedy = "write one of the bots that `cody2zoho doctor` lists as CODY_BOT_ID"
    return NotSetUp(f"Cody knows no bot {bot_id}: {remedy}", what=f"bot {bot_id}")


def _no_such_list() -> NotSetUp:
    return NotSetUp("Cody knows no list of conversations: correct CODY_API_URL", what="cody")


def _object(answer: Answer) -> dict[str, Any]:
    """The JSON object of an answer; HTML with status 200 is a proxy's word, not Cody's."""
    body = answer.json()
    if not isinstance(body, dict):
        raise Transient("Cody answered with something that is not JSON")
    return body
