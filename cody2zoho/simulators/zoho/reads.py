"""Reading records: one, a page of them, the deleted ones, and how many there are."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from cody2zoho.simulators.wire import Reply

from .call import Call
from .errors import Refused, missing_parameter
from .module import Module
from .paging import NOTHING, page_of
from .records import id_in_path
from .table import Deleted, Record

SORTABLE = ("id", "Created_Time", "Modified_Time")

#: What a full record carries besides its fields.
SYSTEM_KEYS: dict[str, Any] = {
    "$editable": True,
    "$approval": {"delegate": False, "takeover": False, "approve": False, "reject": False, "resubmit": False},
    "$approval_state": "approved",
    "$review_process": {"approve": False, "reject": False, "resubmit": False},
    "$review": None,
    "$orchestration": False,
    "$in_merge": False,
    "$locked_for_me": False,
    "$field_states": None,
    "Locked__s": False,
    "Record_Status__s": "Available",
    "Tag": [],
}


def get_one(call: Call) -> Reply:
    record = call.module.live.get(id_in_path(call))
    if record is None:
        return NOTHING
    if _changed(call, [record]) == []:
        return Reply(304)
    return Reply.json(200, {"data": [shown(call.module, record, call.listed("fields"))]})


def get_page(call: Call) -> Reply:
    fields = asked_fields(call)
    records = _changed(call, _sorted(call, _named(call)))
    if not records and call.moment("if-modified-since"):
        return Reply(304)
    return page_of(call, records, lambda record: shown(call.module, record, fields))


def get_deleted(call: Call) -> Reply:
    kind = call.request.query.get("type", "all")
    rows = [(found, gone) for found, gone in call.module.table.deleted() if kind in ("all", found)]
    return page_of(call, rows, lambda row: _shown_deleted(call, *row), tokens=False)


def get_count(call: Call) -> Reply:
    """From an index that is minutes behind (Record Count)."""
    moment = call.organisation.clock() - call.knobs.count_lag_seconds
    return Reply.json(200, {"count": sum(1 for _ in call.module.table.as_of(moment))})


def shown(module: Module, record: Record, fields: Sequence[str] = ()) -> Record:
    """All fields, or the ones asked for; names that do not exist are passed over; `id` always comes along."""
    if fields:
        known = [name for name in fields if name in module.fields]
        return {**{name: record.get(name) for name in known}, "id": record["id"]}
    return {**SYSTEM_KEYS, **dict.fromkeys(module.fields.keys() - SYSTEM_KEYS.keys()), **record}


def asked_fields(call: Call) -> list[str]:
    """The parameter `fields`, mandatory for lists, at most 50."""
    fields = call.listed("fields")
    if not fields:
        raise missing_parameter("fields")
    if len(fields) > 50:
        details = {"param_name": "fields", "limit": 50}
        raise Refused(400, "LIMIT_EXCEEDED", "the maximum number of fields is exceeded", details)
    return fields


def _named(call: Call) -> Iterable[Record]:
    live = call.module.live
    ids = call.listed("ids")
    return [live[record_id] for record_id in ids if record_id in live] if ids else live.values()


def _sorted(call: Call, records: Iterable[Record]) -> list[Record]:
    sort_by = call.request.query.get("sort_by", "id")
    if sort_by not in SORTABLE:
        details = {"param_name": "sort_by", "supported_values": list(SORTABLE)}
        raise Refused(400, "INVALID_DATA", "invalid data", details)
    upwards = call.request.query.get("sort_order") == "asc"
    return sorted(records, key=lambda record: (record[sort_by], record["id"]), reverse=not upwards)


def _changed(call: Call, records: list[Record]) -> list[Record]:
    """Those that changed after If-Modified-Since; all of them without that header."""
    since = call.moment("if-modified-since")
    if since is None:
        return records
    return [record for record in records if datetime.fromisoformat(record["Modified_Time"]) > since]


def _shown_deleted(call: Call, kind: str, gone: Deleted) -> Record:
    return {
        "deleted_by": gone.by,
        "id": gone.record["id"],
        "display_name": call.module.name_of(gone.record),
        "type": kind,
        "created_by": gone.record["Created_By"],
        "deleted_time": call.organisation.time_text(gone.at),
    }
