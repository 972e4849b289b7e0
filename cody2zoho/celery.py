"""The Celery app: `celery -A cody2zoho worker|beat|flower|call|inspect` need no more flags."""

import gc
import logging
import os
import sys
import time
from pathlib import Path
from socket import gethostname
from typing import Any

from celery import Celery, signals
from celery.beat import Scheduler
from celery.exceptions import WorkerShutdown
from celery.schedules import crontab
from redis.exceptions import RedisError

from cody2zoho import configuration, http, logs, sentry, upgrade
from cody2zoho.errors import ConfigurationError
from cody2zoho.services import services
from cody2zoho.settings import Settings
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import WorkerHung
from cody2zoho.watching import monitor
from cody2zoho.worker import broker, flower, observers

#: Exit code of a worker that ends itself because a task hangs (sysexits.h, EX_SOFTWARE).
_HUNG = 70


def _settings_or_exit() -> Settings:
    try:
        return configuration.settings()
    except ConfigurationError as error:
        print(error, file=sys.stderr)  # noqa: T201 - logging is not set up yet
        raise SystemExit(2) from None


settings = _settings_or_exit()
if "flower" in sys.argv[1:]:
    flower.prepare(settings)

broker.install()
app = Celery(
    "cody2zoho",
    events="cody2zoho.worker.events:WholeEvents",
    include=["cody2zoho.worker.tasks", "cody2zoho.worker.correlation"],
)
app.config_from_object("celeryconfig")
app.set_default()

_state = Path(settings.state_dir)
_running: dict[str, float] = {}


class PromptScheduler(Scheduler):
    """Beat that ticks at once when it starts, keeps nothing on disk, shows that it is alive, and ends when told to."""

    is_closed = False

    def setup_schedule(self) -> None:
        super().setup_schedule()
        self.install_default_entries(self.data)
        self.merge_inplace(self.app.conf.beat_schedule)
        for entry in self.schedule.values():
            # What has its time of day keeps it: a restart of beat is no reason to compare everything.
            if isinstance(entry.schedule, crontab):
                continue
            entry.last_run_at = entry.last_run_at.replace(year=2000)

    def close(self) -> None:
        """Celery's answer to SIGTERM closes us and raises SystemExit, which is lost inside a `__del__`."""
        self.is_closed = True
        super().close()

    def tick(self, *args: Any, **kwargs: Any) -> float:
        if self.is_closed:
            raise SystemExit(0)
        _touch("beat")
        observers.SIGNS.well()
        return float(super().tick(*args, **kwargs))


@signals.setup_logging.connect
def _set_up_logging(**_: Any) -> None:
    if "beat" in sys.argv[1:]:
        logs.name_process(f"beat@{gethostname()}")
    logs.configure(settings)


@signals.worker_process_shutdown.connect
def _send_last_lines(**_: Any) -> None:
    """A child of a pool ends without Python's own end, which does this elsewhere."""
    logging.shutdown()


@signals.worker_init.connect
def _stop_without_anybody_to_ask(**_: Any) -> None:
    """In compose SIMULATORS_URL is always set: without credentials a worker would poll a host that does not exist."""
    try:
        monitor.await_stand_in(services())
    except ConfigurationError as error:
        print(error, file=sys.stderr)  # noqa: T201 - as for settings that are missing
        raise SystemExit(2) from None


@signals.worker_ready.connect
def _start(**_: Any) -> None:
    # What is loaded by now stays: looking through it for garbage again and again would only cost time.
    gc.collect()
    gc.freeze()
    _check_state()


class _State:
    """Whether this worker, which has started, could not look yet at what stands in Redis."""

    is_unseen = False


def _check_state() -> None:
    _State.is_unseen = False
    try:
        upgrade.check(services())
        monitor.started(services())
    except ConfigurationError as error:
        print(error, file=sys.stderr)  # noqa: T201 - no line of a log, but an answer to whoever started us
        raise WorkerShutdown(2) from None
    except RedisError:
        # The consumer says so in its own line, and waits for Redis; the next beat of the heart looks again.
        _State.is_unseen = True


@signals.worker_shutting_down.connect
def _hand_back(**_: Any) -> None:
    """A container gets half a minute to stop: what can be finished is, the rest another worker takes over."""
    services().limits.stop_waiting()
    http.stop_soon()


@signals.task_prerun.connect
def _began(task_id: str, **_: Any) -> None:
    _running[task_id] = time.monotonic()


@signals.task_postrun.connect
def _ended(task_id: str, **_: Any) -> None:
    _running.pop(task_id, None)


@signals.heartbeat_sent.connect
def _beat(**_: Any) -> None:
    """Every two seconds, from the main loop. A thread cannot be killed, so a hung task ends the process."""
    oldest = min(list(_running.values()), default=time.monotonic())
    if time.monotonic() - oldest > 2 * settings.task_budget_seconds:
        report(WorkerHung(round(time.monotonic() - oldest)))
        observers.send_the_rest()
        sentry.flush()
        logging.shutdown()
        os._exit(_HUNG)
    _touch("worker")
    observers.SIGNS.well()
    if _State.is_unseen:
        _check_state()


def _touch(role: str) -> None:
    """The container's health check looks at the age of this file."""
    _state.mkdir(parents=True, exist_ok=True)
    (_state / f"{role}.heartbeat").touch()
