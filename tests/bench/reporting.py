"""A worker's process that makes no cases: its task reports what real ones reported, and does nothing else."""

import gc
import logging
import os
import sys
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Literal

from celery import signals

#: What one case reported: each event's class, and what it was made with.
Story = Sequence[tuple[type[Any], Mapping[str, Any]]]

#: `bare` does not even look at the story, `silent` reports it to nobody, a `worker` has what its settings say.
Kind = Literal["bare", "silent", "worker"]

#: These tell that the process lives, however many cases there are.
_LIFE = ("signs", "sentinel")


@dataclass(frozen=True)
class Spent:
    """By all threads of the process."""

    #: Per case.
    cpu_ms: float
    #: What was sent to Redis: a command, a script or a pipeline is one.
    round_trips: int


def live(orders: Connection, kind: Kind, environment: dict[str, str], stories: Sequence[Story]) -> None:
    """Takes `(cases, seconds between two)` and answers with `Spent`, until the other end is closed."""
    os.environ.update(environment)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sent = _counted()
    run = _worker(kind, stories)
    number = 0
    with suppress(EOFError):
        while True:
            cases, apart_seconds = orders.recv()
            cpu, before, began = time.process_time(), sent.total(), time.monotonic()
            # As a worker does every two seconds.
            signals.heartbeat_sent.send(sender=None)
            for one in range(cases):
                run(number)
                number += 1
                _pause(began + (one + 1) * apart_seconds)
            _pause(began + apart_seconds)
            cpu = time.process_time() - cpu
            orders.send(Spent(1000 * cpu / max(1, cases), sent.total() - before))
    # Sentry and Application Insights would wait at the end for what is of no use any more.
    os._exit(0)


def _pause(until: float) -> None:
    if (seconds := until - time.monotonic()) > 0:
        time.sleep(seconds)


def _counted() -> Counter[str]:
    """How often each thread sends anything to Redis."""
    from redis.connection import AbstractConnection

    sent: Counter[str] = Counter()
    plain = AbstractConnection.send_packed_command

    def counting(self: Any, command: Any, check_health: bool = True) -> None:
        if threading.current_thread().name not in _LIFE:
            sent[threading.current_thread().name] += 1
        plain(self, command, check_health)

    AbstractConnection.send_packed_command = counting  # type: ignore[method-assign]
    return sent


def _worker(kind: Kind, stories: Sequence[Story]) -> Callable[[int], None]:
    """Runs the task as a thread of the pool does."""
    sys.argv[1:] = ["worker"]
    # It tells whoever is root that he should not be.
    warnings.simplefilter("ignore")
    from celery.app import trace

    from cody2zoho.celery import app
    from cody2zoho.telemetry import report
    from cody2zoho.worker.tasks import Wordless

    def case(_conversation_id: str, number: int) -> None:
        if kind != "bare":
            for event, facts in stories[number % len(stories)]:
                report(event(**facts))

    task = app.task(base=Wordless, name="cody2zoho.create_case_of_bench", ignore_result=True)(case)
    if kind != "bare":
        from cody2zoho.worker import correlation  # noqa: F401 - it listens to Celery's signals
    if kind == "silent":
        logging.getLogger().setLevel(logging.WARNING)
    if kind == "worker":
        worker = app.Worker(hostname="bench@here", pool_cls="celery.concurrency.thread:TaskPool")
        signals.celeryd_after_setup.send(sender=worker.hostname, instance=worker, conf=app.conf)
    # As late as a worker does it, when whoever wants to watch tasks has said so.
    tracer = trace.build_tracer(task.name, task, app=app)
    # As a worker that is ready does.
    gc.collect()
    gc.freeze()

    def run(number: int) -> None:
        task_id, args = f"00000000-0000-4000-8000-{number:012}", (f"B{number:011}", number)
        tracer(task_id, args, {}, {"id": task_id, "task": task.name, "args": args, "kwargs": {}})

    return run
