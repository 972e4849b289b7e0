"""What stands on every line: who asked, which task, which conversation, which worker."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from cody2zoho.logs import safe

_context: ContextVar[dict[str, str]] = ContextVar("log_context", default={})  # noqa: B039 - never changed in place


class _Process:
    worker = ""


@contextmanager
def context(**fields: str) -> Iterator[None]:
    """Put these fields on every line written inside."""
    mark = _context.set({**_context.get(), **fields})
    try:
        yield
    finally:
        _context.reset(mark)


def begin(**fields: str) -> None:
    """From now on these and no others, in this thread."""
    _context.set(fields)


def current() -> dict[str, str]:
    """What stands on the lines of this thread."""
    return {**_context.get(), "worker": _Process.worker} if _Process.worker else _context.get()


def name_process(worker: str) -> None:
    """The worker that all lines of this process name."""
    _Process.worker = worker


class Context(logging.Filter):
    """Adds the context, and takes from other people's lines what we would not write ourselves."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Celery's, written outside of the task; it also holds arguments and results as they were.
        data = record.__dict__.pop("data", None)
        if isinstance(data, Mapping) and "id" in data:
            record.__dict__.setdefault("task", str(data.get("name", "")).removeprefix("cody2zoho."))
            record.__dict__.setdefault("task_id", str(data["id"]))
        for name, value in current().items():
            record.__dict__.setdefault(name, value)
        if not record.name.startswith("cody2zoho"):
            record.msg, record.args = safe.text(_said(record)), None
        return True


def _said(record: logging.LogRecord) -> str:
    """A library's mistake in a line of its own is not the work's; logging looks for it only after the filters."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - it may be any
        return str(record.msg)
