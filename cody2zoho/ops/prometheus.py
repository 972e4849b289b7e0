"""All figures as Prometheus reads them. One scrape has the whole system: counters stand in Redis."""

from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from cody2zoho.ops.situation import Situation
from cody2zoho.paused import ALL
from cody2zoho.telemetry.metrics import COUNTERS, Counter, Histogram

Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily

#: A gauge's name, help and label; and its value, or values by label.
Values = Mapping[Any, float] | float | None
Gauge = tuple[str, str, str, Callable[[Situation], Values]]


def _pauses(situation: Situation) -> dict[str, float]:
    return {api: situation.limits.pauses.get(api, 0) for api in ("cody", "zoho")}


def _blocked(situation: Situation) -> dict[str, float]:
    """Bots together: how many there are is not ours to choose."""
    is_bot = any(what.startswith("bot ") for what in situation.blocked)
    return {what: float(what in situation.blocked) for what in ("cody", "zoho", "zoho set-up")} | {"bot": float(is_bot)}


def _successes(situation: Situation) -> dict[str, float]:
    return {api: age for api in ("cody", "zoho", "zoho_accounts") if (age := situation.age(api)) is not None}


#: What is reckoned at the moment of the scrape. None, and nothing is told.
GAUGES: tuple[Gauge, ...] = (
    (
        "conversations_in_state",
        "Conversations in each state.",
        "state",
        lambda s: {str(k): n for k, n in s.states.items()},
    ),
    ("queue_messages", "Messages in each of Celery's queues.", "queue", lambda s: dict(s.queued)),
    ("conversations_due", "Conversations that are due and that no worker was given yet.", "", lambda s: s.due),
    ("oldest_due_seconds", "How long the one that is due the longest waits.", "", lambda s: s.oldest_due_seconds),
    ("conversations_aside", "Conversations put aside, because they are paused.", "", lambda s: s.aside),
    ("ledger_filled", "1 once the ledger may be trusted.", "", lambda s: s.is_filled),
    ("token_remaining_seconds", "Until Zoho's access token ends; 0 without one.", "", lambda s: s.token_seconds or 0),
    ("zoho_credits_used", "API credits spent in 24 hours.", "", lambda s: s.limits.budget.used),
    ("zoho_credits_remaining", "API credits left, where known.", "", lambda s: s.limits.budget.remaining),
    ("zoho_credits_allowance", "API credits of 24 hours, where known.", "", lambda s: s.limits.budget.allowance),
    ("zoho_calls_in_flight", "Calls to Zoho under way.", "", lambda s: s.limits.zoho_in_flight),
    ("cody_requests_per_minute", "Requests to Cody in the last minute.", "", lambda s: s.limits.cody_requests),
    ("api_pause_seconds", "For how long an API wants a pause.", "api", _pauses),
    ("blocked", "1 while it stops all work.", "what", _blocked),
    ("paused", "1 while a person has paused everything.", "", lambda s: any(one.what == ALL for one in s.paused)),
    ("paused_bots", "How many bots a person has paused.", "", lambda s: sum(one.what != ALL for one in s.paused)),
    ("workers", "Workers that were well lately.", "", lambda s: len(s.workers)),
    ("beat_last_tick_seconds", "Since beat ticked last.", "", lambda s: s.age("beat")),
    ("last_poll_seconds", "Since the last completed poll.", "", lambda s: s.age("poll")),
    ("api_last_success_seconds", "Since an API answered well.", "api", _successes),
)


def text(situation: Situation | None) -> bytes:
    """In Prometheus's own text format, version 0.0.4."""
    registry = CollectorRegistry()
    registry.register(_Figures(situation))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, situation: Situation | None) -> None:
        self._situation = situation

    def collect(self) -> Iterator[Family]:
        yield GaugeMetricFamily("cody2zoho_up", "1 while Redis answers.", value=self._situation is not None)
        if self._situation is None:
            return
        for name, help_, label, value in GAUGES:
            yield _gauge(name, help_, label, value(self._situation))
        for one in COUNTERS:
            yield _counted(one, self._situation.counters)


def _gauge(name: str, help_: str, label: str, value: Values) -> Family:
    family = GaugeMetricFamily(f"cody2zoho_{name}", help_, labels=[label] if label else [])
    values = value if isinstance(value, Mapping) else {} if value is None else {"": value}
    for one, number in values.items():
        family.add_metric([str(one)] if label else [], float(number))
    return family


def _counted(one: Counter, counted: dict[str, float]) -> Family:
    fields = {tuple(name.split("|")[1:]): value for name, value in counted.items() if name.split("|")[0] == one.name}
    if isinstance(one, Histogram):
        return _histogram(one, fields)
    family = CounterMetricFamily(f"cody2zoho_{one.name.removesuffix('_total')}", one.help, labels=one.labels)
    for labels, value in fields.items():
        if len(labels) == len(one.labels):
            family.add_metric(labels, value)
    return family


def _histogram(one: Histogram, fields: dict[tuple[str, ...], float]) -> Family:
    """In Redis each observation is counted in its own bucket only; Prometheus wants all above to count it too."""
    family = HistogramMetricFamily(f"cody2zoho_{one.name}", one.help, labels=one.labels)
    names = [one.bucket(number) for number in range(len(one.bounds) + 1)]
    for labels in sorted({found[:-1] for found in fields if len(found) == len(one.labels) + 1}):
        counts = accumulate(fields.get((*labels, name), 0) for name in names)
        buckets = list(zip(names, counts, strict=True))
        family.add_metric(labels, buckets, sum_value=fields.get((*labels, "sum"), 0))
    return family
