"""Who is told of what happens in a worker and in beat, from its start to its end, by Celery's signals."""

from typing import Any

from celery import signals

from cody2zoho import insights, logs, schedule, sentry
from cody2zoho.sentinel import Sentinel
from cody2zoho.services import services
from cody2zoho.signs import Signs
from cody2zoho.telemetry import insights as to_insights
from cody2zoho.telemetry import listen, report
from cody2zoho.telemetry.counters import Counters
from cody2zoho.telemetry.events import TaskFailed
from cody2zoho.tracker import Tracker, place_of


class _OwnSigns:
    """That this process is well, once it is known what it is."""

    own: Signs | None = None

    def start(self, worker: str = "") -> None:
        self.own = Signs(services().store, services().settings.redis_key_prefix, worker)
        listen(self.own.hear)
        self.own.start()

    def well(self) -> None:
        if self.own:
            self.own.well()


#: Those of this process.
SIGNS = _OwnSigns()


@signals.celeryd_init.connect
def _name(sender: str, **_: Any) -> None:
    logs.name_process(sender)
    sentry.start(services().settings, schedule.unwatched(services().settings))


@signals.beat_init.connect
def _watch_beat(**_: Any) -> None:
    sentry.start(services().settings, schedule.unwatched(services().settings))


@signals.worker_init.connect
def _count(**_: Any) -> None:
    counters = Counters(services().store, services().settings.redis_key_prefix)
    listen(counters.hear)
    counters.start()
    signals.worker_shutdown.connect(lambda **_: counters.stop(), weak=False)


@signals.celeryd_after_setup.connect
def _show_worker(sender: str, **_: Any) -> None:
    SIGNS.start(sender)


@signals.beat_init.connect
def _show_beat(**_: Any) -> None:
    SIGNS.start()


@signals.worker_init.connect
def _track(**_: Any) -> None:
    tracker = Tracker(services().store, services().settings.redis_key_prefix, services().clock)
    listen(tracker.hear)
    tracker.start()
    signals.worker_shutdown.connect(lambda **_: tracker.stop(), weak=False)


@signals.task_failure.connect
def _tell_failure(sender: Any, exception: BaseException, traceback: Any, **_: Any) -> None:
    """What a task foresees has its own event; of anything else only kind and place are told."""
    if not isinstance(exception, sender.throws or ()):
        report(TaskFailed(sender.name, type(exception).__name__, place_of(traceback)))


@signals.worker_init.connect
@signals.beat_init.connect
def _stand_sentinel(signal: Any, **_: Any) -> None:
    Sentinel(services(), is_beat=signal is signals.beat_init).start()


@signals.worker_init.connect
def _tell_insights(sender: Any, **_: Any) -> None:
    """Where tasks run in processes of their own, each of them tells; loaded before, it is loaded once for all."""
    if not services().settings.enable_application_insights:
        return
    if getattr(sender.pool_cls, "__module__", "") == "celery.concurrency.prefork":
        to_insights.load()
    else:
        insights.begin(services().settings)


# With threads it never comes.
@signals.worker_process_init.connect
def _tell_insights_of_child(**_: Any) -> None:
    insights.begin(services().settings)


@signals.worker_process_shutdown.connect
@signals.worker_shutdown.connect
def _tell_insights_the_rest(**_: Any) -> None:
    to_insights.stop()
