"""Zoho's consent page, refusals, data centres and self-client codes, as a browser and a client meet them."""

import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from zoho_client import HOST, Caller

from cody2zoho.simulators.control import Control
from cody2zoho.simulators.server import SimulatorServer
from cody2zoho.simulators.wire import Reply, Request
from cody2zoho.simulators.zoho import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DEMO_SCOPES

DEMO = {"client_id": DEMO_CLIENT_ID, "client_secret": DEMO_CLIENT_SECRET}
BACK = "http://localhost/back"
WANTED = {
    "response_type": "code",
    "client_id": DEMO_CLIENT_ID,
    "scope": "ZohoCRM.org.READ,ZohoCRM.users.READ",
    "redirect_uri": BACK,
    "access_type": "offline",
    "state": 'a"b',
}


def visit(caller: Caller, *, accept: str = "text/html,*/*", **changed: str) -> Reply:
    headers = {"host": HOST, "accept": accept}
    return caller.zoho.handle(Request("GET", "/oauth/v2/auth", {**WANTED, **changed}, headers))


def sent_back(reply: Reply) -> dict[str, str]:
    assert reply.status == 302
    return dict(parse_qsl(urlsplit(reply.headers["Location"]).query))


def exchange(caller: Caller, code: str, **changed: str) -> tuple[int, dict[str, str]]:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **DEMO, **changed}
    return caller.oauth("token", **form)


def test_a_browser_gets_a_page_with_what_is_asked_for_and_two_buttons() -> None:
    page = visit(Caller()).body.decode()
    assert "ZohoCRM.users.READ" in page
    assert 'value="a&quot;b"' in page
    assert [page.count(f'value="{decision}"') for decision in ("accept", "reject")] == [1, 1]


def test_the_buttons_send_it_back() -> None:
    caller = Caller()
    agreed = sent_back(visit(caller, decision="accept"))
    assert (agreed["location"], agreed["accounts-server"], agreed["state"]) == ("us", f"http://{HOST}", 'a"b')
    assert "refresh_token" in exchange(caller, agreed["code"])[1]
    assert sent_back(visit(caller, decision="reject")) == {"error": "access_denied", "state": 'a"b'}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_id": "1000.NOBODY"}, "invalid_client"),
        ({"redirect_uri": f"{BACK}/"}, "invalid_redirect_uri"),
        ({"redirect_uri": ""}, "invalid_redirect_uri"),
        ({"scope": ""}, "general_error"),
    ],
)
def test_a_mistake_is_a_page_and_sends_nobody_anywhere(changed: dict[str, str], error: str) -> None:
    caller = Caller()
    caller.knobs.redirect_addresses = [BACK]
    reply = visit(caller, **changed)
    assert (reply.status, "Location" in reply.headers, f"ERROR_{error}" in reply.body.decode()) == (200, False, True)
    told = visit(caller, accept="*/*", **changed)
    assert json.loads(told.body) == {"error": error}


def test_a_code_is_exchanged_with_the_address_it_was_sent_to() -> None:
    caller = Caller()
    code = sent_back(visit(caller, decision="accept"))["code"]
    assert exchange(caller, code, redirect_uri="http://localhost/other") == (200, {"error": "invalid_redirect_uri"})


@pytest.mark.parametrize("elsewhere", ["invalid_code", "invalid_client"])
def test_a_code_counts_in_the_data_centre_of_the_person_alone(elsewhere: str) -> None:
    caller = Caller()
    caller.knobs.accounts_server, caller.knobs.location = "http://accounts.eu", "eu"
    caller.knobs.elsewhere = elsewhere
    agreed = sent_back(visit(caller, decision="accept"))
    assert (agreed["location"], agreed["accounts-server"]) == ("eu", "http://accounts.eu")
    assert exchange(caller, agreed["code"]) == (200, {"error": elsewhere})
    assert caller.refresh() == (200, {"error": elsewhere})
    assert caller.oauth("token/revoke", token="1000.simulated.refresh")[0] == 400
    # There it counts still: it was not used up elsewhere.
    caller.knobs.accounts_server = f"http://{HOST}"
    assert "refresh_token" in exchange(caller, agreed["code"])[1]


def test_the_eleventh_consent_in_ten_minutes_is_denied() -> None:
    caller = Caller()
    codes = [sent_back(visit(caller, decision="accept")) for _ in range(11)]
    assert ["error" in one for one in codes] == [False] * 10 + [True]


def test_the_console_makes_codes_for_a_self_client() -> None:
    caller = Caller()
    control = Control(SimulatorServer([caller.zoho]))

    def ask(body: object) -> Reply:
        return control.handle(Request("POST", "/control/code", {}, {}, json.dumps(body).encode()))

    code = json.loads(ask({"scopes": "ZohoCRM.org.READ"}).body)["code"]
    form = {"grant_type": "authorization_code", **DEMO}
    assert caller.oauth("token", code=code, **form)[1]["scope"] == "ZohoCRM.org.READ"
    late = json.loads(ask({"seconds": 5}).body)["code"]
    caller.clock.wait(5)
    assert caller.oauth("token", code=late, **form) == (200, {"error": "invalid_code"})
    whole = json.loads(ask({}).body)["code"]
    assert caller.oauth("token", code=whole, **form)[1]["scope"] == " ".join(DEMO_SCOPES)
    assert ask({"seconds": "soon"}).status == 400
