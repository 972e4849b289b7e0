"""The verdict of the status page: health, and what else a person should look at, in words."""

from collections.abc import Callable, Mapping
from typing import Any

from cody2zoho.alerts import Level
from cody2zoho.ledger.records import State
from cody2zoho.ops.health import Health, Status
from cody2zoho.ops.situation import Situation
from cody2zoho.text.times import span

_VERDICTS = {
    Status.HEALTHY: "All is well.",
    Status.DEGRADED: "It works, but somebody should look.",
    Status.UNHEALTHY: "No cases are being made.",
}

#: By then all processes that are started together have said that they are well.
_START_SECONDS = 60

Part = Mapping[str, Any]


def verdict(health: Health, situation: Situation | None, was_at_work: bool) -> tuple[Status, str]:
    """`was_at_work`: a worker was seen since this process began."""
    found = status(health, situation)
    if situation is None:
        return found, _VERDICTS[found]
    if found is Status.UNHEALTHY and not was_at_work and _is_starting(health):
        return Status.DEGRADED, "It is starting; within a minute this says whether cases are made."
    if found is not Status.UNHEALTHY and any(pause.is_all for pause in situation.paused):
        return Status.DEGRADED, "Everything is paused: no new case is begun."
    return found, _VERDICTS[found]


def status(health: Health, situation: Situation | None) -> Status:
    """As that of health, but nothing is well while an alert, a block or a conversation waits for somebody."""
    if health.status is not Status.HEALTHY or situation is None:
        return health.status
    is_alarmed = situation.blocked or any(one.alert.level is not Level.LOW for one in situation.raised)
    return Status.DEGRADED if situation.states[State.PARKED] or is_alarmed else Status.HEALTHY


def _is_starting(health: Health) -> bool:
    """What is blocked, or a Redis that takes nothing, does not pass with the start."""
    lasts = any(part.get("is_blocked") or not part.get("is_writable", True) for part in health.components.values())
    return health.uptime_seconds < _START_SECONDS and not lasts


def reasons(health: Health) -> list[str]:
    """Of whatever is not well, but for what is blocked, which has a sentence of its own."""
    ill = {name: part for name, part in health.components.items() if part["status"] is not Status.HEALTHY}
    return [_SENTENCES[name](part) for name, part in ill.items() if not part.get("is_blocked")]


def _silence(who: str, does_not: str, seconds: int | None) -> str:
    return f"{who} has not {does_not} yet." if seconds is None else f"{who} has not {does_not} for {span(seconds)}."


_SENTENCES: dict[str, Callable[[Part], str]] = {
    "redis": lambda part: (
        "Redis takes nothing new: its memory or disk is full, or it may only be read."
        if "is_writable" in part
        else "Redis does not answer as it should, and everything that is known stands there."
    ),
    "workers": lambda _: "No worker says that it is well.",
    "beat": lambda part: _silence("Beat", "ticked", part["last_tick_seconds_ago"]),
    "cody": lambda part: _silence("Cody", "answered well", part["last_success_seconds_ago"]),
    "zoho": lambda part: _silence("Zoho", "answered well", part["last_success_seconds_ago"]),
    "ledger": lambda _: "What became a case before must be read from Zoho first; new cases follow.",
    "conversations": lambda part: (
        f"A conversation is due for {span(part['oldest_due_seconds'])}, and no worker takes it."
    ),
    "token": lambda _: "There is no access token of Zoho yet.",
}
