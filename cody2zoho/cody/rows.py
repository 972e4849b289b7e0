"""Rows of Cody's lists, as values of ours."""

from collections.abc import Callable
from typing import Any, TypeVar

from cody2zoho.errors import Transient
from cody2zoho.models import Conversation, Message, Said, Source
from cody2zoho.text.transcript import whole

Row = TypeVar("Row")

#: Roles of people, in the rows of older answers that have a role and no `machine` flag.
_PEOPLE = ("user", "human", "visitor", "customer")


def parsed(parse: Callable[[Any], Row], row: Any) -> Row:
    """Raises Transient where the row lacks what Cody documents."""
    try:
        return parse(row)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Transient("Cody answered with a row that lacks what Cody documents") from None


def conversation(row: dict[str, Any]) -> Conversation:
    name = row.get("name")
    return Conversation(str(row["id"]), str(row["bot_id"]), int(row["created_at"]), name and whole(str(name)))


def message(row: dict[str, Any]) -> Message:
    content = row.get("content")
    return Message(
        id=str(row["id"]),
        content="" if content is None else str(content),
        by_machine=bool(row["machine"]) if "machine" in row else row.get("role") not in _PEOPLE,
        created_at=int(row["created_at"]),
        failed=bool(row.get("failed_responding")),
        flagged=bool(row.get("flagged")),
        sources=_sources(row.get("sources")),
    )


def _sources(cited: Any) -> tuple[Source, ...]:
    """Cody's documents show one object, or a list of them. A row that is odd is no reason to lose a message."""
    data = cited.get("data") if isinstance(cited, dict) else None
    rows = data if isinstance(data, list) else [data]
    return tuple(dict.fromkeys(_source(row) for row in rows if isinstance(row, dict) and row.get("document_name")))


def _source(row: dict[str, Any]) -> Source:
    address = row.get("webpage_url") or row.get("document_url") or ""
    return Source(" ".join(str(row["document_name"]).split()), str(address))


def said(row: dict[str, Any]) -> Said:
    return Said(str(row["id"]), str(row["conversation_id"]), int(row["created_at"]))
