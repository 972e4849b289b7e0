"""How the tests of the Cody simulator speak to it: plain requests, a clock that only they move."""

import json
from dataclasses import dataclass, field
from typing import Any

from cody2zoho.simulators.cody import DEMO_KEY, Cody, CodyKnobs
from cody2zoho.simulators.wire import Reply, Request

NOON = 1_800_000_000
JSON = "application/json"


class StandingClock:
    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass
class Asker:
    """A client of one simulator."""

    clock: StandingClock = field(default_factory=StandingClock)
    knobs: CodyKnobs = field(default_factory=lambda: CodyKnobs(requests_per_minute=None))
    key: str = DEMO_KEY
    accept: str = JSON

    def __post_init__(self) -> None:
        self.cody = Cody(clock=self.clock, knobs=self.knobs)

    def send(self, method: str, path: str, body: Any = None, **query: str) -> Reply:
        headers = {"authorization": f"Bearer {self.key}", "accept": self.accept, "content-type": JSON}
        content = b"" if body is None else json.dumps(body).encode()
        return self.cody.handle(Request(method, f"/api/v1/{path}", query, headers, content))

    def get(self, path: str, **query: str) -> Any:
        reply = self.send("GET", path, **query)
        assert reply.status == 200, reply
        return json.loads(reply.body)

    def post(self, path: str, body: Any) -> Any:
        reply = self.send("POST", path, body)
        assert reply.status == 200, reply
        return json.loads(reply.body)

    def ids(self, path: str, **query: str) -> list[str]:
        return [row["id"] for row in self.get(path, **query)["data"]]
