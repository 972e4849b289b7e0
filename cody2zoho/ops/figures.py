"""Figures as JSON: `/metrics` as the earlier product had it, and `/stats`."""

from collections import Counter as Tally
from typing import Any

from cody2zoho.ledger.records import Parked, State
from cody2zoho.ops.situation import LATELY_SECONDS, Situation
from cody2zoho.settings import Settings
from cody2zoho.telemetry import counters
from cody2zoho.telemetry.metrics import COUNTERS, Histogram

#: Ends at which there is no case, and nothing is wrong.
_SKIPPED = ("empty", "gone", "dismissed")

#: At the ends `_SKIPPED`, at a case, or parked: of these some are retried, and find another.
_ENDS = ("created", "parked", *_SKIPPED)


def metrics(
    situation: Situation | None, uptime_seconds: float, now: float, poll_interval_seconds: int = 30
) -> dict[str, Any]:
    """Names and nesting are a contract with whoever reads the earlier product's."""
    if situation is None:
        application = {"status": "redis_away", "polling_active": False, "uptime_seconds": int(uptime_seconds)}
        return {"application": application, "conversations": {}, "tokens": {}, "cleaned_up": {}, "timestamp": int(now)}
    counted = situation.counters
    polled = situation.age("poll")
    return {
        "application": {
            "status": "running" if situation.workers else "stopped",
            "polling_active": polled is not None and polled <= 10 * max(LATELY_SECONDS, poll_interval_seconds),
            "uptime_seconds": int(uptime_seconds),
        },
        "conversations": {
            "total_processed": _processed(situation),
            "cases_created": ended(situation, "created"),
            "total_skipped": sum(ended(situation, what) for what in _SKIPPED),
            "total_errors": ended(situation, "parked"),
            "processing_rate_per_hour": _rate_per_hour(situation),
        },
        "tokens": _tokens(counted),
        "cleaned_up": counters.cleaned_up(counted),
        "timestamp": int(now),
    }


def ended(situation: Situation, what: str) -> int:
    """How many conversations came in (`seen`) or found that end since the first start."""
    return int(situation.counters.get(f"conversations_total|{what}", 0))


def _processed(situation: Situation) -> int:
    """As in the business summary: what found its end, and what is parked as of now."""
    made_or_skipped = sum(ended(situation, what) for what in ("created", *_SKIPPED))
    return made_or_skipped + situation.states[State.PARKED]


def _rate_per_hour(situation: Situation) -> float:
    """Over this hour and the one before."""
    hour = int(situation.now // 3600)
    count = sum(situation.hours.get((one, what), 0) for one in (hour, hour - 1) for what in _ENDS)
    return round(count / ((situation.now - (hour - 1) * 3600) / 3600), 1)


def _tokens(counted: dict[str, float]) -> dict[str, Any]:
    succeeded = int(counted.get("token_refreshes_total|success", 0))
    failed = int(counted.get("token_refreshes_total|failure", 0))
    return {
        "refresh_attempts": succeeded + failed,
        "refresh_successes": succeeded,
        "refresh_failures": failed,
        "success_rate": round(100 * succeeded / (succeeded + failed), 1) if succeeded + failed else 100.0,
        "rate_limit_hits": sum(int(value) for name, value in counted.items() if name.startswith("rate_limit_hits_")),
    }


def stats(situation: Situation, settings: Settings, parked: list[Parked]) -> dict[str, Any]:
    """Bots, outcomes, reasons and timings."""
    paused = {pause.what for pause in situation.paused}
    return {
        "bots": [
            {"bot": bot or "all", "paused": not paused.isdisjoint({"all", f"bot {bot}"})} for bot in settings.bots
        ],
        "states": {state.value: count for state, count in situation.states.items()},
        "outcomes": {what: ended(situation, what) for what in ("seen", *_ENDS)},
        "reasons": [
            {"reason": reason, "conversations": count}
            for reason, count in Tally(one.reason for one in parked).most_common()
        ],
        "reasons_of": len(parked),
        "timings": {one.name: _timing(one, situation.counters) for one in COUNTERS if isinstance(one, Histogram)},
        "cleaned_up": counters.cleaned_up(situation.counters),
        "blocked": situation.blocked,
        "queued": situation.queued,
        **situation.limits.as_json(),
    }


def _timing(histogram: Histogram, counted: dict[str, float]) -> dict[str, Any]:
    """How many, and how long they took on average, by their labels."""
    found: dict[str, dict[str, float]] = {}
    for field, value in counted.items():
        name, *labels, bucket = field.split("|")
        if name == histogram.name and len(labels) == len(histogram.labels):
            one = found.setdefault("|".join(labels) or "all", {"count": 0, "seconds": 0})
            one["seconds" if bucket == "sum" else "count"] += value
    return {
        label: {"count": int(one["count"]), "average_seconds": round(one["seconds"] / max(1, one["count"]), 4)}
        for label, one in found.items()
    }
