"""What a person had done, or tried to."""

import logging
from dataclasses import dataclass

from cody2zoho.telemetry.events.event import Event


@dataclass(frozen=True)
class ActionTaken(Event):
    """`by` a `token`, a `browser` that has entered with it, or `loopback`: whoever sits at the machine."""

    action: str
    by: str
    conversation: str | None = None
    bot: str | None = None


@dataclass(frozen=True)
class WrongToken(Event):
    """So many since the last time it was told."""

    severity = logging.WARNING
    tries: int
