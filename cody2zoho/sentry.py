"""Errors and missed ticks, to Sentry: with their ids and places, and without anybody's words.

An event is made anew from what is known to be harmless, so that nothing that a release of the library adds gets out.

Of each tick of beat the worker that did its work says so, once a minute at most, for all workers together: Sentry
watches whole minutes only. Its own integration for Celery would watch those alone, and cost each case half a
millisecond. (sentry-sdk 2, `_wrap_task_call` makes a connection to the broker for its name.)

Keys, below the prefix:
    sentry:<tick>  string  a worker has told that the tick came; gone when the next may tell
"""

import logging
import re
import time
from collections.abc import Mapping
from typing import Any

import redis

from cody2zoho import __version__, logs
from cody2zoho.logs import safe
from cody2zoho.logs.shapes import fields
from cody2zoho.settings import Settings

_EVENT = ("event_id", "timestamp", "level", "platform", "release", "environment", "logger", "server_name")
_CHECK_IN = ("type", "check_in_id", "monitor_slug", "monitor_config", "status", "duration", *_EVENT)
_FRAME = ("filename", "function", "module", "lineno", "in_app", "pre_context", "context_line", "post_context")
_CRUMB = ("timestamp", "level", "category", "message")

#: Between two check-ins of a tick that comes more often; a little less than the minute that Sentry waits for.
_CHECK_IN_SECONDS = 55

#: Sentry gives the alarm once a tick is so many minutes late.
_MARGIN_MINUTES = 3

#: At the end of a process that has no time.
_FLUSH_SECONDS = 2.0


class _Mine:
    """What this process tells."""

    is_on = False
    #: Minutes between two of each tick, or when it comes, as cron says it.
    ticks: Mapping[str, int | str] = {}


#: When this process may tell again of each tick.
_again_at: dict[str, float] = {}


def start(settings: Settings, ticks: Mapping[str, int | str] | None = None) -> None:
    """From now on this process tells its errors, and of these ticks whether they came. Nothing without SENTRY_DSN."""
    dsn = settings.sentry_dsn.get_secret_value()
    if not dsn:
        return
    import sentry_sdk  # noqa: PLC0415 - 0.3 s, and only where it is wanted
    from sentry_sdk.integrations.atexit import AtexitIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.dedupe import DedupeIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.logging import LoggingIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.threading import ThreadingIntegration  # noqa: PLC0415

    _Mine.is_on, _Mine.ticks = True, ticks or {}
    sentry_sdk.init(
        dsn=dsn,
        release=f"cody2zoho@{__version__}",
        environment=settings.environment,
        server_name=logs.current().get("worker", ""),
        before_send=_harmless,
        include_local_variables=False,
        max_request_body_size="never",
        send_default_pii=False,
        auto_session_tracking=False,
        send_client_reports=False,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            LoggingIntegration(level=logging.INFO, event_level=logging.ERROR),
            DedupeIntegration(),
            ExcepthookIntegration(),
            ThreadingIntegration(propagate_scope=False),
            AtexitIntegration(callback=lambda _pending, _timeout: None),
        ],
    )


def flush() -> None:
    """Before a process ends itself."""
    if _Mine.is_on:
        import sentry_sdk  # noqa: PLC0415

        sentry_sdk.flush(_FLUSH_SECONDS)


def begin() -> None:
    """What led to an error begins with its task: nothing of the one before it in this thread."""
    if _Mine.is_on:
        import sentry_sdk  # noqa: PLC0415

        sentry_sdk.get_isolation_scope().clear_breadcrumbs()


def is_watched(tick: str) -> bool:
    """Whether this process is to tell that it came."""
    return tick in _Mine.ticks


def came(tick: str, settings: Settings, store: redis.Redis, *, is_well: bool = True) -> None:
    """A tick did its work, or could not."""
    if not is_watched(tick) or time.monotonic() < _again_at.get(tick, 0.0):
        return
    _again_at[tick] = time.monotonic() + _CHECK_IN_SECONDS
    key = f"{settings.redis_key_prefix}sentry:{tick}"
    if not store.set(key, "1", nx=True, px=1000 * _CHECK_IN_SECONDS):
        return
    from sentry_sdk.crons import capture_checkin  # noqa: PLC0415

    config: Any = {"schedule": _schedule(_Mine.ticks[tick]), "checkin_margin": _MARGIN_MINUTES, "timezone": "UTC"}
    capture_checkin(monitor_slug=tick, status="ok" if is_well else "error", monitor_config=config)


def _schedule(when: int | str) -> dict[str, Any]:
    if isinstance(when, str):
        return {"type": "crontab", "value": when}
    return {"type": "interval", "value": when, "unit": "minute"}


def _harmless(event: Any, hint: dict[str, Any]) -> Any:
    """The same event, of what is ours to tell."""
    if event.get("type") == "check_in":
        return _some(_CHECK_IN, event)
    record, raised = hint.get("log_record"), hint.get("exc_info")
    kept = _some(_EVENT, event)
    kept["tags"] = logs.current()
    if record:
        kept["logentry"] = {"message": _message(record)}
    if record and _is_ours(record.name):
        told = {name: value for name, value in fields(record).items() if name not in kept["tags"]}
        kept["extra"] = {name: safe.text(str(value)) for name, value in told.items()}
    if "exception" in event:
        words = {type(one).__name__: safe.words_of(one) for one in safe.chain(raised[1])} if raised else {}
        kept["exception"] = {"values": [_exception(one, words) for one in event["exception"]["values"]]}
    crumbs = (event.get("breadcrumbs") or {}).get("values", [])
    kept["breadcrumbs"] = {"values": [_some(_CRUMB, one) for one in crumbs if _is_event(one)]}
    return kept


def _message(record: logging.LogRecord) -> str:
    is_event = _is_ours(record.name) and re.fullmatch(r"[a-z_]+", str(record.msg))
    return str(record.msg) if is_event else f"an error in {record.name}"


def _exception(one: dict[str, Any], words: dict[str, str]) -> dict[str, Any]:
    frames = (one.get("stacktrace") or {}).get("frames", [])
    return {
        **_some(("type", "module"), one),
        "value": words.get(str(one.get("type")), ""),
        "mechanism": _some(("type", "handled"), one.get("mechanism") or {}),
        "stacktrace": {"frames": [_some(_FRAME, frame) for frame in frames]},
    }


def _is_event(crumb: dict[str, Any]) -> bool:
    return _is_ours(str(crumb.get("category"))) and bool(re.fullmatch(r"[a-z_]+", str(crumb.get("message"))))


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] == "cody2zoho"


def _some(names: tuple[str, ...], of: dict[str, Any]) -> dict[str, Any]:
    return {name: of[name] for name in names if name in of}
