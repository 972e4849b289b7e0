"""How it goes in figures, every five minutes: totals since the first start, and rates of about the last hour.

Keys, below the prefix:
    metrics:summaries  list  the totals of the last hour's summaries, as JSON with `at` in Unix seconds, newest first
"""

import json

from cody2zoho.records import State
from cody2zoho.services import Services
from cody2zoho.telemetry import counters, report
from cody2zoho.telemetry.events import BusinessMetricsSummary
from cody2zoho.telemetry.metrics import CONVERSATIONS, POLLS, POSTPONEMENTS, RATE_LIMITS, REQUESTS, TOKEN_REFRESHES

#: At one in five minutes, an hour.
_KEPT = 12

#: Requests to webhooks are counted, too, but are none of theirs.
_APIS = ("cody", "zoho", "zoho_accounts")

#: A rate, and the total that it is of.
_RATES = {
    "cases_per_hour": "total_cases_created",
    "conversations_per_hour": "total_conversations_processed",
    "api_calls_per_hour": "total_api_calls",
    "cody_polls_per_hour": "total_cody_polls",
}


def tell(services: Services) -> dict[str, int]:
    """Report it; returns how many conversations are in which state. Figures of hours that are long past are dropped."""
    counters.trim(services.store, services.settings.redis_key_prefix)
    states = {state.value: count for state, count in services.ledger.counts().items()}
    totals = _totals(states, counters.read(services.store, services.settings.redis_key_prefix))
    report(BusinessMetricsSummary(states, {**totals, **_rates(totals, services), **_ratio(totals)}))
    return states


def _totals(states: dict[str, int], counted: dict[str, float]) -> dict[str, float]:
    """All workers' since the first start. Processed is what found its end: a case, let go, or parked as of now."""

    def total(name: str) -> float:
        return sum(count for field, count in counted.items() if field == name or field.startswith(f"{name}|"))

    def ended(*ends: State) -> float:
        return sum(counted.get(CONVERSATIONS.field(end.value), 0) for end in ends)

    made, skipped = ended(State.CREATED), ended(State.EMPTY, State.GONE, State.DISMISSED)
    failures = counted.get(POLLS.field("failed"), 0) + counted.get(TOKEN_REFRESHES.field("failure"), 0)
    return {
        "total_cases_created": made,
        "total_conversations_processed": made + skipped + states[State.PARKED.value],
        "total_conversations_skipped": skipped,
        "total_errors": total(POSTPONEMENTS.name) + ended(State.PARKED) + failures,
        "total_api_calls": sum(total(REQUESTS.field(api)) for api in _APIS),
        "total_token_refreshes": total(TOKEN_REFRESHES.name),
        "total_rate_limit_hits": total(RATE_LIMITS.name),
        "total_cody_polls": total(POLLS.name),
    }


def _rates(totals: dict[str, float], services: Services) -> dict[str, float]:
    """Against the oldest summary that is kept; all 0 where there is none."""
    before, now = _before(totals, services), services.clock()
    hours = (now - before["at"]) / 3_600
    grown = {name: total - before.get(name, 0) for name, total in totals.items()}
    done = sum(grown[f"total_{what}"] for what in ("conversations_processed", "cody_polls", "token_refreshes"))
    return {
        **{rate: round(grown[name] / hours, 1) if hours > 0 else 0.0 for rate, name in _RATES.items()},
        "error_rate_percent": _percent(grown["total_errors"], done + grown["total_errors"]),
    }


def _before(totals: dict[str, float], services: Services) -> dict[str, float]:
    """The oldest that is kept, in whose place these totals come when it is an hour old."""
    key, newest = f"{services.settings.redis_key_prefix}metrics:summaries", {**totals, "at": services.clock()}
    with services.store.pipeline() as pipe:
        pipe.lpush(key, json.dumps(newest))
        pipe.lindex(key, -1)
        pipe.ltrim(key, 0, _KEPT - 1)
        oldest: dict[str, float] = json.loads(pipe.execute()[1])
    return oldest


def _ratio(totals: dict[str, float]) -> dict[str, float]:
    made, processed = totals["total_cases_created"], totals["total_conversations_processed"]
    return {"conversation_to_case_ratio_percent": _percent(made, processed)}


def _percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 1) if whole else 0.0
