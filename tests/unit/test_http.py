"""The one way out: sent once, in time, with our own key and nobody else's."""

import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from processes import python

from cody2zoho.errors import Transient
from cody2zoho.http import Api, retry_after_seconds, time_left, time_limit
from cody2zoho.simulators.faults import Fault
from cody2zoho.simulators.wire import Reply, Request
from cody2zoho.telemetry import listen, listeners
from cody2zoho.telemetry.events import ApiCall, Event


class Echo:
    """A far end that answers with what it was sent."""

    name = "echo"

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def handles(self, path: str) -> bool:
        return path.startswith("/echo")

    def handle(self, request: Request) -> Reply:
        self.requests.append(request)
        if request.path == "/echo/moved":
            return Reply(302, headers={"Location": "/echo/else"})
        if request.path == "/echo/cookie":
            return Reply(200, b"{}", {"Set-Cookie": "session=1"})
        return Reply.json(200, {})


@pytest.fixture
def echo(server) -> Echo:
    echo = Echo()
    server.simulators.append(echo)
    return echo


@pytest.fixture
def api() -> Api:
    return Api("Echo", 2, 5)


def test_a_redirect_is_an_answer_and_not_a_way(api, echo, server) -> None:
    assert api.send("GET", f"{server.url}/echo/moved", "Bearer key").status == 302
    assert [request.path for request in echo.requests] == ["/echo/moved"]


def test_a_netrc_file_never_replaces_our_key(
    api, echo, server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    api.send("GET", f"{server.url}/echo", "Bearer key")
    assert echo.requests[0].headers["authorization"] == "Bearer key"


def test_json_is_asked_for_so_that_errors_are_json_too(api, echo, server) -> None:
    api.send("GET", f"{server.url}/echo")
    assert echo.requests[0].headers["accept"] == "application/json"


def test_a_proxy_of_the_environment_is_used(api, server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    for _ in range(2):
        asked = api.send("GET", "http://far.invalid/echo").json()["message"]
        assert asked == "No simulator answers http://far.invalid/echo."


def test_no_cookie_is_kept(api, echo, server) -> None:
    for path in ("/echo/cookie", "/echo"):
        api.send("GET", server.url + path)
    assert "cookie" not in echo.requests[1].headers


@pytest.mark.parametrize("action", ["500", "503", "429", "cut"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_is_ever_sent_twice(api, echo, server, action: str, method: str) -> None:
    server.faults.add(Fault(action, simulator="echo", when="after"))
    try:
        api.send(method, f"{server.url}/echo")
    except Transient:
        assert action == "cut"
    assert len(echo.requests) == 1


def test_a_task_that_has_used_up_its_time_sends_nothing_more(api, echo, server) -> None:
    with time_limit(0), pytest.raises(Transient, match="TASK_BUDGET_SECONDS ran out before Echo was asked"):
        api.send("GET", f"{server.url}/echo")
    assert echo.requests == []


def test_a_process_told_to_stop_begins_no_request(echo, server) -> None:
    stopping = f"""
from cody2zoho.http import Api, stop_soon
stop_soon(0)
try:
    Api("Echo", 5, 30).send("GET", "{server.url}/echo")
except Exception as error:
    print(error)
"""
    said = subprocess.run(python(stopping), capture_output=True, text=True, check=True).stdout
    assert said == "the worker stops before Echo was asked\n"
    assert echo.requests == []


def test_a_request_may_take_no_longer_than_its_task(api, echo, server) -> None:
    server.faults.add(Fault("slow", simulator="echo", seconds=5))
    with time_limit(0.2), pytest.raises(Transient, match="did not answer in time"):
        api.send("GET", f"{server.url}/echo")


class Trickle:
    """A far end that sends a beginning at once, then a byte at a time, for eight seconds at the most."""

    def __init__(self, beginning: bytes) -> None:
        self.is_through = False
        self._beginning, self._listening = beginning, socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/"
        threading.Thread(target=self._send, daemon=True).start()

    def _send(self) -> None:
        with self._listening, self._listening.accept()[0] as wire, suppress(OSError):
            wire.recv(65_536)
            wire.sendall(self._beginning)
            for _ in range(200):
                threading.Event().wait(0.04)
                wire.sendall(b" ")
            self.is_through = True


@pytest.mark.parametrize(
    "headers",
    [b"Content-Length: 200\r\n\r\n", b"Connection: close\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\nc8\r\n"],
    ids=["of a known length", "until it ends", "in chunks"],
)
def test_an_answer_that_trickles_ends_in_time(headers: bytes) -> None:
    far_end = Trickle(b"HTTP/1.1 200 OK\r\n" + headers)
    with time_limit(0.3), pytest.raises(Transient, match="did not answer in time"):
        Api("Echo", 2, 5).send("GET", far_end.url)
    assert not far_end.is_through


def test_the_limit_ends_with_its_task(api, echo, server) -> None:
    with time_limit(0):
        pass
    assert api.send("GET", f"{server.url}/echo").status == 200


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("1.5", 1.5),
        ("", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("-3", None),
        ("²", None),
        ("31536000", 86_400.0),
        ("9" * 400, 86_400.0),
    ],
)
def test_a_pause_is_read_from_its_header(api, echo, server, header: str, seconds: float | None) -> None:
    server.faults.add(Fault("slow", simulator="echo", seconds=0))
    answer = api.send("GET", f"{server.url}/echo")
    answer.headers["Retry-After"] = header
    assert retry_after_seconds(answer) == seconds


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/x", "http://does-not-exist.invalid/x"], ids=["refused", "no such name"]
)
def test_what_never_arrived_is_said_so(api, address: str) -> None:
    with pytest.raises(Transient, match="Echo cannot be reached: no connection"):
        api.send("POST", address)


def test_a_time_limit_says_what_it_has_left() -> None:
    assert time_left() == float("inf")
    with time_limit(50):
        assert 20 < time_left() <= 50
        with time_limit(-1):
            assert time_left() <= 0
    assert time_left() == float("inf")


def address_told(api: Api, url: str) -> str | None:
    heard: list[Event] = []
    listen(heard.append)
    try:
        api.send("GET", url)
    finally:
        listeners.remove(heard.append)
    [call] = [event for event in heard if isinstance(event, ApiCall)]
    return call.address


def test_what_is_told_of_a_request_has_neither_its_query_nor_ids(api, echo, server) -> None:
    url = f"{server.url}/echo/Qz3dWnA91Lke/notes?email=canary@example.com"
    assert address_told(api, url) == "127.0.0.1/echo/-/notes"


def test_nothing_of_a_webhooks_path_is_told(echo, server) -> None:
    assert address_told(Api("The webhook", 1, 1, "webhook"), f"{server.url}/echo/correct_horse_battery") == "127.0.0.1"
