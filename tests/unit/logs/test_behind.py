"""Whatever becomes of the sending, the work goes on, and an operator learns of it once."""

import logging
import os
from collections import deque
from collections.abc import Iterator

import pytest

from cody2zoho.logs.behind import Behind, Sink
from cody2zoho.logs.shapes import Line
from waiting import eventually


class Listed(Sink):
    """Takes all, unless it is told to raise something."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault, self.got, self.tries = fault, list[str](), 0

    def send(self, waiting: deque[Line]) -> None:
        self.tries += 1
        if self.fault:
            raise self.fault
        self.got.append(waiting.popleft()["message"])


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    """What is written under `cody2zoho`, the thread's own lines among it."""
    log = logging.getLogger("cody2zoho")
    before, log.propagate = log.handlers[:], False
    log.setLevel(logging.INFO)
    yield log
    for handler in log.handlers:
        handler.close()
    log.handlers[:], log.propagate = before, True
    log.setLevel(logging.NOTSET)


def behind(log: logging.Logger, sink: Sink, largest: int = 100) -> Behind:
    handler = Behind("listed", sink, largest)
    log.handlers[:] = [handler]
    return handler


def test_a_sink_that_refuses_every_line_says_so_once_and_keeps_nothing_busy(log) -> None:
    sink = Listed(UnicodeError())
    heard = behind(log, sink)
    own = Listed()
    log.addHandler(Behind("own", own))
    log.info("one")
    log.info("two")
    eventually(lambda: own.got == ["one", "two", "log_line_refused"])
    eventually(lambda: not heard._waiting)
    assert sink.tries == 3


def test_a_sink_that_is_away_says_so_once_and_with_the_reason(log, caplog) -> None:
    sink = Listed(ConnectionRefusedError(111, "Connection refused"))
    handler = behind(log, sink)
    log.addHandler(caplog.handler)
    log.info("kept")
    eventually(lambda: sink.tries > 2)
    [told] = [one for one in caplog.records if one.message == "log_sink_away"]
    assert (told.sink, told.reason) == ("listed", "ConnectionRefusedError Connection refused")
    sink.fault = None
    handler.close()
    assert sink.got == ["kept", "log_sink_away"]


def test_a_child_of_a_process_whose_queue_is_full_sends_its_own_lines(log) -> None:
    sink = Listed(OSError())
    handler = behind(log, sink, largest=2)
    for _ in range(3):
        log.info("parent")
    read, write = os.pipe()
    child = os.fork()
    if not child:
        sink.fault = None
        log.info("child")
        handler.close()
        os.write(write, " ".join(sink.got).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 1_000) == b"child"
    os.close(read)
    os.close(write)


def test_what_was_dropped_is_told_at_the_end_too_and_the_end_does_not_wait_for_it(log, caplog) -> None:
    handler = behind(log, Listed(), largest=1)
    log.addHandler(caplog.handler)
    log.info("kept")
    log.info("dropped")
    # As `logging.shutdown` does it.
    with handler.lock:
        handler.close()
        assert not handler._thread.is_alive()
    assert [one.lines for one in caplog.records if one.message == "log_lines_dropped"] == [1]


def test_a_line_that_cannot_be_read_is_dropped_and_counted_and_raises_nothing(log, caplog) -> None:
    handler = behind(log, Listed())
    log.addHandler(caplog.handler)

    class Odd:
        def __str__(self) -> str:
            raise ValueError

    handler.handle(logging.makeLogRecord({"msg": "odd", "name": "cody2zoho.x", "levelno": 20, "what": Odd()}))
    handler.close()
    assert [one.lines for one in caplog.records if one.message == "log_lines_dropped"] == [1]
