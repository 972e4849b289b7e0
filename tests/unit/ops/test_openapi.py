"""The whole API as its own document describes it, asked with whatever schemathesis thinks of, right and wrong."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chats import chat, work
from cody2zoho.models import Conversation

TOKEN = "hush-hush-hush"
ENTERING = {"Authorization": f"Bearer {TOKEN}"}

#: What nobody is to read in an answer: secrets, a customer's words, and where our code lies.
INSIDE = (TOKEN, "Where is my order?", "Traceback", "site-packages", "redis://", "unix://")


@pytest.fixture
def api(serve, plugged, account, lively) -> Any:
    """A real server over a real Redis with a bit of everything, and the simulators behind it."""
    chat(account)
    services = plugged()
    work(services)
    lively()
    services.ledger.add_new([Conversation("Jw9R1NVTVgkK", "support", 1_755_000_157)])
    services.ledger.park(services.ledger.claim("Jw9R1NVTVgkK"), "Zoho refuses Short: it is longer than 5 characters")
    return serve(ops_token=TOKEN)


@pytest.fixture
def document(api) -> dict[str, Any]:
    found: dict[str, Any] = api.get("/openapi.json", **ENTERING).json
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Method and path of each, with an id where one is wanted."""
    for path, item in document["paths"].items():
        for method in item:
            yield method.upper(), path.replace("{conversation_id}", "Jw9R1NVTVgkK")


def test_the_page_names_every_endpoint_and_no_other(document) -> None:
    page = (Path(__file__).parents[3] / "docs" / "monitoring.md").read_text()
    documented = {
        (method, path)
        for cell in re.findall(r"^\| (`(?:GET|POST)[` ].*?) \|", page, re.MULTILINE)
        for path in re.findall(r"/[\w/{}.-]*", cell)
        for method in re.findall("GET|POST", cell)
    }
    told = {(method, path.replace("Jw9R1NVTVgkK", "{id}")) for method, path in operations(document)}
    assert documented == told | {("GET", "/openapi.json")}


def test_whatever_is_asked_is_answered_as_documented_and_nothing_breaks_or_leaks(api, document) -> None:
    # Two seconds, which each process that only collects tests would take.
    from questions import ask

    asked = set()
    for operation, answer in ask(document, f"http://127.0.0.1:{api.port}", ENTERING):
        is_honest = answer.status_code == 503 and "/health" in operation
        assert answer.status_code < 500 or is_honest, operation
        assert not [one for one in INSIDE if one in answer.text]
        asked.add(operation)
    assert asked == {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}


def test_there_is_no_way_in_without_the_token(api, document, plugged) -> None:
    closed = [one for one in operations(document) if not one[1].startswith("/health")]
    assert len(closed) > 12
    for method, path in closed:
        for headers, query in (
            ({}, ""),
            ({"Authorization": "Bearer wrong"}, ""),
            ({"Authorization": TOKEN}, ""),
            ({"Cookie": f"cody2zoho-ops={TOKEN}"}, ""),
            ({"X-Forwarded-For": "127.0.0.1", "Host": "localhost"}, ""),
            ({}, f"?token={TOKEN}&access_token={TOKEN}&authorization=Bearer%20{TOKEN}"),
        ):
            answer = api.ask(method, path + query, headers)
            assert answer.status == 401, (method, path, headers, query)
            assert list(answer.json) == ["error"]
    assert plugged().paused.current() == []
    assert plugged().ledger.about("Jw9R1NVTVgkK")["state"] == "parked"


def test_no_other_site_changes_anything_with_the_token_of_whoever_looks_at_it(api, document, plugged) -> None:
    changing = [one for one in operations(document) if one[0] != "GET"]
    assert len(changing) >= 6
    cookie = api.post("/login", f"token={TOKEN}").headers["set-cookie"].partition(";")[0]
    for method, path in changing:
        for headers in (ENTERING, {"Cookie": cookie}):
            answer = api.ask(method, path, {**headers, "Origin": "https://elsewhere.example"})
            assert answer.status == 403, (method, path)
    assert plugged().paused.current() == []
    assert plugged().ledger.about("Jw9R1NVTVgkK")["state"] == "parked"


def test_the_document_says_what_is_open_and_what_wants_the_token(document) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert ("security" in operation) != path.startswith("/health"), (method, path)
            assert operation["description"], (method, path)
            assert operation["responses"]["200"].get("content"), (method, path)
