"""Cody over HTTP: who may in, how often, and what an error looks like."""

import time
from collections.abc import Iterable

from cody2zoho.simulators.wire import Clock, Reply, Request

from .account import DEMO_KEY, Account
from .call import Call
from .errors import Refused, Unauthenticated, wants_json
from .knobs import CodyKnobs
from .limiter import Limiter
from .messages import read_stream
from .routes import PREFIX, find_operation

STREAM_PREFIX = "/stream/"
LOGIN_PATH = "/login"


class Cody(Account):
    """The simulator: an account with an HTTP face. Starts without bots and conversations."""

    name = "cody"

    def __init__(
        self, *, clock: Clock = time.time, knobs: CodyKnobs | None = None, keys: Iterable[str] = (DEMO_KEY,)
    ) -> None:
        super().__init__(clock=clock, knobs=knobs, keys=keys)
        self._limiter = Limiter(clock)

    def handles(self, path: str) -> bool:
        return path == LOGIN_PATH or path.startswith((PREFIX, STREAM_PREFIX))

    def handle(self, request: Request) -> Reply:
        self.store.settle()
        if request.path == LOGIN_PATH:
            # The trap for clients that follow redirects: an error that arrives as 200.
            return Reply.html(200, "Log in to Cody")
        try:
            return self._stream(request) if request.path.startswith(STREAM_PREFIX) else self._api(request)
        except Refused as refused:
            return refused.reply(self.knobs.json_errors_always or wants_json(request))

    def _api(self, request: Request) -> Reply:
        """Laravel's order: the route, then the key, then the limiter, then the record."""
        operation, record_id = find_operation(request.method, request.path)
        self._authenticate(request)
        headers = self._limiter.admit(self.knobs.requests_per_minute)
        try:
            reply = operation(Call(self, request, record_id))
        except Refused as refused:
            refused.headers = {**headers, **refused.headers}
            raise
        return Reply(reply.status, reply.body, {**reply.headers, **headers})

    def _authenticate(self, request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or key.strip() not in self.keys:
            raise Unauthenticated

    def _stream(self, request: Request) -> Reply:
        return read_stream(Call(self, request, request.path.removeprefix(STREAM_PREFIX)))
