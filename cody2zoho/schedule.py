"""When what happens by itself."""

from typing import Any

from cody2zoho.settings import Settings

DISPATCH_SECONDS = 2
SWEEP_SECONDS = 300
REFRESH_SECONDS = 300
SUMMARY_SECONDS = 300
MONITOR_SECONDS = 1_800


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
    return {name: _entry(name, seconds) for name, seconds in ticks.items()}


def _entry(name: str, seconds: float) -> dict[str, Any]:
    return {"task": f"cody2zoho.{name}", "schedule": float(seconds), "options": {"expires": seconds * 0.9}}
