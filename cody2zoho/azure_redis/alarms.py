"""Azure's own alerts on an instance: the rules that watch it, and what they have raised."""

from dataclasses import dataclass
from typing import Any

from cody2zoho.azure_redis.access import asking
from cody2zoho.azure_redis.finding import Found
from cody2zoho.azure_redis.instance import word

#: As far back as Azure looks for alerts. It looks at when they began: in a shorter span it would not tell of one that
#: began before it and goes on.
_SPAN = "30d"


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


def fired(found: Found, hours: int, now: float) -> list[Fired]:
    """Those that go on, whenever they began, then those raised within so many hours; each the newest first."""
    with asking():
        every = list(found.azure.alerts.alerts.get_all(target_resource=found.instance.id, time_range=_SPAN))
    told = [alert for alert in map(_fired, every) if not alert.is_over or alert.since >= now - hours * 3600]
    return sorted(told, key=lambda alert: (alert.is_over, -alert.since))


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
