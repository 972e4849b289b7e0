"""What a line says, and what it keeps to itself."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from cody2zoho import logs
from cody2zoho.errors import Transient
from cody2zoho.logs.context import Context
from cody2zoho.logs.shapes import Json, Readable, line

WORDS = "My card is 4111 1111 1111 1111"


@pytest.fixture(autouse=True)
def _nobody_is_named() -> Iterator[None]:
    yield
    logs.name_process("")


def record(name: str = "cody2zoho.telemetry", message: str = "case_created", *args: Any, **extra: Any) -> Any:
    made = logging.getLogger(name).makeRecord(name, logging.INFO, "file", 1, message, args, None, extra=extra)
    Context().filter(made)
    return made


def raised(error: Exception) -> logging.LogRecord:
    made = record()
    try:
        try:
            raise KeyError(WORDS)
        except KeyError as first:
            raise error from first
    except Exception:  # noqa: BLE001
        made.exc_info = sys.exc_info()
    return made


def test_a_line_names_its_worker_and_all_that_is_known_of_its_cause() -> None:
    logs.name_process("worker@one")
    with logs.context(request_id="r-1", task_id="t-1", conversation="Qz3d"):
        told = json.loads(Json().format(record(case="4876")))
    assert told.pop("timestamp")
    assert told == {
        "message": "case_created",
        "level": "INFO",
        "name": "cody2zoho.telemetry",
        "case": "4876",
        "request_id": "r-1",
        "task_id": "t-1",
        "conversation": "Qz3d",
        "worker": "worker@one",
    }


def test_what_the_event_says_itself_goes_before_what_stands_around_it() -> None:
    with logs.context(conversation="outer"):
        assert record(conversation="inner").conversation == "inner"


def test_a_person_at_a_terminal_reads_one_line() -> None:
    with logs.context(conversation="Qz3d"):
        assert Readable().format(record(case="4876")).endswith("INFO    case_created  case=4876 conversation=Qz3d")


def test_celerys_line_of_a_task_has_its_id_and_not_its_arguments() -> None:
    made = record("celery.worker.strategy", "Task received", data={"id": "t-1", "name": "cody2zoho.x", "args": WORDS})
    assert (made.task_id, made.task) == ("t-1", "x")
    assert WORDS not in str(vars(made))


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("lost redis://:secret@host:6379/0", "lost redis://host:6379/0"),
        ("GET /crm/v8/Cases?word=Jane&x=1 failed", "GET /crm/v8/Cases?… failed"),
        ("no mailbox jane.doe+1@example.co.uk here", "no mailbox <e-mail> here"),
        ("sent Bearer abc.def", "sent Bearer <token>"),
        ("token 1000.0123456789abcdef0123456789abcdef.fedcba", "token <token>"),
        ("call +49 30 1234567 now", "call <number> now"),
    ],
)
def test_a_librarys_line_is_masked(said: str, written: str) -> None:
    assert record("some.library", "%s", said).getMessage() == written


def test_a_librarys_line_with_a_mistake_in_it_is_written_and_raises_nothing() -> None:
    assert json.loads(Json().format(record("some.library", "%d of %s", "x")))["message"] == "%d of %s"


@pytest.mark.parametrize("shape", [Json().format, Readable().format, lambda made: json.dumps(line(made))])
def test_an_error_of_others_tells_its_kind_and_place_and_not_its_words(shape: Any) -> None:
    told = shape(raised(ValueError(WORDS)))
    assert "KeyError" in told
    assert "ValueError" in told
    assert "in raised" in told
    assert "4111" not in told


@pytest.mark.parametrize("shape", [Json().format, Readable().format, lambda made: json.dumps(line(made))])
def test_an_error_of_ours_keeps_its_words(shape: Any) -> None:
    assert "Zoho is out of order (500)" in shape(raised(Transient("Zoho is out of order (500)")))


def test_an_error_of_the_system_tells_its_reason_and_not_what_it_was_about() -> None:
    told = Json().format(raised(OSError(2, "No such file", WORDS)))
    assert "FileNotFoundError: No such file" in told
    assert "4111" not in told
    assert "4111" not in Json().format(raised(requests.ConnectionError(f"GET https://x.y/?q={WORDS}")))


OUTPUT = """
import logging
from cody2zoho import logs
from cody2zoho.settings import Settings, simulated_credentials
logs.configure(Settings(**simulated_credentials("http://x"), cody_bot_id="all", redis_url="redis://127.0.0.1:9"))
logging.getLogger().handlers[1:] = []
logging.getLogger("cody2zoho.x").warning("odd", extra={"reason": "half \\ud83d, and \\u00fc"})
"""


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_character_that_the_output_cannot_write_does_not_cost_the_line(encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-c", OUTPUT], env=environment, capture_output=True, check=True, timeout=60)
    assert "half \\ud83d, and" in done.stdout.decode("latin-1")
    assert done.stderr == b""
