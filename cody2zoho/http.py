"""The one way out of the process: every request sent once, within a time limit, its failure a typed error.

Nothing is tried again here, no redirect is followed and no cookie or `.netrc` is read: a retry belongs to
the task, and a redirect from an API is an answer, not a way.
"""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, NewConnectionError, ProtocolError, ReadTimeoutError

from cody2zoho import __version__
from cody2zoho.errors import NotSent, OutcomeUnknown, RateLimited, Transient
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import ApiCall

_CHUNK_BYTES = 65_536
_LARGEST_ANSWER_BYTES = 64 * 1024 * 1024


_ends_at: ContextVar[float] = ContextVar("ends_at", default=float("inf"))


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Hold all requests inside to so many seconds together; the one that would pass it raises NotSent or Transient.

    A thread cannot be killed, so this is what bounds a task.
    """
    mark = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(mark)


_PLAIN = re.compile(r"v\d+(\.\d+)?|[A-Z]?[a-z_]+")


def _address(url: str) -> str:
    """Host and path of an address, to be told; an id in it becomes `-`, and a query may hold anything."""
    parts = urlsplit(url)
    return f"{parts.hostname}/{'/'.join(one if _PLAIN.fullmatch(one) else '-' for one in parts.path[1:].split('/'))}"


#: A process told to stop begins no request after so long.
STOP_SECONDS = 15.0


class _Closing:
    """When this process wants to be done; infinite as long as nobody has told it to stop."""

    at = float("inf")


def stop_soon(seconds: float = STOP_SECONDS) -> None:
    """The process is to stop: no request begins later than so many seconds from now, whatever time its task has."""
    _Closing.at = min(_Closing.at, time.monotonic() + seconds)


def time_left() -> float:
    """Seconds until the limit around the caller, or the end of the process; infinite where there is none."""
    return min(_ends_at.get(), _Closing.at) - time.monotonic()


@dataclass(frozen=True)
class Answer:
    """A complete HTTP response."""

    status: int
    headers: requests.structures.CaseInsensitiveDict[str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; None where it is none, whatever the headers say."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True)
class Api:
    """One remote API: what people call it, and how long a request to it may take, in seconds."""

    name: str
    connect_timeout_seconds: float
    read_timeout_seconds: float
    #: What metrics call it: `cody`, `zoho` or `zoho_accounts`.
    label: str = ""
    #: Whether its address is a secret: whoever knows that of a webhook may use it.
    is_secret: bool = False
    _local: threading.local = field(default_factory=threading.local, repr=False, compare=False)

    def send(self, method: str, url: str, authorization: str = "", **parts: Any) -> Answer:
        """Send one request.

        Raises NotSent where it never arrived, OutcomeUnknown where it may have taken effect, else Transient.
        """
        now = time.monotonic()
        ends_at = now + min(self.read_timeout_seconds, time_left())
        if ends_at <= now:
            why = "the worker stops" if _Closing.at <= now else "TASK_BUDGET_SECONDS ran out"
            raise NotSent(f"{why} before {self.name} was asked")
        answer = None
        try:
            response = self._session().request(
                method,
                url,
                auth=_Header(authorization),
                timeout=(self.connect_timeout_seconds, ends_at - now),
                allow_redirects=False,
                stream=True,
                **parts,
            )
            with response:
                answer = Answer(response.status_code, response.headers, self._body(response, ends_at))
                return answer
        except (requests.exceptions.RequestException, HTTPError, OSError) as error:
            raise self._failure(method, error) from None
        finally:
            status, size = (answer.status, len(answer.body)) if answer else (0, 0)
            address = None if self.is_secret else _address(url)
            report(ApiCall(self.label, method, status, time.monotonic() - now, size, address))

    def _session(self) -> requests.Session:
        """One session a thread, as the maintainers of requests advise: a session is not safe between threads."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = _Session()
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            session.headers.update({"Accept": "application/json", "User-Agent": f"cody2zoho/{__version__}"})
            for scheme in ("https://", "http://"):
                session.mount(scheme, HTTPAdapter(pool_connections=4, pool_maxsize=2, max_retries=0))
            self._local.session = session
        return session

    def _body(self, response: requests.Response, ends_at: float) -> bytes:
        """The whole body; the read time-out starts anew with each byte, so the total is held here."""
        chunks, size = [], 0
        # `read1` returns what has come; all else waits until a chunk is full, for as long as bytes keep trickling.
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            if time.monotonic() > ends_at or size > _LARGEST_ANSWER_BYTES:
                raise requests.exceptions.ReadTimeout
        return b"".join(chunks)

    def _failure(self, method: str, error: Exception) -> Transient:
        if isinstance(error, requests.exceptions.SSLError):
            return NotSent(f"{self.name} cannot be reached: its certificate does not hold")
        if never_arrived(error):
            return NotSent(f"{self.name} cannot be reached: no connection")
        what = "did not answer in time" if timed_out(error) else "cut the connection"
        if method == "GET":
            return Transient(f"{self.name} {what}")
        return OutcomeUnknown(f"{self.name} {what}; the request may have taken effect")


class _Session(requests.Session):
    """Reads proxies and certificates from the environment once per host; at every request it took 0.2 ms."""

    def __init__(self) -> None:
        super().__init__()
        self._environment: dict[str, Any] = {}

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        host = urlsplit(url).netloc
        if host not in self._environment:
            self._environment[host] = super().merge_environment_settings(url, proxies, stream, verify, cert)
        return dict(self._environment[host])


class _Header(AuthBase):
    """Our own Authorization header; without an `auth` requests would let `.netrc` replace it."""

    def __init__(self, value: str) -> None:
        self.value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.value:
            request.headers["Authorization"] = self.value
        return request


def never_arrived(error: BaseException | None) -> bool:
    """Whether no connection was made, so that the request cannot have taken effect."""
    if isinstance(error, requests.exceptions.ConnectTimeout | NewConnectionError | requests.exceptions.ProxyError):
        return True
    if isinstance(error, ProtocolError):
        return False
    reason = getattr(error, "reason", None) or next(
        (arg for arg in getattr(error, "args", ()) if isinstance(arg, Exception)), None
    )
    return reason is not None and never_arrived(reason)


def timed_out(error: BaseException) -> bool:
    """Whether time ran out; in the midst of a body requests calls that a connection error."""
    causes = (error, *(cause for cause in error.args if isinstance(cause, Exception)))
    return any(isinstance(cause, requests.exceptions.Timeout | ReadTimeoutError) for cause in causes)


#: No API means a longer pause than that, and all workers would keep to it.
_LONGEST_PAUSE_SECONDS = 86_400.0


def retry_after_seconds(answer: Answer) -> float | None:
    """The pause a 429 asks for, a day at the most; Cody sends delta-seconds, Zoho sends none (RFC 9110, 10.2.3)."""
    value = answer.headers.get("Retry-After", "")
    return min(float(value), _LONGEST_PAUSE_SECONDS) if value.replace(".", "", 1).isdecimal() else None


def raise_for_passing_fault(api: str, method: str, answer: Answer) -> None:
    """429 and 5xx, which both APIs share: a pause, or an unknown outcome where something was written."""
    if answer.status == 429:
        raise RateLimited(f"{api} asks for a pause (429)", retry_after_seconds(answer))
    if answer.status >= 500:
        if method == "GET":
            raise Transient(f"{api} is out of order ({answer.status})")
        raise OutcomeUnknown(f"{api} is out of order ({answer.status}); the request may have taken effect")
