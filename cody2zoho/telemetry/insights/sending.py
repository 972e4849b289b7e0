"""What this process tells Application Insights, on its way there.

The library queues what it is given, as much as fits, and sends it in threads of its own: whoever reports never waits.
What could not be sent is kept on disk for two days. It is loaded only where it is wanted: a second and 40 MB.
"""

import atexit
import logging
import os
import socket
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from cody2zoho.telemetry.events import ApiCall, Event
from cody2zoho.telemetry.insights.told import Custom, Metric, told

#: A flush waits so long.
_FLUSH_SECONDS = 3.0

#: The end of a process waits so long for what is left: for one answer that does not come, and what that held up.
_END_SECONDS = 7.0

#: The far end has so long to answer.
_ANSWER_SECONDS = 3.0

#: The library tells its makers how it is used, asks them what to do, and asks the machine's host whether it is Azure's.
_QUIETLY = {
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
    # Counts what it sends in metrics of its own, among ours, and waits five minutes for an answer.
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED": "true",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true",
    "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "otel",
}

#: Of these we want none: our own requests are told by `ApiCall`, without what may stand in an address.
_INSTRUMENTED = (
    "azure_sdk",
    "django",
    "fastapi",
    "flask",
    "httpx",
    "httpx2",
    "psycopg2",
    "requests",
    "urllib",
    "urllib3",
)

Context = Callable[[], Mapping[str, str]]


@dataclass(frozen=True)
class Choice:
    """What an operator chooses."""

    connection_string: str
    role_name: str
    live_metrics: bool
    #: What could not be sent waits here.
    storage: Path


class Insights:
    """The one of this process; `context` tells which task and conversation the caller is at work on."""

    def __init__(self, choice: Choice, context: Context) -> None:
        self.pid = os.getpid()
        self._context = context
        _configure(choice)
        from opentelemetry import _logs, metrics, trace
        from opentelemetry.trace import SpanKind, StatusCode

        self._providers: tuple[Any, ...] = (
            _logs.get_logger_provider(),
            metrics.get_meter_provider(),
            trace.get_tracer_provider(),
        )
        self._logger = _logs.get_logger("cody2zoho")
        self._meter = metrics.get_meter("cody2zoho")
        self._tracer = trace.get_tracer("cody2zoho")
        self._severities = _logs.SeverityNumber
        self._client, self._error = SpanKind.CLIENT, StatusCode.ERROR
        self._instruments: dict[str, Callable[..., None]] = {}

    def hear(self, event: Event) -> None:
        for one in told(event):
            self.tell(one)
        if isinstance(event, ApiCall):
            self._depend(event)

    def tell(self, one: Custom | Metric) -> None:
        if isinstance(one, Metric):
            self._measure(one)
        else:
            self._emit({"microsoft.custom_event.name": one.name, **one.properties})

    def tell_exception(self, kind: str, frames: str) -> None:
        """An error nobody foresaw: its kind and where, but not its words, which may be a customer's."""
        facts = {"exception.type": kind, "exception.message": kind, "exception.stacktrace": frames}
        self._emit(facts, self._severities.ERROR)

    def flush(self, seconds: float = _FLUSH_SECONDS) -> bool:
        """Send what is left, and say whether all went out in time."""
        done: list[bool] = []
        thread = threading.Thread(target=lambda: done.extend(self._flushed(seconds)), daemon=True)
        thread.start()
        thread.join(seconds)
        return len(done) == len(self._providers) and all(done)

    def end(self, seconds: float = _END_SECONDS) -> None:
        """Send what is left, and let go. By itself the library would wait for minutes on a server that hangs."""
        for one in (*self._providers, *_live()):
            atexit.unregister(one.shutdown)
        threads = [threading.Thread(target=_end, args=[one], daemon=True) for one in self._providers]
        for thread in threads:
            thread.start()
        ends_at = time.monotonic() + seconds
        for thread in threads:
            thread.join(max(0.0, ends_at - time.monotonic()))

    def _flushed(self, seconds: float) -> list[bool]:
        return [bool(one.force_flush(round(1000 * seconds))) for one in self._providers]

    def _emit(self, attributes: dict[str, Any], severity: Any = None) -> None:
        context = self._context()
        self._logger.emit(
            timestamp=time.time_ns(),
            context=_operation(context.get("task_id", "")),
            severity_number=severity or self._severities.INFO,
            attributes={**context, **attributes},
        )

    def _measure(self, metric: Metric) -> None:
        record = self._instruments.get(metric.name)
        if record is None:
            record = self._instruments[metric.name] = self._instrument(metric)
        record(metric.value, metric.properties)

    def _instrument(self, metric: Metric) -> Callable[..., None]:
        match metric.kind:
            case "counter":
                return self._meter.create_counter(metric.name).add
            case "gauge":
                return self._meter.create_gauge(metric.name).set
        return self._meter.create_histogram(metric.name).record

    def _depend(self, call: ApiCall) -> None:
        """A dependency, made of what we know of the request; instruments would note its whole address."""
        ended, context = time.time_ns(), self._context()
        host, _, path = (call.address or call.api).partition("/")
        attributes: dict[str, Any] = {
            "http.request.method": call.method,
            "url.full": f"https://{host}/{path}",
            "server.address": host,
            "http.response.status_code": call.status,
            **context,
        }
        span = self._tracer.start_span(
            f"{call.method} /{path}",
            context=_operation(context.get("task_id", "")),
            kind=self._client,
            attributes=attributes,
            start_time=ended - int(call.seconds * 1e9),
        )
        if not 0 < call.status < 400:
            span.set_status(self._error)
        span.end(ended)


