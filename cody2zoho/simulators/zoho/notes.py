"""Notes: on a record (`Cases/{id}/Notes`) or with their parent in the body (`Notes`). Nothing removes doubles."""

from typing import Any

from cody2zoho.simulators.wire import Reply

from .call import Call, row_object
from .errors import Item, RecordRefused, batch, invalid_id, invalid_parent, success
from .fields import Field
from .module import Module
from .note_book import Note
from .organisation import AutomationRun
from .paging import NOTHING, page_of
from .reads import asked_fields
from .values import check_value

TEXTS = ("Note_Title", "Note_Content")


def add_to_record(call: Call) -> Reply:
    parent_id = call.names["id"]
    items = [_attempt(call, row, number, call.module, parent_id) for number, row in enumerate(call.rows())]
    return batch(items, 201)


def add(call: Call) -> Reply:
    return batch([_attempt(call, row, number, None, "") for number, row in enumerate(call.rows())], 201)


def list_of_record(call: Call) -> Reply:
    fields = asked_fields(call)
    if call.names["id"] not in call.module.live:
        raise invalid_parent()
    notes = call.organisation.note_book.of(call.names["id"])
    return page_of(call, notes[::-1], lambda note: _shown(call, note, fields))


def list_all(call: Call) -> Reply:
    fields = asked_fields(call)
    return page_of(call, call.organisation.notes[::-1], lambda note: _shown(call, note, fields))


def get(call: Call) -> Reply:
    note = call.organisation.note_book.find(call.names["id"])
    if note is None:
        return NOTHING
    return Reply.json(200, {"data": [_shown(call, note, [*TEXTS, "Parent_Id", "Created_Time", "Modified_Time"])]})


def delete(call: Call) -> Reply:
    note = call.organisation.note_book.find(call.names["id"])
    if note is None:
        return batch([invalid_id(id=call.names["id"]).item], 200)
    call.organisation.note_book.remove(note)
    return batch([success("record deleted", {"id": note["id"]})], 200)


def _attempt(call: Call, row: Any, number: int, module: Module | None, parent_id: str) -> Item:
    try:
        note = row_object(row, number)
        if module is None:
            module, parent_id = _parent_in(call, note, number)
        return _add(call, note, number, module, parent_id)
    except RecordRefused as refused:
        return refused.item


def _add(call: Call, row: Note, number: int, module: Module, parent_id: str) -> Item:
    texts = _texts(call, row, number)
    if parent_id not in module.live:
        raise RecordRefused("INVALID_DATA", "the related id given seems to be invalid", {})
    organisation = call.organisation
    now = organisation.time_text()
    note: Note = {"id": organisation.new_id(), "parent_id": parent_id, "parent_module": module.api_name}
    note |= {**texts, "Created_Time": now, "Modified_Time": now}
    organisation.note_book.add(note)
    organisation.automation.append(AutomationRun("Notes", note["id"], "insert", call.trigger))
    by = call.user.reference
    details = {"Modified_Time": now, "Modified_By": by, "Created_Time": now, "id": note["id"], "Created_By": by}
    return success("record added", details)


def _texts(call: Call, row: Note, number: int) -> dict[str, str | None]:
    """Title and content; one of them is enough."""
    limits = (call.knobs.note_title_limit, call.knobs.note_content_limit)
    found = {name: _text(call, name, limit, row.get(name), number) for name, limit in zip(TEXTS, limits, strict=True)}
    if not any(found.values()):
        expected = [{"api_name": name, "json_path": f"$.data[{number}].{name}"} for name in reversed(TEXTS)]
        message = "should contain either content or title"
        raise RecordRefused("EXPECTED_FIELD_MISSING", message, {"expected_fields": expected})
    return found


def _text(call: Call, name: str, limit: int, value: Any, number: int) -> Any:
    if value is None:
        return None
    return check_value(Field(name, "textarea", limit), value, f"$.data[{number}].{name}", call.knobs)


def _parent_in(call: Call, row: Note, number: int) -> tuple[Module, str]:
    """Since v6 the parent names its module: {"module": {"api_name": "Cases"}, "id": "…"}."""
    parent = row.get("Parent_Id")
    module = parent.get("module") if isinstance(parent, dict) else None
    api_name = module.get("api_name") if isinstance(module, dict) else None
    if not isinstance(parent, dict) or not api_name or "id" not in parent:
        missing = "Parent_Id" if not isinstance(parent, dict) else "id" if api_name else "module"
        details = {"api_name": missing, "json_path": f"$.data[{number}].Parent_Id"}
        raise RecordRefused("MANDATORY_NOT_FOUND", "required field not found", details)
    if api_name not in call.organisation.modules:
        raise RecordRefused("INVALID_MODULE", "the module name given seems to be invalid", {"api_name": api_name})
    return call.organisation.modules[api_name], str(parent["id"])


def _shown(call: Call, note: Note, fields: list[str]) -> Note:
    module = call.organisation.modules[note["parent_module"]]
    name = module.name_of(module.live.get(note["parent_id"], {}))
    parent = {"module": {"api_name": module.api_name, "id": module.id}, "name": name, "id": note["parent_id"]}
    whole = {**note, "Parent_Id": parent, "Created_By": call.user.reference, "Owner": call.user.as_owner}
    return {**{field: whole[field] for field in fields if field in whole}, "id": note["id"]}
