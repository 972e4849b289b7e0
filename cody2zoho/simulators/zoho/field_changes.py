"""Making and changing custom fields, at most 5 a call (Create and Update custom fields)."""

from collections.abc import Callable
from typing import Any

from cody2zoho.simulators.wire import Reply

from .call import Call
from .errors import Item, RecordRefused, Refused, batch, success
from .fields import Field, api_name_of

FIELDS_A_CALL = 5
UNIQUE_FIELDS_AT_MOST = 2
RESERVED = {"id", "module", "record", "user", "users", "layout"}

#: Data type to its lengths: the shortest, the longest, and the one without a word.
LENGTHS = {
    "text": (1, 255, 255),
    "phone": (1, 30, 30),
    "email": (1, 100, 100),
    "textarea": (2_000, 50_000, 2_000),
    "integer": (1, 9, 9),
    "bigint": (1, 18, 18),
    "double": (1, 16, 16),
    "currency": (1, 16, 16),
}
PLAIN = ("boolean", "date", "datetime", "website", "picklist", "multiselectpicklist")
MAY_BE_UNIQUE = ("text", "email", "phone", "integer", "bigint", "double")
EXTERNAL_TYPES = ("org", "user")

Change = Callable[[Call, dict[str, Any], str], Item]


def create(call: Call) -> Reply:
    return _each(call, _create, 201)


def update(call: Call) -> Reply:
    return _each(call, _update, 200)


def update_one(call: Call) -> Reply:
    [row] = call.rows("fields", most=1)
    named = [{**row, "id": call.names["id"]}] if isinstance(row, dict) else [row]
    return batch([_attempt(call, _update, one, 0) for one in named], 200, "fields")


def _each(call: Call, change: Change, all_well: int) -> Reply:
    _refuse_odd_module(call)
    rows = call.rows("fields", FIELDS_A_CALL)
    return batch([_attempt(call, change, row, number) for number, row in enumerate(rows)], all_well, "fields")


def _attempt(call: Call, change: Change, row: Any, number: int) -> Item:
    path = f"$.fields[{number}]"
    try:
        if not isinstance(row, dict):
            raise RecordRefused("INVALID_DATA", "invalid data", {"expected_data_type": "jsonobject", "json_path": path})
        return change(call, row, path)
    except RecordRefused as refused:
        return refused.item


def _create(call: Call, row: dict[str, Any], path: str) -> Item:
    field = _new_field(row, path)
    _refuse_taken_name(call, field, path)
    custom = sum(known.custom for known in call.module.fields.values())
    if custom >= call.knobs.allowed_custom_fields():
        raise _limit(path, "field_label")
    if field.unique:
        _refuse_third_unique(call, path)
    call.module.add_field(field)
    return success("field created", {"id": field.id})


def _new_field(row: dict[str, Any], path: str) -> Field:
    label, data_type = (_mandatory(row, name, path) for name in ("field_label", "data_type"))
    if data_type not in LENGTHS and data_type not in PLAIN:
        details = {"api_name": "data_type", "json_path": f"{path}.data_type", "supported_values": [*LENGTHS, *PLAIN]}
        raise RecordRefused("INVALID_DATA", "invalid data", details)
    external = row.get("external")
    return Field(
        api_name_of(label),
        data_type,
        _length(row, data_type, path),
        values=_options(row, path),
        custom=True,
        unique=_unique(row, data_type, path) or False,
        external=external.get("type") if isinstance(external, dict) else None,
        label=label,
    )


def _mandatory(row: dict[str, Any], name: str, path: str) -> str:
    value = row.get(name)
    details = {"api_name": name, "json_path": f"{path}.{name}"}
    if not value:
        raise RecordRefused("MANDATORY_NOT_FOUND", "required field not found", details)
    if not isinstance(value, str):
        raise RecordRefused("INVALID_DATA", "invalid data", {"expected_data_type": "string", **details})
    return value


