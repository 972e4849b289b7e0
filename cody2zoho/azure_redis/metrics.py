"""What Azure measures of an instance: a figure for every few minutes, kept for 93 days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from cody2zoho.azure_redis.access import asking
from cody2zoho.azure_redis.finding import Found
from cody2zoho.azure_redis.instance import word

LONGEST_HOURS = 30 * 24

#: Azure is asked for no more figures of each metric than this.
_MOST_FIGURES = 200

#: The steps that Azure Monitor knows. A service may have a few of them only: Azure Managed Redis, five minutes and an
#: hour.
_STEPS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 6 * 60, 12 * 60, 24 * 60)]


class Kind(StrEnum):
    """How Azure sums up what it measured within one step."""

    PEAK = "maximum"
    MEAN = "average"
    SUM = "total"


@dataclass(frozen=True)
class Metric:
    """`id` is Azure's name of it."""

    id: str
    name: str
    unit: str
    kind: Kind


METRICS = (
    Metric("usedmemorypercentage", "memory used", "%", Kind.PEAK),
    Metric("serverLoad", "server load", "%", Kind.PEAK),
    Metric("connectedclients", "clients", "", Kind.PEAK),
    Metric("operationsPerSecond", "operations", "/s", Kind.PEAK),
    Metric("cachehits", "hits", "", Kind.SUM),
    Metric("cachemisses", "misses", "", Kind.SUM),
    Metric("errors", "errors", "", Kind.PEAK),
    Metric("cacheLatency", "latency", "µs", Kind.MEAN),
    Metric("evictedkeys", "evicted keys", "", Kind.SUM),
)


@dataclass(frozen=True)
class Series:
    """What was measured, by the Unix second at which each step begins; steps without a figure are left out."""

    metric: Metric
    step_seconds: int
    figures: tuple[tuple[float, float], ...]

    @property
    def values(self) -> list[float]:
        return [value for _, value in self.figures]

    @property
    def latest(self) -> float | None:
        return self.values[-1] if self.figures else None

    @property
    def highest(self) -> float | None:
        return max(self.values, default=None)

    @property
    def average(self) -> float | None:
        return sum(self.values) / len(self.figures) if self.figures else None

    @property
    def total(self) -> float | None:
        """Only of what adds up."""
        return sum(self.values) if self.figures and self.metric.kind is Kind.SUM else None

    def as_json(self) -> dict[str, Any]:
        return {
            "metric": self.metric.id,
            "name": self.metric.name,
            "unit": self.metric.unit,
            "kind": self.metric.kind.value,
            "step_seconds": self.step_seconds,
            "latest": self.latest,
            "average": self.average,
            "highest": self.highest,
            "total": self.total,
            "figures": [{"at": at, "value": value} for at, value in self.figures],
        }


def measured(found: Found, hours: float, now: float) -> list[Series]:
    """Every metric that this service has, for the last hours."""
    with asking():
        defined = list(found.azure.monitor.metric_definitions.list(found.instance.id))
    offered = {word(one.name.value).lower(): one for one in defined}
    wanted = [metric for metric in METRICS if metric.id.lower() in offered]
    if not wanted:
        return []
    step = _step(hours, [offered[metric.id.lower()] for metric in wanted])
    until = datetime.fromtimestamp(now, UTC)
    with asking():
        told = found.azure.monitor.metrics.list(
            found.instance.id,
            timespan=f"{_iso(until - timedelta(hours=hours))}/{_iso(until)}",
            interval=step,
            # Where we guess wrong, Azure takes the nearest step that it has.
            auto_adjust_timegrain=True,
            metricnames=",".join(metric.id for metric in wanted),
            aggregation="Average,Maximum,Total",
        )
    by_name = {word(one.name.value).lower(): one for one in told.value}
    return [
        _series(metric, by_name.get(metric.id.lower()), int((told.interval or step).total_seconds()))
        for metric in wanted
    ]


def _step(hours: float, defined: list[Any]) -> timedelta:
    """The shortest step that all of them have and that needs not too many figures, else the longest."""
    offered: list[set[timedelta]] = [{each.time_grain for each in one.metric_availabilities or []} for one in defined]
    shared = sorted(set.intersection(*offered)) or _STEPS
    if len(shared) == 1:
        # Only how often it is measured: Azure Monitor sums that up.
        shared = [step for step in _STEPS if step >= shared[0]] or shared
    return next((step for step in shared if timedelta(hours=hours) / step <= _MOST_FIGURES), shared[-1])


def _series(metric: Metric, told: Any, step_seconds: int) -> Series:
    rows = [row for series in (told.timeseries if told else None) or [] for row in series.data or []]
    figures = ((row.time_stamp.timestamp(), getattr(row, metric.kind.value)) for row in rows)
    return Series(metric, step_seconds, tuple((at, float(value)) for at, value in figures if value is not None))


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


_BARS = "▁▂▃▄▅▆▇█"


def bars(series: Series, width: int) -> str:
    """As many small bars as there is room, each the highest of its share; of a percentage, full is 100."""
    tops = list(_tops(series.values, width))
    full = 100.0 if series.metric.unit == "%" else max(tops, default=0.0)
    return "".join(_BARS[min(int(top / full * len(_BARS)), len(_BARS) - 1)] if full > 0 else _BARS[0] for top in tops)


def _tops(values: list[float], width: int) -> Iterator[float]:
    shares = min(width, len(values))
    for share in range(shares):
        yield max(values[share * len(values) // shares : (share + 1) * len(values) // shares])
