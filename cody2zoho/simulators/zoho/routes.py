"""Every path of the API that is simulated: its operation, the scopes it needs, what it costs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from cody2zoho.simulators.wire import Reply

from . import attachments, company, coql, field_changes, notes, reads, records, search, settings
from .call import Call
from .errors import Refused

PREFIX = "/crm/v8/"
SEARCH_SCOPE = "ZohoSearch.securesearch.READ"


def _one(_: Call) -> int:
    return 1


def _never(_: Call) -> bool:
    return False


def _always(_: Call) -> bool:
    return True


def _many_rows(call: Call) -> bool:
    return call.rows_sent() > 10


def _per_ten_rows(call: Call) -> int:
    return max(1, -(-call.rows_sent() // 10))


def _records_cost(call: Call) -> int:
    """A custom view makes a list dearer."""
    return 3 if "cvid" in call.request.query else 1


def _two(_: Call) -> int:
    return 2


@dataclass(frozen=True)
class Route:
    """`scopes` may say {module}; `cost` is in credits; `heavy` calls share the sub-concurrency."""

    operation: Callable[[Call], Reply]
    scopes: tuple[str, ...]
    permission: str | None = None
    cost: Callable[[Call], int] = _one
    heavy: Callable[[Call], bool] = _never


def _module_scopes(*operations: str) -> tuple[str, ...]:
    return tuple(f"ZohoCRM.modules.{{module}}.{operation}" for operation in operations)


def _write(operation: Callable[[Call], Reply], permission: str, *operations: str) -> Route:
    return Route(operation, _module_scopes(*operations), permission, _per_ten_rows, _many_rows)


_VIEW = _module_scopes("READ")
_FIELDS = "ZohoCRM.settings.fields."
_NOTES = "ZohoCRM.modules.notes."
_ATTACHMENTS = "ZohoCRM.modules.attachments."
_ANY = _module_scopes("*")
_MODULES = Route(settings.get_modules, ("ZohoCRM.settings.modules.READ",))

#: Literal paths come before those with a name in braces.
ROUTES: dict[str, dict[str, Route]] = {
    "org": {"GET": Route(company.get_org, ("ZohoCRM.org.READ",))},
    "users": {"GET": Route(company.get_users, ("ZohoCRM.users.READ",))},
    "users/{id}": {"GET": Route(company.get_user, ("ZohoCRM.users.READ",))},
    "coql": {
        "POST": Route(coql.query, ("ZohoCRM.coql.READ", "ZohoCRM.modules.{coql}.READ"), None, coql.cost, _always),
    },
    "settings/fields": {
        "GET": Route(settings.get_fields, (f"{_FIELDS}READ",)),
        "POST": Route(field_changes.create, (f"{_FIELDS}CREATE",)),
        "PATCH": Route(field_changes.update, (f"{_FIELDS}UPDATE",)),
    },
    "settings/fields/{id}": {
        "GET": Route(settings.get_field, (f"{_FIELDS}READ",)),
        "PATCH": Route(field_changes.update_one, (f"{_FIELDS}UPDATE",)),
    },
    "settings/modules": {"GET": _MODULES},
    "settings/modules/{name}": {"GET": Route(settings.get_module, _MODULES.scopes)},
    "settings/related_lists": {
        "GET": Route(settings.get_related_lists, ("ZohoCRM.settings.related_lists.READ",)),
    },
    "Notes": {
        "GET": Route(notes.list_all, (f"{_NOTES}READ",)),
        "POST": Route(notes.add, (f"{_NOTES}CREATE",), None, _per_ten_rows, _many_rows),
    },
    "Notes/{id}": {
        "GET": Route(notes.get, (f"{_NOTES}READ",)),
        "DELETE": Route(notes.delete, (f"{_NOTES}DELETE",)),
    },
    "{module}": {
        "GET": Route(reads.get_page, _VIEW, "View", _records_cost),
        "POST": _write(records.insert, "Create", "CREATE"),
        "PUT": _write(records.update, "Edit", "UPDATE"),
        "DELETE": Route(records.delete, _module_scopes("DELETE"), "Delete"),
    },
    "{module}/upsert": {"POST": _write(records.upsert, "Create", "CREATE", "UPDATE")},
    "{module}/search": {"GET": Route(search.search, (*_VIEW, SEARCH_SCOPE), "View", _one, _always)},
    "{module}/deleted": {"GET": Route(reads.get_deleted, _VIEW, "View", _two)},
    "{module}/actions/count": {"GET": Route(reads.get_count, (*_VIEW, SEARCH_SCOPE), "View")},
    "{module}/{id}": {
        "GET": Route(reads.get_one, _VIEW, "View"),
        "PUT": _write(records.update_one, "Edit", "UPDATE"),
        "DELETE": Route(records.delete_one, _module_scopes("DELETE"), "Delete"),
    },
    "{module}/{id}/Notes": {
        "GET": Route(notes.list_of_record, (*_VIEW, f"{_NOTES}READ")),
        "POST": Route(
            notes.add_to_record, (*_module_scopes("CREATE"), f"{_NOTES}CREATE"), None, _per_ten_rows, _many_rows
        ),
    },
    "{module}/{id}/Attachments": {
        "GET": Route(attachments.list_of_record, (*_VIEW, f"{_ATTACHMENTS}READ")),
        "POST": Route(attachments.upload, (*_ANY, f"{_ATTACHMENTS}CREATE")),
    },
    "{module}/{id}/Attachments/{attachment}": {
        "GET": Route(attachments.download, (*_VIEW, f"{_ATTACHMENTS}READ")),
        "DELETE": Route(attachments.delete, (*_ANY, f"{_ATTACHMENTS}DELETE")),
    },
}

#: Number of segments to the patterns that have as many.
_BY_LENGTH: dict[int, list[tuple[list[str], dict[str, Route]]]] = {}
for _pattern, _methods in ROUTES.items():
    _BY_LENGTH.setdefault(_pattern.count("/") + 1, []).append((_pattern.split("/"), _methods))


def find_route(method: str, path: str) -> tuple[Route, Mapping[str, str]]:
    """The route and the names in its path; raises Refused with INVALID_URL_PATTERN or INVALID_REQUEST_METHOD."""
    segments = [unquote(segment) for segment in path.removeprefix(PREFIX).split("/")]
    for pattern, methods in _BY_LENGTH.get(len(segments), []) if path.startswith(PREFIX) else []:
        if _matches(pattern, segments):
            return _by_method(method, methods), _names(pattern, segments)
    message = "Please check if the URL trying to access is a correct one"
    raise Refused(404, "INVALID_URL_PATTERN", message)


def _matches(pattern: list[str], segments: list[str]) -> bool:
    return all(mine == theirs or (mine[0] == "{" and theirs) for mine, theirs in zip(pattern, segments, strict=True))


def _by_method(method: str, methods: dict[str, Route]) -> Route:
    if method not in methods:
        message = "The http request method type is not a valid one"
        raise Refused(400, "INVALID_REQUEST_METHOD", message)
    return methods[method]


def _names(pattern: list[str], segments: list[str]) -> dict[str, str]:
    return {mine[1:-1]: theirs for mine, theirs in zip(pattern, segments, strict=True) if mine[0] == "{"}
