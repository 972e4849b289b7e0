"""What the commands for Redis in Azure show: short, aligned, plain words."""

import csv
import io
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import click

from cody2zoho.azure_redis.activity import Line
from cody2zoho.azure_redis.alarms import Fired, Rule
from cody2zoho.azure_redis.health import WELL, WORKS, Health, Trouble
from cody2zoho.azure_redis.instance import Instance
from cody2zoho.azure_redis.metrics import Series, bars
from cody2zoho.checks.finding import Finding, Level

_BAR_WIDTH = 24
_LEVEL_COLOURS = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}
_SIGNS = {Level.OK: ("✓", "green"), Level.WARNING: ("!", "yellow"), Level.FAILED: ("✗", "red")}


def columns(rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> Iterator[str]:
    """Lines with aligned cells; those numbered in `right` end where the others begin."""
    table = [list(row) for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    aligned = set(right)
    for row in table:
        cells = (
            cell.rjust(width) if at in aligned else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def instance(one: Instance, maintenance: str) -> dict[str, str]:
    """What `show` tells, by its name."""
    on = {True: "on", False: "off", None: "?"}
    return {
        "name": one.name,
        "service": one.service,
        "resource group": one.group,
        "location": one.location,
        "state": one.state,
        "SKU": one.sku,
        "Redis version": one.version or "?",
        "host": one.host,
        "port": f"{one.port} (TLS {one.minimum_tls or '1.2'} or newer)",
        "port without TLS": str(one.plain_port or "closed"),
        "access keys": on[one.has_keys],
        "Entra ID": on[one.has_entra],
        "public access": on[one.is_public],
        "eviction": one.eviction or "?",
        "persistence": one.persistence or "off",
        "clustering": one.clustering or "off",
        "replica": "yes" if one.has_replica else "no",
        "patched": maintenance or "when Azure chooses",
    }


def metrics(measured: Sequence[Series], hours: float) -> Iterator[str]:
    if not measured:
        yield "Azure measures nothing of it yet."
        return
    head = ("metric", "latest", "average", "highest", "sum", f"last {hours:g} h")
    rows = [
        (
            series.metric.name,
            *(figure(each, series.metric.unit) for each in (series.latest, series.average, series.highest)),
            figure(series.total, series.metric.unit),
            bars(series, _BAR_WIDTH),
        )
        for series in measured
    ]
    yield from columns([head, *rows], right=(1, 2, 3, 4))


def figure(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    digits = f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"
    return f"{digits} {unit}" if unit.isalpha() or unit == "%" else f"{digits}{unit}"


def metrics_csv(measured: Sequence[Series]) -> str:
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("at", "metric", "unit", "kind", "value"))
    for series in measured:
        named = (series.metric.id, series.metric.unit, series.metric.kind.value)
        table.writerows((stamp(at), *named, f"{value:.15g}") for at, value in series.figures)
    return out.getvalue()


def rules(every: Sequence[Rule]) -> Iterator[str]:
    if not every:
        yield "No rule watches it."
        return
    head = ("rule", "severity", "is", "raised when", "tells")
    rows = [
        (rule.name, str(rule.severity), "on" if rule.is_on else "off", rule.condition or "?", _groups(rule.tells))
        for rule in every
    ]
    yield from columns([head, *rows], right=(1,))


def _groups(count: int) -> str:
    return "nobody" if not count else "1 action group" if count == 1 else f"{count} action groups"


def fired(every: Sequence[Fired]) -> Iterator[str]:
    if not every:
        yield "Nothing was raised."
        return
    head = ("alert", "severity", "is", "state", "since")
    rows = [
        (one.rule or one.name, str(one.severity), "over" if one.is_over else "raised", one.state, stamp(one.since))
        for one in every
    ]
    yield from columns([head, *rows], right=(1,))


def finding(one: Finding) -> str:
    sign, colour = _SIGNS[one.level]
    mend = f"\n  → {one.mend}" if one.mend else ""
    return f"{click.style(sign, fg=colour)} {one.about}: {one.words}{mend}"


def line(one: Line) -> str:
    """One of a log; what was done, how it ended, who did it."""
    fields = " ".join(f"{name}={value}" for name, value in one.fields)
    said = "  ".join(filter(None, (one.what, one.outcome, one.who, fields)))
    return click.style(f"{stamp(one.at)} {one.level:<8} {one.source}: {said}", fg=_LEVEL_COLOURS.get(one.level))


def health(one: Health) -> Iterator[str]:
    yield f"{click.style(f'{one.score} of 100', fg=_colour(one), bold=True)}: {one.verdict}"
    for trouble in one.worst_first:
        yield f"{_cost(trouble):>5}  {trouble.words}"
    reached = "yes" if not one.unreachable else f"no, {one.unreachable}; that is well where its network is private"
    yield f"Reached from this machine: {reached}"


def _cost(trouble: Trouble) -> str:
    """Nothing, where all that could be better has cost its most already."""
    return f"-{trouble.costs}" if trouble.costs else ""


def glance(at: float, one: Health) -> str:
    """One line of `watch`."""
    named = {series.metric.id: figure(series.latest, series.metric.unit) for series in one.measured}
    shown = (("usedmemorypercentage", "memory"), ("serverLoad", "load"), ("connectedclients", "clients"))
    figures = "  ".join(f"{word} {named.get(id_, '–'):>6}" for id_, word in shown)
    worst = next(iter(one.worst_first), None)
    score = click.style(f"{one.score:>3}", fg=_colour(one))
    return f"{stamp(at)}  {score}  {figures}  {worst.words if worst else ''}".rstrip()


def _colour(one: Health) -> str:
    return "green" if one.score >= WELL else "yellow" if one.score >= WORKS else "red"


def report(shown: dict[str, str], one: Health, measured: Sequence[Series], hours: float, at: float) -> str:
    """All of it as Markdown."""
    parts = [
        f"# Redis in Azure: {shown['name']}\n\n{stamp(at)}. {one.score} of 100: {one.verdict}.",
        _table(("", ""), ((_cost(trouble), trouble.words) for trouble in one.worst_first))
        if one.troubles
        else "Nothing is wrong.",
        "## The instance\n\n" + _table(("", ""), shown.items()),
        f"## Measured in the last {hours:g} h\n\n```\n" + "\n".join(metrics(measured, hours)) + "\n```",
        "## Set-up\n\n" + _table(("", "", "what to do"), _checked(one.findings)),
        "## Alerts that go on\n\n```\n" + "\n".join(fired(one.fired)) + "\n```",
    ]
    return "\n\n".join(parts) + "\n"


def _checked(findings: Iterable[Finding]) -> Iterator[tuple[str, str, str]]:
    return ((f"{_SIGNS[one.level][0]} {one.about}", one.words, one.mend) for one in findings)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    every = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in every)


def stamp(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))


def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
