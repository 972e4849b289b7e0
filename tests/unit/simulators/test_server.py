"""The simulators over real HTTP: faults, latency, journal, control."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any

import pytest

from cody2zoho.simulators.cody import DEMO_KEY, Cody, CodyKnobs
from cody2zoho.simulators.faults import Fault
from cody2zoho.simulators.server import SimulatorServer
from cody2zoho.simulators.wire import Reply, Request
from waiting import eventually

HEADERS = {"Authorization": f"Bearer {DEMO_KEY}", "Accept": "application/json"}


class Cases:
    """A Zoho that answers nothing and holds what the test puts in."""

    name = "zoho"

    def __init__(self) -> None:
        self.cases: dict[str, dict[str, Any]] = {}
        self.notes: list[dict[str, Any]] = []
        self.attachments: list[Any] = []

    def handles(self, path: str) -> bool:
        return path.startswith("/crm/")

    def handle(self, request: Request) -> Reply:
        if request.path == "/crm/bug":
            raise RuntimeError("oops")
        return Reply.json(200, {"in_flight": request.in_flight})


@pytest.fixture
def cody() -> Cody:
    return Cody(knobs=CodyKnobs(requests_per_minute=None))


@pytest.fixture
def server(cody: Cody) -> Iterator[SimulatorServer]:
    with SimulatorServer([cody, Cases()]) as running:
        yield running


def fetch(server: SimulatorServer, method: str, path: str, body: Any = None) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection(server.host, server.port, timeout=10)
    try:
        content = None if body is None else json.dumps(body)
        headers = HEADERS if body is None else {**HEADERS, "Content-Type": "application/json"}
        connection.request(method, path, content, headers)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def status(server: SimulatorServer, method: str, path: str, body: Any = None) -> int:
    return fetch(server, method, path, body)[0].status


def answer(server: SimulatorServer, method: str, path: str, body: Any = None) -> Any:
    return json.loads(fetch(server, method, path, body)[1])


# -- serving ----------------------------------------------------------------------------------


def test_links_lead_back_to_the_server(server: SimulatorServer, cody: Cody) -> None:
    for _ in range(16):
        server.run(cody.add_conversation)

    links = answer(server, "GET", "/api/v1/conversations?page=1")["meta"]["pagination"]["links"]
    assert links == {"next": f"{server.url}/api/v1/conversations?page=2"}


def test_a_connection_is_kept_for_the_next_request(server: SimulatorServer) -> None:
    connection = HTTPConnection(server.host, server.port, timeout=10)
    for _ in range(3):
        connection.request("GET", "/api/v1/bots", headers=HEADERS)
        connection.getresponse().read()
        ours = connection.sock.getsockname()
    connection.request("GET", "/api/v1/bots", headers=HEADERS)
    connection.getresponse().read()

    assert connection.sock.getsockname() == ours
    connection.close()


def test_a_posted_message_arrives_with_its_words(server: SimulatorServer, cody: Cody) -> None:
    conversation = server.run(cody.add_conversation)
    body = {"conversation_id": conversation.id, "content": "olá 👋"}

    assert answer(server, "POST", "/api/v1/messages", body)["data"]["machine"] is True
    assert cody.store.messages_of[conversation.id].oldest_first()[0].content == "olá 👋"


def test_an_unknown_path_is_404_in_json(server: SimulatorServer) -> None:
    assert status(server, "GET", "/nothing") == 404
    assert answer(server, "GET", "/nothing") == {"message": "No simulator answers /nothing."}


def test_a_simulator_with_a_bug_answers_500(server: SimulatorServer) -> None:
    assert answer(server, "GET", "/crm/bug")["message"] == "The zoho simulator failed: RuntimeError('oops')"


def test_a_head_request_has_no_body(server: SimulatorServer) -> None:
    response, body = fetch(server, "HEAD", "/api/v1/bots")

    assert (response.status, body) == (200, b"")
    assert int(response.headers["Content-Length"]) > 0


def test_a_taken_port_is_an_error_at_once(server: SimulatorServer) -> None:
    with pytest.raises(OSError, match="in use"):
        SimulatorServer([], port=server.port).__enter__()


def test_a_stopped_server_listens_no_more(cody: Cody) -> None:
    with SimulatorServer([cody]) as server:
        pass

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.host, server.port))


# -- latency and journal ------------------------------------------------------------------------


def test_latency_is_waited_for_and_counts_as_in_flight(cody: Cody) -> None:
    with SimulatorServer([cody, Cases()], latency_seconds=0.4) as server, ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: answer(server, "GET", "/crm/x"), range(8)))

        assert sorted(found["in_flight"] for found in answers) == list(range(1, 9))
        assert server.journal["zoho"].peak_in_flight == 8
        assert server.journal["zoho"].in_flight == 0
        assert all(entry.seconds >= 0.4 for entry in server.journal.entries)


def test_the_journal_counts_kinds_without_ids(server: SimulatorServer, cody: Cody) -> None:
    conversation = server.run(cody.add_conversation)
    status(server, "GET", f"/api/v1/conversations/{conversation.id}")
    status(server, "GET", "/api/v1/conversations?page=2")
    status(server, "POST", "/crm/v8/Cases/5725767000000123456/Notes")

    found = answer(server, "GET", "/control/requests")

    assert found["cody"]["kinds"] == {"GET /api/v1/conversations/{id}": 1, "GET /api/v1/conversations": 1}
    assert found["zoho"]["kinds"] == {"POST /crm/v8/Cases/{id}/Notes": 1}
    assert found["cody"]["statuses"] == {"200": 2}
    assert [entry.path for entry in server.journal.entries][1] == "/api/v1/conversations?page=2"
    assert answer(server, "DELETE", "/control/requests")["cody"]["requests"] == 0


# -- faults -------------------------------------------------------------------------------------


def say(server: SimulatorServer, cody: Cody) -> int:
    """Posts a message and returns how many there are then, whatever came back."""
    conversation = server.run(cody.add_conversation)
    with suppress(HTTPException, OSError):
        fetch(server, "POST", "/api/v1/messages", {"conversation_id": conversation.id, "content": "Hi"})
    return server.run(lambda: len(cody.store.messages))


@pytest.mark.parametrize("action", ["cut", "500", "502", "429", "login"])
@pytest.mark.parametrize(("when", "messages"), [("before", 0), ("after", 2)])
def test_a_fault_strikes_before_or_after_the_work(
    server: SimulatorServer, cody: Cody, action: Any, when: Any, messages: int
) -> None:
    server.run(lambda: server.faults.add(Fault(action, when=when)))

    assert say(server, cody) == messages


def test_a_cut_connection_gives_no_answer_and_is_journalled_so(server: SimulatorServer) -> None:
    server.run(lambda: server.faults.add(Fault("cut", times=1)))

    with pytest.raises((HTTPException, OSError)):
        fetch(server, "GET", "/api/v1/bots")
    assert server.run(lambda: [entry.answered for entry in server.journal.entries]) == [False]
    assert status(server, "GET", "/api/v1/bots") == 200


def test_a_slow_answer_is_late_and_right(server: SimulatorServer) -> None:
    server.run(lambda: server.faults.add(Fault("slow", seconds=0.1)))

    assert status(server, "GET", "/api/v1/bots") == 200
    assert server.journal.entries[0].seconds >= 0.1


def test_a_dripping_body_arrives_whole(server: SimulatorServer) -> None:
    server.run(lambda: server.faults.add(Fault("drip", seconds=0.1)))

    assert answer(server, "GET", "/api/v1/bots")["data"] == []


def test_a_client_that_hangs_up_is_unanswered(server: SimulatorServer) -> None:
    server.run(lambda: server.faults.add(Fault("drip", seconds=0.2)))
    with socket.create_connection((server.host, server.port)) as impatient:
        impatient.sendall(b"GET /crm/x HTTP/1.1\r\nHost: x\r\n\r\n")
        impatient.recv(1)

    assert status(server, "GET", "/api/v1/bots") == 200
    assert server.journal["zoho"].unanswered == 1


def test_a_request_lasts_until_its_client_has_gone(server: SimulatorServer) -> None:
    server.run(lambda: server.faults.add(Fault("slow", seconds=30, times=1)))
    with socket.create_connection((server.host, server.port)) as client:
        client.sendall(b"GET /crm/v8/Cases HTTP/1.1\r\nHost: x\r\n\r\n")
        client.settimeout(0.1)
        with suppress(TimeoutError):
            client.recv(1)
    eventually(lambda: server.run(lambda: len(server.journal.entries)))
    assert fetch(server, "GET", "/crm/v8/Cases")[0].status == 200
    abandoned, answered = server.run(lambda: list(server.journal.entries))
    assert 0 < abandoned.seconds < 29
    assert abandoned.at < answered.at


def test_a_garbled_body_has_the_length_it_claims(server: SimulatorServer) -> None:
    server.run(lambda: server.faults.add(Fault("truncate")))

    body = fetch(server, "GET", "/api/v1/bots")[1]
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


def test_a_script_changes_the_world_between_two_pages(server: SimulatorServer, cody: Cody) -> None:
    for second in range(31):
        server.run(lambda second=second: cody.add_conversation(at=second))  # type: ignore[misc]
    server.run(lambda: server.faults.after(1, cody.add_conversation, path="/api/v1/conversations"))

    first = answer(server, "GET", "/api/v1/conversations?page=1")["data"]
    second = answer(server, "GET", "/api/v1/conversations?page=2")["data"]
    assert first[-1] == second[0]


# -- control ------------------------------------------------------------------------------------


def test_health_names_the_simulators(server: SimulatorServer) -> None:
    assert answer(server, "GET", "/control/health") == {"status": "ok", "simulators": ["cody", "zoho"]}


def test_faults_are_added_listed_and_removed(server: SimulatorServer) -> None:
    answer(server, "POST", "/control/faults", {"faults": [{"action": "503", "times": 1}, {"action": "500", "nth": 9}]})

    assert [status(server, "GET", "/api/v1/bots") for _ in range(2)] == [503, 200]
    rules = answer(server, "GET", "/control/faults")["faults"]
    assert [(rule["matched"], rule["struck"]) for rule in rules] == [(2, 1), (2, 0)]
    assert answer(server, "DELETE", "/control/faults") == {"faults": []}


def test_latency_is_set(server: SimulatorServer) -> None:
    assert answer(server, "POST", "/control/latency", {"seconds": 0.05}) == {"seconds": 0.05}
    status(server, "GET", "/api/v1/bots")
    assert server.journal.entries[0].seconds >= 0.05


def test_knobs_are_turned_while_it_runs(server: SimulatorServer) -> None:
    knobs = answer(server, "POST", "/control/knobs", {"cody": {"pagination_style": "docs"}})

    assert knobs["cody"]["pagination_style"] == "docs"
    assert "next_page" in answer(server, "GET", "/api/v1/bots")["meta"]["pagination"]


def test_a_conversation_is_begun_and_carried_on(server: SimulatorServer, cody: Cody) -> None:
    begun = answer(server, "POST", "/control/say", {"content": "Hello", "name": "Ana"})
    answer(server, "POST", "/control/say", {**begun, "content": "Hi Ana", "machine": True})
    empty = answer(server, "POST", "/control/say", {})

    said = cody.store.messages_of[begun["conversation_id"]].oldest_first()
    assert [(message.content, message.machine) for message in said] == [("Hello", False), ("Hi Ana", True)]
    assert empty["message_id"] is None


def test_the_audit_is_told(server: SimulatorServer) -> None:
    begun = answer(server, "POST", "/control/say", {"content": "Hello"})

    found = answer(server, "GET", "/control/audit")
    assert (found["missing"], found["perfect"]) == ([begun["conversation_id"]], False)


@pytest.mark.parametrize(
    ("method", "path", "body", "code", "sentence"),
    [
        ("GET", "/control/x", None, 404, "There is nothing at /control/x."),
        ("PUT", "/control/say", None, 405, "/control/say knows POST only."),
        ("POST", "/control/latency", {"seconds": -1}, 400, "'seconds' must be a number, 0 or more."),
        ("POST", "/control/latency", [], 400, "the body must be a JSON object."),
        ("POST", "/control/faults", {}, 400, "a fault needs an 'action'."),
        ("POST", "/control/knobs", {"cody": {"x": 1}}, 400, "there is no knob 'x', only"),
        (
            "POST",
            "/control/knobs",
            {"cody": {"placeholder": 1}},
            400,
            "knob 'placeholder' cannot be 1, it must be bool.",
        ),
        (
            "POST",
            "/control/knobs",
            {"cody": {"ties": "x"}},
            400,
            "knob 'ties' cannot be 'x', it must be 'newest_id' or",
        ),
        ("POST", "/control/knobs", {"moody": {}}, 400, "there is no simulator 'moody' here."),
        ("POST", "/control/knobs", {"zoho": {}}, 400, "zoho has no knobs."),
        ("POST", "/control/say", {"conversation_id": "x", "content": "y"}, 400, "Cody knows no 'x'."),
        ("POST", "/control/say", {"content": 1}, 400, "'content' must be a text."),
    ],
)
def test_a_wrong_request_is_told_in_a_sentence(
    server: SimulatorServer, method: str, path: str, body: Any, code: int, sentence: str
) -> None:
    assert status(server, method, path, body) == code
    assert answer(server, method, path, body)["message"].startswith(sentence)
