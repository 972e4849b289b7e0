"""One API request as an operation sees it: the organisation, the module, the names in the path, query and body."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from cody2zoho.simulators.wire import Request

from .errors import RecordRefused, Refused, invalid_module, missing_parameter
from .knobs import ZohoKnobs
from .module import Module
from .organisation import Organisation
from .people import User


class Call:
    def __init__(self, organisation: Organisation, request: Request, names: Mapping[str, str], user: User) -> None:
        self.organisation = organisation
        self.request = request
        self.names = names
        self.user = user

    @property
    def knobs(self) -> ZohoKnobs:
        return self.organisation.knobs

    @cached_property
    def module(self) -> Module:
        """The module in the path, or in the query of a settings call; raises Refused with INVALID_MODULE."""
        name = self.names.get("module") or self.query("module")
        return self.find_module(name)

    def find_module(self, name: str) -> Module:
        module = self.organisation.modules.get(name)
        if module is None or name in self.knobs.hidden_modules:
            raise invalid_module()
        return module

    # -- query

    def query(self, name: str) -> str:
        """A parameter that must be there; raises Refused."""
        value = self.request.query.get(name, "")
        if not value:
            raise missing_parameter(name)
        return value

    def number(self, name: str, default: int, most: int) -> int:
        text = self.request.query.get(name) or str(default)
        if not text.isdecimal() or not 1 <= int(text) <= most:
            details = {"param_name": name, "range": {"min": 1, "max": most}}
            raise Refused(400, "INVALID_DATA", "invalid data", details)
        return int(text)

    def listed(self, name: str) -> list[str]:
        return [part.strip() for part in self.request.query.get(name, "").split(",") if part.strip()]

    # -- body

    @cached_property
    def body(self) -> dict[str, Any]:
        """The JSON object, whatever the Content-Type says: Zoho's own SDK sends none."""
        try:
            content = json.loads(self.request.body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise Refused(400, "INVALID_DATA", "invalid data", {"expected_data_type": "jsonobject"})
        return content

    def rows(self, key: str = "data", most: int = 100) -> list[Any]:
        """The records of a write; raises Refused unless there are 1 to `most`."""
        self._refuse_odd_trigger()
        rows = self.body.get(key)
        details: dict[str, Any] = {"api_name": key, "json_path": f"$.{key}"}
        if rows is None or rows == []:
            raise Refused(400, "MANDATORY_NOT_FOUND", "required field not found", details)
        if not isinstance(rows, list):
            raise Refused(400, "INVALID_DATA", "invalid data", {"expected_data_type": "jsonarray", **details})
        if len(rows) > most:
            raise Refused(400, "INVALID_DATA", "invalid data", {"maximum_length": most, **details})
        return rows

    def rows_sent(self) -> int:
        """How many records the body holds, if it can be read at all."""
        try:
            rows = self.body.get("data")
        except Refused:
            return 1
        return len(rows) if isinstance(rows, list) else 1

    @property
    def trigger(self) -> tuple[str, ...] | None:
        """The automation asked for; None where the body does not say, which means all of it."""
        trigger = self.body.get("trigger")
        return None if trigger is None else tuple(map(str, trigger))

    def _refuse_odd_trigger(self) -> None:
        if not isinstance(self.body.get("trigger", []), list | None):
            details = {"expected_data_type": "jsonarray", "api_name": "trigger", "json_path": "$.trigger"}
            raise Refused(400, "INVALID_DATA", "invalid data", details)

    # -- headers

    @cached_property
    def external(self) -> dict[str, str]:
        """X-EXTERNAL `Cases.Key, Cases.Related_To.Key` as {"": "Key", "Related_To": "Key"}."""
        parts = [part.strip().split(".") for part in self.request.headers.get("x-external", "").split(",")]
        return {".".join(path[1:-1]): path[-1] for path in parts if len(path) > 1}

    def moment(self, header: str) -> datetime | None:
        """A time in a header, as Unix-comparable datetime; None where it is absent or unreadable."""
        try:
            return datetime.fromisoformat(self.request.headers.get(header, "")).astimezone()
        except ValueError:
            return None


def _refuse_constant(text: str) -> None:
    raise ValueError(f"JSON has no {text}")


def row_object(row: Any, number: int) -> dict[str, Any]:
    """The row, if it is an object; raises RecordRefused."""
    if not isinstance(row, dict):
        details = {"expected_data_type": "jsonobject", "json_path": f"$.data[{number}]"}
        raise RecordRefused("INVALID_DATA", "invalid data", details)
    return row
