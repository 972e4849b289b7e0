"""One request as an operation sees it: the account, the id in the path, the query and the fields of the body."""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from cody2zoho.simulators.wire import Reply, Request

from .account import Account
from .errors import compact
from .knobs import CodyKnobs
from .store import Store

#: The address in links when a request names no host.
PUBLIC_ADDRESS = "https://getcody.ai"


class Call:
    def __init__(self, account: Account, request: Request, record_id: str) -> None:
        self.account = account
        self.request = request
        self.record_id = record_id

    @property
    def store(self) -> Store:
        return self.account.store

    @property
    def knobs(self) -> CodyKnobs:
        return self.account.knobs

    @cached_property
    def query(self) -> dict[str, str]:
        """Trimmed; a blank value is as good as none."""
        trimmed = {name: value.strip() for name, value in self.request.query.items()}
        return {name: value for name, value in trimmed.items() if value}

    @cached_property
    def fields(self) -> dict[str, Any]:
        """The body, JSON or form, trimmed; a blank text is as good as null."""
        return {name: _trimmed(value) for name, value in self._body().items()}

    def _body(self) -> Mapping[str, Any]:
        if "json" not in self.request.headers.get("content-type", ""):
            return dict(parse_qsl(self.request.body.decode("utf-8", "replace"), keep_blank_values=True))
        try:
            content = json.loads(self.request.body or b"{}")
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}

    @property
    def includes(self) -> set[str]:
        return set(self.query.get("includes", "").split(","))

    @property
    def address(self) -> str:
        host = self.request.headers.get("host")
        return f"http://{host}" if host else PUBLIC_ADDRESS

    @property
    def url(self) -> str:
        """Where this endpoint is, without its query."""
        return self.address + self.request.path

    def one(self, content: Mapping[str, Any]) -> Reply:
        return compact(200, {"data": content})


def _trimmed(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    return value
