"""Sentry learns of errors and of missed ticks, and of nobody's words."""

import gzip
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import redis
from processes import tethered

from cody2zoho import schedule
from cody2zoho.processes import embedded
from cody2zoho.processes.ports import free_port
from cody2zoho.settings import SIMULATED_KEY_PREFIX, Settings, simulated_credentials
from cody2zoho.simulators.faults import Fault
from waiting import eventually

#: What must not get out: a customer's words, an address, a token, a header, a query.
CANARIES = ("My card is 4111", "jane.doe@example.com", "1000.abcdef0123456789abcdef", "X-Secret-Header", "name=Jane")

PROCESS = """
import logging, sys
from celery import Celery
from celery.app import trace
from cody2zoho.worker import correlation; from cody2zoho import logs, sentry
from cody2zoho.errors import Transient
from cody2zoho.settings import Settings, simulated_credentials
from cody2zoho.worker.tasks import Wordless
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import CaseCreated, ConversationParked

words = " ".join(sys.argv[2:])
settings = Settings(**simulated_credentials("http://x"), cody_bot_id="all", sentry_dsn=sys.argv[1], environment="trial")
logging.getLogger().setLevel(logging.INFO)
logs.name_process("worker@one")
sentry.start(settings)
app = Celery(set_as_current=False, broker="memory://")
library, ours = logging.getLogger("some.library"), logging.getLogger("cody2zoho.somewhere")

@app.task(name="cody2zoho.create_case", base=Wordless, ignore_result=True)
def task(conversation_id, more):
    transcript = words
    report(CaseCreated("4876", messages=3, attempts=1))
    library.warning("GET %s", words)
    ours.info(words)
    try:
        raise ValueError(words)
    except ValueError as error:
        library.error("failed with " + words)
        ours.exception("odd_thing", extra={"case": "4876"})
        raise RuntimeError(words) from error

headers = {"id": "t-1", "task": "cody2zoho.create_case", "request_id": "r-1", "hostname": "here"}
trace.build_tracer(task.name, app.tasks[task.name], app=app)("t-1", ("Qz3d",), {"more": words}, headers)
report(ConversationParked("Zoho refuses Short: it is longer than 5 characters"))
try:
    raise Transient("Zoho is out of order (500)")
except Transient:
    ours.exception("known_thing")
sentry.begin()
ours.info("own_crumb")
ours.error("later_thing")
raise KeyError(words)
"""


class Project:
    """A Sentry on this machine: whatever arrives."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        project = self

        class Input(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                project.bodies.append(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Input)
        threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True).start()
        self.dsn = f"http://key@127.0.0.1:{self.server.server_address[1]}/1"

    def items(self, kind: str) -> list[dict[str, Any]]:
        found = []
        for body in self.bodies:
            lines = body.split(b"\n")[1:]
            pairs = zip(lines[::2], lines[1::2], strict=False)
            found += [json.loads(payload) for header, payload in pairs if json.loads(header)["type"] == kind]
        return found

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def project() -> Iterator[Project]:
    project = Project()
    yield project
    project.close()


@pytest.fixture(scope="module")
def failed() -> Iterator[Project]:
    """What heard a process that failed in many ways."""
    project = Project()
    subprocess.run(
        [sys.executable, "-c", PROCESS, project.dsn, *CANARIES], check=False, stderr=subprocess.PIPE, timeout=90
    )
    yield project
    project.close()


@pytest.fixture
def events(failed: Project) -> dict[str, dict[str, Any]]:
    """What that process told; by the message, or the last error's kind."""
    told = failed.items("event")
    assert told
    return {_what(one): one for one in told}


def _what(one: dict[str, Any]) -> str:
    message = one.get("logentry", {}).get("message", " ")
    return one["exception"]["values"][-1]["type"] if " " in message and "exception" in one else message


