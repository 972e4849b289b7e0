"""How well an instance is, as a score with its reasons: 100 less what each trouble costs."""

import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from cody2zoho.azure_redis import alarms, diagnosis, finding, metrics
from cody2zoho.azure_redis.finding import Found
from cody2zoho.azure_redis.instance import Instance
from cody2zoho.checks.finding import Finding, Level
from cody2zoho.errors import Refused, Transient
from cody2zoho.settings import Settings

Told = TypeVar("Told")

#: From so much on it is well, and from so much on it works.
WELL, WORKS = 80, 50

#: What is asked of Azure's metrics: the last hour.
_HOURS = 1

#: All that is merely not as it should be costs no more than this.
_MOST_OF_WARNINGS = 20

_CONNECT_SECONDS = 3.0

#: A metric, from which height on it costs how much, the worst first.
_LIMITS = (
    ("usedmemorypercentage", ((90, 30), (75, 10))),
    ("serverLoad", ((90, 30), (70, 10))),
    ("cacheLatency", ((100_000, 20), (10_000, 10))),
    ("evictedkeys", ((1, 40),)),
    ("errors", ((1, 10),)),
)


@dataclass(frozen=True)
class Trouble:
    words: str
    costs: int


@dataclass(frozen=True)
class Health:
    """`unreachable` is why this machine does not reach the port, or empty; it costs nothing, for it may be meant."""

    troubles: tuple[Trouble, ...]
    unreachable: str
    measured: tuple[metrics.Series, ...]
    findings: tuple[Finding, ...]
    fired: tuple[alarms.Fired, ...]

    @property
    def score(self) -> int:
        return max(0, 100 - sum(trouble.costs for trouble in self.troubles))

    @property
    def worst_first(self) -> list[Trouble]:
        return sorted(self.troubles, key=lambda trouble: -trouble.costs)

    @property
    def verdict(self) -> str:
        return "well" if self.score >= WELL else "works, but look at it" if self.score >= WORKS else "in trouble"

    def as_json(self) -> dict[str, Any]:
        return {
            "score": self.score,
            "verdict": self.verdict,
            "troubles": [asdict(trouble) for trouble in self.worst_first],
            "unreachable": self.unreachable,
            "findings": [asdict(one) for one in self.findings],
            "alerts": [asdict(alert) for alert in self.fired],
            "metrics": [series.as_json() for series in self.measured],
        }


def look(found: Found, settings: Settings, now: float) -> Health:
    """All that Azure can be asked, and whether the port can be reached from here."""
    measured, unmeasured = _asked(lambda: metrics.measured(found, _HOURS, now))
    every, unalerted = _asked(lambda: alarms.fired(found, 0, now))
    findings = tuple(diagnosis.findings(found, settings))
    fired = tuple(one for one in every if not one.is_over)
    refused = (*unmeasured, *unalerted)
    troubles = (*_of_metrics(measured), *_of_alerts(fired), *_of_findings(findings), *refused)
    return Health(troubles, _unreachable(found.instance), measured, findings, fired)


def _asked(question: Callable[[], Iterable[Told]]) -> tuple[tuple[Told, ...], tuple[Trouble, ...]]:
    """The answer, or what Azure refused: one missing right leaves the rest."""
    try:
        return tuple(question()), ()
    except Refused as error:
        return (), (Trouble(str(error), 5),)


def watching(
    found: Found, settings: Settings, clock: Callable[[], float], wait: Callable[[float], None], every_seconds: float
) -> Iterator[tuple[float, Health | Transient]]:
    """A look every so many seconds, with its Unix second; a fault that passes is told as one, and gone past."""
    while True:
        at = clock()
        try:
            yield at, look(finding.again(found), settings, at)
        except Transient as error:
            yield at, error
        wait(every_seconds)


def _unreachable(instance: Instance) -> str:
    """Why the port cannot be reached from this machine; empty where it can."""
    try:
        with socket.create_connection((instance.host, instance.port), _CONNECT_SECONDS):
            return ""
    except socket.gaierror:
        return "its name is not known here"
    except TimeoutError:
        return "no answer"
    except OSError as error:
        return error.strerror or type(error).__name__


def _of_metrics(measured: tuple[metrics.Series, ...]) -> Iterator[Trouble]:
    by_id = {series.metric.id: series for series in measured}
    if not any(series.figures for series in measured):
        yield Trouble("Azure has measured nothing in the last hour", 20)
    for id_, limits in _LIMITS:
        series = by_id.get(id_)
        top = series.highest if series else None
        cost = next((cost for limit, cost in limits if top is not None and top >= limit), 0)
        if series and cost:
            yield Trouble(f"{series.metric.name}: {top:.0f}{_of(series.metric.unit)} at the highest", cost)


def _of(unit: str) -> str:
    return f" {unit}" if unit else ""


def _of_alerts(fired: tuple[alarms.Fired, ...]) -> Iterator[Trouble]:
    for alert in fired:
        yield Trouble(f"alert {alert.rule or alert.name} of severity {alert.severity} goes on", _alert_costs(alert))


def _alert_costs(alert: alarms.Fired) -> int:
    return {0: 30, 1: 20, 2: 10}.get(alert.severity, 5)


def _of_findings(findings: tuple[Finding, ...]) -> Iterator[Trouble]:
    left = _MOST_OF_WARNINGS
    for one in findings:
        if one.level is Level.FAILED:
            yield Trouble(f"{one.about}: {one.words}", 30)
        elif one.level is Level.WARNING:
            cost = min(5, left)
            left -= cost
            yield Trouble(f"{one.about}: {one.words}", cost)
