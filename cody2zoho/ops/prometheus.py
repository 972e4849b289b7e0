"""All figures as Prometheus reads them. One scrape has the whole system: counters stand in Redis."""

from collections.abc import Iterator, Mapping
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from cody2zoho.ops.gauges import CHOSEN, GAUGES, Values
from cody2zoho.ops.situation import Situation
from cody2zoho.settings import Settings
from cody2zoho.telemetry.events import LEFT_BEHIND
from cody2zoho.telemetry.metrics import (
    CLEANED_UP,
    CONVERSATIONS,
    COUNTERS,
    POLLS,
    PROCESSING,
    TOKEN_REFRESHES,
    Counter,
    Histogram,
)

#: Labels under which a counter is told before it has counted anything: of what begins at 1 Prometheus sees no increase.
KNOWN: dict[str, tuple[str, ...]] = {
    CONVERSATIONS.name: ("seen", "created", "parked", "dismissed", "empty", "gone"),
    PROCESSING.name: ("case", "waiting", "postponed", "parked", "let go", "nothing to do"),
    TOKEN_REFRESHES.name: ("success", "failure"),
    POLLS.name: ("completed", "failed"),
    CLEANED_UP.name: tuple(LEFT_BEHIND),
}

Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily


def text(situation: Situation | None, settings: Settings) -> bytes:
    """In Prometheus's own text format, version 0.0.4."""
    registry = CollectorRegistry()
    registry.register(_Figures(situation, settings))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, situation: Situation | None, settings: Settings) -> None:
        self._situation, self._settings = situation, settings

    def collect(self) -> Iterator[Family]:
        is_up = self._situation is not None
        yield _gauge("up", "1 while Redis answers, else 0, and then nothing else is told.", (), is_up)
        if self._situation is None:
            return
        for one in GAUGES:
            yield _gauge(one.name, one.help, one.labels, one.value(self._situation))
        for chosen in CHOSEN:
            yield _gauge(chosen.name, chosen.help, chosen.labels, chosen.value(self._situation, self._settings))
        for counter in COUNTERS:
            yield _counted(counter, self._situation.counters)


def _gauge(name: str, help_: str, labels: tuple[str, ...], value: Values) -> Family:
    family = GaugeMetricFamily(f"cody2zoho_{name}", help_, labels=labels)
    values = value if isinstance(value, Mapping) else {} if value is None else {(): value}
    for one, number in values.items():
        family.add_metric(one, float(number))
    return family


def _counted(one: Counter, counted: dict[str, float]) -> Family:
    fields = {tuple(name.split("|")[1:]): value for name, value in counted.items() if name.split("|")[0] == one.name}
    if isinstance(one, Histogram):
        return _histogram(one, fields)
    family = CounterMetricFamily(f"cody2zoho_{one.name.removesuffix('_total')}", one.help, labels=one.labels)
    for labels, value in {**dict.fromkeys(_known(one), 0.0), **fields}.items():
        if len(labels) == len(one.labels):
            family.add_metric(labels, value)
    return family


def _known(one: Counter) -> set[tuple[str, ...]]:
    return {(value,) for value in KNOWN.get(one.name, ())} if one.labels else {()}


def _histogram(one: Histogram, fields: dict[tuple[str, ...], float]) -> Family:
    """In Redis each observation is counted in its own bucket only; Prometheus wants all above to count it too."""
    family = HistogramMetricFamily(f"cody2zoho_{one.name}", one.help, labels=one.labels)
    names = [one.bucket(number) for number in range(len(one.bounds) + 1)]
    for labels in sorted({found[:-1] for found in fields if len(found) == len(one.labels) + 1} | _known(one)):
        counts = accumulate(fields.get((*labels, name), 0) for name in names)
        buckets = list(zip(names, counts, strict=True))
        family.add_metric(labels, buckets, sum_value=fields.get((*labels, "sum"), 0))
    return family
