"""Metadata: which modules there are, what belongs to them, which fields they have."""

from typing import Any

from cody2zoho.simulators.wire import Reply

from .call import Call
from .fields import Field
from .module import Module
from .paging import NOTHING

RELATED_LISTS = ("Notes", "Attachments")


def get_fields(call: Call) -> Reply:
    fields = [shown_field(call, field) for field in call.module.fields.values()]
    return Reply.json(200, {"fields": fields})


def get_field(call: Call) -> Reply:
    field = call.module.field_by_id(call.names["id"])
    return Reply.json(200, {"fields": [shown_field(call, field)]}) if field else NOTHING


def shown_field(call: Call, field: Field) -> dict[str, Any]:
    target = call.organisation.modules.get(field.lookup or "")
    return field.metadata(call.knobs, target.id if target else None)


def get_modules(call: Call) -> Reply:
    shown = [module for name, module in call.organisation.modules.items() if name not in call.knobs.hidden_modules]
    return Reply.json(200, {"modules": [_shown_module(module) for module in shown]})


def get_module(call: Call) -> Reply:
    return Reply.json(200, {"modules": [_shown_module(call.find_module(call.names["name"]))]})


def get_related_lists(call: Call) -> Reply:
    rows = [_shown_related_list(call.module, name, number) for number, name in enumerate(RELATED_LISTS, 1)]
    return Reply.json(200, {"related_lists": rows})


def _shown_module(module: Module) -> dict[str, Any]:
    singular = module.api_name.removesuffix("s")
    abilities = ("api_supported", "creatable", "editable", "deletable", "viewable", "visible", "show_as_tab")
    return {
        "id": module.id,
        "api_name": module.api_name,
        "module_name": module.api_name,
        "plural_label": module.api_name,
        "singular_label": singular,
        "generated_type": "default",
        "status": "visible",
        "profiles": [],
        **dict.fromkeys(abilities, True),
    }


def _shown_related_list(module: Module, name: str, number: int) -> dict[str, Any]:
    return {
        "id": str(int(module.id) * 10 + number)[-19:],
        "sequence_number": str(number),
        "display_label": name,
        "api_name": name,
        "module": {"api_name": name, "id": module.id},
        "name": name,
        "action": None,
        "href": f"{module.api_name}/{{ENTITYID}}/{name}",
        "type": "default",
        "connectedmodule": None,
    }
