"""The operations API, put together: its routes, its errors, and what serves it."""

from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from cody2zoho import __version__
from cody2zoho.errors import Cody2ZohoError
from cody2zoho.ops import diagnosis, pages, routes
from cody2zoho.ops.access import is_browser
from cody2zoho.ops.desk import Desk, Reader
from cody2zoho.ops.wire import BROKEN, Wire
from cody2zoho.services import Services

#: Who pressed a button in a page that is old is shown how things are: who has to enter again, what was done meanwhile.
_SHOWN_BY_THE_PAGE = (401, 409)


def create(services: Services) -> Wire:
    """The whole of it, as an ASGI application. Nothing is asked of anybody yet."""
    desk = Desk.of(services)

    @asynccontextmanager
    async def looking(_: FastAPI) -> AsyncIterator[None]:
        await to_thread(desk.lookout.start)
        pages.prepare()
        yield
        desk.lookout.stop()

    about: dict[str, Any] = {
        "title": "cody2zoho",
        "version": __version__,
        "redirect_slashes": False,
        "lifespan": looking,
    }
    app = FastAPI(**about, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.desk = desk
    app.include_router(routes.router)
    app.include_router(diagnosis.router)
    app.include_router(pages.router)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    app.add_exception_handler(RedisError, _away)
    app.add_exception_handler(Cody2ZohoError, _away)
    app.add_exception_handler(Exception, _broken)

    @app.get("/openapi.json", include_in_schema=False)
    def _openapi(_: Reader) -> dict[str, Any]:
        return app.openapi()

    return Wire(app)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code in _SHOWN_BY_THE_PAGE and request.method == "POST" and is_browser(request):
        return RedirectResponse("/", 303)
    headers = {**(error.headers or {}), **({"www-authenticate": "Bearer"} if error.status_code == 401 else {})}
    return JSONResponse({"error": str(error.detail)}, error.status_code, headers)


def _misunderstood(_: Request, error: Exception) -> Response:
    """Which part of the question, never what stood there."""
    assert isinstance(error, RequestValidationError)
    places = sorted({str(one["loc"][-1]) for one in error.errors()})
    return JSONResponse({"error": f"This cannot be understood: {', '.join(places)}"}, 422)


def _away(_: Request, error: Exception) -> Response:
    what = "Redis does not answer" if isinstance(error, RedisError) else str(error)
    return JSONResponse({"error": what}, 503)


def _broken(_: Request, error: Exception) -> Response:  # noqa: ARG001 - its words may be a customer's
    return BROKEN
