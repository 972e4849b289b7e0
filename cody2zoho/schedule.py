"""When what happens by itself."""

from math import ceil
from typing import Any

from celery.schedules import crontab

from cody2zoho.settings import Settings

DISPATCH_SECONDS = 2
BACKFILL_SECONDS = 5
REFRESH_SECONDS = 300
SUMMARY_SECONDS = 300
WATCH_SECONDS = 60

#: A step of the sweep; a sweep of less than an hour takes twelve steps all the same.
_SWEEP_SECONDS = 300
_FEWEST_SWEEP_STEPS = 12

#: A tick expires by the clock of the worker that takes it, which may be ahead of beat's.
_CLOCKS_DIFFER_SECONDS = 60

#: Without a worker for so long, the night's comparison waits for the next night.
RECONCILE_WITHIN_SECONDS = 3_600

#: The same of the night's backup.
BACKUP_WITHIN_SECONDS = 3_600


def beat_entries(settings: Settings) -> dict[str, dict[str, Any]]:
    """Beat's schedule. A tick that no worker takes before the next one, or within a minute, expires: none pile up."""
    ticks: dict[str, float] = {
        "fetch_conversations": settings.poll_interval_seconds,
        "dispatch_due": DISPATCH_SECONDS,
        "backfill": BACKFILL_SECONDS,
        "refresh_token": REFRESH_SECONDS,
        "business_summary": SUMMARY_SECONDS,
        "watch": WATCH_SECONDS,
        "monitor_health": 60 * settings.monitor_interval_minutes,
    }
    if settings.full_sweep_hours:
        ticks["sweep_conversations"] = sweep_seconds(settings)
    entries = {name: _entry(name, seconds, float(seconds)) for name, seconds in ticks.items()}
    if settings.reconcile_at != "never":
        hour, minute = settings.reconcile_at.split(":")
        entries["reconcile"] = _entry("reconcile", RECONCILE_WITHIN_SECONDS, crontab(int(minute), int(hour)))
    if settings.backup_at != "never":
        hour, minute = settings.backup_at.split(":")
        entries["backup"] = _entry("backup", BACKUP_WITHIN_SECONDS, crontab(int(minute), int(hour)))
    return entries


def minutes(settings: Settings) -> dict[str, int | str]:
    """Of each tick: between two, in whole minutes rounded up, or when it comes, as cron says it."""
    every = {name: entry["schedule"] for name, entry in beat_entries(settings).items()}
    return {
        name: f"{one._orig_minute} {one._orig_hour} * * *" if isinstance(one, crontab) else ceil(one / 60)
        for name, one in every.items()
    }


def sweep_seconds(settings: Settings) -> float:
    """Between two steps of the sweep."""
    return min(_SWEEP_SECONDS, settings.full_sweep_hours * 3600 / _FEWEST_SWEEP_STEPS)


def sweep_steps(settings: Settings) -> int:
    """Of a whole sweep; one asked for by hand where there is none by itself is one step."""
    hours = settings.full_sweep_hours
    return max(1, round(hours * 3600 / sweep_seconds(settings))) if hours else 1


def _entry(name: str, seconds: float, schedule: float | crontab) -> dict[str, Any]:
    expires = 0.9 * max(seconds, _CLOCKS_DIFFER_SECONDS)
    return {"task": f"cody2zoho.{name}", "schedule": schedule, "options": {"expires": expires}}
