"""Taking an installation away again."""

from collections.abc import Callable

from cody2zoho.cloud.az import Az
from cody2zoho.cloud.place import Resource

#: What others need goes last; whatever is not named goes between.
_FIRST = ("microsoft.app/containerapps", "microsoft.insights/scheduledqueryrules")
_LAST = (
    "microsoft.app/managedenvironments",
    "microsoft.insights/components",
    "microsoft.operationalinsights/workspaces",
    "microsoft.managedidentity/userassignedidentities",
)


def in_order(found: list[Resource]) -> list[Resource]:
    """So that nothing is deleted before what needs it."""
    return sorted(found, key=lambda one: (_rank(one.type.lower()), one.name))


def remove(az: Az, found: list[Resource], say: Callable[[str], None]) -> None:
    """Begun again after anything, it goes on where it stopped. Raises Refused."""
    for one in found:
        az.ask("resource", "delete", "--ids", one.id)
        say(f"deleted {one.name}")


def _rank(kind: str) -> int:
    if kind in _FIRST:
        return 0
    return 2 + _LAST.index(kind) if kind in _LAST else 1
