"""What a test or an operator may ask and change while the simulators run. Bodies are JSON objects.

======  ==================  =================================================================================
method  path                what it does
======  ==================  =================================================================================
GET     /control/health     `{"status": "ok", "simulators": [names]}`
GET     /control/audit      what really happened, as `audit.Audit`; needs a Cody and a Zoho
GET     /control/requests   the journal's counts by simulator
DELETE  /control/requests   forgets them
GET     /control/faults     the rules in force, each with `matched` and `struck`
POST    /control/faults     adds a rule: the fields of `faults.Fault`; or several: `{"faults": [rule, …]}`
DELETE  /control/faults     removes all rules and scripted events
GET     /control/latency    `{"seconds": s}`
POST    /control/latency    the same, set
GET     /control/knobs      all knobs: `{"cody": {name: value}, "zoho": {…}}`
POST    /control/knobs      the same shape, any part of it; nothing changes when anything is wrong
POST    /control/say        `{"conversation_id", "content", "machine", "name", "bot_id"}`: one message; without a
                            conversation id it begins a conversation, without content it stays empty
POST    /control/code       `{"scopes": "A,B", "seconds": s}`: the code of a self client, as the console makes it;
                            without scopes it has all
======  ==================  =================================================================================

Errors are `{"message": one sentence}` with 400, 404 or 405. None of this is delayed, faulted or in the journal.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Protocol, cast

from . import tuning
from .audit import CaseStore, audit
from .cody import Cody
from .faults import Fault, Faults
from .journal import Journal
from .wire import Reply, Request, Simulator
from .zoho import DEMO_SCOPES, Zoho
from .zoho.accounts import split_scopes
from .zoho.tokens import GRANT_SECONDS

PREFIX = "/control/"
Endpoint = Callable[[dict[str, Any]], Any]


class Host(Protocol):
    """The server, as far as it can be asked and changed."""

    simulators: list[Simulator]
    journal: Journal
    faults: Faults
    latency_seconds: float


class Control:
    """The endpoints under /control. They run between two requests, like the simulators."""

    name = "control"

    def __init__(self, server: Host) -> None:
        self._server = server
        self._endpoints: dict[str, dict[str, Endpoint]] = {
            "health": {"GET": self._health},
            "audit": {"GET": self._audit},
            "requests": {"GET": self._requests, "DELETE": self._forget_requests},
            "faults": {"GET": self._faults, "POST": self._add_faults, "DELETE": self._clear_faults},
            "latency": {"GET": self._latency, "POST": self._set_latency},
            "knobs": {"GET": self._knobs, "POST": self._turn_knobs},
            "say": {"POST": self._say},
            "code": {"POST": self._code},
        }

    def handles(self, path: str) -> bool:
        return path.startswith(PREFIX)

    def handle(self, request: Request) -> Reply:
        endpoint = self._endpoints.get(request.path.removeprefix(PREFIX).rstrip("/"))
        if endpoint is None:
            return Reply.json(404, {"message": f"There is nothing at {request.path}."})
        if request.method not in endpoint:
            return Reply.json(405, {"message": f"{request.path} knows {' and '.join(endpoint)} only."})
        try:
            return Reply.json(200, endpoint[request.method](_body(request)))
        except ValueError as error:
            return Reply.json(400, {"message": f"{error}."})

    def _simulator(self, name: str) -> Any:
        for simulator in self._server.simulators:
            if simulator.name == name:
                return simulator
        raise ValueError(f"there is no simulator {name!r} here")

    def _health(self, _: dict[str, Any]) -> Any:
        return {"status": "ok", "simulators": [simulator.name for simulator in self._server.simulators]}

    def _audit(self, _: dict[str, Any]) -> Any:
        return audit(cast(Cody, self._simulator("cody")), cast(CaseStore, self._simulator("zoho"))).as_json()

    def _requests(self, _: dict[str, Any]) -> Any:
        return self._server.journal.as_json()

    def _forget_requests(self, _: dict[str, Any]) -> Any:
        self._server.journal.clear()
        return self._requests({})

    def _faults(self, _: dict[str, Any]) -> Any:
        rules = self._server.faults.rules
        return {"faults": [{**asdict(rule.fault), "matched": rule.matched, "struck": rule.struck} for rule in rules]}

    def _add_faults(self, body: dict[str, Any]) -> Any:
        for fault in [_fault(given) for given in body.get("faults", [body])]:
            self._server.faults.add(fault)
        return self._faults({})

    def _clear_faults(self, _: dict[str, Any]) -> Any:
        self._server.faults.clear()
        return self._faults({})

    def _latency(self, _: dict[str, Any]) -> Any:
        return {"seconds": self._server.latency_seconds}

    def _set_latency(self, body: dict[str, Any]) -> Any:
        seconds = body.get("seconds")
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
            raise ValueError("'seconds' must be a number, 0 or more")
        self._server.latency_seconds = float(seconds)
        return self._latency({})

    def _knobs(self, _: dict[str, Any]) -> Any:
        found = {simulator.name: tuning.knobs_of(simulator) for simulator in self._server.simulators}
        return {name: asdict(knobs) for name, knobs in found.items() if knobs is not None}

    def _turn_knobs(self, body: dict[str, Any]) -> Any:
        wanted = {name: tuning.knobs_of(self._simulator(name)) for name in body}
        for name, knobs in wanted.items():
            if knobs is None:
                raise ValueError(f"{name} has no knobs")
            _check_object(body[name], f"the knobs of {name}")
            tuning.check(type(knobs), body[name], "knob")
        for name, knobs in wanted.items():
            tuning.turn(knobs, body[name])
        return self._knobs({})

    def _code(self, body: dict[str, Any]) -> Any:
        zoho, seconds = cast(Zoho, self._simulator("zoho")), body.get("seconds", GRANT_SECONDS)
        scopes = body.get("scopes", ",".join(DEMO_SCOPES))
        if not isinstance(scopes, str) or not isinstance(seconds, int) or isinstance(seconds, bool):
            raise ValueError("'scopes' must be a text and 'seconds' a whole number")
        return {"code": zoho.accounts.issue_grant_code(split_scopes(scopes), seconds=seconds)}

    def _say(self, body: dict[str, Any]) -> Any:
        cody = cast(Cody, self._simulator("cody"))
        conversation_id = body.get("conversation_id")
        said = _words(body)
        try:
            if not conversation_id:
                conversation_id = cody.add_conversation(body.get("name"), bot_id=body.get("bot_id")).id
            message = None if said is None else cody.say(conversation_id, said, machine=body.get("machine") is True)
        except KeyError as error:
            raise ValueError(f"Cody knows no {error.args[0]!r}") from None
        return {"conversation_id": conversation_id, "message_id": message and message.id}


def _words(body: dict[str, Any]) -> str | None:
    content = body.get("content")
    if content is not None and not isinstance(content, str):
        raise ValueError("'content' must be a text")
    return content


def _body(request: Request) -> dict[str, Any]:
    """The JSON object of a POST; other methods bring none."""
    if request.method != "POST":
        return {}
    try:
        body = json.loads(request.body)
    except ValueError:
        raise ValueError("the body is not JSON") from None
    _check_object(body, "the body")
    return cast(dict[str, Any], body)


def _fault(given: Any) -> Fault:
    _check_object(given, "a fault")
    if "action" not in given:
        raise ValueError("a fault needs an 'action'")
    tuning.check(Fault, given, "field of a fault")
    return Fault(**given)


def _check_object(value: Any, what: str) -> None:
    if not isinstance(value, dict):
        raise ValueError(f"{what} must be a JSON object")
