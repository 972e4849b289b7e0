"""What a token may do, and what it should."""

from collections.abc import Iterable

from cody2zoho.zoho.crm import SCOPES

__all__ = ["ASKED", "ORGANISATION", "SCOPES", "missing"]

#: Whose organisation it is, for a person who looks; the work goes on without it.
ORGANISATION = "ZohoCRM.org.READ"

#: What a person is asked to agree to.
ASKED = (*SCOPES, ORGANISATION)

_PARTS_OF_ALL = {"read", "create", "update", "delete"}


def missing(held: Iterable[str], needed: Iterable[str] = SCOPES) -> list[str]:
    """Those of `needed` that no scope covers; a shorter one covers all below it, and ALL is its four parts together."""
    known = [scope.lower().split(".") for scope in held]
    return [scope for scope in needed if not _is_covered(scope.lower().split("."), known)]


def _is_covered(needed: list[str], held: list[list[str]]) -> bool:
    *path, operation = needed
    operations = {
        "update" if last == "write" else last for *above, last in held if len(above) > 1 and path[: len(above)] == above
    }
    wanted = _PARTS_OF_ALL if operation == "all" else {operation}
    return "all" in operations or wanted <= operations
