"""Offset pages over a list that moves, in both dialects.

`live` is what the API was seen to answer (Fractal's paginator); its links carry the page and lose every filter.
`docs` is what the vendor documents.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from .knobs import CodyKnobs

Row = TypeVar("Row")
Row_co = TypeVar("Row_co", covariant=True)
#: PHP's integer filter: no leading zero, no fraction, spaces around it allowed.
WHOLE_NUMBER = re.compile(r"\s*\+?[1-9][0-9]{0,17}\s*", re.ASCII)
LARGEST_PAGE = 100


class Rows(Protocol[Row_co]):
    """Newest first."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> Sequence[Row_co]: ...


@dataclass(frozen=True)
class Page(Generic[Row]):
    rows: Sequence[Row]
    total: int
    per_page: int
    current: int

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.per_page))


def cut_page(rows: Rows[Row], query: Mapping[str, str], default_size: int, knobs: CodyKnobs) -> Page[Row]:
    """The page that the query asks for; a page past the end is empty, a page that is no number is the first."""
    size = _size(query, default_size) if knobs.honour_per_page else default_size
    number = 1 if knobs.page_ignored else positive(query.get("page", ""), 1)
    first = (number - 1) * size
    return Page(rows[first : first + size], len(rows) + knobs.total_disagrees, size, number)


def positive(text: str, otherwise: int) -> int:
    return int(text) if WHOLE_NUMBER.fullmatch(text) else otherwise


def _size(query: Mapping[str, str], default_size: int) -> int:
    asked = query.get("per_page") or query.get("limit") or ""
    return min(positive(asked, default_size), LARGEST_PAGE)


def meta(page: Page[Any], url: str, style: str) -> dict[str, Any]:
    """The `meta` of a list; `url` is the endpoint's own, without a query."""
    return {"pagination": _live(page, url) if style == "live" else _docs(page)}


def _live(page: Page[Any], url: str) -> dict[str, Any]:
    links = {}
    if page.current > 1:
        links["previous"] = f"{url}?page={page.current - 1}"
    if page.current < page.last:
        links["next"] = f"{url}?page={page.current + 1}"
    return {
        "total": page.total,
        "count": len(page.rows),
        "per_page": page.per_page,
        "current_page": page.current,
        "total_pages": page.last,
        "links": links,
    }


def _docs(page: Page[Any]) -> dict[str, Any]:
    return {
        "count": len(page.rows),
        "total": page.total,
        "per_page": page.per_page,
        "total_pages": page.last,
        "next_page": page.current + 1 if page.current < page.last else None,
        "previous_page": page.current - 1 if page.current > 1 else None,
    }
