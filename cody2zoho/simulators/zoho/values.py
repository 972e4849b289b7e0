"""What each data type takes: a check returns the value to store or says what was expected."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, NoReturn

from .errors import RecordRefused
from .fields import JSON_TYPES, Field
from .knobs import ZohoKnobs

#: Shorter than the expression that Zoho prints (Insert Records), and as strict for addresses that people have.
EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9]([\w-]*\.)+[A-Za-z0-9-]{2,22}", re.ASCII)
PHONE = re.compile(r"[0-9A-Za-z#+().,*;:/\s-]*[0-9][0-9A-Za-z#+().,*;:/\s-]*")
WEBSITE = re.compile(r"(https?://)?[\w-]+(\.[\w-]+)+([/:?#]\S*)?")

PATTERNS = {"email": EMAIL, "phone": PHONE, "website": WEBSITE}


def check_value(field: Field, value: Any, path: str, knobs: ZohoKnobs) -> Any:
    """The value to store; raises RecordRefused with INVALID_DATA. Lookups are not for here."""
    checked = CHECKS[JSON_TYPES[field.data_type]](field, value, path)
    if isinstance(checked, str):
        _check_text(field, checked, path, knobs)
    return checked


def text_length(text: str, knobs: ZohoKnobs) -> int:
    """In the unit that the knob names; an emoji is two UTF-16 code units."""
    if text.isascii() or knobs.length_unit == "code_point":
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def refuse(field: Field, path: str, **details: Any) -> NoReturn:
    raise RecordRefused("INVALID_DATA", "invalid data", {**details, "api_name": field.api_name, "json_path": path})


def _check_text(field: Field, text: str, path: str, knobs: ZohoKnobs) -> None:
    if field.length and text_length(text, knobs) > field.length:
        refuse(field, path, maximum_length=field.length)
    pattern = PATTERNS.get(field.data_type)
    if pattern and text and not pattern.fullmatch(text):
        refuse(field, path, expected_data_type=field.data_type)
    if field.data_type == "picklist" and field.api_name in knobs.enforced_pick_lists and text not in field.values:
        refuse(field, path, supported_values=list(field.values))
    if field.data_type in ("date", "datetime"):
        _check_time(field, text, path)


def _check_time(field: Field, text: str, path: str) -> None:
    try:
        moment = date.fromisoformat(text) if field.data_type == "date" else datetime.fromisoformat(text)
    except ValueError:
        refuse(field, path, expected_data_type=field.data_type)
    if isinstance(moment, datetime) and moment.tzinfo is None:
        refuse(field, path, expected_data_type="datetime")


def _string(field: Field, value: Any, path: str) -> str:
    if not isinstance(value, str):
        refuse(field, path, expected_data_type="string")
    return value


def _integer(field: Field, value: Any, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        refuse(field, path, expected_data_type="integer")
    if len(str(abs(value))) > (field.length or 9):
        refuse(field, path, maximum_length=field.length or 9)
    return value


def _double(field: Field, value: Any, path: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        refuse(field, path, expected_data_type="double")
    if abs(value) >= 10 ** (field.length or 16):
        refuse(field, path, maximum_length=field.length or 16)
    return value


def _boolean(field: Field, value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        refuse(field, path, expected_data_type="boolean")
    return value


def _array(field: Field, value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        refuse(field, path, expected_data_type="jsonarray")
    return value


def _object(field: Field, value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        refuse(field, path, expected_data_type="jsonobject")
    return value


#: JSON type to its check.
CHECKS: dict[str, Callable[[Field, Any, str], Any]] = {
    "string": _string,
    "integer": _integer,
    "double": _double,
    "boolean": _boolean,
    "jsonarray": _array,
    "jsonobject": _object,
}
