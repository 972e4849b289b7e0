"""How Redis stands, written down: the same facts as Markdown, JSON, and HTML that needs nothing from outside."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cody2zoho.tending.health import Health, Reason
from cody2zoho.tending.measuring import Measured
from cody2zoho.tending.scanning import Look
from cody2zoho.text.amounts import size
from cody2zoho.text.times import span


@dataclass(frozen=True)
class Report:
    """`rows` are the facts in words, as `redis status` shows them."""

    second: float
    rows: dict[str, str]
    health: Health
    look: Look
    speed: Measured

    @property
    def at(self) -> str:
        return datetime.fromtimestamp(self.second).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")

    @property
    def wrong(self) -> list[Reason]:
        """The worst first."""
        return sorted((one for one in self.health.reasons if one.points), key=lambda one: -one.points)

    @property
    def untold(self) -> list[Reason]:
        return [one for one in self.health.reasons if one.result == "unknown"]


def as_json(report: Report) -> str:
    kinds = {found.kind.name: {"keys": found.count, "bytes": found.bytes} for found in report.look.kinds}
    told: dict[str, Any] = {
        "at": report.second,
        "server": report.rows,
        "health": report.health.as_json(),
        "kinds": kinds,
        "performance": report.speed.as_json(),
    }
    return json.dumps(told, indent=2, ensure_ascii=False)


def as_markdown(report: Report) -> str:
    return "\n".join(_markdown(report))


def _markdown(report: Report) -> Iterator[str]:
    yield f"# Redis: {report.health.score} of 100"
    yield f"\n{report.at}, by `cody2zoho redis report`.\n"
    if not report.wrong:
        yield f"All {report.health.told} checks that could be made are well.\n"
    for one in report.wrong:
        yield f"- **{one.check}**, {one.result}, −{one.points}: {one.words}. {one.remedy}."
    for one in report.untold:
        yield f"- {one.check}: not told. {one.words}."
    yield "\n## How it stands\n"
    yield from _table(("what", ""), report.rows.items())
    yield "\n## What is in it\n"
    rows = [(f"{one.count:,}", one.kind.name, weight(one.bytes), one.kind.holds) for one in report.look.kinds]
    yield from _table(("keys", "kind", "memory, about", "holds"), rows)
    yield "\n## How fast it is\n"
    yield f"Measured for {span(report.speed.seconds)}, in milliseconds.\n"
    latencies = [
        (one.operation, f"{one.half:.2f}", f"{one.most:.2f}", f"{one.worst:.2f}", f"{one.count:,}")
        for one in report.speed.latencies
    ]
    yield from _table(("operation", "half", "99 %", "longest", "times"), latencies)
    yield "\n## What takes its time\n"
    busiest = [(name, f"{share:.0f} %", f"{micros:.1f}") for name, share, micros in report.speed.busiest]
    yield from _table(("command", "share", "µs each"), busiest)
    for slow in report.speed.slow:
        yield f"- slow lately: {slow.milliseconds:.1f} ms, `{slow.words}`"


def weight(count: int | None) -> str:
    return "not told" if count is None else size(count)


def _table(headings: tuple[str, ...], rows: Any) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield f"|{'---|' * len(headings)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
