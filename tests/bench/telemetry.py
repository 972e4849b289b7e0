"""What telemetry costs a case: CPU of the worker's process, and round trips to Redis, by how much of it is on."""

import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

from cody2zoho import telemetry
from cody2zoho.sync import pipeline, polling
from cody2zoho.telemetry.events import ApiCall, CaseCreated, ConversationProcessed, Event
from tests.chats import chat
from tests.ingestion import ingestion

from .figures import Figure
from .inside import Inside, inside
from .installation import only_redis
from .reporting import Kind, Spent, Story, live

_BOT = "support"
_STORIES = 50
_MESSAGES = 6

_ROUNDS = 15
_WARM_UP = 2

#: As fast as ten threads make cases where every answer takes 0.2 s.
_PER_SECOND = 25
_CASES = 50

#: Where nothing goes on behind the work, one after the other: 0.2 ms are less than what a pause adds by chance.
_IN_A_ROW = 500

#: One case, and so long nothing that all it told is on its way before the next.
_ALONE, _ALONE_SECONDS = 6, 2.0

#: What is compared with nothing else but counters and logs.
_SINKS = {
    "Application Insights": ("ENABLE_APPLICATION_INSIGHTS", "APPLICATIONINSIGHTS_CONNECTION_STRING"),
    "Sentry": ("SENTRY_DSN",),
    "Graylog": ("ENABLE_GRAYLOG", "GRAYLOG_HOST", "GRAYLOG_PORT", "GRAYLOG_PROTOCOL"),
    "files": ("LOG_DIR",),
}


def measure() -> Iterator[Figure]:
    stories = _told()
    yield Figure("events that a case reports", sum(map(len, stories)) / len(stories))
    with ExitStack() as stack:
        folder, environment = stack.enter_context(only_redis())
        given = environment | _credentials()
        sinks = stack.enter_context(_sinks(folder))

        def process(kind: Kind, *names: str) -> Connection:
            return stack.enter_context(_process(kind, given | {name: sinks[name] for name in names}, stories))

        bare = process("bare")
        yield from _off(bare, process("silent"))
        logs = process("worker")
        yield from _on(bare, logs, process("worker", *sinks))
        yield Figure("  of a case alone", _alone(logs), "", 2)
        yield from _each(logs, {name: process("worker", *settings) for name, settings in _SINKS.items()})


def _off(bare: Connection, silent: Connection) -> Iterator[Figure]:
    rounds = _rounds([bare, silent], _IN_A_ROW, 0, at_once=False)
    yield Figure("CPU per case of a task that reports nothing, in a row", _cpu_ms(rounds, 0), "ms")
    yield Figure("  more with all sinks off", _more_ms(rounds, 1), "ms", 0.2)


def _on(bare: Connection, logs: Connection, everything: Connection) -> Iterator[Figure]:
    rounds = _rounds([bare, logs, everything], _CASES, 1 / _PER_SECOND)
    yield Figure(f"CPU per case of a task that reports nothing, {_PER_SECOND} a second", _cpu_ms(rounds, 0), "ms")
    yield Figure("  more with counters and logs on", _more_ms(rounds, 1), "ms", 1)
    yield Figure("  more with everything on", _more_ms(rounds, 2), "ms", 3)
    for place, name in ((1, "counters and logs"), (2, "everything")):
        trips = sum(one[place].round_trips for one in rounds) / (_CASES * len(rounds))
        yield Figure(f"round trips to Redis per case, {name}, {_PER_SECOND} a second", trips, "", 2)


def _each(logs: Connection, sinks: dict[str, Connection]) -> Iterator[Figure]:
    """What explains the cost of everything."""
    rounds = _rounds([logs, *sinks.values()], _CASES, 1 / _PER_SECOND)
    for place, name in enumerate(sinks, 1):
        yield Figure(f"CPU per case, {name} alone, beyond counters and logs", _more_ms(rounds, place), "ms")


