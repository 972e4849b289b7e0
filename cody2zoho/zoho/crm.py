"""Zoho CRM v8: the one way to its records, and what its answers mean.

The unique field decides what is a duplicate: a case is always a plain insert. An upsert would overwrite what
people edited, and without its check fields merge cases by subject; the search index lags, and its "equals"
means "contains".
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from cody2zoho.errors import AccessRevoked, NotSetUp, OutcomeUnknown, Refused, Transient
from cody2zoho.http import Answer, Api, raise_for_passing_fault
from cody2zoho.limits.credits import cost_of
from cody2zoho.zoho.accounts import AccessToken

_STALE_TOKEN = {"INVALID_TOKEN", "AUTHENTICATION_FAILURE"}

#: The field of a record, in the path that an error names; of a lookup the path goes on to its id.
_FIELD = re.compile(r"\$\.data\[\d+\]\.(\w+)")

#: Codes of one record that pass by themselves: another program of Zoho's works on it, or one is out of order.
_PASSING = {"RECORD_LOCKED", "DEPENDENT_SERVICE_ERROR", "ALREADY_MODIFIED"}

#: The smallest set of scopes that does the whole job (Zoho's API pages, section "Scope"); ALL would delete, too.
SCOPES = (
    "ZohoCRM.modules.cases.READ",
    "ZohoCRM.modules.cases.CREATE",
    "ZohoCRM.modules.cases.UPDATE",
    "ZohoCRM.modules.contacts.READ",
    "ZohoCRM.modules.contacts.CREATE",
    # An upsert takes it, though ours never changes a contact.
    "ZohoCRM.modules.contacts.UPDATE",
    "ZohoCRM.modules.notes.READ",
    "ZohoCRM.modules.notes.CREATE",
    "ZohoCRM.modules.attachments.READ",
    "ZohoCRM.modules.attachments.CREATE",
    "ZohoCRM.coql.READ",
    "ZohoCRM.settings.fields.READ",
    "ZohoCRM.settings.fields.CREATE",
    "ZohoCRM.settings.fields.UPDATE",
)


class TokenSource(Protocol):
    """Where access tokens come from."""

    def get(self, refused: str | None = None) -> AccessToken:
        """A token that is not `refused`, the one that Zoho has just turned down."""


class Turn(Protocol):
    """When a call may be made. Raises OutOfTurn where that is not soon."""

    def __call__(self, send: Callable[[], Answer], cost: int) -> Answer:
        """What `send` answers; `cost` is in API credits."""


def at_once(send: Callable[[], Answer], cost: int) -> Answer:  # noqa: ARG001 - whatever it costs
    """The turn of whoever knows no limit."""
    return send()


@dataclass(frozen=True)
class Crm:
    """Calls to Zoho CRM, each sent once, or twice when the first was turned down for its stale token.

    Raises Transient, RateLimited, OutOfTurn and OutcomeUnknown for passing faults, AccessRevoked, NotSetUp for what a
    person has to mend in Zoho, and Refused for what Zoho will never take.
    """

    api: Api
    tokens: TokenSource
    #: Where the API is, whatever a token says.
    base_url: str = ""
    #: Where it is when the token does not say.
    default_url: str = ""
    in_turn: Turn = at_once

    def call(self, method: str, path: str, **parts: Any) -> dict[str, Any]:
        """The JSON object Zoho answers; empty where it answers 204, nothing found."""
        token = self.tokens.get()
        answer = self._send(token, method, path, parts)
        if answer.status == 401 and _code(answer) in _STALE_TOKEN:
            answer = self._send(self.tokens.get(refused=token.value), method, path, parts)
        raise_for_passing_fault("Zoho", method, answer)
        if answer.status == 204:
            return {}
        body = answer.json()
        if not isinstance(body, dict):
            raise Transient("Zoho answered with something that is not JSON")
        if answer.status >= 400 and not any(isinstance(value, list) for value in body.values()):
            raise _refusal(answer.status, body)
        return body

    def query(self, select: str) -> list[dict[str, Any]]:
        """Records by COQL, which sees what was written a moment ago; search does not."""
        try:
            return list(self.call("POST", "coql", json={"select_query": select}).get("data", []))
        except OutcomeUnknown as error:
            # A query is a POST all the same, but it has no effect that anybody would have to wait for.
            reason = str(error).partition(";")[0]
            raise Transient(reason) from None

    def _send(self, token: AccessToken, method: str, path: str, parts: dict[str, Any]) -> Answer:
        url = f"{self.base_url or token.api_domain or self.default_url}/crm/v8/{path}"
        authorization = f"Zoho-oauthtoken {token.value}"
        return self.in_turn(
            lambda: self.api.send(method, url, authorization, **parts), cost_of(path, parts.get("json"))
        )


def items(body: dict[str, Any], key: str = "data") -> list[dict[str, Any]]:
    """The per-record results of a write, in the order sent; a missing one means the answer was garbled."""
    found = body.get(key)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found) or not found:
        raise Transient("Zoho answered without a result for each record")
    return found


def succeeded(item: dict[str, Any]) -> bool:
    """Whether one record's result is a success; a failure can hide inside HTTP 200, 201, 202 and 207."""
    return item.get("status") == "success" and item.get("code") == "SUCCESS"


