"""What a line looks like: JSON for machines, one readable line for a person at a terminal, a dict for all else."""

import logging
import sys
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from cody2zoho.logs import safe

#: What a LogRecord has of itself; everything else on it came with the event.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "data"}

Line = dict[str, Any]


def fields(record: logging.LogRecord) -> Line:
    """What came with the event."""
    return {name: value for name, value in vars(record).items() if name not in _OWN}


def line(record: logging.LogRecord) -> Line:
    """All that is known of it, fit to be written as JSON by whoever gets it later."""
    told = {"time": record.created, "level": record.levelname, "message": record.getMessage(), "name": record.name}
    for name, value in fields(record).items():
        told[name] = value if isinstance(value, str | int | float) else str(value)
    if record.exc_info and record.exc_info[1]:
        told["exc_info"] = safe.traceback(record.exc_info[1])
    return told


class Readable(logging.Formatter):
    """`12:04:31 INFO    case_created  conversation=… case=…`."""

    def format(self, record: logging.LogRecord) -> str:
        told = " ".join(f"{name}={value}" for name, value in fields(record).items())
        start = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname:<7} {record.getMessage()}"
        text = f"{start}  {told}" if told else start
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return safe.traceback(ei[1]) if ei[1] else ""


class Json(JsonFormatter):
    """One object a line."""

    def __init__(self) -> None:
        super().__init__(
            "{message}{levelname}{name}",
            style="{",
            rename_fields={"levelname": "level"},
            timestamp=True,
            json_ensure_ascii=False,
        )

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return safe.traceback(ei[1]) if ei[1] else ""


def chosen(log_format: str) -> logging.Formatter:
    """Of LOG_FORMAT."""
    is_readable = log_format == "text" or (log_format == "auto" and sys.stdout.isatty())
    return Readable() if is_readable else Json()
