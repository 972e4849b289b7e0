"""Bars of what came in and what became a case, drawn by the server: no script, no library."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from cody2zoho.ops.situation import Situation

HEIGHT, WIDTH = 60, 600


@dataclass(frozen=True)
class Bar:
    """What came in behind, what became a case before it; in the units of the drawing."""

    label: str
    seen: int
    created: int
    x: float
    width: float
    seen_height: float
    created_height: float

    @property
    def words(self) -> str:
        return f"{self.label}: {self.seen} came in, {self.created} became cases"


@dataclass(frozen=True)
class Chart:
    title: str
    bars: list[Bar]

    @property
    def seen(self) -> int:
        return sum(bar.seen for bar in self.bars)

    @property
    def created(self) -> int:
        return sum(bar.created for bar in self.bars)

    @property
    def words(self) -> str:
        """For who cannot see it."""
        return f"{self.title}: {self.seen} conversations came in, {self.created} became cases"


def last_day(situation: Situation, zone: tzinfo) -> Chart:
    """By the hour, the present one last."""
    this = int(situation.now // 3600)
    hours = [(_at(hour, zone).strftime("%H:%M"), [hour]) for hour in range(this - 23, this + 1)]
    return _chart("The last 24 hours", hours, situation)


def last_month(situation: Situation, zone: tzinfo) -> Chart:
    """By the day of the operator's time zone, today last."""
    today = datetime.fromtimestamp(situation.now, zone).date()
    days: dict[str, list[int]] = {_day(today - timedelta(ago)): [] for ago in range(29, -1, -1)}
    for hour in sorted({hour for hour, _ in situation.hours}):
        days.get(_day(_at(hour, zone)), []).append(hour)
    return _chart("The last 30 days", list(days.items()), situation)


def today(situation: Situation, zone: tzinfo, what: str) -> int:
    """How many came in, or found that end, since midnight."""
    midnight = datetime.fromtimestamp(situation.now, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight.timestamp() // 3600
    return sum(n for (hour, of), n in situation.hours.items() if of == what and hour >= first)


def _chart(title: str, spans: list[tuple[str, list[int]]], situation: Situation) -> Chart:
    def counted(hours: list[int], what: str) -> int:
        return sum(situation.hours.get((hour, what), 0) for hour in hours)

    rows = [(label, counted(hours, "seen"), counted(hours, "created")) for label, hours in spans]
    most = max([1, *(max(seen, created) for _, seen, created in rows)])
    step, scale = WIDTH / len(rows), HEIGHT / most
    bars = [
        Bar(label, seen, created, round(place * step, 1), round(step * 0.8, 1), seen * scale, created * scale)
        for place, (label, seen, created) in enumerate(rows)
    ]
    return Chart(title, bars)


def _day(day: date) -> str:
    return f"{day:%d %b}".lstrip("0")


def _at(hour: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(hour * 3600, zone)
