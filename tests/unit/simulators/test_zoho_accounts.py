"""Zoho's accounts server: grants, lifetimes, and how little it lets anyone refresh."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from zoho_client import HOST, Caller

from cody2zoho.simulators.wire import Request
from cody2zoho.simulators.zoho import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DEMO_REFRESH_TOKEN, DEMO_SCOPES

DEMO = {"client_id": DEMO_CLIENT_ID, "client_secret": DEMO_CLIENT_SECRET}


def test_a_refresh_token_gives_an_access_token_that_opens_the_api() -> None:
    caller = Caller()
    status, body = caller.refresh()
    assert status == 200
    assert body == {
        "access_token": body["access_token"],
        "scope": " ".join(DEMO_SCOPES),
        "api_domain": f"http://{HOST}",
        "token_type": "Bearer",
        "expires_in": 3600,
    }
    caller.token = body["access_token"]
    assert caller.ask("GET", "org")[0] == 200


def test_the_parameters_may_stand_in_the_query() -> None:
    caller = Caller()
    query = {"grant_type": "refresh_token", "refresh_token": DEMO_REFRESH_TOKEN, **DEMO}
    assert b"access_token" in caller.zoho.handle(Request("POST", "/oauth/v2/token", query)).body


def test_the_api_domain_can_be_another() -> None:
    caller = Caller()
    caller.knobs.api_domain = "https://www.zohoapis.eu"
    assert caller.refresh()[1]["api_domain"] == "https://www.zohoapis.eu"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_id": "1000.NOBODY"}, "invalid_client"),
        ({"client_secret": "wrong"}, "invalid_client_secret"),
        ({"refresh_token": "1000.unknown"}, "invalid_code"),
        ({"grant_type": "password"}, "general_error"),
    ],
)
def test_errors_hide_inside_http_200(changed: dict[str, str], error: str) -> None:
    assert Caller().refresh(**changed) == (200, {"error": error})


def test_the_eleventh_refresh_in_ten_minutes_is_denied_until_they_are_over() -> None:
    caller = Caller()
    assert all("access_token" in caller.refresh()[1] for _ in range(10))
    caller.clock.wait(599)
    status, body = caller.refresh()
    assert (status, body["error"], body["status"]) == (400, "Access Denied", "failure")
    caller.knobs.refresh_throttle_status = 200
    assert caller.refresh()[0] == 200
    caller.clock.wait(1)
    assert "access_token" in caller.refresh()[1]


def test_asking_while_throttled_can_prolong_it() -> None:
    caller = Caller()
    caller.knobs.throttle_prolongs = True
    for _ in range(11):
        caller.refresh()
        caller.clock.wait(30)
    caller.clock.wait(500)
    assert "access_token" not in caller.refresh()[1]


def test_a_sixteenth_access_token_ends_the_oldest() -> None:
    caller = Caller()
    for _ in range(14):
        caller.zoho.accounts.issue_access_token()
    assert caller.ask("GET", "org")[0] == 200
    caller.zoho.accounts.issue_access_token()
    assert caller.ask("GET", "org")[1]["code"] == "INVALID_TOKEN"


def test_an_access_token_lives_for_an_hour() -> None:
    caller = Caller()
    caller.clock.wait(3599)
    assert caller.ask("GET", "org")[0] == 200
    caller.clock.wait(1)
    assert caller.ask("GET", "org")[0] == 401


def test_a_revoked_refresh_token_takes_its_access_tokens_with_it() -> None:
    caller = Caller()
    assert caller.oauth("token/revoke", token=DEMO_REFRESH_TOKEN) == (200, {"status": "success"})
    assert caller.ask("GET", "org")[0] == 401
    assert caller.refresh() == (200, {"error": "invalid_code"})
    assert caller.oauth("token/revoke", token=DEMO_REFRESH_TOKEN)[0] == 400


def test_a_grant_code_works_once_and_for_three_minutes() -> None:
    caller = Caller()
    code = caller.zoho.accounts.issue_grant_code(["ZohoCRM.org.READ"])
    first = caller.oauth("token", grant_type="authorization_code", code=code, **DEMO)[1]
    assert first["scope"] == "ZohoCRM.org.READ"
    assert "access_token" in caller.refresh(refresh_token=first["refresh_token"])[1]
    again = caller.oauth("token", grant_type="authorization_code", code=code, **DEMO)
    late = caller.zoho.accounts.issue_grant_code()
    caller.clock.wait(180)
    assert again == caller.oauth("token", grant_type="authorization_code", code=late, **DEMO)
    assert again == (200, {"error": "invalid_code"})


def test_the_consent_page_sends_a_code_to_the_redirect_address() -> None:
    caller = Caller()
    wanted = {
        "response_type": "code",
        "client_id": DEMO_CLIENT_ID,
        "scope": "ZohoCRM.org.READ,ZohoCRM.users.READ",
        "redirect_uri": "http://localhost/back",
        "access_type": "offline",
        "state": "s",
    }
    reply = caller.zoho.handle(Request("GET", "/oauth/v2/auth", wanted, {"host": HOST}))
    target = urlsplit(reply.headers["Location"])
    answer = dict(parse_qsl(target.query))
    assert (reply.status, target.path) == (302, "/back")
    assert (answer["location"], answer["accounts-server"], answer["state"]) == ("us", f"http://{HOST}", "s")
    form = {"grant_type": "authorization_code", "code": answer["code"], **DEMO}
    tokens = caller.oauth("token", redirect_uri="http://localhost/back", **form)[1]
    assert tokens["scope"] == "ZohoCRM.org.READ ZohoCRM.users.READ"
    caller.knobs.consent = False
    refused = caller.zoho.handle(Request("GET", "/oauth/v2/auth", wanted))
    assert "error=access_denied" in refused.headers["Location"]


def test_a_twenty_first_refresh_token_ends_the_oldest() -> None:
    caller = Caller()
    for _ in range(20):
        caller.zoho.accounts.issue_refresh_token()
    assert caller.refresh() == (200, {"error": "invalid_code"})


def test_client_credentials_name_the_organisation_and_give_no_refresh_token() -> None:
    caller = Caller()
    form = {"grant_type": "client_credentials", "scope": "ZohoCRM.org.READ", **DEMO}
    assert caller.oauth("token", **form) == (200, {"error": "missing_org_info"})
    body = caller.oauth("token", soid=f"ZohoCRM.{caller.zoho.zgid}", **form)[1]
    assert "access_token" in body
    assert "refresh_token" not in body
