"""Azure as far as a login at Redis without a password needs it: the endpoint that a machine asks who it is."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import redis

OID = "5f1e8a3c-0000-4000-8000-00000000c0d1"


class Identity(ThreadingHTTPServer):
    """Gives each time a new token, which is a password of `OID` at Redis until it ends."""

    daemon_threads = True

    def __init__(self, administrator: redis.Redis) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.administrator = administrator
        self.is_out_of_order = False
        self.given: list[str] = []
        self._numbers = count(1)

    @property
    def environment(self) -> dict[str, str]:
        """What Azure puts into the environment of an app."""
        return {
            "IDENTITY_ENDPOINT": f"http://127.0.0.1:{self.server_address[1]}/msi/token",
            "IDENTITY_HEADER": "only-from-here",
        }

    def token(self) -> dict[str, Any]:
        ends = int(time.time()) + 3_600
        token = _signed({"oid": OID, "exp": ends, "iat": ends - 3_600, "number": next(self._numbers)})
        self.administrator.execute_command("ACL", "SETUSER", OID, "on", f">{token}", "~*", "&*", "+@all")
        self.given.append(token)
        # Not to be kept, so that whoever asks again gets another one; Redis goes by what stands in the token itself.
        return {"access_token": token, "expires_on": str(ends - 3_600), "token_type": "Bearer"}

    def end(self) -> None:
        """All tokens that were given have ended: Azure cuts the connections that have no newer one."""
        self.administrator.execute_command("ACL", "SETUSER", OID, "resetpass")
        self.administrator.client_kill_filter(user=OID)


class _Asked(BaseHTTPRequestHandler):
    server: Identity

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        is_right = asked["resource"] == ["https://redis.azure.com"] and self.headers["X-IDENTITY-HEADER"]
        is_given = is_right and not self.server.is_out_of_order
        body = json.dumps(self.server.token() if is_given else {"error": "none"}).encode()
        self.send_response(200 if is_given else 400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal."""


@contextmanager
def identity(administrator: redis.Redis) -> Iterator[Identity]:
    with Identity(administrator) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def _signed(claims: dict[str, Any]) -> str:
    head = ".".join(_encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return f"{head}.{_encoded(hmac.new(b'any', head.encode(), hashlib.sha256).digest())}"


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
