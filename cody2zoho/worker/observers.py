"""Who is told of what happens in a worker and in beat, from its start to its end, by Celery's signals.

Where tasks run in processes of their own (`-P processes`), each of them counts and tells for itself: the threads, locks
and connections that it was forked off with are its parent's.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from celery import signals, states
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from cody2zoho import insights, logs, schedule, sentry, store
from cody2zoho.services import services
from cody2zoho.telemetry import insights as to_insights
from cody2zoho.telemetry import listen, listeners, report
from cody2zoho.telemetry.counters import Counters
from cody2zoho.telemetry.events import TaskFailed
from cody2zoho.watching.sentinel import Sentinel
from cody2zoho.watching.signs import Signs
from cody2zoho.watching.tracker import Tracker, place_of

#: How long the end of a process waits for what is left, wherever it goes.
_AT_THE_END_SECONDS = 5.0


class _OwnSigns:
    """That this process is well, once it is known what it is."""

    own: Signs | None = None
    worker = ""

    def start(self, worker: str = "") -> None:
        self.worker = worker
        self.own = Signs(services().store, services().settings.redis_key_prefix, worker)
        listen(self.own.hear)
        self.own.start()

    def well(self) -> None:
        if self.own:
            self.own.well()

    def stop(self) -> None:
        if self.own:
            self.own.send()


#: Those of this process.
SIGNS = _OwnSigns()


class _Sums:
    """What this process adds up before it sends it."""

    process = 0
    kept: tuple[Counters | Tracker, ...] = ()

    def start(self) -> None:
        found, prefix = services(), services().settings.redis_key_prefix
        self.process = os.getpid()
        self.kept = (Counters(found.store, prefix), Tracker(found.store, prefix, found.shared_clock))
        for one in self.kept:
            listen(one.hear)
            one.start()


_SUMS = _Sums()


@signals.celeryd_init.connect
def _name(sender: str, **_: Any) -> None:
    logs.name_process(sender)
    sentry.start(services().settings, schedule.minutes(services().settings))


@signals.beat_init.connect
def _watch_beat(**_: Any) -> None:
    sentry.start(services().settings)


@signals.task_prerun.connect
def _begin(**_: Any) -> None:
    sentry.begin()


@signals.task_postrun.connect
def _tell_sentry(task: Any, state: str | None, **_: Any) -> None:
    name = task.name.removeprefix("cody2zoho.")
    if sentry.is_watched(name):
        with suppress(RedisError):
            sentry.came(name, services().settings, services().store, is_well=state == states.SUCCESS)


@signals.worker_init.connect
def _count(**_: Any) -> None:
    _SUMS.start()


@signals.celeryd_after_setup.connect
def _show_worker(sender: str, **_: Any) -> None:
    SIGNS.start(sender)


@signals.beat_init.connect
def _show_beat(**_: Any) -> None:
    SIGNS.start()


@signals.task_failure.connect
def _tell_failure(sender: Any, exception: BaseException, traceback: Any, **_: Any) -> None:
    """What a task foresees has its own event; of anything else only kind and place are told.

    A Redis that is away fails all that is under way at once, and is no defect: the sentinel tells of it if it lasts.
    """
    if not isinstance(exception, (*(sender.throws or ()), *store.AWAY, OperationalError)):
        report(TaskFailed(sender.name, type(exception).__name__, place_of(traceback)))


@signals.worker_init.connect
@signals.beat_init.connect
def _stand_sentinel(signal: Any, **_: Any) -> None:
    Sentinel(services(), is_beat=signal is signals.beat_init).start()


# With `worker_init` it would hear of no error: the log, set up after that, knows its own handlers only.
@signals.celeryd_after_setup.connect
def _tell_insights(instance: Any, **_: Any) -> None:
    """Where tasks run in processes of their own, each of them tells; loaded before, it is loaded once for all."""
    if not services().settings.enable_application_insights:
        return
    if getattr(instance.pool_cls, "__module__", "") == "celery.concurrency.prefork":
        to_insights.load()
    else:
        insights.begin(services().settings)


@signals.worker_process_init.connect
def _begin_anew(**_: Any) -> None:
    """In a child of a pool of processes. With `solo` it comes too, in the process that has begun already."""
    if _SUMS.process == os.getpid():
        return
    listeners.clear()
    services.cache_clear()
    settings = services().settings
    logs.configure(settings)
    sentry.start(settings, schedule.minutes(settings))
    SIGNS.start(SIGNS.worker)
    _SUMS.start()
    insights.begin(settings)


@signals.worker_shutdown.connect
def send_the_rest(**_: Any) -> None:
    """Log lines go out with Python's own end."""
    _together([*(one.stop for one in _SUMS.kept), SIGNS.stop, to_insights.stop])


@signals.worker_process_shutdown.connect
def _send_the_rest_of_child(**_: Any) -> None:
    """Python's own end does not come."""
    send_the_rest()
    _together([sentry.flush, *(one.close for one in logging.getLogger().handlers)])


def _together(ends: Iterable[Callable[[], None]]) -> None:
    """Side by side, so that five that hang take no longer than one; what is not done in time is given up."""
    threads = [threading.Thread(target=end, daemon=True) for end in ends]
    until = time.monotonic() + _AT_THE_END_SECONDS
    for one in threads:
        one.start()
    for one in threads:
        one.join(max(0.0, until - time.monotonic()))
