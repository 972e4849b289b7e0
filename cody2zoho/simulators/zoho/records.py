"""Insert, update, upsert and delete: 1 to 100 records a call, each with its own result, in the order sent."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from cody2zoho.simulators.wire import Reply

from .call import Call, row_object
from .errors import Item, RecordRefused, Refused, batch, invalid_id, success
from .organisation import AutomationRun
from .table import Record
from .unique import refuse_duplicates
from .validation import checked, require_mandatory

#: Writes one row and returns its result; raises RecordRefused.
Write = Callable[[Call, Record, int], Item]


def insert(call: Call) -> Reply:
    return batch(_write_all(call, _insert), 201)


def update(call: Call) -> Reply:
    return batch(_write_all(call, _update), 200)


def update_one(call: Call) -> Reply:
    [row] = call.rows(most=1)
    named = {**row, "id": id_in_path(call)} if isinstance(row, dict) else row
    return batch([_attempt(call, _update, named, 0)], 200)


def upsert(call: Call) -> Reply:
    _refuse_odd_check_fields(call)
    items = _write_all(call, _upsert)
    inserted_all = all(item.get("action") == "insert" for item in items)
    return batch(items, call.knobs.upsert_insert_status if inserted_all else 200)


def delete_one(call: Call) -> Reply:
    return batch([_delete(call, id_in_path(call))], 200)


def delete(call: Call) -> Reply:
    call.query("ids")
    return batch([_delete(call, record_id) for record_id in call.listed("ids")[:100]], 200)


def id_in_path(call: Call) -> str:
    """The record that the path names, by id or, with X-EXTERNAL, by an external field."""
    named = call.names["id"]
    api_name = call.external.get("")
    if api_name:
        return _id_by_external(call, api_name, named)
    if not named.isdecimal():
        details = {"id": named, "resource_path_index": 1}
        raise Refused(400, "INVALID_DATA", "the id given seems to be invalid", details)
    return named


def _id_by_external(call: Call, api_name: str, value: str) -> str:
    field = call.module.fields.get(api_name)
    if field is None or field.external is None:
        raise Refused(400, "INVALID_DATA", "the external field given seems to be invalid", {"api_name": api_name})
    return next((known for known in call.module.table.index(api_name).find(value) if known in call.module.live), "")


def _write_all(call: Call, write: Write) -> list[Item]:
    return [_attempt(call, write, row, number) for number, row in enumerate(call.rows())]


def _attempt(call: Call, write: Write, row: Any, number: int) -> Item:
    try:
        return write(call, row_object(row, number), number)
    except RecordRefused as refused:
        return refused.item


def _insert(call: Call, row: Record, number: int) -> Item:
    values = checked(call, row, number)
    require_mandatory(call, values, number)
    refuse_duplicates(call, values, number)
    record = call.organisation.create(call.module, values, call.user)
    return _written(call, record, "insert", "record added")


def _update(call: Call, row: Record, number: int) -> Item:
    record_id = str(row.get("id", ""))
    record = call.module.live.get(record_id)
    if record is None:
        raise invalid_id(id=record_id, api_name="id", json_path=f"$.data[{number}].id")
    return _overwrite(call, record, row, number)


def _overwrite(call: Call, record: Record, row: Record, number: int) -> Item:
    """Every field that is supplied, null included; the others stay."""
    _refuse_if_modified(call, record)
    values = checked(call, row, number)
    require_mandatory(call, {**record, **values}, number)
    refuse_duplicates(call, values, number, own_id=record["id"])
    changed = call.organisation.change(call.module, record["id"], values, call.user)
    return _written(call, changed, "update", "record updated")


def _refuse_if_modified(call: Call, record: Record) -> None:
    since = call.moment("if-unmodified-since")
    if since and datetime.fromisoformat(record["Modified_Time"]) > since:
        message = "record has been modified since the time given"
        raise RecordRefused("ALREADY_MODIFIED", message, {"id": record["id"]})


def _written(call: Call, record: Record, action: str, message: str) -> Item:
    run = AutomationRun(call.module.api_name, record["id"], action, call.trigger, call.body.get("lar_id"))
    call.organisation.automation.append(run)
    shown = ("Modified_Time", "Modified_By", "Created_Time", "id", "Created_By")
    details = {name: record[name] for name in shown}
    return success(message, {**details, "$approval_state": "approved"})


# -- upsert: the fields are checked one after the other, and the first that matches decides (Upsert Records, table)


def _upsert(call: Call, row: Record, number: int) -> Item:
    for api_name in _check_fields(call):
        record = _holder(call, api_name, row.get(api_name))
        if record is not None:
            return {**_overwrite(call, record, row, number), "duplicate_field": api_name, "action": "update"}
    return {**_insert(call, row, number), "duplicate_field": None, "action": "insert"}


def _check_fields(call: Call) -> list[str]:
    """Without `duplicate_check_fields` the system field comes first: for Cases the Subject, the trap."""
    named = call.body.get("duplicate_check_fields")
    unique = [field.api_name for field in call.module.unique_fields]
    system = [call.module.system_duplicate_field] if call.module.system_duplicate_field else []
    return list(dict.fromkeys([*(named or system), *unique]))


def _refuse_odd_check_fields(call: Call) -> None:
    """Only the system field and unique ones may be named."""
    named = call.body.get("duplicate_check_fields") or []
    allowed = {call.module.system_duplicate_field, *(field.api_name for field in call.module.unique_fields)}
    if not isinstance(named, list) or not set(map(str, named)) <= allowed:
        details = {"api_name": "duplicate_check_fields", "json_path": "$.duplicate_check_fields"}
        raise Refused(400, "INVALID_DATA", "invalid data", details)


def _holder(call: Call, api_name: str, value: Any) -> Record | None:
    live = call.module.live
    return next((live[known] for known in call.module.table.index(api_name).find(value) if known in live), None)


def _delete(call: Call, record_id: str) -> Item:
    if record_id not in call.module.live:
        return invalid_id(id=record_id).item
    call.module.table.remove(record_id, call.user.reference)
    return success("record deleted", {"id": record_id})
