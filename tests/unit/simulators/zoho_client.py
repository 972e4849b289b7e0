"""How the tests of the Zoho simulator speak to it: plain requests, a clock that only they move."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from cody2zoho.simulators.wire import Reply, Request
from cody2zoho.simulators.zoho import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DEMO_REFRESH_TOKEN, Zoho, ZohoKnobs

NOON = 1_800_000_000
HOST = "127.0.0.1:9"
SCOPES_OF_ALL = ("ZohoCRM.modules.ALL", "ZohoCRM.settings.ALL", "ZohoSearch.securesearch.READ", "ZohoCRM.coql.READ")


class MovingClock:
    def __init__(self) -> None:
        self.now = float(NOON)

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


def a_case(key: str | None = None, **fields: Any) -> dict[str, Any]:
    case = {"Subject": "Cody Chat", "Status": "New", "Case_Origin": "Web", **fields}
    return case if key is None else {**case, "Cody_Conversation_ID": key}


@dataclass
class Caller:
    """A client of one simulator, signed in unless a test says otherwise."""

    knobs: ZohoKnobs = field(default_factory=ZohoKnobs)
    clock: MovingClock = field(default_factory=MovingClock)
    in_flight: int = 1

    def __post_init__(self) -> None:
        self.zoho = Zoho(self.clock, self.knobs)
        self.zoho.set_up_fields()
        self.token = self.zoho.accounts.issue_access_token()

    def sign_in(self, *scopes: str) -> None:
        self.token = self.zoho.accounts.issue_lone_access_token(scopes)

    def send(self, method: str, path: str, body: Any = None, *, headers: Any = None, **query: str) -> Reply:
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {"host": HOST, "authorization": f"Zoho-oauthtoken {self.token}", **(headers or {})}
        return self.zoho.handle(Request(method, f"/crm/v8/{path}", query, sent, content, self.in_flight))

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        reply = self.send(method, path, body, **query)
        return reply.status, json.loads(reply.body) if reply.body else None

    def insert(self, *cases: dict[str, Any], **more: Any) -> tuple[int, list[dict[str, Any]]]:
        status, body = self.ask("POST", "Cases", {"data": list(cases), **more})
        return status, body["data"]

    def new_id(self, key: str | None = None, **fields: Any) -> str:
        """A case made through the API."""
        status, [item] = self.insert(a_case(key, **fields))
        assert status == 201, item
        return str(item["details"]["id"])

    def query(self, text: str) -> list[dict[str, Any]]:
        status, body = self.ask("POST", "coql", {"select_query": text})
        assert status in (200, 204), body
        return list(body["data"]) if body else []

    def oauth(self, path: str, **form: str) -> tuple[int, Any]:
        request = Request("POST", f"/oauth/v2/{path}", {}, {"host": HOST}, urlencode(form).encode())
        reply = self.zoho.handle(request)
        return reply.status, json.loads(reply.body)

    def refresh(self, **changed: str) -> tuple[int, Any]:
        form = {
            "grant_type": "refresh_token",
            "client_id": DEMO_CLIENT_ID,
            "client_secret": DEMO_CLIENT_SECRET,
            "refresh_token": DEMO_REFRESH_TOKEN,
        }
        return self.oauth("token", **{**form, **changed})
