"""Health is honest, quick, and asked by anybody."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from cody2zoho import __version__
from cody2zoho.ops.lookout import Lookout
from cody2zoho.simulators.faults import Fault
from cody2zoho.watching.signs import Signs, read
from waiting import eventually


@pytest.fixture
def silent_redis() -> Iterator[str]:
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"redis://127.0.0.1:{listening.getsockname()[1]}/0"


def test_all_is_well_where_everybody_was_seen_lately(serve, lively) -> None:
    lively()
    answer = serve().get("/health")
    assert answer.status == 200
    found = answer.json
    assert list(found) == ["status", "timestamp", "uptime_seconds", "version", "components"]
    assert (found["status"], found["version"]) == ("healthy", __version__)
    assert {name: one["status"] for name, one in found["components"].items()} == dict.fromkeys(
        ("redis", "workers", "beat", "cody", "zoho", "ledger", "conversations", "token"), "healthy"
    )
    assert found["components"]["token"]["seconds_left"] > 3_500


@pytest.mark.parametrize(
    ("gone", "status", "part"),
    [
        ("signs:workers", "unhealthy", "workers"),
        ("signs", "unhealthy", "beat"),
        ("token:zoho", "degraded", "token"),
        ("ledger", "unhealthy", "ledger"),
    ],
)
def test_what_is_missing_is_named(serve, lively, plugged, gone: str, status: str, part: str) -> None:
    lively()
    services = plugged()
    services.store.delete(f"{services.settings.redis_key_prefix}{gone}")
    answer = serve(closed=True).get("/health")
    assert (answer.status, answer.json["status"]) == (503 if status == "unhealthy" else 200, status)
    assert answer.json["components"][part]["status"] == status


@pytest.mark.parametrize("what", ["zoho", "zoho set-up", "cody"])
def test_what_blocks_all_work_is_unhealthy_and_its_words_stay_inside(serve, lively, plugged, what: str) -> None:
    lively()
    plugged().blocks.put(what, "words for those with a token")
    answer = serve(ops_token="hush").get("/health")
    assert answer.status == 503
    assert "words" not in answer.text


def test_a_conversation_that_is_due_and_nobody_takes_is_noticed(serve, lively, plugged) -> None:
    lively()
    services = plugged()
    late_ms = (services.store.time()[0] - 1_000) * 1000
    services.store.zadd(f"{services.settings.redis_key_prefix}agenda", {"late": late_ms})
    found = serve().get("/health").json
    assert found["status"] == "degraded"
    assert found["components"]["conversations"]["oldest_due_seconds"] >= 1_000


def test_a_redis_that_takes_nothing_new_is_named(serve, lively, plugged, store) -> None:
    lively()
    address = plugged().settings.redis_url.get_secret_value()
    store.execute_command("ACL", "SETUSER", "reader", "reset", "on", ">reads", "~*", "&*", "+@all", "-hset")
    try:
        browser = serve(redis_url=address.replace("://", "://reader:reads@"))
        answer = browser.get("/health")
        assert (answer.status, answer.json["components"]["redis"]) == (
            503,
            {"status": "unhealthy", "is_writable": False},
        )
        assert "Redis takes nothing new" in browser.get("/").text
    finally:
        store.execute_command("ACL", "DELUSER", "reader")


def test_a_worker_that_hangs_is_seen_no_more(store) -> None:
    signs = Signs(store, "p:", "worker@one")
    signs.well()
    signs.send()
    first = read(store, "p:").workers["worker@one"]
    store.zadd("p:signs:workers", {"worker@one": first - 40, "worker@gone": first - 4_000})
    signs.send()
    assert read(store, "p:").workers["worker@one"] == first - 40
    signs.well()
    signs.send()
    assert list(read(store, "p:").workers) == ["worker@one"]


@pytest.mark.parametrize("path", ["/health", "/health/readiness"])
def test_a_redis_that_says_nothing_holds_up_no_answer(serve, silent_redis: str, path: str) -> None:
    """Which the client would wait for longer than whoever asks."""
    browser = serve(redis_url=silent_redis, redis_read_timeout=60)
    assert browser.get(path).status == 503


def test_many_who_wait_for_a_slow_cody_do_not_hold_it_up(serve, server) -> None:
    server.faults.add(Fault("slow", simulator="cody", seconds=4))
    browser = serve(ops_token="hush")
    with ThreadPoolExecutor(50) as people:
        lives = [
            people.submit(browser.get, f"/conversations/one{number}", Authorization="Bearer hush")
            for number in range(50)
        ]
        eventually(lambda: sum(thread.name.startswith("AnyIO") for thread in threading.enumerate()) == 40)
        for path in ("/health", "/health/liveness", "/health/readiness"):
            assert browser.get(path).status in (200, 503)
        assert not any(one.done() for one in lives)


@pytest.mark.parametrize("path", ["/health", "/health/liveness", "/health/readiness", "/"])
def test_a_monitor_may_ask_for_the_head_alone(serve, lively, path: str) -> None:
    lively()
    answer = serve().ask("HEAD", path)
    assert (answer.status, answer.text) == (200, "")


def test_liveness_asks_nobody(serve, silent_redis: str) -> None:
    assert serve(redis_url=silent_redis).get("/health/liveness").status == 200


def test_it_is_ready_with_a_worker_and_a_beat(serve, lively) -> None:
    assert serve().get("/health/readiness").status == 503
    lively()
    assert serve().get("/health/readiness").json == {"status": "ready"}


def test_it_has_looked_before_it_is_asked() -> None:
    def look():
        # A Redis that takes a moment.
        threading.Event().wait(0.1)
        return ["seen"]

    lookout = Lookout(look)
    lookout.start()
    try:
        assert lookout.situation(0) == ["seen"]
    finally:
        lookout.stop()


def test_those_who_ask_at_once_share_one_look() -> None:
    looks = []

    def look():
        looks.append(1)
        return looks

    lookout = Lookout(look)
    for _ in range(5):
        assert lookout.situation(1) == [1]


def test_what_was_seen_before_is_no_answer_once_redis_refuses() -> None:
    from redis.exceptions import ConnectionError as Refused

    answers = iter([["well"], Refused()])

    def look():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    lookout = Lookout(look)
    assert lookout.situation(1) == ["well"]
    lookout.anew()
    assert lookout.situation(1) is None


def test_a_look_from_before_a_change_hides_the_change_from_nobody() -> None:
    looks: list[threading.Event] = []

    def look():
        may_end = threading.Event()
        looks.append(may_end)
        seen = f"look {len(looks)}"
        may_end.wait(5)
        return seen

    lookout = Lookout(look)
    assert lookout.situation(0) is None
    eventually(lambda: len(looks) == 1)
    lookout.anew()
    assert lookout.situation(0) is None
    eventually(lambda: len(looks) == 2)
    looks[1].set()
    eventually(lambda: lookout.situation(0) == "look 2")
    before = threading.active_count()
    looks[0].set()
    eventually(lambda: threading.active_count() < before)
    assert lookout.situation(0) == "look 2"


def test_what_cannot_be_read_is_told_once_until_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    answers = iter([ValueError(), ValueError(), KeyError(), ["well"], KeyError()])

    def look():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    lookout = Lookout(look)
    for well in (False, False, False, True, False):
        assert bool(lookout.situation(1)) is well
        lookout.anew()
    assert [one.what for one in caplog.records] == ["ValueError", "KeyError", "KeyError"]
