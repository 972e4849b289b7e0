"""How it goes in figures, every five minutes: totals since the first start, and rates of about the last hour.

Two beats ask for it twice as often, and get it no more often.

Keys, below the prefix:
    metrics:summaries  list  the totals of the last hour's summaries, as JSON with `at` in Unix seconds, newest first
"""

import json

from cody2zoho.ledger.records import State
from cody2zoho.services import Services
from cody2zoho.telemetry import counters, report
from cody2zoho.telemetry.events import BusinessMetricsSummary
from cody2zoho.telemetry.metrics import CONVERSATIONS, POLLS, POSTPONEMENTS, RATE_LIMITS, REQUESTS, TOKEN_REFRESHES

#: At one in five minutes, an hour.
_KEPT = 12

#: Another beat asks for it sooner; a tick may be early.
_SHORTEST_SECONDS = 150

#: Older are of before a pause of everything; a tick may be late.
_LONGEST_SECONDS = 3_900

#: Whose requests count.
_APIS = ("cody", "zoho", "zoho_accounts")

#: How often a conversation found an end, beside the totals: it only grows, and what is parked as of now may be retried.
_ENDS = "ends"

#: A rate, and the total that it is of.
_RATES = {
    "cases_per_hour": "total_cases_created",
    "conversations_per_hour": _ENDS,
    "api_calls_per_hour": "total_api_calls",
    "cody_polls_per_hour": "total_cody_polls",
}


def tell(services: Services) -> dict[str, int]:
    """Report it; returns how many conversations are in which state. Figures of hours that are long past are dropped."""
    counters.trim(services.store, services.settings.redis_key_prefix)
    states = {state.value: count for state, count in services.ledger.counts().items()}
    if _is_told(services):
        return states
    counted = counters.read(services.store, services.settings.redis_key_prefix)
    totals = _totals(states, counted)
    ends = _ended(counted, State.CREATED, State.EMPTY, State.GONE, State.PARKED)
    report(BusinessMetricsSummary(states, {**totals, **_rates({**totals, _ENDS: ends}, services), **_ratio(totals)}))
    return states


def _is_told(services: Services) -> bool:
    """Just now. Where its clock was put back, the latest may be of later."""
    latest = services.store.lindex(f"{services.settings.redis_key_prefix}metrics:summaries", 0)
    return latest is not None and 0 <= services.shared_clock() - json.loads(str(latest))["at"] < _SHORTEST_SECONDS


def _ended(counted: dict[str, float], *ends: State) -> float:
    return sum(counted.get(CONVERSATIONS.field(end.value), 0) for end in ends)


def _totals(states: dict[str, int], counted: dict[str, float]) -> dict[str, float]:
    """All workers' since the first start. Processed is what found its end: a case, let go, or parked as of now."""

    def total(name: str) -> float:
        return sum(count for field, count in counted.items() if field == name or field.startswith(f"{name}|"))

    made, skipped = _ended(counted, State.CREATED), _ended(counted, State.EMPTY, State.GONE, State.DISMISSED)
    failures = counted.get(POLLS.field("failed"), 0) + counted.get(TOKEN_REFRESHES.field("failure"), 0)
    return {
        "total_cases_created": made,
        "total_conversations_processed": made + skipped + states[State.PARKED.value],
        "total_conversations_skipped": skipped,
        "total_errors": total(POSTPONEMENTS.name) + _ended(counted, State.PARKED) + failures,
        "total_api_calls": sum(total(REQUESTS.field(api)) for api in _APIS),
        "total_token_refreshes": total(TOKEN_REFRESHES.name),
        "total_rate_limit_hits": total(RATE_LIMITS.name),
        # Each is completed, also one that could not read some bots' lists.
        "total_cody_polls": counted.get(POLLS.field("completed"), 0),
    }


def _rates(totals: dict[str, float], services: Services) -> dict[str, float]:
    """Against the oldest summary that is kept; all 0 where there is none."""
    before, now = _before(totals, services), services.shared_clock()
    hours = (now - before["at"]) / 3_600
    grown = {name: total - before.get(name, 0) for name, total in totals.items()}
    done = grown[_ENDS] + grown["total_cody_polls"] + grown["total_token_refreshes"]
    return {
        **{rate: round(grown[name] / hours, 1) if hours > 0 else 0.0 for rate, name in _RATES.items()},
        "error_rate_percent": _percent(grown["total_errors"], done + grown["total_errors"]),
    }


def _before(totals: dict[str, float], services: Services) -> dict[str, float]:
    """The oldest of the last hour, in whose place these totals come when it is an hour old."""
    key, newest = f"{services.settings.redis_key_prefix}metrics:summaries", {**totals, "at": services.shared_clock()}
    with services.store.pipeline() as pipe:
        pipe.lpush(key, json.dumps(newest))
        pipe.lrange(key, 0, _KEPT)
        pipe.ltrim(key, 0, _KEPT - 1)
        kept: list[dict[str, float]] = [json.loads(one) for one in pipe.execute()[1]]
    return next(one for one in reversed(kept) if newest["at"] - one["at"] <= _LONGEST_SECONDS)


def _ratio(totals: dict[str, float]) -> dict[str, float]:
    made, processed = totals["total_cases_created"], totals["total_conversations_processed"]
    return {"conversation_to_case_ratio_percent": _percent(made, processed)}


def _percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 1) if whole else 0.0
