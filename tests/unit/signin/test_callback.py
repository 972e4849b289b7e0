"""On loopback one redirect is waited for: the first with our state, and nothing else ends or enters a sign-in."""

import io
import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from cody2zoho.errors import ConfigurationError
from cody2zoho.processes.ports import free_port
from cody2zoho.signin.callback import Callback, redirect_uri

STATE = "the-state"
OURS = f"?code=1000.a.b&state={STATE}"


@pytest.fixture
def callback() -> Iterator[Callback]:
    with Callback(free_port(), STATE) as one:
        yield one


def get(callback: Callback, query: str = OURS, path: str = "/callback") -> requests.Response:
    return requests.get(f"http://127.0.0.1:{callback.port}{path}{query}", timeout=10)


def test_the_redirect_ends_the_waiting_and_the_page_says_what_to_do_next(callback) -> None:
    answer = get(callback)
    assert callback.wait(30) == OURS[1:]
    assert "Go back to the terminal" in answer.text
    assert "1000.a.b" not in answer.text
    assert STATE not in answer.text


def test_the_page_loads_nothing_is_kept_by_nobody_and_takes_the_code_out_of_the_address_bar(callback) -> None:
    answer = get(callback)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "history.replaceState" in answer.text
    assert "http" not in answer.text.replace("http-equiv", "")


@pytest.mark.parametrize("query", ["?code=1&state=other", "?code=1", "", "?error=access_denied"])
def test_a_stranger_neither_ends_nor_enters_a_sign_in(callback, query: str) -> None:
    assert "another sign-in" in get(callback, query).text
    assert callback.wait(0.1) == ""
    get(callback)
    assert callback.wait(30) == OURS[1:]


def test_only_the_first_counts(callback) -> None:
    get(callback)
    assert "was answered" in get(callback, f"?code=1000.other&state={STATE}").text
    assert callback.wait(30) == OURS[1:]


def test_there_is_nothing_but_the_callback(callback) -> None:
    assert get(callback, "", "/favicon.ico").status_code == 404
    assert requests.post(f"http://127.0.0.1:{callback.port}/callback{OURS}", timeout=10).status_code == 501
    assert callback.wait(0.1) == ""


def test_a_refusal_gets_its_own_page(callback) -> None:
    assert "The terminal says why" in get(callback, f"?error=access_denied&state={STATE}").text
    assert callback.wait(30) == f"error=access_denied&state={STATE}"


def test_a_browser_that_opens_connections_and_says_nothing_holds_up_nobody(callback) -> None:
    silent = [socket.create_connection(("127.0.0.1", callback.port)) for _ in range(8)]
    assert get(callback).status_code == 200
    assert callback.wait(30)
    for one in silent:
        one.close()


def test_a_browser_that_is_gone_before_its_page_has_brought_the_code_all_the_same(callback) -> None:
    with socket.create_connection(("127.0.0.1", callback.port)) as browser:
        # Closing resets the connection, so that the page cannot be sent.
        browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        browser.sendall(f"GET /callback{OURS} HTTP/1.1\r\n\r\n".encode())
    assert callback.wait(30) == OURS[1:]


def test_nobody_answers_in_time(callback) -> None:
    assert callback.wait(0.05) == ""


def test_the_address_may_be_pasted_instead_however_often_somebody_mistypes(callback) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading) as pasted, os.fdopen(writing, "w", buffering=1) as person:
        threading.Timer(0.1, lambda: person.write(f"{redirect_uri(callback.port)}{OURS}\n")).start()
        person.write("what?\n")
        assert callback.wait(30, pasted) == OURS[1:]


class Gone(io.TextIOWrapper):
    """A terminal that is always at its end, and counts how often it is read."""

    asked = 0

    def __init__(self, number: int) -> None:
        super().__init__(os.fdopen(number, "rb"))

    def readline(self, size: int = -1, /) -> str:
        self.asked += 1
        return super().readline(size)


def test_a_terminal_that_is_gone_is_not_listened_to_any_more(callback) -> None:
    with Gone(os.open(os.devnull, os.O_RDONLY)) as gone:
        assert callback.wait(0.5, gone) == ""
        # It waits, and does not ask over and over.
        assert gone.asked == 1
        threading.Timer(0.1, lambda: get(callback)).start()
        assert callback.wait(30, gone) == OURS[1:]


def test_localhost_is_ours_alone_in_both_of_its_meanings(callback) -> None:
    for address in ("127.0.0.1", *(["::1"] if _has_ipv6() else [])):
        with pytest.raises(OSError, match="in use"):
            _taken(address, callback.port).__enter__()


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_port_that_somebody_has_is_a_sentence(address: str) -> None:
    if address == "::1" and not _has_ipv6():
        pytest.skip("this machine has no IPv6")
    port = free_port()
    with _taken(address, port), pytest.raises(ConfigurationError, match=rf"Port {port} cannot be had .*--port"):
        Callback(port, STATE).__enter__()
    # Nothing is left of the attempt.
    with Callback(port, STATE):
        pass


@contextmanager
def _taken(address: str, port: int) -> Iterator[None]:
    with socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET):
        yield


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True
