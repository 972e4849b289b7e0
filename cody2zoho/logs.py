"""Log lines: JSON for machines, one readable line for a person at a terminal.

An event has a constant name and fields; ids only, never a customer's words, a token or a URL with a query.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pythonjsonlogger.json import JsonFormatter

from cody2zoho.settings import Settings

_context: ContextVar[dict[str, str]] = ContextVar("log_context", default={})  # noqa: B039 - never changed in place

#: What a LogRecord has of itself; everything else on it came with the event.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "data"}


#: Celery's lines about every tick and task; our events say what came of them.
_CHATTY = ("celery.beat", "celery.worker.strategy", "celery.app.trace")


@contextmanager
def context(**fields: str) -> Iterator[None]:
    """Put these fields on every line written inside."""
    mark = _context.set({**_context.get(), **fields})
    try:
        yield
    finally:
        _context.reset(mark)


def current() -> dict[str, str]:
    """The fields that are on every line written now."""
    return _context.get()


class _Context(logging.Filter):
    """Adds the context, and drops Celery's `data`, which holds arguments and results as they were."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.__dict__.pop("data", None)
        for name, value in _context.get().items():
            record.__dict__.setdefault(name, value)
        return True


class _Readable(logging.Formatter):
    """`12:04:31 INFO  case_created conversation=… case=…`."""

    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{name}={value}" for name, value in vars(record).items() if name not in _OWN)
        line = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname:<7} {record.getMessage()}"
        text = f"{line}  {fields}" if fields else line
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def configure(settings: Settings) -> None:
    """Send all log lines of this process to standard output."""
    output = logging.StreamHandler(sys.stdout)
    output.addFilter(_Context())
    output.setFormatter(_formatter(settings.log_format))
    root = logging.getLogger()
    root.handlers[:] = [output]
    root.setLevel(settings.log_level)
    # Its DEBUG lines hold URLs with queries.
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    if settings.log_level != "DEBUG":
        for name in _CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING)


def _formatter(log_format: str) -> logging.Formatter:
    if log_format == "text" or (log_format == "auto" and sys.stdout.isatty()):
        return _Readable()
    return JsonFormatter(
        "{message}{levelname}{name}",
        style="{",
        rename_fields={"levelname": "level"},
        timestamp=True,
        json_ensure_ascii=False,
    )
