"""Graylog gets every line, over whatever it listens on; one that is away costs the work nothing."""

import json
import logging
import os
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseRequestHandler, StreamRequestHandler, ThreadingTCPServer, ThreadingUDPServer
from typing import Any

import pytest
import trustme

from cody2zoho.configuration import settings as configured
from cody2zoho.errors import ConfigurationError
from cody2zoho.logs import gelf
from cody2zoho.logs.behind import Behind
from cody2zoho.settings import Settings, simulated_credentials
from waiting import eventually

CANARY = "My card is 4111 1111 1111 1111"


@pytest.fixture
def got() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def authority(tmp_path: Path) -> tuple[trustme.CA, str]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return authority, str(tmp_path / "ca.pem")


@pytest.fixture
def tls(authority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert("localhost").configure_cert(context)
    return context


Serve = Callable[..., Any]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Runs a server until the test's end."""
    running: list[Any] = []

    def serve(server: Any, context: ssl.SSLContext | None = None) -> Any:
        server.daemon_threads = True
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        running.append(server)
        return server

    yield serve
    for server in running:
        server.shutdown()
        server.server_close()


def udp(got: list[dict[str, Any]]) -> ThreadingUDPServer:
    pieces: dict[bytes, dict[int, bytes]] = {}

    class Input(BaseRequestHandler):
        def handle(self) -> None:
            datagram = self.request[0]
            if datagram[:2] == b"\x1e\x0f":
                number, count = datagram[10], datagram[11]
                parts = pieces.setdefault(datagram[2:10], {})
                parts[number] = datagram[12:]
                if len(parts) < count:
                    return
                datagram = b"".join(parts[one] for one in sorted(parts))
            got.append(json.loads(zlib.decompress(datagram)))

    return ThreadingUDPServer(("127.0.0.1", 0), Input)


def tcp(got: list[dict[str, Any]]) -> ThreadingTCPServer:
    class Input(StreamRequestHandler):
        def handle(self) -> None:
            message = b""
            while byte := self.rfile.read(1):
                if byte != b"\0":
                    message += byte
                    continue
                got.append(json.loads(message))
                message = b""

    ThreadingTCPServer.allow_reuse_address = True
    return ThreadingTCPServer(("127.0.0.1", 0), Input)


def http(got: list[dict[str, Any]]) -> ThreadingHTTPServer:
    class Input(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        is_patient = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            # As Graylog's by default.
            is_taken = len(body) <= 65_536
            if is_taken:
                got.append({"path": self.path, **json.loads(body)})
            self.send_response(202 if is_taken else 413)
            self.send_header("Content-Length", "0")
            self.end_headers()
            self.close_connection = not self.is_patient

        def log_message(self, *_: Any) -> None:
            pass

    return ThreadingHTTPServer(("127.0.0.1", 0), Input)


def told(port: int, protocol: str, **chosen: Any) -> Settings:
    given = {"enable_graylog": True, "graylog_port": port, "graylog_protocol": protocol, "environment": "trial"}
    return Settings(**simulated_credentials("http://x"), cody_bot_id="all", **{**given, **chosen})


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    log = logging.getLogger("cody2zoho.test_gelf")
    log.propagate = False
    log.setLevel(logging.DEBUG)
    yield log
    for handler in log.handlers:
        handler.close()
    log.handlers[:] = []


def send(log: logging.Logger, settings: Settings) -> Behind:
    handler = Behind("graylog", gelf.Graylog(settings))
    log.handlers[:] = [handler]
    log.info("case_created", extra={"case": "4876", "messages": 3, "id": "x", "whole": True})
    return handler


@pytest.mark.parametrize(("protocol", "server"), [("udp", udp), ("tcp", tcp), ("http", http)])
def test_a_line_arrives_with_its_ids_and_where_it_comes_from(protocol, server, serve, got, log) -> None:
    # Over UDP nobody says that it has arrived.
    send(log, told(serve(server(got)).server_address[1], protocol, graylog_host="127.0.0.1")).close()
    [line] = eventually(lambda: got)
    assert line["version"] == "1.1"
    assert line["host"] == socket.gethostname()
    assert (line["short_message"], line["level"]) == ("case_created", 6)
    assert (line["_application"], line["_environment"]) == ("cody2zoho", "trial")
    assert (line["_case"], line["_messages"], line["_whole"]) == ("4876", 3, "True")
    assert line["timestamp"] == pytest.approx(time.time(), abs=60)
    assert "_id" not in line
    assert all(isinstance(value, str | int | float) for value in line.values())


@pytest.mark.parametrize(("protocol", "server"), [("tcp", tcp), ("http", http)])
def test_tls_is_spoken_with_whom_the_authority_vouches_for(protocol, server, serve, got, log, tls, authority) -> None:
    port = serve(server(got), tls).server_address[1]
    send(log, told(port, protocol, graylog_tls=True, graylog_ca_file=authority[1])).close()
    [line] = eventually(lambda: got)
    assert line["short_message"] == "case_created"


@pytest.mark.parametrize(("protocol", "server"), [("tcp", tcp), ("http", http)])
def test_nothing_is_told_to_whom_nobody_vouches_for(protocol, server, serve, got, log, tls) -> None:
    handler = send(log, told(serve(server(got), tls).server_address[1], protocol, graylog_tls=True))
    handler.close()
    assert got == []
    assert len(handler._waiting) == 1


def test_a_long_line_goes_over_udp_in_pieces(serve, got, log) -> None:
    port = serve(udp(got)).server_address[1]
    handler = send(log, told(port, "udp", graylog_host="127.0.0.1"))
    # Hardly any of it can be compressed.
    many = "".join(chr(33 + (number * number * 7919 + number // 3) % 90) for number in range(20_000))
    log.info("long", extra={"reason": many})
    handler.close()
    eventually(lambda: len(got) == 2)
    assert [line["_reason"] for line in got if line["short_message"] == "long"] == [many]


@pytest.mark.parametrize(("protocol", "server"), [("tcp", tcp), ("http", http)])
def test_what_a_graylog_that_is_away_misses_it_gets_when_it_is_back(protocol, server, serve, got, log) -> None:
    away = server(got)
    port = away.server_address[1]
    away.server_close()
    handler = send(log, told(port, protocol, graylog_host="127.0.0.1"))
    for _ in range(100):
        log.info("meanwhile")
    back = type(away)(("127.0.0.1", port), away.RequestHandlerClass)
    serve(back)
    handler.close()
    eventually(lambda: len(got) == 101)


def test_a_customers_words_in_an_error_stay_here(serve, got, log) -> None:
    handler = send(log, told(serve(tcp(got)).server_address[1], "tcp", graylog_host="127.0.0.1"))
    try:
        raise ValueError(CANARY)
    except ValueError:
        log.exception("failed")
    handler.close()
    eventually(lambda: len(got) == 2)
    assert "ValueError" in got[1]["full_message"]
    assert "4111" not in json.dumps(got)


def connections(server: Any) -> list[Any]:
    """Everybody who connects from now on."""
    found, finish = [], server.finish_request

    def noted(request: Any, address: Any) -> None:
        found.append(address)
        finish(request, address)

    server.finish_request = noted
    return found


@pytest.mark.parametrize(("protocol", "server"), [("tcp", tcp), ("http", http)])
def test_one_tls_connection_carries_all_lines(protocol, server, serve, got, log, tls, authority) -> None:
    far_end = server(got)
    callers = connections(far_end)
    port = serve(far_end, tls).server_address[1]
    handler = send(log, told(port, protocol, graylog_tls=True, graylog_ca_file=authority[1]))
    for number in range(2, 5):
        eventually(lambda expected=number: len(got) == expected - 1)
        log.info("line")
    handler.close()
    eventually(lambda: len(got) == 4)
    assert len(callers) == 1


@pytest.mark.parametrize(("protocol", "server"), [("tcp", tcp), ("http", http)])
def test_a_child_speaks_to_graylog_on_a_connection_of_its_own(protocol, server, serve, got, log) -> None:
    far_end = server(got)
    callers = connections(far_end)
    handler = send(log, told(serve(far_end).server_address[1], protocol, graylog_host="127.0.0.1"))
    eventually(lambda: len(got) == 1)
    child = os.fork()
    if not child:
        log.info("child")
        handler.close()
        os._exit(0)
    os.waitpid(child, 0)
    log.info("parent")
    handler.close()
    eventually(lambda: len(got) == 3)
    assert [line["short_message"] for line in got] == ["case_created", "child", "parent"]
    assert len(callers) == 2


def test_a_line_that_is_too_long_for_graylog_is_cut_and_holds_up_no_other(serve, got, log) -> None:
    handler = send(log, told(serve(http(got)).server_address[1], "http", graylog_host="127.0.0.1"))
    log.info("long", extra={"reason": "ä" * 40_000, "remedy": "ß" * 40_000})
    log.info("after")
    handler.close()
    assert [line["short_message"] for line in got] == ["case_created", "long", "after"]
    assert got[1]["_reason"] == "ä" * 3_000


def test_an_address_that_only_sends_elsewhere_has_taken_no_line(serve, log) -> None:
    class Elsewhere(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(301)
            self.send_header("Location", "https://elsewhere")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    port = serve(ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)).server_address[1]
    handler = send(log, told(port, "http", graylog_host="127.0.0.1"))
    handler.close()
    assert len(handler._waiting) == 1


def test_a_graylog_that_ends_an_idle_connection_is_not_away(serve, got, log, caplog) -> None:
    far_end = http(got)
    far_end.RequestHandlerClass.is_patient = False
    callers = connections(far_end)
    handler = send(log, told(serve(far_end).server_address[1], "http", graylog_host="127.0.0.1"))
    # The answer has been read: what asks the connection below is alone with it.
    eventually(lambda: not handler._waiting)
    eventually(lambda: gelf._has_ended(handler._sink._wire._connection.sock))
    log.info("later")
    handler.close()
    assert (len(got), len(callers)) == (2, 2)
    assert "log_sink_away" not in caplog.messages


def test_tls_over_udp_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMULATORS_URL", "http://x")
    monkeypatch.setenv("GRAYLOG_TLS", "true")
    with pytest.raises(ConfigurationError, match=r"GRAYLOG_TLS .*GRAYLOG_PROTOCOL=tcp or http"):
        configured()


def test_an_authority_that_is_none_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    monkeypatch.setenv("SIMULATORS_URL", "http://x")
    monkeypatch.setenv("GRAYLOG_CA_FILE", str(tmp_path / "ca.pem"))
    with pytest.raises(ConfigurationError, match=r"GRAYLOG_CA_FILE .*holds no certificate"):
        configured()
