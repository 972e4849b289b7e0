"""The inputs of Graylog make themselves: once, whenever Graylog is ready, and with a clear word where it refuses."""

import base64
import importlib.util
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from cody2zoho.processes.ports import free_port

PATH = Path(__file__).parents[2] / "docker" / "graylog" / "inputs.py"
_spec = importlib.util.spec_from_file_location("graylog_inputs", PATH)
assert _spec
assert _spec.loader
inputs: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(inputs)

PASSWORD = "word of admin"
KINDS = {kind for _, kind, _, _ in inputs.INPUTS}


class FarEnd(ThreadingHTTPServer):
    """What Graylog 7 answers, as its InputsResource is written; it is not ready the first times it is asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.inputs: list[dict[str, Any]] = []
        self.not_ready_times = 0
        self.refused = 0
        self.asked_too_early = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answers(BaseHTTPRequestHandler):
    server: FarEnd

    def do_GET(self) -> None:
        if self.path == "/api/system/lbstatus":
            self.server.not_ready_times -= 1
            is_ready = self.server.not_ready_times < 0
            self._answer(200 if is_ready else 503, b"ALIVE" if is_ready else b"DEAD")
        elif self._is_admin():
            found = [{**one, "attributes": one["configuration"]} for one in self.server.inputs]
            self._answer(200, json.dumps({"inputs": found, "total": len(found)}).encode())

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked_too_early += self.server.not_ready_times >= 0
        if not self._is_admin():
            return
        if self.server.refused or not self.headers["X-Requested-By"]:
            self._answer(self.server.refused or 400, b"{}")
            return
        self.server.inputs.append(told)
        self._answer(201, b'{"id":"5f1"}')

    def _is_admin(self) -> bool:
        login = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
        if self.headers["Authorization"] == f"Basic {login}":
            return True
        self._answer(401, b"{}")
        return False

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def far_end() -> Iterator[FarEnd]:
    with FarEnd() as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def run(address: str, password: str = PASSWORD, patience_seconds: float = 5) -> tuple[int, list[str]]:
    said: list[str] = []
    code = inputs.run(inputs.Graylog(address, password), said.append, patience_seconds, look_seconds=0.01)
    return code, said


def test_every_input_is_made_for_all_nodes_on_the_port_that_the_page_names(far_end: FarEnd) -> None:
    code, said = run(far_end.address)
    assert code == 0
    assert said == ["GELF UDP on 12201 is made.", "GELF TCP on 12201 is made.", "GELF HTTP on 12202 is made."]
    assert {(one["type"], one["configuration"]["port"]) for one in far_end.inputs} == {
        ("org.graylog2.inputs.gelf.udp.GELFUDPInput", 12201),
        ("org.graylog2.inputs.gelf.tcp.GELFTCPInput", 12201),
        ("org.graylog2.inputs.gelf.http.GELFHttpInput", 12202),
    }
    assert all(one["global"] and one["configuration"]["bind_address"] == "0.0.0.0" for one in far_end.inputs)


def test_a_line_over_tcp_ends_with_a_null_as_ours_do(far_end: FarEnd) -> None:
    run(far_end.address)
    [tcp] = [one for one in far_end.inputs if one["type"].endswith("GELFTCPInput")]
    assert tcp["configuration"]["use_null_delimiter"]


def test_run_again_it_makes_nothing_twice(far_end: FarEnd) -> None:
    run(far_end.address)
    code, said = run(far_end.address)
    assert (code, len(far_end.inputs)) == (0, 3)
    assert all(sentence.endswith("is there.") for sentence in said)


def test_what_was_made_in_part_is_completed(far_end: FarEnd) -> None:
    run(far_end.address)
    del far_end.inputs[1]
    run(far_end.address)
    assert {one["type"] for one in far_end.inputs} == KINDS
    assert len(far_end.inputs) == 3


@pytest.mark.parametrize("configuration", [{"port": None}, {}, None])
def test_an_input_of_somebody_else_without_a_port_keeps_none_of_ours_away(far_end: FarEnd, configuration: Any) -> None:
    far_end.inputs.append({"type": "org.graylog.aws.inputs.AWSInput", "configuration": configuration})
    assert run(far_end.address)[0] == 0
    assert {one["type"] for one in far_end.inputs} > KINDS


def test_a_proxy_that_docker_gives_to_containers_is_not_asked(far_end: FarEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    assert run(far_end.address)[0] == 0


def test_it_waits_until_graylog_is_ready(far_end: FarEnd) -> None:
    far_end.not_ready_times = 4
    assert run(far_end.address)[0] == 0
    assert (len(far_end.inputs), far_end.asked_too_early) == (3, 0)


def test_a_graylog_that_never_answers_is_given_up_with_what_to_look_at() -> None:
    code, [sentence] = run(f"http://127.0.0.1:{free_port()}", patience_seconds=0.1)
    assert code == 1
    assert "docker compose logs graylog opensearch" in sentence


def test_a_wrong_password_ends_at_once_and_is_not_shown(far_end: FarEnd) -> None:
    code, [sentence] = run(far_end.address, password="hush")
    assert (code, sentence) == (2, "GRAYLOG_PASSWORD is not the password of Graylog's user admin.")


def test_a_graylog_that_refuses_the_input_is_named(far_end: FarEnd) -> None:
    far_end.refused = 400
    code, [sentence] = run(far_end.address)
    assert (code, sentence) == (
        2,
        "Graylog refuses /api/system/inputs with 400; is it another release than docs/graylog.md names.",
    )


def test_a_graylog_that_stumbles_is_asked_again(far_end: FarEnd) -> None:
    far_end.refused = 500
    code, [sentence] = run(far_end.address, patience_seconds=0.2)
    assert code == 1
    assert "HTTPError" in sentence
