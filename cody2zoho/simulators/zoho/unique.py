"""Unique fields: who holds a value already, and how Zoho says so.

Comparison ignores case, for Zoho makes no other kind of unique field ("Create custom fields"); no value is no
collision. Whether the check is atomic, and whether the recycle bin counts, nobody has written down: two knobs.
"""

from typing import Any

from .call import Call
from .errors import Item, RecordRefused, failure
from .fields import Field
from .module import Module
from .table import Record


def refuse_duplicates(call: Call, values: Record, number: int, own_id: str | None = None) -> None:
    """Raises RecordRefused if another record holds a unique value; two such fields make a nested error."""
    errors: list[Item] = []
    for field in call.module.unique_fields:
        holders = _others(call, field, values.get(field.api_name), own_id)
        if holders:
            errors.append(_duplicate(call, field, holders, number))
    if len(errors) > 1:
        raise RecordRefused("MULTIPLE_OR_MULTI_ERRORS", "Multiple errors in the request", {"errors": errors})
    if errors:
        raise RecordRefused("DUPLICATE_DATA", "duplicate data", errors[0]["details"])


def _others(call: Call, field: Field, value: Any, own_id: str | None) -> list[str]:
    holders = [record_id for record_id in call.module.table.index(field.api_name).find(value) if record_id != own_id]
    return [record_id for record_id in holders if _counts(call, field, record_id)] if holders else holders


def _counts(call: Call, field: Field, record_id: str) -> bool:
    """Whether the check sees this record at all."""
    table = call.module.table
    window = call.knobs.unique_window_seconds
    if window and call.organisation.clock() - table.created_at[record_id] < window:
        return False
    record = table.live.get(record_id)
    if record is None:
        return call.knobs.recycle_bin_blocks_unique and table.in_recycle_bin(record_id)
    return field.unique or field.external != "user" or record["Created_By"]["id"] == call.user.id


def _duplicate(call: Call, field: Field, holders: list[str], number: int) -> Item:
    details = _details(call, call.module, field, holders, number)
    return failure("DUPLICATE_DATA", "duplicate data", details)


def _details(call: Call, module: Module, field: Field, holders: list[str], number: int) -> dict[str, Any]:
    if call.knobs.duplicate_details == "id_only":
        return {"id": holders[0]}
    if call.knobs.duplicate_details == "api_name_only":
        return {"api_name": field.api_name}
    owner = {"name": call.organisation.user.full_name, "id": call.organisation.user.id}
    existing = {
        "Owner": {**owner, "zuid": call.organisation.user.zuid},
        "module": {"api_name": module.api_name, "id": module.id},
        "id": holders[0],
    }
    return {
        "api_name": field.api_name,
        "duplicate_record": existing,
        "json_path": f"$.data[{number}].{field.api_name}",
        "id": holders[0],
        "more_records": len(holders) > 1,
    }
