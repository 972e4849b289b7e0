"""Credits and crowds: what a 429 of Zoho is made of."""

import json
import time

import pytest
from zoho_client import Caller, a_case

from cody2zoho.simulators.wire import Request
from cody2zoho.simulators.zoho import Zoho, ZohoKnobs

REFUSAL = {
    "code": "TOO_MANY_REQUESTS",
    "details": {},
    "message": "You have made too many requests",
    "status": "error",
}


def spent(caller: Caller, method: str, path: str, body: object = None, **query: str) -> int:
    before = caller.zoho.credits.spent
    caller.send(method, path, body, **query)
    return caller.zoho.credits.spent - before


@pytest.mark.parametrize(
    ("knobs", "allowed"),
    [
        (ZohoKnobs(edition="free"), 5_000),
        (ZohoKnobs(), 60_000),
        (ZohoKnobs(edition="standard", licensed_users=1_000), 100_000),
        (ZohoKnobs(edition="ultimate"), None),
        (ZohoKnobs(credits_a_day=7), 7),
    ],
)
def test_the_edition_decides_about_the_credits(knobs: ZohoKnobs, allowed: int | None) -> None:
    assert knobs.allowed_credits() == allowed


def test_what_each_call_costs() -> None:
    caller = Caller()
    case = a_case()
    assert spent(caller, "POST", "Cases", {"data": [case]}) == 1
    assert spent(caller, "POST", "Cases", {"data": [case] * 11}) == 2
    assert spent(caller, "POST", "Cases", {"data": [case] * 100}) == 10
    assert spent(caller, "GET", "Cases", fields="id") == 1
    assert spent(caller, "GET", "Cases", fields="id", cvid="1") == 3
    assert spent(caller, "GET", "Cases/deleted") == 2
    for limit, cost in ((200, 1), (201, 2), (1_001, 3)):
        query = f"select id from Cases where id is not null limit {limit}"
        assert spent(caller, "POST", "coql", {"select_query": query}) == cost


def test_failed_calls_cost_unless_told_otherwise_and_a_401_never_does() -> None:
    caller = Caller()
    assert spent(caller, "POST", "Cases", {"data": [{}]}) == 1
    caller.knobs.failed_calls_cost = False
    assert spent(caller, "POST", "Cases", {"data": [{}]}) == 0
    caller.knobs.failed_calls_cost = True
    caller.sign_in("ZohoCRM.users.READ")
    assert spent(caller, "GET", "org") == 0
    caller.token = "gone"
    assert spent(caller, "GET", "org") == 0


def test_without_credits_there_is_a_429_without_retry_after_until_the_day_is_over() -> None:
    caller = Caller(ZohoKnobs(credits_a_day=2))
    caller.new_id()
    caller.new_id()
    reply = caller.send("POST", "Cases", {"data": [a_case()]})
    assert (reply.status, json.loads(reply.body)) == (429, REFUSAL)
    assert "Retry-After" not in reply.headers
    assert len(caller.zoho.cases) == 2
    caller.clock.wait(86_400)
    caller.token = caller.zoho.accounts.issue_access_token()
    caller.new_id()


def test_the_remaining_credits_are_told_once_half_is_gone() -> None:
    caller = Caller(ZohoKnobs(credits_a_day=4))
    assert "X-API-CREDITS-REMAINING" not in caller.send("GET", "org").headers
    assert caller.send("GET", "org").headers["X-API-CREDITS-REMAINING"] == "2"


def test_a_crowd_larger_than_the_edition_allows_is_turned_away() -> None:
    caller = Caller(in_flight=20)
    assert caller.ask("GET", "org")[0] == 200
    caller.in_flight = 21
    assert caller.ask("GET", "org") == (429, REFUSAL)
    caller.knobs.concurrency = 30
    assert caller.ask("GET", "org")[0] == 200


def test_heavy_calls_are_turned_away_earlier() -> None:
    caller = Caller(in_flight=11)
    assert caller.insert(*[a_case()] * 10)[0] == 201
    assert caller.ask("POST", "Cases", {"data": [a_case()] * 11})[0] == 429
    assert caller.ask("GET", "Cases/search", word="chat")[0] == 429
    caller.knobs.sub_concurrency = None
    assert caller.ask("GET", "Cases/search", word="chat")[0] == 204


def test_the_thirty_thousandth_case_costs_no_more_than_the_first_ones() -> None:
    """Ratios, not seconds: the machine may be busy."""
    zoho = Zoho(knobs=ZohoKnobs(edition="ultimate"))
    zoho.set_up_fields()
    headers = {"authorization": f"Zoho-oauthtoken {zoho.accounts.issue_access_token()}"}

    def seconds_for(first: int) -> float:
        bodies = [json.dumps({"data": [a_case(f"k{number}")]}).encode() for number in range(first, first + 500)]
        began = time.process_time()
        for body in bodies:
            assert zoho.handle(Request("POST", "/crm/v8/Cases", headers=headers, body=body)).status == 201
        return time.process_time() - began

    early = min(seconds_for(first) for first in (0, 500, 1_000))
    for number in range(30_000):
        zoho.add_case(Cody_Conversation_ID=f"many{number}")
    late = min(seconds_for(first) for first in (2_000, 2_500, 3_000))
    assert late < 5 * early
