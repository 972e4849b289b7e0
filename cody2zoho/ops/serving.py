"""Where the operations API listens, and who is told of what happens in it."""

import signal
from asyncio import Transport
from collections.abc import Iterator
from contextlib import contextmanager
from socket import gethostname
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from cody2zoho import insights, logs, sentry
from cody2zoho.ops.app import create
from cody2zoho.services import Services, build
from cody2zoho.settings import Settings
from cody2zoho.telemetry import insights as to_insights
from cody2zoho.telemetry import listen
from cody2zoho.telemetry.counters import Counters
from cody2zoho.watching.signs import Signs

#: A look at Redis runs beside the answers, so a slow one holds up nobody; it should not last for ever either.
_REDIS_SECONDS = 2.0


class Impatient(H11Protocol):
    """Ends a connection on which no request comes in whole.

    Uvicorn waits for one for ever: whoever opens connections and says nothing would soon hold all there are.
    """

    patience_seconds = 15.0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._look_later()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        # Or it would keep all of the connection until then, and a thousand a second would be many.
        self._next_look.cancel()

    def _look_later(self) -> None:
        self._next_look = self.loop.call_later(self.patience_seconds, self._look, self.cycle)

    def _look(self, before: RequestResponseCycle | None) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is before and self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self.transport.close()
        else:
            self._look_later()


#: What strangers do to it is no warning of ours: at `warning` each unreadable request would be a line of the log.
HOW: dict[str, Any] = {
    "http": Impatient,
    "log_config": None,
    "log_level": "error",
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,
    "timeout_graceful_shutdown": 5,
}


def own(settings: Settings) -> Services:
    """Services that wait less long for Redis than a worker does."""
    short = {"redis_connect_timeout": _REDIS_SECONDS, "redis_read_timeout": _REDIS_SECONDS}
    return build(settings.model_copy(update={**short, "redis_write_timeout": _REDIS_SECONDS}))


def serve(settings: Settings, port: int) -> None:
    """Until SIGINT or SIGTERM."""
    logs.name_process(f"ops@{gethostname()}")
    logs.configure(settings)
    sentry.start(settings)
    services = own(settings)
    with _observed(services):
        _listen(services, port)


@contextmanager
def _observed(services: Services) -> Iterator[None]:
    """What this process asks of Cody and Zoho is counted like any other's, and shows that they answer."""
    settings = services.settings
    counters = Counters(services.store, settings.redis_key_prefix)
    signs = Signs(services.store, settings.redis_key_prefix)
    for listener in (counters.hear, signs.hear):
        listen(listener)
    counters.start()
    signs.start()
    insights.begin(settings)
    try:
        yield
    finally:
        counters.stop()
        to_insights.stop()


def _listen(services: Services, port: int) -> None:
    # When uvicorn is done it sends itself once more what ended it, and a SIGTERM would leave untold what was counted.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    uvicorn.run(create(services), host=services.settings.ops_address, port=port, **HOW)
