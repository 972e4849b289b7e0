"""The report as one HTML page: no script, nothing from outside, charts as SVG in it, fit to be printed."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from cody2zoho.tending.report import Report, weight
from cody2zoho.text.amounts import size

WIDTH = 640
#: Of one bar and the gap below it.
_ROW = 26
_BAR = 18
#: Left of the bars is room for their names, right of them for their figures.
_NAMES, _FIGURES = 150, 130
_LINE_HEIGHT = 90


@dataclass(frozen=True)
class Bar:
    """In the units of the drawing; a second, paler part reaches further."""

    name: str
    figure: str
    y: int
    width: float
    reach: float

    @property
    def height(self) -> int:
        return _BAR


@dataclass(frozen=True)
class Line:
    """A figure over the time it was measured; `points` as SVG wants them."""

    title: str
    points: str
    least: str
    most: str
    seconds: str

    @property
    def area(self) -> str:
        return f"0,{_LINE_HEIGHT} {self.points} {WIDTH},{_LINE_HEIGHT}"


def as_html(report: Report) -> str:
    return str(_template().render(**_shown(report)))


def _shown(report: Report) -> dict[str, Any]:
    return {
        "report": report,
        "arc": f"{report.health.score * 2.827:.1f} 282.7",
        "memory": bars(
            [(one.kind.name, weight(one.bytes), one.bytes or 0, one.bytes or 0) for one in report.look.kinds]
        ),
        "speed": bars(
            [
                (one.operation, f"{_three(one.half)} / {_three(one.most)} ms", one.half, one.most)
                for one in report.speed.latencies
            ]
        ),
        "busiest": bars([(name, f"{share:.0f} %", share, share) for name, share, _ in report.speed.busiest]),
        "lines": _lines(report),
        "weight": weight,
        "width": WIDTH,
        "names": _NAMES,
        "line_height": _LINE_HEIGHT,
        "row": _ROW,
    }


def bars(rows: list[tuple[str, str, float, float]]) -> list[Bar]:
    """Name, figure, value and how far it reaches; the longest fills its room."""
    most = max([reach for *_, reach in rows], default=0) or 1
    scale = (WIDTH - _NAMES - _FIGURES) / most
    return [
        Bar(name, figure, place * _ROW, max(1.0, round(value * scale, 1)), max(1.0, round(reach * scale, 1)))
        for place, (name, figure, value, reach) in enumerate(rows)
    ]


def _three(figure: float) -> str:
    """As many digits as there is room for."""
    return f"{figure:.{2 if figure < 9.995 else 1 if figure < 99.95 else 0}f}"


def _lines(report: Report) -> list[Line]:
    beats = report.speed.beats
    seconds = [beat.second for beat in beats]
    drawn = (
        ("Commands a second, of all clients", [beat.commands_per_second for beat in beats], lambda one: f"{one:,.0f}"),
        ("A ping, half within, in milliseconds", [beat.half for beat in beats], lambda one: f"{one:.2f}"),
        ("Memory used", [float(beat.used) for beat in beats], size),
    )
    return [line(title, seconds, values, words) for title, values, words in drawn if len(values) > 1 and any(values)]


def line(title: str, seconds: list[float], values: list[float], words: Any) -> Line:
    """From 0 up, so that a small change looks small."""
    most = max(values) or 1.0
    across = WIDTH / (seconds[-1] - seconds[0] or 1.0)
    points = " ".join(
        f"{(second - seconds[0]) * across:.1f},{_LINE_HEIGHT - value / most * (_LINE_HEIGHT - 4):.1f}"
        for second, value in zip(seconds, values, strict=True)
    )
    return Line(title, points, str(words(min(values))), str(words(most)), f"{seconds[-1]:.0f} s")


@cache
def _template() -> Any:
    # 30 ms, only for who wants a page.
    import jinja2  # noqa: PLC0415

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(files("cody2zoho.tending").joinpath("assets", "report.html").read_text("utf-8"))
