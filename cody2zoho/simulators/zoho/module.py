"""A module: its fields and its records."""

from collections.abc import Callable, Iterable
from typing import Any

from cody2zoho.simulators.wire import Clock

from .fields import Field
from .knobs import ZohoKnobs
from .standard_fields import NAME_FIELDS, SYSTEM_DUPLICATE_FIELDS
from .table import Record, Table


class Module:
    def __init__(self, api_name: str, fields: Iterable[Field], new_id: Callable[[], str], table: Table) -> None:
        self.api_name = api_name
        self.id = new_id()
        self.new_id = new_id
        self.table = table
        self.fields: dict[str, Field] = {}
        self.name_field = NAME_FIELDS.get(api_name, "id")
        self.system_duplicate_field = SYSTEM_DUPLICATE_FIELDS.get(api_name)
        for field in fields:
            self.add_field(field)
        if self.system_duplicate_field:
            table.index(self.system_duplicate_field)

    @property
    def live(self) -> dict[str, Record]:
        return self.table.live

    @property
    def unique_fields(self) -> list[Field]:
        """In the order of creation, which is the order in which upsert checks them."""
        return [field for field in self.fields.values() if field.indexed]

    def add_field(self, field: Field) -> None:
        field.id = self.new_id()
        self.fields[field.api_name] = field
        if field.indexed:
            self.table.index(field.api_name)

    def field_by_id(self, field_id: str) -> Field | None:
        return next((field for field in self.fields.values() if field.id == field_id), None)

    def name_of(self, record: Record) -> str:
        return str(record.get(self.name_field) or "")

    def reference(self, record_id: str) -> dict[str, Any]:
        """How a lookup shows one of these records."""
        return {"name": self.name_of(self.live[record_id]), "id": record_id}


def new_modules(
    fields: dict[str, list[Field]], clock: Clock, knobs: ZohoKnobs, new_id: Callable[[], str]
) -> dict[str, Module]:
    return {name: Module(name, rows, new_id, Table(clock, knobs)) for name, rows in fields.items()}
