"""Messages that a dead worker took and never answered: kombu puts them back into their queue, without a word."""

from typing import Any

from kombu.transport.redis import QoS

from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import CleanedUp


class Telling(QoS):
    """Kombu's own, which tells how many."""

    _back = 0
    _is_looking = False

    def restore_visible(self, *args: Any, **kwargs: Any) -> None:
        """What was taken longer ago than the visibility timeout; asked for every five seconds, by every worker."""
        self._back, self._is_looking = 0, True
        try:
            super().restore_visible(*args, **kwargs)  # type: ignore[no-untyped-call]
        finally:
            self._is_looking = False
            if self._back:
                report(CleanedUp("messages", self._back))

    def restore_by_tag(self, *args: Any, **kwargs: Any) -> None:
        """A worker's own at its end come this way too, and are no left-overs."""
        super().restore_by_tag(*args, **kwargs)  # type: ignore[no-untyped-call]
        self._back += self._is_looking
