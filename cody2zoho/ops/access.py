"""Who gets in: whoever has the token; without one set, whoever sits at this machine.

A program sends the token as `Authorization: Bearer …`. A browser asks for it once and keeps a cookie that is made from
it, not the token itself; another token makes every cookie worthless. A page of somebody else's may make a browser send
either along, or find its way to loopback by a name of its own, so what a browser says about where a request comes from
has to fit.
"""

import hashlib
import hmac
import time
from dataclasses import dataclass, field
from threading import Lock
from urllib.parse import urlsplit

from fastapi import HTTPException, Request

from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import WrongToken

_OURS = ("localhost", "127.0.0.1", "[::1]")


#: Between two lines about tokens that are wrong.
_TELL_SECONDS = 60.0


class Guesses:
    """Tokens that were wrong: told at once, and then once a minute, however many there are."""

    def __init__(self) -> None:
        self._lock, self._tries, self._told_at = Lock(), 0, float("-inf")

    def note(self) -> None:
        with self._lock:
            self._tries += 1
            if time.monotonic() - self._told_at < _TELL_SECONDS:
                return
            tries, self._tries, self._told_at = self._tries, 0, time.monotonic()
        report(WrongToken(tries))


@dataclass(frozen=True)
class Access:
    """`token` empty: anybody on this machine."""

    token: str
    guesses: Guesses = field(default_factory=Guesses)

    @property
    def cookie(self) -> str:
        return self._made_of_token(b"cody2zoho ops session")

    @property
    def cookie_name(self) -> str:
        """A token's own: browsers keep one cookie of a name for all ports of a host, and so for two installations."""
        return f"cody2zoho-{self._made_of_token(b'cody2zoho ops cookie')[:8]}"

    def _made_of_token(self, purpose: bytes) -> str:
        return hmac.new(self.token.encode(), purpose, hashlib.sha256).hexdigest()

    def fits(self, token: str) -> bool:
        fits = hmac.compare_digest(token.encode(), self.token.encode())
        if not fits:
            self.guesses.note()
        return fits

    def way_in(self, request: Request) -> str:
        """`loopback`, `token` or `browser`; empty where there is none."""
        if not self.token:
            return "loopback" if _host(request) in _OURS else ""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        # Headers are read as Latin-1; curl and Prometheus write UTF-8.
        if scheme.lower() == "bearer" and self.fits(token.strip().encode("latin-1").decode(errors="replace")):
            return "token"
        cookie = request.cookies.get(self.cookie_name, "")
        return "browser" if hmac.compare_digest(cookie.encode(), self.cookie.encode()) else ""

    def lets_in(self, request: Request) -> bool:
        return bool(self.way_in(request))

    def read(self, request: Request) -> None:
        """Raises HTTPException."""
        if not self.lets_in(request):
            raise HTTPException(401 if self.token else 403, "Send the token of OPS_TOKEN as Authorization: Bearer …")

    def ask(self, request: Request) -> None:
        """The same, for what asks Cody and Zoho: whoever opens it may, and no page that shows it as a picture or frame.

        Raises HTTPException.
        """
        self.read(request)
        if not _is_opened(request):
            refuse_strangers(request)

    def act(self, request: Request) -> None:
        """The same, for what changes something. Raises HTTPException."""
        self.read(request)
        refuse_strangers(request)


def refuse_strangers(request: Request) -> None:
    """Browsers say where a POST comes from; programs do not, and need not. Raises HTTPException."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    is_strange = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if is_strange or site not in (None, "same-origin", "none"):
        raise HTTPException(403, "This request comes from another site")


def _is_opened(request: Request) -> bool:
    """By a person, in a tab: typed, or a link that was followed."""
    return (request.headers.get("sec-fetch-mode"), request.headers.get("sec-fetch-dest")) == ("navigate", "document")


def is_browser(request: Request) -> bool:
    """Whether a person waits for a page."""
    return "text/html" in request.headers.get("accept", "")


def is_encrypted(request: Request) -> bool:
    """Whether the browser speaks TLS, with a proxy before us: by its own word, which no proxy has to pass on for us."""
    return request.headers.get("origin", "").startswith("https://")


def _host(request: Request) -> str:
    host = request.headers.get("host", "")
    return host if host.endswith("]") else host.rpartition(":")[0] or host
