"""The latest lines of all processes, at next to no cost for the work."""

import json
import logging
import os
import threading
from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest

from chats import chat, work
from cody2zoho import logs
from cody2zoho.logs import stream
from cody2zoho.logs.behind import Behind, Sink
from cody2zoho.services import Services
from cody2zoho.sync import erasure
from waiting import eventually

CANARY = "My card is 4111 1111 1111 1111"


@pytest.fixture
def services(plugged) -> Services:
    return plugged()


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    """Nobody else's: it hands nothing on."""
    log = logging.getLogger("cody2zoho.test_stream")
    log.propagate, before = False, log.handlers[:]
    log.setLevel(logging.DEBUG)
    yield log
    for handler in log.handlers:
        handler.close()
    log.handlers[:] = before


@pytest.fixture
def kept(services: Services, log: logging.Logger) -> Behind:
    handler = Behind("redis", stream.Stream(services.settings))
    log.addHandler(handler)
    return handler


def messages(services: Services, **wanted: Any) -> list[str]:
    return [line["message"] for line in logs.latest(services, **wanted)]


def test_the_latest_lines_of_all_processes_are_read_in_their_order(services, log, kept) -> None:
    for number in range(3):
        log.info("line_%d", number)
    log.debug("not_this")
    kept.close()
    assert messages(services) == ["line_0", "line_1", "line_2"]
    assert messages(services, limit=2) == ["line_1", "line_2"]


def test_lines_are_found_by_level_and_by_conversation(services, log, kept) -> None:
    with logs.context(conversation="Qz3d"):
        log.info("of_it")
        log.error("worse_of_it", extra={"case": "4876"})
    log.error("of_another", extra={"conversation": "other"})
    kept.close()
    assert messages(services, level="ERROR") == ["worse_of_it", "of_another"]
    assert messages(services, conversation="Qz3d") == ["of_it", "worse_of_it"]
    [line] = logs.latest(services, 10, "ERROR", "Qz3d")
    assert (line["case"], line["level"], line["conversation"]) == ("4876", "ERROR", "Qz3d")


def test_a_reader_hears_of_a_new_line_at_once(services, log, kept) -> None:
    log.info("before")
    eventually(lambda: messages(services) == ["before"])
    lines = logs.following(services, logs.latest(services)[-1]["id"])
    log.info("after")
    assert next(lines)["message"] == "after"


def test_the_stream_is_capped(services) -> None:
    waiting = deque({"level": "INFO", "message": f"line_{number}"} for number in range(11_000))
    out = stream.Stream(services.settings)
    while waiting:
        out.send(waiting)
    out.close()
    assert 10_000 <= services.store.xlen(stream.key(services.settings.redis_key_prefix)) < 10_200
    assert messages(services, limit=1) == ["line_10999"]


def test_what_redis_could_not_take_is_kept_for_when_it_is_back(services, log, kept) -> None:
    services.store.replicaof("127.0.0.1", 1)
    try:
        log.info("kept")
        kept._send()
    finally:
        services.store.replicaof("NO", "ONE")
    kept.close()
    assert messages(services) == ["kept"]


def test_a_sink_that_hangs_keeps_nobody_waiting_and_what_it_misses_is_counted(log) -> None:
    held, got = threading.Event(), []

    class Slow(Sink):
        def send(self, waiting: deque[dict[str, Any]]) -> None:
            held.wait(20)
            got.append(waiting.popleft())

    handler = Behind("slow", Slow(), largest=3)
    log.addHandler(handler)
    for number in range(10):
        log.info("line_%d", number)
    assert handler.dropped == 7
    held.set()
    eventually(lambda: any(line["message"] == "log_lines_dropped" for line in told(log, handler, got)))


def told(log: logging.Logger, handler: Behind, got: list[dict[str, Any]]) -> list[dict[str, Any]]:
    logging.getLogger("cody2zoho.logs.behind").addHandler(handler)
    return got


def test_a_line_that_nobody_can_send_does_not_stop_the_others(log) -> None:
    got: list[str] = []

    class Choosy(Sink):
        def send(self, waiting: deque[dict[str, Any]]) -> None:
            if waiting[0]["message"] == "bad":
                raise ValueError
            got.append(waiting.popleft()["message"])

    handler = Behind("choosy", Choosy())
    log.addHandler(handler)
    log.info("bad")
    log.info("good")
    handler.close()
    assert got == ["good"]


def test_a_process_that_forks_sends_from_both(services, log, kept) -> None:
    log.info("parent")
    child = os.fork()
    if not child:
        log.info("child")
        kept.close()
        os._exit(0)
    os.waitpid(child, 0)
    kept.close()
    assert sorted(messages(services)) == ["child", "parent"]


def test_no_customers_words_and_no_secrets_are_kept(services, log, kept) -> None:
    try:
        raise ValueError(CANARY)
    except ValueError:
        log.exception("failed")
    log.warning("odd", extra={"reason": "GET https://x.y/z?name=Jane-Doe for jane@example.com"})
    kept.close()
    written = json.dumps(logs.latest(services))
    assert "ValueError" in written
    assert [word for word in ("4111", "Jane-Doe", "jane@") if word in written] == []


def test_a_worker_whose_host_looks_like_a_mailbox_keeps_its_name(services, log, kept) -> None:
    log.info("case_created", extra={"worker": "celery@box-7.example.internal"})
    kept.close()
    assert logs.latest(services)[0]["worker"] == "celery@box-7.example.internal"


def test_a_conversation_that_is_forgotten_is_in_no_line(services, log, kept, account) -> None:
    conversation_id = chat(account)
    work(services)
    log.info("case_created", extra={"conversation": conversation_id})
    log.info("case_created", extra={"conversation": "other"})
    log.error("ops_request_failed", extra={"path": f"/conversations/{conversation_id}"})
    eventually(lambda: len(messages(services)) == 3)
    erasure.forget(services, conversation_id)
    assert [line["conversation"] for line in logs.latest(services)] == ["other"]