def _end(provider: Any) -> None:
    provider.force_flush()
    provider.shutdown()


def _live() -> tuple[Any, ...]:
    """That of Live Metrics, which the library keeps to itself, and whose end waits five minutes for an answer."""
    from azure.monitor.opentelemetry.exporter._quickpulse._manager import _QuickpulseManager

    provider = getattr(_QuickpulseManager(), "_meter_provider", None)
    return (provider,) if provider else ()


@lru_cache(maxsize=256)
def _operation(task_id: str) -> Any:
    """All that a task tells is one operation: Celery's id of it, without its dashes, is the operation's."""
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

    try:
        number = UUID(task_id).int
    except ValueError:
        return None
    parent = SpanContext(number, number % 2**64, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    return set_span_in_context(NonRecordingSpan(parent))


class _Exceptions(logging.Handler):
    """Hears of every error that leaves a traceback in the log, whoever writes it."""

    def __init__(self, insights: Insights) -> None:
        super().__init__(logging.ERROR)
        self._insights = insights

    def emit(self, record: logging.LogRecord) -> None:
        if not record.exc_info or not record.exc_info[0] or record.name.startswith(("azure", "opentelemetry")):
            return
        frames = "".join(traceback.format_tb(record.exc_info[2]))
        self._insights.tell_exception(record.exc_info[0].__qualname__, frames)


class _Mine:
    """That of this process."""

    insights: Insights | None = None


def start(choice: Choice, context: Context) -> Insights:
    """That of this process, begun if it is not; a process forked off begins its own."""
    if _Mine.insights is None or _Mine.insights.pid != os.getpid():
        _Mine.insights = Insights(choice, context)
        logging.getLogger().addHandler(_Exceptions(_Mine.insights))
    return _Mine.insights


def mine() -> Insights | None:
    """That of this process, where it has begun."""
    return _Mine.insights if _Mine.insights and _Mine.insights.pid == os.getpid() else None


def stop() -> None:
    """At the end of this process, and once: what is told after that is lost."""
    if found := mine():
        found.end()


def load() -> None:
    """Load the library, for the processes that are forked off to share it."""
    _quieten()
    import azure.monitor.opentelemetry  # noqa: F401


def _quieten() -> None:
    for name, value in _QUIETLY.items():
        os.environ.setdefault(name, value)
    # Its lines at INFO hold every request with its headers.
    logging.getLogger("azure").setLevel(logging.WARNING)


def _configure(choice: Choice) -> None:
    _quieten()
    from azure.monitor.opentelemetry import configure_azure_monitor
    from opentelemetry.sdk.resources import Resource

    about = {"service.name": choice.role_name, "service.instance.id": socket.gethostname()}
    configure_azure_monitor(
        connection_string=choice.connection_string,
        # A name that nobody logs under: our lines go out as events, by us.
        logger_name="cody2zoho.nothing",
        enable_live_metrics=choice.live_metrics,
        sampling_ratio=1.0,
        # What fails goes to disk at once, and from there again within a minute: a stop need not wait for it.
        retry_total=0,
        timeout=_ANSWER_SECONDS,
        # `timeout` is that of the connection; for an answer it would wait five minutes.
        read_timeout=_ANSWER_SECONDS,
        storage_directory=str(choice.storage),
        resource=Resource(about),
        instrumentation_options={name: {"enabled": False} for name in _INSTRUMENTED},
    )