def _length(row: dict[str, Any], data_type: str, path: str) -> int | None:
    if data_type not in LENGTHS:
        return None
    shortest, longest, usual = LENGTHS[data_type]
    length = row.get("length", usual)
    if type(length) is not int or not shortest <= length <= longest:
        details = {"api_name": "length", "json_path": f"{path}.length", "range": {"min": shortest, "max": longest}}
        raise RecordRefused("DEPENDENT_MISMATCH", "The given length value seems to be invalid.", details)
    return length


def _options(row: dict[str, Any], path: str) -> list[str]:
    options = row.get("pick_list_values") or []
    if not isinstance(options, list) or not all(isinstance(one, dict) for one in options):
        details = {"expected_data_type": "jsonarray", "api_name": "pick_list_values", "json_path": path}
        raise RecordRefused("INVALID_DATA", "invalid data", details)
    return [str(option.get("display_value")) for option in options]


def _unique(row: dict[str, Any], data_type: str, path: str) -> bool | None:
    """True to mark, False to unmark, None where the row is silent. Only case-insensitive ones can be made."""
    unique = row.get("unique")
    if not unique:
        return None
    details = {"api_name": "unique", "json_path": f"{path}.unique"}
    if not isinstance(unique, dict) or unique.get("case_sensitive") is not False:
        raise RecordRefused("INVALID_DATA", "invalid data", details)
    if data_type not in MAY_BE_UNIQUE:
        raise RecordRefused("NOT_ALLOWED", "the field cannot be unique", details)
    return "_disable" not in unique


def _refuse_taken_name(call: Call, field: Field, path: str) -> None:
    details = {"api_name": "field_label", "json_path": f"{path}.field_label"}
    labels = {known.label.lower() for known in call.module.fields.values()}
    names = {name.lower() for name in call.module.fields}
    if field.label.lower() in RESERVED or not field.api_name:
        raise RecordRefused("RESERVED_KEYWORD_NOT_ALLOWED", "reserved keyword is not allowed", details)
    if field.label.lower() in labels or field.api_name.lower() in names:
        raise RecordRefused("DUPLICATE_DATA", "duplicate data", details)


def _refuse_third_unique(call: Call, path: str) -> None:
    if len(call.module.unique_fields) >= UNIQUE_FIELDS_AT_MOST:
        raise _limit(path, "unique")


def _limit(path: str, name: str) -> RecordRefused:
    message = "The field has reached its maximum creation limit"
    return RecordRefused("LIMIT_EXCEEDED", message, {"api_name": name, "json_path": f"{path}.{name}"})


# -- changing: length of a text and uniqueness, nothing else (Update custom fields)


def _update(call: Call, row: dict[str, Any], path: str) -> Item:
    field = call.module.field_by_id(str(row.get("id")))
    if field is None or not field.custom:
        details = {"api_name": "id", "json_path": f"{path}.id"}
        raise RecordRefused("INVALID_DATA", "the id given seems to be invalid", details)
    unique = _unique(row, field.data_type, path)
    length = _length(row, field.data_type, path) if "length" in row else field.length
    if length != field.length and field.data_type != "text":
        details = {"api_name": "length", "json_path": f"{path}.length"}
        raise RecordRefused("NOT_ALLOWED", "the length of this field cannot be changed", details)
    if unique and not field.unique:
        _refuse_doubles(call, field, path)
        call.module.table.index(field.api_name)
    field.length = length
    field.unique = field.unique if unique is None else unique
    return success("field updated", {"id": field.id})


def _refuse_doubles(call: Call, field: Field, path: str) -> None:
    """Existing doubles stand in the way."""
    _refuse_third_unique(call, path)
    values = [str(record[field.api_name]).lower() for record in call.module.live.values() if record.get(field.api_name)]
    if len(set(values)) < len(values):
        details = {"api_name": field.api_name, "json_path": f"{path}.unique"}
        raise RecordRefused("DUPLICATE_DATA", "duplicate data", details)


def _refuse_odd_module(call: Call) -> None:
    """Looks at the module first: an unknown one is INVALID_MODULE whatever the body says."""
    if call.module.api_name == "Notes":
        raise Refused(403, "NOT_SUPPORTED", "custom fields are not supported for this module")
