"""Answers that are no success, in Laravel's words and shapes.

* Refused            rendered as JSON for clients that asked for JSON, else as a page or a redirect
  + Unauthenticated  401, or 302 to /login
  + Invalid          422 with `errors`, or 302 back
  + Throttled        429 with `Retry-After` and `X-RateLimit-Reset`
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from cody2zoho.simulators.wire import Reply, Request

JSON = {"Content-Type": "application/json"}


def compact(status: int, content: Any) -> Reply:
    """JSON as PHP writes it: no spaces, escaped slashes, escaped Unicode. Byte for byte the live API."""
    return Reply(status, json.dumps(content, separators=(",", ":")).replace("/", "\\/").encode(), JSON)


def wants_json(request: Request) -> bool:
    """Laravel's rule: only the first type of `Accept` counts, and `*/*` is not JSON."""
    first = request.headers.get("accept", "").split(",")[0]
    ajax = request.headers.get("x-requested-with") == "XMLHttpRequest" and first.strip() in ("", "*/*")
    return "/json" in first or "+json" in first or ajax


class Refused(Exception):
    """Status and message, pretty-printed in JSON as Laravel's exception renderer does it."""

    status = 500

    def __init__(self, message: str, status: int | None = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status or self.status
        self.headers = headers or {}

    def reply(self, as_json: bool) -> Reply:
        answer = self.json_reply() if as_json else self.page()
        return Reply(answer.status, answer.body, {**answer.headers, **self.headers})

    def json_reply(self) -> Reply:
        return Reply.json(self.status, {"message": self.message}, pretty=True)

    def page(self) -> Reply:
        return Reply.html(self.status, HTTPStatus(self.status).phrase)


class Refusal(Refused):
    """A refusal of the application itself: compact JSON, for every client (402, 400, busy 429)."""

    def json_reply(self) -> Reply:
        return compact(self.status, {"message": self.message})

    def page(self) -> Reply:
        return self.json_reply()


class Unauthenticated(Refused):
    status = 401

    def __init__(self) -> None:
        super().__init__("Unauthenticated.")

    def json_reply(self) -> Reply:
        return compact(401, {"message": self.message})

    def page(self) -> Reply:
        return redirect("/login")


class Invalid(Refused):
    """One list of messages for each field; the summary counts all of them but the first."""

    status = 422

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        messages = [message for field in errors.values() for message in field]
        more = len(messages) - 1
        rest = f" (and {more} more error{'s' if more > 1 else ''})" if more else ""
        super().__init__(messages[0] + rest)
        self.errors = errors

    def json_reply(self) -> Reply:
        return compact(422, {"message": self.message, "errors": self.errors})

    def page(self) -> Reply:
        return redirect("/")


class Throttled(Refused):
    status = 429

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__("Too Many Attempts.", headers=headers)


def redirect(location: str) -> Reply:
    page = Reply.html(302, f"Redirecting to {location}")
    return Reply(302, page.body, {**page.headers, "Location": location})


def no_record(model: str, record_id: str) -> Refused:
    return Refused(f"No query results for model [App\\Models\\{model}] {record_id}", 404)


def no_route(path: str) -> Refused:
    return Refused(f"The route {path.strip('/')} could not be found.", 404)


def wrong_method(method: str, path: str, allowed: list[str]) -> Refused:
    listed = ", ".join(allowed)
    text = f"The {method} method is not supported for route {path.strip('/')}. Supported methods: {listed}."
    return Refused(text, 405, {"Allow": listed})
