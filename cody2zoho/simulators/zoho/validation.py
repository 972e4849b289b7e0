"""What one record of a write may hold. The order is ours: types and lengths, then what is missing, then uniqueness."""

from typing import Any

from .call import Call
from .errors import RecordRefused, invalid_id
from .fields import Field
from .table import Record
from .values import check_value, refuse

#: Keys of a record that are no fields, and that Zoho takes without a word.
SILENT_KEYS = {"id", "Layout", "Tag", "$append_values"}


def checked(call: Call, row: Record, number: int) -> Record:
    """The fields to store; raises RecordRefused for the first that Zoho would not take."""
    values: Record = {}
    for api_name, value in row.items():
        path = f"$.data[{number}].{api_name}"
        field = call.module.fields.get(api_name)
        if field is None:
            _meet_unknown(call, api_name, path)
        elif not field.read_only:
            values[api_name] = None if value is None else _checked_value(call, field, value, path)
    return values


def require_mandatory(call: Call, record: Record, number: int) -> None:
    for field in call.module.fields.values():
        if field.mandatory and record.get(field.api_name) in (None, ""):
            details = {"api_name": field.api_name, "json_path": f"$.data[{number}].{field.api_name}"}
            raise RecordRefused("MANDATORY_NOT_FOUND", "required field not found", details)


def _meet_unknown(call: Call, api_name: str, path: str) -> None:
    if api_name in SILENT_KEYS or api_name.startswith("$"):
        return
    if call.knobs.unknown_fields == "reject":
        raise RecordRefused("INVALID_DATA", "invalid data", {"api_name": api_name, "json_path": path})
    call.organisation.ignored_fields[f"{call.module.api_name}.{api_name}"] += 1


def _checked_value(call: Call, field: Field, value: Any, path: str) -> Any:
    taken = check_value(field, value, path, call.knobs)
    if field.data_type == "lookup":
        return _referred(call, field, taken, path)
    if field.data_type == "ownerlookup":
        return _owner(call, field, taken, path)
    return taken


def _referred(call: Call, field: Field, value: dict[str, Any], path: str) -> dict[str, Any]:
    """The reference to store, after a look whether the other record exists. Ids may be numbers or strings."""
    target = call.organisation.modules[field.lookup or ""]
    if "id" not in value:
        refuse(field, path, expected_data_type="jsonobject")
    record_id = str(value["id"])
    external = call.external.get(field.api_name)
    if external:
        record_id = next(iter(target.table.index(external).find(record_id)), "")
    if record_id not in target.live:
        raise _unknown_id(call, field, str(value["id"]), path)
    return target.reference(record_id)


def _owner(call: Call, field: Field, value: dict[str, Any], path: str) -> dict[str, Any]:
    if str(value.get("id")) != call.organisation.user.id:
        raise _unknown_id(call, field, str(value.get("id")), path)
    return call.organisation.user.as_owner


def _unknown_id(call: Call, field: Field, record_id: str, path: str) -> RecordRefused:
    if call.knobs.lookup_refusal == "id":
        return invalid_id(id=record_id, api_name="id", json_path=f"{path}.id")
    return invalid_id(id=record_id, api_name=field.api_name, json_path=path)
