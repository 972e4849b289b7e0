"""What a run shows while it goes on: a calm panel on a terminal, else a line for what happens."""

from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

import click
from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

_SHOWN = 6


class View(Protocol):
    """Seconds count from the first moment of the faults."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def say(self, seconds: float, sentence: str) -> None:
        """Something happened."""

    def show(self, phase: str, cases: int, expected: int, broken: Sequence[str]) -> None:
        """How far it is, and what is broken now."""


class Silent:
    """For scripts, which want the end only."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def say(self, seconds: float, sentence: str) -> None: ...

    def show(self, phase: str, cases: int, expected: int, broken: Sequence[str]) -> None: ...


class Plain(Silent):
    """A line for each thing that happens, for a log."""

    def say(self, seconds: float, sentence: str) -> None:
        click.echo(f"{seconds:6.1f} s  {sentence}")


class Terminal:
    """A panel that is drawn anew with each look."""

    def __init__(self) -> None:
        self._said: deque[str] = deque(maxlen=_SHOWN)
        # Drawn when we say so: a thread of its own would be one more thing that may be alive during a fork.
        self._live = Live(Padding("Starting …", (1, 2)), auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def say(self, seconds: float, sentence: str) -> None:
        self._said.append(f"{seconds:6.1f} s  {sentence}")

    def show(self, phase: str, cases: int, expected: int, broken: Sequence[str]) -> None:
        bar = Table.grid(padding=(0, 1), expand=True)
        bar.add_column(ratio=1)
        bar.add_column(justify="right", no_wrap=True)
        bar.add_row(ProgressBar(total=max(1, expected), completed=min(cases, expected)), f"{cases} of {expected} cases")
        now = Text(", ".join(broken) or "nothing", style="red" if broken else "green")
        rows = Table.grid(padding=(0, 2))
        rows.add_row("now", phase)
        rows.add_row("broken", now)
        panel = Group(bar, "", rows, "", *(Text(line, style="dim") for line in self._said))
        self._live.update(Padding(panel, (1, 2)), refresh=True)


def view_for(*, silent: bool) -> View:
    if silent:
        return Silent()
    return Terminal() if Console().is_terminal else Plain()
