"""Who gets into Zoho's API, and what the others are told."""

import pytest
from zoho_client import Caller, a_case

from cody2zoho.simulators.wire import Request

CASE = {"data": [a_case()]}


def test_a_header_of_another_scheme_is_no_authentication() -> None:
    caller = Caller()
    for headers in ({"authorization": f"Bearer {caller.token}"}, {"authorization": ""}):
        reply = caller.send("GET", "org", headers=headers)
        assert (reply.status, b"AUTHENTICATION_FAILURE" in reply.body) == (401, True)


def test_evicted_tokens_are_invalid_hours_early() -> None:
    caller = Caller()
    caller.zoho.accounts.evict_access_tokens()
    assert caller.ask("GET", "org") == (
        401,
        {"code": "INVALID_TOKEN", "details": {}, "message": "invalid oauth token", "status": "error"},
    )


@pytest.mark.parametrize(
    ("scopes", "method", "path", "status"),
    [
        (["ZohoCRM.modules.cases.CREATE"], "POST", "Cases", 201),
        (["ZohoCRM.modules.cases.ALL"], "POST", "Cases", 201),
        (["ZohoCRM.modules.ALL"], "POST", "Cases", 201),
        (["ZohoCRM.modules.cases.READ", "ZohoCRM.modules.contacts.ALL"], "POST", "Cases", 401),
        (["ZohoCRM.modules.cases.CREATE"], "PUT", "Cases", 401),
        (["ZohoCRM.modules.cases.CREATE"], "POST", "Cases/upsert", 401),
        (["ZohoCRM.modules.cases.CREATE", "ZohoCRM.modules.cases.WRITE"], "POST", "Cases/upsert", 200),
        (["ZohoCRM.settings.fields.READ"], "GET", "settings/fields", 200),
        (["ZohoCRM.settings.ALL"], "GET", "settings/fields", 200),
        (["ZohoCRM.modules.ALL"], "GET", "settings/fields", 401),
    ],
)
def test_each_call_needs_its_scopes(scopes: list[str], method: str, path: str, status: int) -> None:
    caller = Caller()
    caller.sign_in(*scopes)
    found, body = caller.ask(method, path, CASE, module="Cases")
    assert found == status
    assert status != 401 or body["code"] == "OAUTH_SCOPE_MISMATCH"


def test_search_needs_the_search_scope_and_a_query_the_query_scope() -> None:
    caller = Caller()
    caller.sign_in("ZohoCRM.modules.cases.ALL")
    assert caller.ask("GET", "Cases/search", word="chat")[0] == 401
    assert caller.ask("POST", "coql", {"select_query": "select id from Cases where id is not null"})[0] == 401
    caller.sign_in("ZohoCRM.modules.cases.READ", "ZohoSearch.securesearch.READ", "ZohoCRM.coql.READ")
    assert caller.ask("GET", "Cases/search", word="chat")[0] == 204
    assert caller.ask("POST", "coql", {"select_query": "select id from Cases where id is not null"})[0] == 204
    assert caller.ask("POST", "coql", {"select_query": "select id from Contacts where id is not null"})[0] == 401


def test_a_user_without_the_permission_is_told_which_one() -> None:
    caller = Caller()
    caller.knobs.denied_permissions.append("Crm_Implied_Create_Cases")
    status, body = caller.ask("POST", "Cases", CASE)
    assert (status, body["code"]) == (403, "NO_PERMISSION")
    assert body["details"] == {"permissions": ["Crm_Implied_Create_Cases"]}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "Cases/1/2/3/4", 404, "INVALID_URL_PATTERN"),
        ("GET", "Cases/1/Sandwiches", 404, "INVALID_URL_PATTERN"),
        ("PATCH", "Cases", 400, "INVALID_REQUEST_METHOD"),
        ("POST", "Nonsense", 400, "INVALID_MODULE"),
        ("GET", "settings/fields", 400, "REQUIRED_PARAM_MISSING"),
    ],
)
def test_what_does_not_exist_is_refused_in_zohos_words(method: str, path: str, status: int, code: str) -> None:
    found, body = Caller().ask(method, path, CASE)
    assert (found, body["code"], body["status"]) == (status, code, "error")


def test_only_version_8_is_there() -> None:
    caller = Caller()
    assert caller.zoho.handle(Request("GET", "/crm/v2/Cases")).status == 404


def test_a_hidden_module_does_not_exist() -> None:
    caller = Caller()
    caller.knobs.hidden_modules.append("Cases")
    assert caller.ask("POST", "Cases", CASE)[1]["code"] == "INVALID_MODULE"
    names = [module["api_name"] for module in caller.ask("GET", "settings/modules")[1]["modules"]]
    assert "Contacts" in names
    assert "Cases" not in names
