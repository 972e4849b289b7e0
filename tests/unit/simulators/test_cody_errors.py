"""Who is let in, how often, and what an error looks like."""

import json

import pytest
from cody_client import NOON, Asker

from cody2zoho.simulators.cody import Cody, CodyKnobs
from cody2zoho.simulators.cody.routes import ROUTES
from cody2zoho.simulators.wire import Request


def test_there_are_twenty_one_operations() -> None:
    assert sum(len(by_method) for by_method in ROUTES.values()) == 21


def test_a_wrong_key_is_401_for_clients_that_ask_for_json() -> None:
    reply = Asker(key="wrong").send("GET", "bots")

    assert (reply.status, reply.body) == (401, b'{"message":"Unauthenticated."}')
    assert not any(name.startswith("X-RateLimit") for name in reply.headers)


@pytest.mark.parametrize("accept", ["*/*", "", "text/html, application/json"])
def test_a_wrong_key_is_a_redirect_to_the_login_page_for_all_others(accept: str) -> None:
    ask = Asker(key="wrong", accept=accept)

    assert (ask.send("GET", "bots").status, ask.send("GET", "bots").headers["Location"]) == (302, "/login")
    ask.knobs.json_errors_always = True
    assert ask.send("GET", "bots").status == 401


def test_a_client_that_follows_the_redirect_is_told_200() -> None:
    reply = Cody().handle(Request("GET", "/login"))

    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html; charset=UTF-8")


@pytest.mark.parametrize("header", ["", "simulated-cody-key", "Basic simulated-cody-key", "Bearer "])
def test_only_bearer_counts(header: str) -> None:
    request = Request("GET", "/api/v1/bots", headers={"authorization": header, "accept": "application/json"})

    assert Cody().handle(request).status == 401


def test_a_changed_key_locks_the_old_one_out() -> None:
    ask = Asker()
    ask.cody.change_key("fresh")

    assert ask.send("GET", "bots").status == 401
    ask.key = "fresh"
    assert ask.send("GET", "bots").status == 200


def test_an_unknown_record_is_404_in_laravels_words() -> None:
    reply = Asker().send("GET", "conversations/AAAAAAAAAAAA")

    assert reply.status == 404
    message = json.loads(reply.body)["message"]
    assert message == "No query results for model [App\\Models\\Conversation] AAAAAAAAAAAA"


@pytest.mark.parametrize("path", ["x", "conversations/a/b", "conversations/{id}", "bots/abc", "", "uploads"])
def test_an_unknown_route_is_404(path: str) -> None:
    reply = Asker().send("GET", path)

    assert reply.status == 404
    assert "could not be found." in json.loads(reply.body)["message"]


def test_an_unknown_verb_is_405_and_names_the_known_ones() -> None:
    reply = Asker().send("PUT", "conversations/abc")

    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD, POST, DELETE")
    assert json.loads(reply.body)["message"] == (
        "The PUT method is not supported for route api/v1/conversations/abc. "
        "Supported methods: GET, HEAD, POST, DELETE."
    )


def test_errors_are_pages_for_clients_that_did_not_ask_for_json() -> None:
    reply = Asker(accept="*/*").send("GET", "conversations/nope")

    assert reply.status == 404
    assert reply.headers["Content-Type"].startswith("text/html")


def test_a_422_summary_counts_the_other_errors() -> None:
    reply = Asker().send("POST", "messages", {"content": " ", "conversation_id": "nope"})

    assert reply.status == 422
    assert json.loads(reply.body) == {
        "message": "The content field is required. (and 1 more error)",
        "errors": {
            "content": ["The content field is required."],
            "conversation_id": ["The selected conversation id is invalid."],
        },
    }


def test_a_422_with_one_error_is_that_error() -> None:
    reply = Asker().send("POST", "conversations", {"name": "x", "bot_id": "nope"})

    assert json.loads(reply.body) == {
        "message": "The selected bot id is invalid.",
        "errors": {"bot_id": ["The selected bot id is invalid."]},
    }


def test_every_answer_tells_what_is_left_of_the_limit() -> None:
    ask = Asker(knobs=CodyKnobs())

    assert ask.send("GET", "bots").headers["X-RateLimit-Remaining"] == "59"
    missing = ask.send("GET", "conversations/nope")
    assert (missing.headers["X-RateLimit-Limit"], missing.headers["X-RateLimit-Remaining"]) == ("60", "58")
    assert "Retry-After" not in missing.headers


def test_the_sixty_first_request_waits_for_the_window_to_end() -> None:
    ask = Asker(knobs=CodyKnobs())
    for _ in range(60):
        assert ask.send("GET", "bots").status == 200
        ask.clock.now += 0.5

    reply = ask.send("GET", "bots")
    assert (reply.status, json.loads(reply.body)) == (429, {"message": "Too Many Attempts."})
    assert (reply.headers["Retry-After"], reply.headers["X-RateLimit-Reset"]) == ("30", str(NOON + 60))
    assert reply.headers["X-RateLimit-Remaining"] == "0"

    ask.clock.now += 30
    assert ask.send("GET", "bots").headers["X-RateLimit-Remaining"] == "59"


def test_refused_keys_cost_nothing_of_the_limit() -> None:
    ask = Asker(knobs=CodyKnobs(requests_per_minute=1), key="wrong")
    ask.send("GET", "bots")
    ask.key = "simulated-cody-key"

    assert ask.send("GET", "bots").status == 200
    assert ask.send("GET", "bots").status == 429
