"""What every answer of the operations API has, and who gets one."""

import asyncio
import gc
import socket
import weakref
from typing import ClassVar

import pytest

from cody2zoho.checks import all_checks
from cody2zoho.ops.app import create
from cody2zoho.ops.serving import Impatient
from cody2zoho.simulators.faults import Fault
from waiting import eventually

EVERYWHERE = [
    "/metrics",
    "/stats",
    "/logs",
    "/alerts",
    "/debug/test-telemetry",
    "/conversations",
    "/conversations/abc",
    "/openapi.json",
]
ACTIONS = ["/conversations/abc/retry", "/conversations/abc/dismiss", "/pause", "/resume"]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_nobody_reads_without_the_token(serve, path: str) -> None:
    browser = serve(ops_token="hush-hush")
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic hush-hush"},
        {"Cookie": "cody2zoho-ops=x"},
    ):
        answer = browser.ask("GET", path, headers)
        assert answer.status == 401
        assert "hush" not in answer.text
    assert browser.get(path, Authorization="Bearer hush-hush").status == 200


@pytest.mark.parametrize("path", ACTIONS)
def test_nobody_changes_anything_without_the_token(serve, plugged, path: str) -> None:
    assert serve(ops_token="hush-hush").post(path).status == 401
    assert plugged().paused.current() == []