def test_errors_come_with_their_ids_release_and_environment(events) -> None:
    assert {"odd_thing", "RuntimeError", "conversation_parked", "known_thing", "KeyError"} <= set(events)
    one = events["RuntimeError"]
    ids = {"task": "create_case", "task_id": "t-1", "conversation": "Qz3d", "request_id": "r-1", "worker": "worker@one"}
    assert one["tags"] == ids
    assert one["release"].startswith("cody2zoho@")
    assert (one["environment"], one["server_name"]) == ("trial", "worker@one")
    assert [each["type"] for each in one["exception"]["values"]] == ["ValueError", "RuntimeError"]
    assert one["exception"]["values"][-1]["stacktrace"]["frames"][-1]["function"] == "task"
    assert events["odd_thing"]["extra"]["case"] == "4876"


def test_what_is_ours_keeps_its_words(events) -> None:
    assert events["known_thing"]["exception"]["values"][0]["value"] == "Zoho is out of order (500)"
    assert events["conversation_parked"]["extra"]["reason"].startswith("Zoho refuses Short")
    assert "case_created" in [crumb["message"] for crumb in events["RuntimeError"]["breadcrumbs"]["values"]]


def test_no_transcript_token_address_header_or_query_gets_out(failed) -> None:
    told = b"\n".join(failed.bodies).decode()
    assert [canary for canary in CANARIES if canary in told] == []
    # Nor where they stood: arguments, local variables, the command line.
    assert [name for name in ('"vars"', "sys.argv", '"request"', "celery-job") if name in told] == []


def test_without_an_address_nothing_is_even_imported() -> None:
    code = """
import sys
from cody2zoho.processes import embedded; from cody2zoho import sentry
from cody2zoho.settings import Settings, simulated_credentials
sentry.start(Settings(**simulated_credentials("http://x"), cody_bot_id="all"))
sys.exit("sentry_sdk" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    """Celery's own connections know no sockets with these settings."""
    address = embedded.new_address()
    redis = subprocess.Popen(tethered(*embedded.command(address, tmp_path, on_disk=False)), stdout=subprocess.DEVNULL)
    eventually(address.answers)
    yield address.url
    redis.terminate()
    redis.wait(20)