def details(item: dict[str, Any]) -> dict[str, Any]:
    found = item.get("details")
    return found if isinstance(found, dict) else {}


def refused(item: dict[str, Any]) -> Refused | Transient:
    """What Zoho will not take, or not now, in words that name field and limit but never the value."""
    first, *_ = details(item).get("errors") or [item]
    code, facts = str(first.get("code", "")), details(first)
    if code in _PASSING:
        return Transient(f"Zoho cannot take the record now: {code}")
    path = _FIELD.match(str(facts.get("json_path", "")))
    field = path[1] if path else str(facts.get("api_name", ""))
    return Refused(f"Zoho refuses {field or 'the record'}: {_reason(code, facts)}", field)


def _reason(code: str, facts: dict[str, Any]) -> str:
    if "maximum_length" in facts:
        return f"it is longer than {facts['maximum_length']} characters"
    if "supported_values" in facts:
        return f"the value is not in its pick list ({', '.join(map(str, facts['supported_values']))})"
    if "expected_data_type" in facts:
        return f"it wants {facts['expected_data_type']}"
    if code == "MANDATORY_NOT_FOUND":
        return "it is mandatory"
    return code or "an unknown error"


def _refusal(status: int, body: dict[str, Any]) -> Exception:
    code = str(body.get("code", ""))
    facts = details(body)
    if code in _PASSING:
        return Transient(f"Zoho cannot take the record now: {code}")
    match code:
        case "OAUTH_SCOPE_MISMATCH":
            wanted = ",".join(SCOPES)
            return NotSetUp(f"The Zoho token lacks a scope: sign in again with {wanted}; `cody2zoho auth login` does")
        case "NO_PERMISSION":
            lacking = ", ".join(str(name) for name in facts.get("permissions", [])) or "a permission"
            return NotSetUp(f"The Zoho user lacks {lacking}: grant it in the user's profile")
        case "INVALID_TOKEN" | "AUTHENTICATION_FAILURE":
            return _refuses_token()
        case "INVALID_MODULE":
            return NotSetUp("Zoho has no such module: Cases must be part of the edition and shown to the user")
    if status == 401:
        # With a code that nobody documents; never the fault of what was sent.
        return _refuses_token()
    name = facts.get("api_name") or facts.get("param_name") or facts.get("column_name")
    return Refused(f"Zoho refuses the request: {code or status}" + (f" ({name})" if name else ""), str(name or ""))


def _refuses_token() -> AccessRevoked:
    return AccessRevoked("Zoho refuses a fresh access token: check ZOHO_DATA_CENTER and the user's access to CRM")


def _code(answer: Answer) -> str:
    body = answer.json()
    return str(body.get("code", "")) if isinstance(body, dict) else ""
