"""Conversations over the operations API: found, told, and decided about."""

import json

import pytest

from chats import case_of, chat, work
from cody2zoho.ledger.records import State
from cody2zoho.models import Conversation


@pytest.fixture
def parked(plugged) -> str:
    ledger = plugged().ledger
    ledger.add_new([Conversation("Jw9R1NVTVgkK", "support", 1_755_000_157)])
    ledger.park(ledger.claim("Jw9R1NVTVgkK"), "Zoho refuses Short: it is longer than 5 characters")
    return "Jw9R1NVTVgkK"


def test_a_life_is_told_without_a_word_of_the_customers(serve, plugged, account, organisation) -> None:
    conversation_id = chat(account)
    work(plugged())
    answer = serve().get(f"/conversations/{conversation_id}")
    found = answer.json
    assert found["state"] == "created"
    assert found["cases"][0]["case"] == case_of(organisation, conversation_id)
    assert list(found["says"]) == ["ledger", "cody", "zoho", "next"]
    assert "Where is my order?" not in answer.text


def test_they_are_listed_by_state_and_found_by_id(serve, plugged, account, organisation, parked: str) -> None:
    conversation_id = chat(account)
    work(plugged())
    browser = serve()
    [made] = browser.get("/conversations?state=created").json["conversations"]
    assert (made["conversation"], made["case"]) == (conversation_id, case_of(organisation, conversation_id))
    [held] = browser.get("/conversations?state=parked").json["conversations"]
    assert (held["conversation"], held["reason"][:12]) == (parked, "Zoho refuses")
    assert {one["conversation"] for one in browser.get("/conversations").json["conversations"]} == {
        conversation_id,
        parked,
    }
    assert browser.get(f"/conversations?q={parked}").json["conversations"][0]["state"] == "parked"
    assert browser.get("/conversations?q=unknown").json == {"conversations": []}


@pytest.mark.parametrize(("action", "state"), [("retry", State.WAITING), ("dismiss", State.DISMISSED)])
def test_what_is_parked_is_decided_about_once(serve, plugged, parked: str, action: str, state: State) -> None:
    browser = serve(ops_token="hush")
    first, second = (
        browser.ask("POST", f"/conversations/{parked}/{action}", {"Authorization": "Bearer hush"}) for _ in range(2)
    )
    assert (first.status, second.status) == (200, 409)
    assert plugged().ledger.looked_up([parked])[parked].state is state


def test_all_is_paused_with_a_reason_and_resumed(serve, plugged) -> None:
    browser = serve()
    assert browser.post("/pause?reason=Zoho%20is%20being%20tidied").json == {"done": "everything is paused"}
    [pause] = plugged().paused.current()
    assert (pause.what, pause.reason) == ("all", "Zoho is being tidied")
    assert browser.post("/resume").status == 200
    assert browser.post("/resume").json == {"error": "Nothing is paused that fits"}
    assert plugged().paused.current() == []


def test_a_bot_that_there_is_not_is_not_paused(serve, plugged) -> None:
    assert serve().post("/pause?bot=mistyped").status == 404
    assert plugged().paused.current() == []


def test_what_is_forgotten_is_no_more_among_the_latest_cases(serve, plugged, account) -> None:
    forgotten, kept = chat(account), chat(account)
    services = plugged()
    work(services)
    assert services.ledger.forget(forgotten) == 0
    listed = serve().get("/conversations?state=created").json["conversations"]
    assert [one["conversation"] for one in listed] == [kept]


def test_stats_tell_outcomes_reasons_and_timings(serve, plugged, account, parked: str) -> None:
    chat(account)
    work(plugged())
    found = serve().get("/stats").json
    assert {what: count for what, count in found["outcomes"].items() if count} == {"seen": 2, "created": 1, "parked": 1}
    assert found["reasons"] == [{"reason": "Zoho refuses Short: it is longer than 5 characters", "conversations": 1}]
    assert found["bots"] == [{"bot": "support", "paused": False}]
    assert "case_delay_seconds" in found["timings"]


def test_the_openapi_document_names_every_endpoint(serve) -> None:
    paths = json.loads(serve().get("/openapi.json").text)["paths"]
    assert {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods} >= {
        "GET /health",
        "GET /health/liveness",
        "GET /health/readiness",
        "GET /metrics",
        "GET /stats",
        "GET /conversations",
        "GET /conversations/{conversation_id}",
        "POST /conversations/{conversation_id}/retry",
        "POST /conversations/{conversation_id}/dismiss",
        "POST /pause",
        "POST /resume",
    }
