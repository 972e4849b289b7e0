"""What every answer has: an id, headers that keep browsers from doing harm, and no word of what broke inside."""

import logging
import re
import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cody2zoho import logs

log = logging.getLogger(__name__)

_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # With no-referrer a browser would not say where a form comes from.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


#: The id to look for stands in the header.
BROKEN = JSONResponse({"error": "Something broke here; the log has it under the id of this answer"}, 500)


class Wire:
    """Around the whole application. `X-Request-ID` is kept where it is one, and stands on every log line it causes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            # Monitors and load balancers ask so; what serves us leaves the body out.
            scope = {**scope, "method": "GET"}
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _ID.fullmatch(given) else secrets.token_hex(8)
        has_begun = False

        async def answer(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                headers.setdefault("cache-control", "no-store")
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        with logs.context(request_id=request_id):
            try:
                await self._app(scope, receive, answer)
            except ClientDisconnect:
                pass  # Who hangs up while we read is no defect of ours, and nobody is left to answer.
            except Exception as error:  # noqa: BLE001 - whatever it is, it is not the asker's to read
                # Its words and its traceback may have a customer's in them.
                log.error("ops_request_failed", extra={"what": type(error).__name__, "path": _route(scope)})
                if not has_begun:
                    await BROKEN(scope, receive, answer)


def _route(scope: Scope) -> str:
    """The pattern, never what was filled in."""
    return str(getattr(scope.get("route"), "path", ""))
