"""Who may do what: the Authorization header, the scopes of the token, the permissions of the user."""

from collections.abc import Iterable

from cody2zoho.simulators.wire import Request

from .errors import Refused
from .tokens import AccessToken, Tokens

SCHEME = "Zoho-oauthtoken "


def authenticate(tokens: Tokens, request: Request) -> AccessToken:
    """The token of the request; raises Refused with one of the two 401s."""
    header = request.headers.get("authorization", "")
    if not header.startswith(SCHEME):
        raise Refused(401, "AUTHENTICATION_FAILURE", "Authentication failed")
    token = tokens.alive(header.removeprefix(SCHEME).strip())
    if token is None:
        raise Refused(401, "INVALID_TOKEN", "invalid oauth token")
    return token


def refuse_without_scopes(token: AccessToken, needed: Iterable[str]) -> None:
    """Every scope of `needed` must be covered."""
    held = [scope.lower() for scope in token.scopes]
    for scope in needed:
        if not any(covers(one, scope.lower()) for one in held):
            raise Refused(401, "OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL")


def covers(held: str, needed: str) -> bool:
    """Both lower case. A shorter scope covers all below it; `*` is needed where any operation will do.

    >>> covers("zohocrm.modules.all", "zohocrm.modules.cases.read")
    True
    """
    *held_path, held_operation = held.split(".")
    *needed_path, needed_operation = needed.split(".")
    if len(held_path) < 2 or needed_path[: len(held_path)] != held_path:
        return False
    operations = {needed_operation, "all"} | ({"write"} if needed_operation == "update" else set())
    return needed_operation == "*" or held_operation in operations


def refuse_without_permission(denied: Iterable[str], operation: str, module: str) -> None:
    permission = f"Crm_Implied_{operation}_{module}"
    if permission in denied:
        raise Refused(403, "NO_PERMISSION", "permission denied", {"permissions": [permission]})
