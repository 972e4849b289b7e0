"""A field of a module, and how its metadata looks."""

import re
from dataclasses import dataclass, field
from typing import Any

from .knobs import ZohoKnobs

#: Data type to the JSON type that a value has.
JSON_TYPES = {
    "text": "string",
    "textarea": "string",
    "email": "string",
    "phone": "string",
    "website": "string",
    "picklist": "string",
    "multiselectpicklist": "jsonarray",
    "integer": "integer",
    "bigint": "string",
    "double": "double",
    "currency": "double",
    "boolean": "boolean",
    "date": "string",
    "datetime": "string",
    "lookup": "jsonobject",
    "ownerlookup": "jsonobject",
    "autonumber": "string",
    "text_list": "jsonarray",
}


@dataclass
class Field:
    """`length` in characters, or in digits for numbers; `lookup` is the module a lookup points at."""

    api_name: str
    data_type: str
    length: int | None = None
    mandatory: bool = False
    read_only: bool = False
    values: list[str] = field(default_factory=list)
    lookup: str | None = None
    custom: bool = False
    unique: bool = False
    external: str | None = None
    label: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        self.label = self.label or self.api_name.replace("__s", "").replace("_", " ")

    @property
    def indexed(self) -> bool:
        return self.unique or self.external is not None

    def metadata(self, knobs: ZohoKnobs, lookup_id: str | None) -> dict[str, Any]:
        """As GET settings/fields shows it; `lookup_id` is the id of the module that it points at."""
        shown: dict[str, Any] = {
            "id": self.id,
            "api_name": self.api_name,
            "field_label": self.label,
            "display_label": self.label,
            "data_type": self.data_type,
            "json_type": JSON_TYPES[self.data_type],
            "length": self.length or 0,
            "system_mandatory": self.mandatory,
            "custom_field": self.custom,
            "field_read_only": self.read_only,
            "read_only": self.read_only,
            "visible": True,
            "type": "used",
            "unique": {knobs.unique_key: False} if self.unique else {},
            "external": {"type": self.external, "show": False} if self.external else None,
            "view_type": {"view": True, "edit": True, "quick_create": False, "create": not self.read_only},
            "pick_list_values": [_option(position, text) for position, text in enumerate(self.values, 1)],
            "lookup": _target(self.lookup, lookup_id) if self.lookup else {},
        }
        return shown


def _option(position: int, text: str) -> dict[str, Any]:
    return {
        "display_value": text,
        "actual_value": text,
        "reference_value": text,
        "sequence_number": position,
        "type": "used",
    }


def _target(module: str, module_id: str | None) -> dict[str, Any]:
    return {"display_label": module, "api_name": module, "module": {"api_name": module, "id": module_id}}


def api_name_of(label: str) -> str:
    """What Zoho makes of a label: everything but ASCII letters and digits becomes an underscore."""
    return re.sub(r"[^A-Za-z0-9]+", "_", label).strip("_")
