"""Azure's own alerts on an instance: the rules that watch it, and what they have raised."""

from dataclasses import dataclass
from typing import Any

from cody2zoho.azure_redis.access import asking
from cody2zoho.azure_redis.finding import Found
from cody2zoho.azure_redis.instance import word

#: How far back Azure looks for alerts: it knows these spans and no others.
SPANS = {1: "1h", 24: "1d", 7 * 24: "7d", 30 * 24: "30d"}


@dataclass(frozen=True)
class Rule:
    """Severity 0 is Azure's worst, 4 its least."""

    name: str
    severity: int
    is_on: bool
    condition: str
    tells: int  # action groups


@dataclass(frozen=True)
class Fired:
    """`since` is a Unix second."""

    name: str
    severity: int
    is_over: bool
    state: str
    since: float
    rule: str


def rules(found: Found) -> list[Rule]:
    """Those on metrics whose scope is the instance, its group or the whole subscription; the worst first."""
    with asking():
        every = list(found.azure.monitor.metric_alerts.list_by_subscription())
    ours = [one for one in every if any(_covers(scope, found.instance.id) for scope in one.scopes or [])]
    return sorted((_rule(one) for one in ours), key=lambda rule: (rule.severity, rule.name))


def fired(found: Found, hours: int) -> list[Fired]:
    """Raised within so many hours (of SPANS, the next longer); those that go on first, then the newest."""
    span = next((words for length, words in SPANS.items() if length >= hours), SPANS[max(SPANS)])
    with asking():
        every = list(found.azure.alerts.alerts.get_all(target_resource=found.instance.id, time_range=span))
    return sorted((_fired(one) for one in every), key=lambda alert: (alert.is_over, -alert.since))


def _covers(scope: str, id_: str) -> bool:
    return f"{id_}/".lower().startswith(f"{scope.rstrip('/')}/".lower())


def _rule(one: Any) -> Rule:
    return Rule(
        name=one.name,
        severity=one.severity,
        is_on=bool(one.enabled),
        condition=" and ".join(_condition(each) for each in getattr(one.criteria, "all_of", None) or []),
        tells=len(one.actions or []),
    )


_SIGNS = {
    "GreaterThan": ">",
    "GreaterThanOrEqual": "≥",
    "LessThan": "<",
    "LessThanOrEqual": "≤",
    "Equals": "=",
}


def _condition(one: Any) -> str:
    """A dynamic threshold has none to show."""
    sign = _SIGNS.get(word(one.operator), word(one.operator))
    threshold = getattr(one, "threshold", None)
    limit = "what Azure finds usual" if threshold is None else f"{threshold:g}"
    return f"{word(one.time_aggregation).lower()} {one.metric_name} {sign} {limit}"


def _fired(one: Any) -> Fired:
    told = one.properties.essentials
    return Fired(
        name=one.name,
        severity=int(word(told.severity).removeprefix("Sev") or 4),
        # Some never end by themselves; a person closes those.
        is_over=word(told.monitor_condition) == "Resolved" or word(told.alert_state) == "Closed",
        state=word(told.alert_state),
        since=told.start_date_time.timestamp(),
        rule=word(told.alert_rule).rpartition("/")[2],
    )
