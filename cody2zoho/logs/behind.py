"""Lines on their way out of the process, in a thread of their own: whatever happens there, the work does not wait."""

import logging
import os
import threading
from abc import ABC, abstractmethod
from collections import deque

from redis.exceptions import RedisError

from cody2zoho.logs import safe
from cody2zoho.logs.context import Context
from cody2zoho.logs.shapes import Line, line

log = logging.getLogger(__name__)


class Sink(ABC):
    """Where lines go."""

    @abstractmethod
    def send(self, waiting: deque[Line]) -> None:
        """Takes lines off the left as it gets rid of them; raises, and leaves the rest, where it cannot now."""

    def close(self) -> None:  # noqa: B027 - most have nothing open
        """There will be no more."""

    def forked(self) -> None:  # noqa: B027
        """In a child of the process that has used it: what that has open stays that one's."""


#: Between two looks whether there is something to send.
_EVERY_SECONDS = 0.5

#: About 5 MB, and some minutes of a busy worker.
_LARGEST = 10_000

#: How long the end of a process waits for the last lines.
_AT_THE_END_SECONDS = 3.0


class Behind(logging.Handler):
    """A bounded queue and the thread that empties it into a sink. What finds it full is dropped and counted."""

    def __init__(self, name: str, sink: Sink, largest: int = _LARGEST) -> None:
        super().__init__(logging.INFO)
        self.set_name(name)
        self.addFilter(Context())
        self._sink, self._largest = sink, largest
        self._waiting: deque[Line] = deque()
        self.dropped = 0
        self._is_away = False
        self._refused: set[str] = set()
        self._process = 0
        self._thread: threading.Thread | None = None
        self._is_over = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if threading.current_thread() is self._thread and not record.name.startswith("cody2zoho"):
            # A library's line about the sending: one that fails would feed itself.
            return
        try:
            self._keep(record)
        except Exception:  # noqa: BLE001 - a line that cannot be read, or a machine without a thread to spare
            self.dropped += 1

    def _keep(self, record: logging.LogRecord) -> None:
        if self._process != os.getpid():
            self._start()
        if len(self._waiting) >= self._largest:
            self.dropped += 1
            return
        self._waiting.append(line(record))

    def close(self) -> None:
        """Send what is left, or give it up."""
        if self._thread and self._process == os.getpid():
            self._is_over.set()
            self._thread.join(_AT_THE_END_SECONDS)
            self._tell_dropped()
        super().close()

    def _start(self) -> None:
        """With the first line, in the process that writes it: a thread does not survive a fork."""
        if self._process:
            # What waits here is sent by the process that it was copied from.
            self._waiting, self.dropped = deque(), 0
            self._sink.forked()
        self._process = os.getpid()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"logs to {self.name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._is_over.wait(_EVERY_SECONDS):
            self._send()
        self._send()
        self._sink.close()

    def _send(self) -> None:
        while self._waiting:
            try:
                self._sink.send(self._waiting)
                self._is_away = False
            except (OSError, RedisError) as error:
                # What waits goes out when it is back.
                self._tell_away(error)
                return
            except Exception as error:  # noqa: BLE001 - one line that nobody can send must not stop the others
                self._waiting.popleft()
                self._tell_refused(type(error).__name__)
        # Whoever closes us holds our lock until we are done: a line of ours would wait for it.
        if not self._is_over.is_set():
            self._tell_dropped()

    def _tell_away(self, error: Exception) -> None:
        """Once, until it takes lines again."""
        if not self._is_away and not self._is_over.is_set():
            self._is_away = True
            reason = f"{type(error).__name__} {safe.words_of(error)}".rstrip()
            log.warning("log_sink_away", extra={"sink": self.name, "reason": reason})

    def _tell_refused(self, kind: str) -> None:
        """Once for each kind of error: of a sink that refuses all, this line is refused, too."""
        if kind not in self._refused:
            self._refused.add(kind)
            log.warning("log_line_refused", extra={"sink": self.name, "kind": kind})

    def _tell_dropped(self) -> None:
        dropped, self.dropped = self.dropped, 0
        if dropped:
            log.warning("log_lines_dropped", extra={"sink": self.name, "lines": dropped})
