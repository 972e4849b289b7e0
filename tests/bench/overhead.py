"""What ledger and limits cost a case: CPU of our process, and round trips to Redis; nothing else is done meanwhile."""

import time
from collections.abc import Iterator

import redis
from requests.structures import CaseInsensitiveDict

from cody2zoho.http import Answer
from cody2zoho.ledger.records import Held, State
from cody2zoho.limits.permits import Kind
from cody2zoho.models import Conversation
from cody2zoho.services import Services
from cody2zoho.sync import pipeline, polling

from . import conversations
from .figures import Figure
from .installation import installation

READ, CASES = 200, 2_000
_WARM_UP = 50

_ANSWER = Answer(200, CaseInsensitiveDict(), b"{}")


class _Counted(redis.Connection):
    """Counts what is sent: a command, a script or a pipeline is one round trip."""

    sent = 0

    def send_packed_command(self, command: object, check_health: bool = True) -> None:
        _Counted.sent += 1
        super().send_packed_command(command, check_health)


def measure() -> Iterator[Figure]:
    with installation(lambda file: conversations.write(file, READ)) as at:
        plugged = at.services()
        plugged.store.connection_pool.connection_class = _Counted
        plugged.ledger.open()
        round_trips = _round_trips(plugged)
        _in_books_only(plugged, 0, _WARM_UP)
        cpu, began = time.process_time(), time.perf_counter()
        _in_books_only(plugged, _WARM_UP, CASES)
        cpu, took = time.process_time() - cpu, time.perf_counter() - began
        plugged.store.close()
    yield Figure("round trips to Redis per case, handing out included", round_trips, "", 8)
    yield Figure("CPU per case of ledger and limits alone", 1000 * cpu / CASES, "ms", 8)
    yield Figure("  time, one after the other", 1000 * took / CASES, "ms")


def _round_trips(services: Services) -> float:
    """Of real cases: read at the simulated Cody, made at the simulated Zoho."""
    while services.ledger.counts()[State.WAITING] < READ:
        polling.poll(services)
    first, *_ = pipeline.ready(services, 1)
    pipeline.create_case(first, services)
    sent, made = _Counted.sent, 0
    while due := pipeline.ready(services, 1):
        pipeline.create_case(due[0], services)
        made += 1
    return (_Counted.sent - sent) / made


def _in_books_only(services: Services, first: int, count: int) -> None:
    """As `create_case` goes, with a Cody and a Zoho that answer at once."""
    for number in range(first, first + count):
        services.ledger.add_new([Conversation(f"X{number:011}", conversations.BOT, 0)])
        [conversation_id] = pipeline.ready(services)
        claim = services.ledger.claim(conversation_id)
        services.limits.permit(lambda: _ANSWER, Kind.START, conversation_id)
        services.limits.turn(lambda: _ANSWER, 1)
        services.ledger.created(claim, Held(f"5725767{number:012}", 12, f"{number:016x}"))
