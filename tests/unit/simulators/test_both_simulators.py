"""Cody and Zoho behind one server, and an audit of what a client did between them."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

import pytest

from cody2zoho.simulators.audit import audit
from cody2zoho.simulators.cody import DEMO_KEY, Cody
from cody2zoho.simulators.faults import Fault
from cody2zoho.simulators.server import SimulatorServer
from cody2zoho.simulators.zoho import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DEMO_REFRESH_TOKEN, Zoho


class Client:
    """A few lines of what the product does, by hand."""

    def __init__(self, server: SimulatorServer) -> None:
        self.server = server

    def ask(self, method: str, path: str, body: Any = None, token: str = f"Bearer {DEMO_KEY}") -> Any:
        connection = HTTPConnection(self.server.host, self.server.port, timeout=10)
        headers = {"Authorization": token, "Accept": "application/json", "Content-Type": "application/json"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            return json.loads(response.read()) if response.status < 500 else None
        finally:
            connection.close()

    def zoho_token(self) -> str:
        wanted = {
            "grant_type": "refresh_token",
            "client_id": DEMO_CLIENT_ID,
            "client_secret": DEMO_CLIENT_SECRET,
            "refresh_token": DEMO_REFRESH_TOKEN,
        }
        return "Zoho-oauthtoken " + str(self.ask("POST", "/oauth/v2/token?" + urlencode(wanted))["access_token"])

    def copy(self, conversation_id: str, token: str) -> Any:
        rows = self.ask("GET", f"/api/v1/messages?conversation_id={conversation_id}")["data"]
        case = {
            "Subject": "Chat",
            "Status": "Closed",
            "Case_Origin": "Web",
            "Cody_Conversation_ID": conversation_id,
            "Description": "\n".join(f"Someone: {row['content']}" for row in reversed(rows)),
        }
        return self.ask("POST", "/crm/v8/Cases", {"data": [case]}, token)


@pytest.fixture
def cody() -> Cody:
    return Cody()


@pytest.fixture
def zoho() -> Zoho:
    zoho = Zoho()
    zoho.set_up_fields()
    return zoho


@pytest.fixture
def server(cody: Cody, zoho: Zoho) -> Iterator[SimulatorServer]:
    with SimulatorServer([cody, zoho]) as running:
        yield running


def test_a_copied_conversation_makes_a_perfect_audit(server: SimulatorServer, cody: Cody, zoho: Zoho) -> None:
    conversation = server.run(cody.add_conversation)
    server.run(lambda: cody.ask(conversation.id, "Guten Tag, 你好 👋 be\x00fore"))
    client = Client(server)
    assert client.ask("GET", "/control/audit")["missing"] == [conversation.id]

    client.copy(conversation.id, client.zoho_token())

    found = client.ask("GET", "/control/audit")
    assert (found["cases"], found["expected"], found["perfect"]) == (1, 1, True)
    assert client.ask("GET", "/control/requests")["zoho"]["requests"] == 2


def test_an_insert_cut_off_after_the_work_has_made_its_case(server: SimulatorServer, cody: Cody, zoho: Zoho) -> None:
    conversation = server.run(cody.add_conversation)
    server.run(lambda: cody.say(conversation.id, "Hello"))
    client = Client(server)
    token = client.zoho_token()
    server.run(lambda: server.faults.add(Fault("502", simulator="zoho", path="/crm/*", when="after", times=1)))

    assert client.copy(conversation.id, token) is None
    again = client.copy(conversation.id, token)

    assert again["data"][0]["code"] == "DUPLICATE_DATA"
    assert server.run(lambda: audit(cody, zoho)).perfect


def test_the_knobs_of_both_are_turned_in_one_request(server: SimulatorServer, cody: Cody, zoho: Zoho) -> None:
    client = Client(server)

    refused = client.ask("POST", "/control/knobs", {"cody": {"ties": "random"}, "zoho": {"edition": "gold"}})
    assert "'edition' cannot be 'gold'" in refused["message"]
    assert cody.knobs.ties == "newest_id"

    client.ask("POST", "/control/knobs", {"cody": {"ties": "random"}, "zoho": {"edition": "free"}})
    assert (cody.knobs.ties, zoho.knobs.edition) == ("random", "free")
