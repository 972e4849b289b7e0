"""Pages of records, as every list of Zoho has them."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from cody2zoho.simulators.wire import Reply

from .call import Call
from .errors import Refused

Row = TypeVar("Row")
NOTHING = Reply(204)

#: Beyond this many records a page number is no longer enough (Get Records).
NUMBERED_RECORDS = 2_000
TOKEN_SECONDS = 86_400


def page_of(call: Call, rows: Sequence[Row], show: Callable[[Row], dict[str, Any]], *, tokens: bool = True) -> Reply:
    """One page of `rows` with its `info`, or 204."""
    per_page = call.number("per_page", 200, 200)
    page = _page_number(call, per_page) if tokens else call.number("page", 1, 1_000_000)
    shown = rows[(page - 1) * per_page : page * per_page]
    if not shown:
        return NOTHING
    more = len(rows) > page * per_page
    info = {"per_page": per_page, "count": len(shown), "page": page, "more_records": more, **_sorting(call)}
    if tokens:
        info |= _tokens(call, page, more)
    return Reply.json(200, {"data": [show(row) for row in shown], "info": info})


def _page_number(call: Call, per_page: int) -> int:
    token = call.request.query.get("page_token")
    if token:
        return _number_in(token)
    page = call.number("page", 1, 1_000_000)
    if page * per_page > NUMBERED_RECORDS:
        message = "Kindly use page_token to fetch the records beyond the discrete pagination limit"
        details = {"limit": NUMBERED_RECORDS, "param_name": "page"}
        raise Refused(400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED", message, details)
    return page


def _tokens(call: Call, page: int, more: bool) -> dict[str, Any]:
    expiry = call.organisation.time_text(call.organisation.clock() + TOKEN_SECONDS)
    return {
        "next_page_token": _token(page + 1) if more else None,
        "previous_page_token": _token(page - 1) if page > 1 else None,
        "page_token_expiry": expiry if more or page > 1 else None,
    }


def _token(page: int) -> str:
    return base64.urlsafe_b64encode(f"page {page}".encode()).decode()


def _number_in(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token).removeprefix(b"page "))
    except (ValueError, binascii.Error) as error:
        details = {"param_name": "page_token"}
        raise Refused(400, "INVALID_DATA", "invalid data", details) from error


def _sorting(call: Call) -> dict[str, str]:
    query = call.request.query
    return {"sort_by": query.get("sort_by", "id"), "sort_order": query.get("sort_order", "desc")}