ELSEWHERE = [
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_another_site_changes_nothing_though_the_browser_has_the_token(serve, plugged, headers: dict[str, str]) -> None:
    for browser in (serve(), serve(ops_token="hush")):
        answer = browser.ask("POST", "/pause", {**headers, "Authorization": "Bearer hush"})
        assert answer.status == 403
    assert plugged().paused.current() == []


@pytest.mark.parametrize("path", ["/?q=Jw9R1NVTVgkK", "/conversations/Jw9R1NVTVgkK"])
def test_another_site_spends_nothing_of_what_cody_and_zoho_allow(serve, server, path: str) -> None:
    browser = serve()
    as_picture = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    as_frame = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    for headers in (as_picture, as_frame):
        assert browser.ask("GET", path, headers).status == 403
    assert server.journal["cody"].requests == 0
    a_link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert browser.ask("GET", path, a_link).status == browser.get(path).status == 200


def test_a_name_of_somebody_elses_that_leads_to_this_machine_opens_nothing(serve) -> None:
    browser = serve()
    assert browser.get("/stats", Host="rebound.example").status == 403
    assert browser.get("/stats", Host="localhost:8080").status == 200
    assert browser.get("/stats", Host="[::1]:8080").status == 200


def test_a_request_keeps_its_id_and_one_that_is_none_gets_another(serve) -> None:
    browser = serve()
    assert browser.get("/health/liveness", X_Request_ID="abc-1.2_3").headers["x-request-id"] == "abc-1.2_3"
    for wrong in ("", "a b", "x" * 65, "<script>"):
        given = browser.get("/health/liveness", X_Request_ID=wrong).headers["x-request-id"]
        assert given != wrong
        assert len(given) == 16


@pytest.mark.parametrize("path", ["/", "/health", "/nowhere", "/stats"])
def test_every_answer_keeps_browsers_from_doing_harm(serve, path: str) -> None:
    headers = serve(ops_token="hush").get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


def test_what_breaks_inside_stays_inside(serve, plugged, caplog: pytest.LogCaptureFixture) -> None:
    services = plugged()
    services.store.hset(f"{services.settings.redis_key_prefix}paused", "all", "Where is my order?")
    services.store.hset(f"{services.settings.redis_key_prefix}conversation:abc", "state", "waiting")
    services.store.set(f"{services.settings.redis_key_prefix}sync:since", "Where is my order?")
    browser = serve()
    for path, status in (("/stats", 503), ("/conversations/abc", 500)):
        answer = browser.get(path, X_Request_ID="broken-1")
        assert (answer.status, list(answer.json)) == (status, ["error"])
        assert answer.headers["x-request-id"] == "broken-1"
        assert "order" not in answer.text + caplog.text
    told = {("ops_look_failed", "ERROR"), ("ops_request_failed", "ERROR")}
    # The second line is written once the answer is out.
    eventually(lambda: told <= {(one.getMessage(), one.levelname) for one in caplog.records})
    assert "order" not in caplog.text


def test_an_unknown_path_and_a_wrong_question_are_json(serve) -> None:
    browser = serve()
    assert (browser.get("/nowhere").status, browser.get("/nowhere").json) == (404, {"error": "Not Found"})
    assert browser.get("/conversations?state=nonsense").json == {"error": "This cannot be understood: state"}
    assert browser.post("/health").status == 405


def test_a_stranger_cannot_have_a_form_kept_that_is_longer_than_a_token(serve) -> None:
    answer = serve(ops_token="hush").post("/login", "token=" + "x" * 5_000_000)
    assert (answer.status, answer.json) == (413, {"error": "This is too long for a token"})


def test_a_stranger_who_hangs_up_is_no_defect(plugged, caplog: pytest.LogCaptureFixture) -> None:
    async def hung_up() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def nobody_listens(_: object) -> None: ...

    asked = {"type": "http", "method": "POST", "path": "/login", "headers": [], "query_string": b""}
    asyncio.run(create(plugged(ops_token="hush"))(asked, hung_up, nobody_listens))
    assert [one.getMessage() for one in caplog.records if one.levelname == "ERROR"] == []


def test_tokens_that_are_wrong_are_told_and_fill_no_log(serve, caplog: pytest.LogCaptureFixture) -> None:
    browser = serve(ops_token="hush-hush")
    for guess in ("guess-1", "guess-2"):
        assert browser.get("/stats", Authorization=f"Bearer {guess}").status == 401
        assert browser.post("/login", f"token={guess}").status == 401
    assert [(one.getMessage(), one.levelname, one.tries) for one in caplog.records] == [("wrong_token", "WARNING", 1)]
    assert "guess" not in caplog.text


def test_a_token_with_letters_beyond_ascii_opens_as_curl_sends_it(serve) -> None:
    sent = "Bearer schlüssel".encode().decode("latin-1")
    assert serve(ops_token="schlüssel").get("/stats", Authorization=sent).status == 200


class Hasty(Impatient):
    patience_seconds = 0.1


@pytest.mark.parametrize(
    "begun",
    [b"", b"GET /health HTTP/1.1\r\nHost: x\r\n", b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\ntoken"],
    ids=["nothing", "half a head", "half a form"],
)
def test_whoever_says_nothing_more_holds_no_connection(served, plugged, begun: bytes) -> None:
    with (
        served(plugged(ops_token="hush"), http=Hasty) as browser,
        socket.create_connection(("127.0.0.1", browser.port), timeout=5) as stranger,
    ):
        stranger.sendall(begun)
        assert stranger.recv(1) == b""


class Watched(Impatient):
    patience_seconds = 3_600
    there: ClassVar[weakref.WeakSet[Impatient]] = weakref.WeakSet()

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.there.add(self)


def test_of_a_connection_that_is_over_nothing_is_kept(served, plugged) -> None:
    with served(plugged(), http=Watched) as browser:
        with socket.create_connection(("127.0.0.1", browser.port), timeout=5):
            eventually(lambda: Watched.there)
        for _ in range(5):
            assert browser.get("/health").status in (200, 503)
        eventually(lambda: gc.collect() >= 0 and not Watched.there)


def test_whoever_waits_for_a_slow_answer_is_not_sent_away(served, plugged, server) -> None:
    server.faults.add(Fault("slow", simulator="cody", seconds=0.5))
    with served(plugged(), http=Hasty) as browser:
        assert browser.get("/conversations/Jw9R1NVTVgkK").status == 200


def test_what_is_no_request_is_no_line_of_the_log(serve, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_connection(("127.0.0.1", serve().port), timeout=5) as stranger:
        stranger.sendall(b"nonsense\r\n\r\n")
        assert stranger.recv(12) == b"HTTP/1.1 400"
    assert caplog.records == []


def test_a_token_that_may_be_guessed_is_told_by_doctor_and_not_shown(plugged) -> None:
    def found(token: str) -> list[str]:
        return [one.words for one in all_checks(plugged(ops_token=token)) if one.about == "Status page"]

    assert found("hush-hush") == ["OPS_TOKEN is so short that it may be guessed"]
    assert found("x" * 16) == found("") == []
