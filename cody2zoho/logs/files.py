"""Files of LOG_DIR: what the work did, what the health checks found, which alerts went out, what was cleaned up."""

import json
import logging
from collections import deque
from pathlib import Path

from cody2zoho.logs.behind import Sink
from cody2zoho.logs.shapes import Line
from cody2zoho.settings import Settings

_LARGEST_BYTES, _KEPT = 10_000_000, 5

#: What belongs into a file of its own, by how its event, task or module begins; all else is work.
_MONITOR = ("monitor", "watch", "business", "health", "check_failed", "heartbeat", "refresh_token", "token_refresh")
_ALERTS = ("alert", "error_alert")
_CLEANUP = ("cleaned_up",)


class Files(Sink):
    """All processes of the machine share them; Python's own rotation loses their lines."""

    def __init__(self, settings: Settings) -> None:
        self._folder = Path(settings.log_dir)
        self._opened: dict[str, logging.Handler] = {}

    def send(self, waiting: deque[Line]) -> None:
        while waiting:
            name = file_of(waiting[0])
            if name not in self._opened:
                self._opened[name] = _opened(self._folder / name)
            self._opened[name].emit(logging.makeLogRecord({"msg": _written(waiting[0])}))
            waiting.popleft()

    def close(self) -> None:
        for file in self._opened.values():
            file.close()

    def forked(self) -> None:
        # One that was at work in the other process at that moment stays locked here for ever.
        self._opened = {}


def file_of(line: Line) -> str:
    """The file that a line stands in."""
    module = str(line["name"]).removeprefix("cody2zoho.")
    starts = (str(line["message"]), str(line.get("task", "")), module)
    if any(start.startswith(_ALERTS) for start in starts):
        return "alerts.log"
    if any(start.startswith(_CLEANUP) for start in starts):
        return "cleanup.log"
    return "monitor.log" if any(start.startswith(_MONITOR) for start in starts) else "sync.log"


def _opened(path: Path) -> logging.Handler:
    from concurrent_log_handler import ConcurrentRotatingFileHandler  # noqa: PLC0415 - only where LOG_DIR is set

    path.parent.mkdir(parents=True, exist_ok=True)
    file = ConcurrentRotatingFileHandler(
        str(path), maxBytes=_LARGEST_BYTES, backupCount=_KEPT, encoding="utf-8", newline=""
    )
    # By itself it would tell the error output, and lose the line.
    file.handleError = _raise  # type: ignore[assignment, method-assign]
    return file


def _raise(_record: logging.LogRecord) -> None:
    raise  # noqa: PLE0704 - it is called while an error is handled


def _written(line: Line) -> str:
    return json.dumps(line, ensure_ascii=False).encode("utf-8", "replace").decode()
