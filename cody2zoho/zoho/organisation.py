"""The customer's organisation at Zoho CRM, for a person who wants to know whose it is."""

from dataclasses import dataclass

from cody2zoho.errors import Transient
from cody2zoho.zoho.crm import Crm


@dataclass(frozen=True)
class Organisation:
    """`kind` is `production`, `sandbox` or `developer`."""

    id: str
    name: str
    kind: str


def organisation(crm: Crm) -> Organisation:
    """The one the token opens; it takes a scope of its own. Raises what `zoho.crm` raises."""
    found = crm.call("GET", "org").get("org")
    if not isinstance(found, list) or not found or not isinstance(found[0], dict):
        raise Transient("Zoho answered without a result for each record")
    [first, *_] = found
    zgid, name, kind = (str(first.get(part) or "") for part in ("zgid", "company_name", "type"))
    return Organisation(zgid, name, kind)