def _rounds(
    processes: list[Connection], cases: int, apart_seconds: float, *, at_once: bool = True
) -> list[list[Spent]]:
    """In turn or at once, so that whatever else the machine does meets all of them."""
    rounds = []
    for _ in range(_ROUNDS):
        for one in processes:
            one.send((cases, apart_seconds))
            if not at_once:
                one.poll(None)
        rounds.append([one.recv() for one in processes])
    return rounds[_WARM_UP:]


def _cpu_ms(rounds: list[list[Spent]], place: int) -> float:
    return median(one[place].cpu_ms for one in rounds)


def _more_ms(rounds: list[list[Spent]], place: int) -> float:
    """Than the first of them spent in the same round."""
    return median(one[place].cpu_ms - one[0].cpu_ms for one in rounds)


def _alone(process: Connection) -> float:
    """Beyond what is sent where nothing happens."""
    spent = []
    for cases, seconds in ((_ALONE, _ALONE_SECONDS), (0, _ALONE * _ALONE_SECONDS)):
        process.send((cases, seconds))
        spent.append(process.recv().round_trips)
    return (spent[0] - spent[1]) / _ALONE


def _told() -> list[Story]:
    """What real cases report, from the claim to the end."""
    heard: list[Event] = []
    with inside([_BOT]) as here:
        _speak(here)
        polling.poll(here.services)
        telemetry.listen(heard.append)
        try:
            stories = list(_stories(here, heard))
        finally:
            telemetry.listeners.remove(heard.append)
    if len(stories) != _STORIES or len(here.organisation.cases) != _STORIES:
        raise RuntimeError(f"{len(stories)} of {_STORIES} conversations were worked on")
    return stories


def _speak(here: Inside) -> None:
    for _ in range(_STORIES):
        conversation_id = chat(here.account, bot_id=_BOT)
        for number in range(1, _MESSAGES):
            here.account.say(conversation_id, f"word {number}", machine=bool(number % 2), at=here.account.now() - 7_000)


def _stories(here: Inside, heard: list[Event]) -> Iterator[Story]:
    while due := pipeline.ready(here.services):
        for conversation_id in due:
            heard.clear()
            pipeline.create_case(conversation_id, here.services)
            if {ApiCall, CaseCreated, ConversationProcessed} - set(map(type, heard)):
                raise RuntimeError(f"a case reported no more than {heard}")
            yield [(type(one), {field.name: getattr(one, field.name) for field in fields(one)}) for one in heard]


def _credentials() -> dict[str, str]:
    """Nobody is asked; without them a worker would look for simulators."""
    return {
        "CODY_API_KEY": "key",
        "CODY_BOT_ID": "all",
        "ZOHO_CLIENT_ID": "id",
        "ZOHO_CLIENT_SECRET": "secret",
        "ZOHO_REFRESH_TOKEN": "token",
        "LOG_FORMAT": "json",
    }


@contextmanager
def _sinks(folder: Path) -> Iterator[dict[str, str]]:
    """The settings of all sinks there are, and their far ends on this machine."""
    with ingestion() as insights, _hole() as port:
        yield {
            "ENABLE_APPLICATION_INSIGHTS": "true",
            "APPLICATIONINSIGHTS_CONNECTION_STRING": insights.connection_string,
            "SENTRY_DSN": f"http://key@127.0.0.1:{port}/1",
            "ENABLE_GRAYLOG": "true",
            "GRAYLOG_HOST": "127.0.0.1",
            "GRAYLOG_PORT": str(port),
            "GRAYLOG_PROTOCOL": "http",
            "LOG_DIR": str(folder / "everything"),
        }


class _Taking(BaseHTTPRequestHandler):
    """Sentry and Graylog: takes what it is given."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def _hole() -> Iterator[int]:
    """The port of one."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Taking) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@contextmanager
def _process(kind: Kind, environment: dict[str, str], stories: list[Story]) -> Iterator[Connection]:
    """Begun anew, not forked: what this process has loaded is not what a worker has."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=live, args=(theirs, kind, environment, stories), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join(10)
        process.kill()