@pytest.fixture
def start(project, server, broker, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Starts `cody2zoho …`, which tells the project."""
    started: list[subprocess.Popen[bytes]] = []
    chosen = {"SENTRY_DSN": project.dsn, "SIMULATORS_URL": server.url, "REDIS_URL": broker}

    def start(*words: str) -> None:
        with (tmp_path / f"{words[0]}.log").open("wb") as log:
            command = tethered(sys.executable, "-m", "cody2zoho", *words)
            started.append(
                subprocess.Popen(command, env={**os.environ, **chosen}, cwd=tmp_path, stdout=log, stderr=log)
            )

    yield start
    for process in reversed(started):
        process.terminate()
        process.wait(30)


def statuses(project: Project) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in project.items("check_in"):
        found.setdefault(one["monitor_slug"], set()).add(one["status"])
    return found


def test_every_entry_of_beat_has_a_monitor_and_those_of_seconds_check_in_once_a_minute(project, start) -> None:
    start("worker")
    start("beat")
    every = set(schedule.beat_entries(Settings(**simulated_credentials("http://x"), cody_bot_id="all"))) - {"reconcile"}
    eventually(lambda: every <= set(statuses(project)), 90)
    assert set.union(*statuses(project).values()) == {"ok"}
    quick = [one for one in project.items("check_in") if one["monitor_slug"] in ("dispatch_due", "backfill")]
    assert len(quick) == 2
    assert quick[0]["monitor_config"]["schedule"] == {"type": "interval", "value": 1, "unit": "minute"}
    assert quick[0]["monitor_config"]["checkin_margin"] == 3
    schedules = {one["monitor_slug"]: one["monitor_config"]["schedule"] for one in project.items("check_in")}
    assert schedules["refresh_token"] == {"type": "interval", "value": 5, "unit": "minute"}
    assert "create_case" not in statuses(project)


def test_a_poll_that_cannot_read_is_an_error_of_its_monitor(project, server, start) -> None:
    server.faults.add(Fault("503", simulator="cody", path="/api/v1/conversations"))
    start("worker")
    start("beat")
    eventually(lambda: "fetch_conversations" in statuses(project), 60)
    assert statuses(project)["fetch_conversations"] == {"error"}


TICKS = """
import sys, time
from cody2zoho import sentry, store
from cody2zoho.settings import Settings, simulated_credentials
settings = Settings(
    **simulated_credentials("http://x"), cody_bot_id="all", sentry_dsn=sys.argv[1], redis_url=sys.argv[2]
)
sentry.start(settings, {"dispatch_due": 1, "backfill": 1})
redis = store.connect(settings)
for _ in range(3):
    for tick in ("dispatch_due", "backfill"):
        sentry.came(tick, settings, redis)
sentry.flush()
"""


def test_many_workers_check_in_no_more_often_than_one(project, store, redis_address) -> None:
    for _ in range(3):
        words = [sys.executable, "-c", TICKS, project.dsn, redis_address]
        subprocess.run(words, check=True, stderr=subprocess.PIPE, timeout=60)
    assert sorted(one["monitor_slug"] for one in project.items("check_in")) == ["backfill", "dispatch_due"]
    for key in store.keys("*sentry:*"):
        store.delete(key)
    subprocess.run(words, check=True, stderr=subprocess.PIPE, timeout=60)
    assert len(project.items("check_in")) == 4


def test_an_error_of_the_operations_api_is_told_and_nothing_of_the_request(project, store, broker, start) -> None:
    port = free_port()
    start("ops", "--port", str(port))
    with redis.Redis.from_url(broker) as broken:
        broken.hset(f"{SIMULATED_KEY_PREFIX}signs", CANARIES[1], CANARIES[0])

    def ask() -> bool:
        headers = {"Authorization": f"Bearer {CANARIES[2]}", CANARIES[3]: CANARIES[0], "Cookie": CANARIES[4]}
        request = Request(f"http://127.0.0.1:{port}/stats?{CANARIES[4]}", CANARIES[1].encode(), headers, method="GET")
        with suppress(OSError), urlopen(request, timeout=10):
            pass
        return bool(project.items("event"))

    eventually(ask, 60)
    told = {one["logentry"]["message"]: one for one in project.items("event")}
    assert told["ops_look_failed"]["extra"] == {"what": "ValueError"}
    everything = b"\n".join(project.bodies).decode()
    assert [canary for canary in CANARIES if canary in everything] == []


def test_breadcrumbs_are_our_own_events_by_name_alone(events) -> None:
    crumbs = [crumb for one in events.values() for crumb in one["breadcrumbs"]["values"]]
    assert {crumb["category"].partition(".")[0] for crumb in crumbs} == {"cody2zoho"}
    assert all(set(crumb) <= {"timestamp", "level", "category", "message"} for crumb in crumbs)
    assert all(re.fullmatch("[a-z_]+", crumb["message"]) for crumb in crumbs)


def test_of_a_chain_of_errors_only_ours_keep_their_words(events) -> None:
    words = {
        one["type"]: one["value"] for event in events.values() for one in event.get("exception", {}).get("values", [])
    }
    assert words == {"ValueError": "", "RuntimeError": "", "KeyError": "", "Transient": "Zoho is out of order (500)"}


def test_a_tick_of_half_a_minute_more_is_watched_by_the_next_whole_one_and_one_of_a_time_of_day_at_it() -> None:
    chosen = {"poll_interval_seconds": 90, "monitor_interval_minutes": 2.5, "reconcile_at": "03:05"}
    settings = Settings(**simulated_credentials("http://x"), cody_bot_id="all", **chosen)
    assert schedule.minutes(settings) == {
        "fetch_conversations": 2,
        "dispatch_due": 1,
        "backfill": 1,
        "refresh_token": 5,
        "business_summary": 5,
        "watch": 1,
        "monitor_health": 3,
        "sweep_conversations": 5,
        "reconcile": "5 3 * * *",
    }


def test_what_led_to_an_error_begins_with_its_task(events) -> None:
    assert "case_created" in [crumb["message"] for crumb in events["conversation_parked"]["breadcrumbs"]["values"]]
    assert [crumb["message"] for crumb in events["later_thing"]["breadcrumbs"]["values"]] == ["own_crumb"]
