"""What Cases, and Contacts, look like in the customer's Zoho: fields, pick lists, the unique field."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from cody2zoho.errors import NotSetUp, Refused
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import UniqueFieldMissing
from cody2zoho.zoho.crm import Crm, items, refused, succeeded

#: Zoho takes this many new fields a call (create custom fields).
_PER_CALL = 5

#: Length of the unique field; Cody's ids have 12 characters today.
KEY_LENGTH = 100

_LOOKED_AT_SECONDS = 3_600


@dataclass(frozen=True)
class Field:
    """A field; `values` are those of a pick list, `length` in characters where Zoho names one."""

    api_name: str
    id: str
    data_type: str
    unique: bool
    length: int | None
    values: tuple[str, ...]
    mandatory: bool
    read_only: bool = False


@dataclass(frozen=True)
class Fields:
    crm: Crm

    def all(self, module: str = "Cases") -> dict[str, Field]:
        """The fields of a module by API name."""
        rows = self.crm.call("GET", "settings/fields", params={"module": module}).get("fields", [])
        return {field.api_name: field for field in map(_field, rows)}

    def create(self, labels: dict[str, str]) -> None:
        """Make fields, label to data type (`unique`, `integer`, `double`); raises Refused with what Zoho says."""
        wanted = [_creation(label, kind) for label, kind in labels.items()]
        for first in range(0, len(wanted), _PER_CALL):
            body = self.crm.call(
                "POST",
                "settings/fields",
                params={"module": "Cases"},
                json={"fields": wanted[first : first + _PER_CALL]},
            )
            for item in items(body, "fields"):
                if not succeeded(item):
                    raise refused(item)

    def make_unique(self, field: Field) -> None:
        """Mark an existing text field; Zoho refuses while two cases share a value."""
        wanted = {"fields": [{"id": field.id, "unique": {"case_sensitive": False}}]}
        [item] = items(self.crm.call("PATCH", "settings/fields", params={"module": "Cases"}, json=wanted), "fields")[:1]
        if not succeeded(item):
            raise Refused(f"Zoho cannot make {field.api_name} unique: are there two cases with the same value?")


@dataclass
class KeyField:
    """The field that keeps every conversation to one case; without it no case may be made."""

    fields: Fields
    api_name: str
    #: What the last look found.
    was_unique: bool = True
    _good_until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def is_unique(self) -> bool:
        """Whether Zoho itself refuses a second case; looked at once an hour. Raises NotSetUp without such a field."""
        with self._lock:
            if time.monotonic() >= self._good_until:
                self.was_unique = is_unique(self.fields.all(), self.api_name)
                self._good_until = time.monotonic() + _LOOKED_AT_SECONDS
                if not self.was_unique:
                    report(UniqueFieldMissing(self.api_name, "run `cody2zoho setup`"))
            return self.was_unique


def is_unique(fields: dict[str, Field], api_name: str) -> bool:
    """Whether Zoho refuses a second case with the same value. Raises NotSetUp where there is no such field."""
    if api_name not in fields:
        raise NotSetUp(f"Zoho's Cases have no field {api_name}: run `cody2zoho setup`")
    return fields[api_name].unique


def _creation(label: str, kind: str) -> dict[str, Any]:
    if kind == "unique":
        return {"field_label": label, "data_type": "text", "length": KEY_LENGTH, "unique": {"case_sensitive": False}}
    return {"field_label": label, "data_type": kind}


def _field(row: dict[str, Any]) -> Field:
    return Field(
        api_name=str(row.get("api_name")),
        id=str(row.get("id", "")),
        data_type=str(row.get("data_type")),
        # Not unique is {}, unique is an object whose key differs between Zoho's published documents.
        unique=bool(row.get("unique")),
        length=row.get("length"),
        values=tuple(str(value.get("display_value")) for value in row.get("pick_list_values") or ()),
        mandatory=bool(row.get("system_mandatory")),
        read_only=bool(row.get("field_read_only") or row.get("read_only")),
    )
