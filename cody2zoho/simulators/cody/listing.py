"""List endpoints: filter, order, page, envelope."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from cody2zoho.simulators.wire import Reply

from .call import Call
from .errors import Invalid, compact, no_record
from .pagination import Rows, cut_page, meta
from .records import Bot, Conversation, Document, Folder, Record

Row = TypeVar("Row", bound=Record)
Named = TypeVar("Named", Bot, Conversation, Document, Folder)


class NothingThere(Exception):
    """The filter names a record that does not exist, and the answer is an empty list."""


def filter_id(call: Call, name: str, model: str, known: Mapping[str, Record]) -> str | None:
    """The id in a filter of the query; None without one. What an unknown id does is the knob `unknown_filter`."""
    wanted = call.query.get(name)
    if wanted is None or wanted in known:
        return wanted
    if call.knobs.unknown_filter == "422":
        raise Invalid({name: [f"The selected {name.replace('_', ' ')} is invalid."]})
    if call.knobs.unknown_filter == "404":
        raise no_record(model, wanted)
    raise NothingThere


def with_keyword(call: Call, rows: Iterable[Named]) -> list[Named]:
    """Rows whose name holds the keyword, in any case; a row without a name never matches."""
    keyword = call.query["keyword"].casefold()
    return [row for row in rows if keyword in (row.name or "").casefold()]


def ties_shuffled(call: Call, rows: Iterable[Row]) -> list[Row]:
    """Rows of the same second in another order at every request: a database without a second sort key."""
    shuffled = list(rows)
    call.account.dice.shuffle(shuffled)
    return sorted(shuffled, key=lambda row: row.created_at, reverse=True)


def by_activity(rows: Iterable[Conversation]) -> list[Conversation]:
    return sorted(rows, key=lambda row: (row.active_at, row.number), reverse=True)


def page_of(call: Call, rows: Rows[Row], view: Callable[[Row, Call], dict[str, Any]], size: int = 15) -> Reply:
    """The page that was asked for, in its envelope."""
    page = cut_page(rows, call.query, size, call.knobs)
    content = {
        "data": [view(row, call) for row in page.rows],
        "meta": meta(page, call.url, call.knobs.pagination_style),
    }
    return compact(200, content)
