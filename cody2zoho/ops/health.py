"""Whether all is well: each part by itself, in words that anybody may read, for health is asked without a token."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from cody2zoho import __version__
from cody2zoho.ledger.paused import ALL
from cody2zoho.ops.situation import LATELY_SECONDS, Situation
from cody2zoho.settings import Settings

#: What is due and still has no worker after this long.
_LATE_SECONDS = 900


class Status(StrEnum):
    HEALTHY = "healthy"
    DEGRADED = "degraded"  # it works, but somebody should look
    UNHEALTHY = "unhealthy"  # no case is made


class Health(BaseModel):
    """What `/health` answers."""

    status: Status
    timestamp: str
    uptime_seconds: int
    version: str
    components: dict[str, dict[str, Any]]


def health(situation: Situation | None, settings: Settings, uptime_seconds: float) -> Health:
    components = _components(situation, settings)
    worst = max((one["status"] for one in components.values()), key=list(Status).index)
    return Health(
        status=worst,
        timestamp=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        uptime_seconds=int(uptime_seconds),
        version=__version__,
        components=components,
    )


def is_ready(situation: Situation | None) -> bool:
    """Whether Redis answers, a worker works and beat ticks."""
    return bool(situation and situation.workers and not _is_late(situation, "beat", LATELY_SECONDS))


def _components(situation: Situation | None, settings: Settings) -> dict[str, dict[str, Any]]:
    if situation is None:
        return {"redis": {"status": Status.UNHEALTHY}}
    patience = {
        "cody": max(300, 10 * settings.poll_interval_seconds),
        "zoho": 120 * settings.monitor_interval_minutes + 300,
    }
    return {
        "redis": _part(not situation.is_writable, is_writable=situation.is_writable),
        "workers": _part(not situation.workers, count=len(situation.workers)),
        "beat": _part(_is_late(situation, "beat", LATELY_SECONDS), last_tick_seconds_ago=_seconds(situation, "beat")),
        **{api: _api(situation, api, seconds) for api, seconds in patience.items()},
        "ledger": _part(not situation.is_filled, is_filled=situation.is_filled),
        "conversations": _conversations(situation),
        "token": _part(False, situation.token_seconds is None, seconds_left=int(situation.token_seconds or 0) or None),
    }


def _api(situation: Situation, api: str, patience_seconds: float) -> dict[str, Any]:
    is_blocked = any(what.partition(" ")[0] == api for what in situation.blocked)
    is_late = _is_late(situation, api, patience_seconds)
    return _part(is_blocked, is_late, is_blocked=is_blocked, last_success_seconds_ago=_seconds(situation, api))


def _conversations(situation: Situation) -> dict[str, Any]:
    is_paused = any(pause.what == ALL for pause in situation.paused)
    return _part(
        False,
        situation.oldest_due_seconds > _LATE_SECONDS and not is_paused,
        due=situation.due,
        oldest_due_seconds=round(situation.oldest_due_seconds),
        is_paused=is_paused,
    )


def _part(is_unhealthy: bool, is_degraded: bool = False, **facts: Any) -> dict[str, Any]:
    status = Status.UNHEALTHY if is_unhealthy else Status.DEGRADED if is_degraded else Status.HEALTHY
    return {"status": status, **facts}


def _is_late(situation: Situation, what: str, patience_seconds: float) -> bool:
    age = situation.age(what)
    return age is None or age > patience_seconds


def _seconds(situation: Situation, what: str) -> int | None:
    age = situation.age(what)
    return None if age is None else round(age)
