"""When what happens by itself."""

from typing import Any

from celery.schedules import crontab

from cody2zoho.settings import Settings

DISPATCH_SECONDS = 5
SWEEP_SECONDS = 300
REFRESH_SECONDS = 300
SUMMARY_SECONDS = 300
MONITOR_SECONDS = 1_800

#: Without a worker for so long, the night's comparison waits for the next night.
RECONCILE_WITHIN_SECONDS = 3_600


def beat_entries(settings: Settings) -> dict[str, dict[str, Any]]:
    """Beat's schedule. A tick that no worker takes before the next one expires, so that they never pile up."""
    ticks = {
        "fetch_conversations": settings.poll_interval_seconds,
        "dispatch_due": DISPATCH_SECONDS,
        "refresh_token": REFRESH_SECONDS,
        "business_summary": SUMMARY_SECONDS,
        "monitor_health": MONITOR_SECONDS,
    }
    if settings.full_sweep_hours:
        ticks["sweep_conversations"] = SWEEP_SECONDS
    entries = {name: _entry(name, seconds, float(seconds)) for name, seconds in ticks.items()}
    if settings.reconcile_at != "never":
        hour, minute = settings.reconcile_at.split(":")
        entries["reconcile"] = _entry("reconcile", RECONCILE_WITHIN_SECONDS, crontab(minute, hour))
    return entries


def _entry(name: str, seconds: float, schedule: float | crontab) -> dict[str, Any]:
    return {"task": f"cody2zoho.{name}", "schedule": schedule, "options": {"expires": seconds * 0.9}}
