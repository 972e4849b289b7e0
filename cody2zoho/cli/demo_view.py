"""What the demo shows while it runs: a live panel on a terminal, else a plain line now and then."""

from collections import deque
from types import TracebackType
from typing import Protocol, Self

import click
from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from cody2zoho.cli.demo_stage import Look, Stage
from cody2zoho.cli.demo_summary import Summary

_PLAIN_LINE_SECONDS = 2.0
_RATE_OVER_SECONDS = 2.0


class Rate:
    """Cases a second, over the last few seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def after(self, seconds: float, created: int) -> float:
        self._seen.append((seconds, created))
        while seconds - self._seen[0][0] > _RATE_OVER_SECONDS:
            self._seen.popleft()
        first_seconds, first_created = self._seen[0]
        return (created - first_created) / (seconds - first_seconds) if seconds > first_seconds else 0.0


class View(Protocol):
    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, seconds: float, expected: int, look: Look) -> None: ...


class Silent:
    """For scripts, which want the end only."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def show(self, seconds: float, expected: int, look: Look) -> None: ...


class Plain(Silent):
    """A line every two seconds, for a log."""

    def __init__(self) -> None:
        self._next_line = 0.0

    def show(self, seconds: float, expected: int, look: Look) -> None:
        if seconds < self._next_line:
            return
        self._next_line = seconds + _PLAIN_LINE_SECONDS
        requests = ", ".join(f"{count} to {name.capitalize()}" for name, count in look.requests.items())
        click.echo(
            f"{seconds:5.1f} s  found {look.found}, created {look.created} of {expected}, "
            f"waiting {look.waiting + look.working}, requests {requests}"
        )


class Terminal:
    """A panel that is drawn anew with each look."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._rate = Rate()
        # Drawn when we say so: a thread of its own would be one more thing that may be alive during a fork.
        self._live = Live(Padding("Starting …", (1, 2)), auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, seconds: float, expected: int, look: Look) -> None:
        rate = self._rate.after(seconds, look.created)
        panel = Group(_bar(seconds, expected, look), "", _figures(look, rate), "", addresses(self._stage))
        self._live.update(Padding(panel, (1, 2)), refresh=True)


def _bar(seconds: float, expected: int, look: Look) -> Table:
    row = Table.grid(padding=(0, 1), expand=True)
    row.add_column(ratio=1)
    row.add_column(justify="right", no_wrap=True)
    label = f"{look.created} of {expected} cases · {seconds:3.0f} s"
    row.add_row(ProgressBar(total=expected, completed=min(look.created, expected)), label)
    return row


def _figures(look: Look, rate: float) -> Table:
    table = Table.grid(padding=(0, 3))
    for _ in range(2):
        table.add_column()
        table.add_column(justify="right", min_width=6)
    table.add_row("found", str(look.found), "requests to Cody", str(look.requests.get("cody", 0)))
    table.add_row("created", str(look.created), "requests to Zoho", str(look.requests.get("zoho", 0)))
    table.add_row("waiting", str(look.waiting + look.working), "cases a second", f"{rate:.0f}")
    return table


def addresses(stage: Stage) -> Table:
    """Where to look, while it runs."""
    table = Table.grid(padding=(0, 2))
    for name, address in stage.addresses().items():
        table.add_row(name, Text(address, overflow="fold"))
    return table


def print_summary(summary: Summary) -> None:
    """The figures, and a sentence for what they mean."""
    click.echo()
    for name, figure in summary.lines():
        click.echo(f"  {name:<22}{figure}")
    click.echo()
    for problem in summary.problems:
        click.secho(f"✗ {problem}", fg="red")
    if not summary.problems:
        click.secho("✓ Every conversation with something said is one case, every word is there.", fg="green")


def print_addresses(stage: Stage) -> None:
    Console(highlight=False, stderr=True).print(Padding(addresses(stage), (0, 2)))


def view_for(stage: Stage, *, silent: bool) -> View:
    if silent:
        return Silent()
    return Terminal(stage) if Console().is_terminal else Plain()
