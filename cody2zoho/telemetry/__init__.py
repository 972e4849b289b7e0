"""Telling what happens, once, to the log and to whoever else listens in this process."""

import logging
from collections.abc import Callable

from cody2zoho.telemetry.events import Event

log = logging.getLogger(__name__)

Listener = Callable[[Event], None]

listeners: list[Listener] = []


def report(event: Event) -> None:
    """Never raises and never waits: the work goes on whatever becomes of the news of it."""
    level = event.level
    if log.isEnabledFor(level):
        log.log(level, event.name, extra=event.facts)
    for listener in listeners:
        try:
            listener(event)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not the work's
            _failed(listener, error)


def listen(listener: Listener) -> None:
    """From now on it hears of every event, in the thread in which it happens."""
    listeners.append(listener)


told: set[str] = set()


def _failed(listener: Listener, error: Exception) -> None:
    """Once for each kind of fault: what fails for one event fails for all."""
    what = f"{getattr(listener, '__module__', listener)} {type(error).__name__}"
    if what not in told:
        told.add(what)
        log.error("telemetry_failed", extra={"what": what})
