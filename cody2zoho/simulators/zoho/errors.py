"""Answers that are no success, in Zoho's shapes.

* Refused        the whole request: a flat object and the status it deserves
* RecordRefused  one record of a batch: an item among the others
"""

from collections.abc import Sequence
from typing import Any

from cody2zoho.simulators.wire import Reply

Item = dict[str, Any]


def failure(code: str, message: str, details: dict[str, Any] | None = None) -> Item:
    return {"code": code, "details": details or {}, "message": message, "status": "error"}


def success(message: str, details: dict[str, Any], **more: Any) -> Item:
    return {"code": "SUCCESS", **more, "details": details, "message": message, "status": "success"}


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.item = failure(code, message, details)

    def reply(self) -> Reply:
        return Reply.json(self.status, self.item)


class RecordRefused(Exception):
    def __init__(self, code: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.item = failure(code, message, details)


def batch(items: Sequence[Item], all_well: int, key: str = "data") -> Reply:
    """All well, some well (207), none well (400, or 412 where all were modified meanwhile)."""
    refused = [item for item in items if item["status"] == "error"]
    status = all_well if not refused else 207
    if len(refused) == len(items):
        status = 412 if all(item["code"] == "ALREADY_MODIFIED" for item in refused) else 400
    return Reply.json(status, {key: list(items)})


def invalid_module(position: int = 0) -> Refused:
    details = {"resource_path_index": position}
    return Refused(400, "INVALID_MODULE", "the module name given seems to be invalid", details)


def missing_parameter(name: str) -> Refused:
    message = "One of the expected parameter is missing"
    return Refused(400, "REQUIRED_PARAM_MISSING", message, {"param_name": name})


def invalid_id(**details: Any) -> RecordRefused:
    return RecordRefused("INVALID_DATA", "the id given seems to be invalid", details)


def invalid_parent() -> Refused:
    message = "the related id given seems to be invalid"
    return Refused(400, "INVALID_DATA", message, {"resource_path_index": 1})
