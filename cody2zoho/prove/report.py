"""What a run came to, for people and for scripts."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from cody2zoho.prove.figures import Figures
from cody2zoho.prove.invariants import Broken


@dataclass(frozen=True)
class Result:
    """One run. `conversations` are those that had to become a case, and those that were deleted after they had."""

    seed: int
    conversations: int
    cases: int
    lost: int
    extra: int
    #: How often each fault struck; of a fault in answers, how many answers it spoilt.
    faults: dict[str, int]
    figures: Figures
    #: What a case has more than once, through no fault of its words.
    doubled: dict[str, int]
    recovery_seconds: float | None
    seconds: float
    broken: list[Broken]
    #: Where everything about the run lies; empty where it was removed.
    folder: str = ""

    @property
    def ok(self) -> bool:
        return not self.broken

    @property
    def verdict(self) -> str:
        return f"{self.conversations} conversations, {self.cases} cases, {self.lost} lost, {self.extra} extra"

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ok": self.ok}

    def lines(self) -> Iterator[tuple[str, str]]:
        """What each figure is, and the figure."""
        figures = self.figures
        yield "faults", ", ".join(f"{name} {count}" for name, count in sorted(self.faults.items())) or "none"
        yield "requests", ", ".join(f"{count} to {name.capitalize()}" for name, count in figures.requests.items())
        yield "duplicates refused", str(figures.refused_duplicates)
        yield "written twice", f"{self.doubled['notes']} notes, {self.doubled['files']} files"
        yield "at most", f"{figures.zoho_at_a_time} calls of Zoho at a time, {figures.cody_a_minute} of Cody a minute"
        yield "token refreshes", str(figures.token_refreshes)
        yield "recovery", "never" if self.recovery_seconds is None else f"{self.recovery_seconds:.1f} s"


def table(results: Sequence[Result]) -> Table:
    """A row for each run."""
    shown = Table("seed", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("conversations", "cases", "lost", "extra", "faults", "requests", "recovery", "took"):
        shown.add_column(heading, justify="right")
    shown.add_column("")
    for one in results:
        recovery = "never" if one.recovery_seconds is None else f"{one.recovery_seconds:.1f} s"
        counts = (one.conversations, one.cases, one.lost, one.extra, sum(one.faults.values()))
        requests = sum(one.figures.requests.values())
        mark = "[green]✓[/]" if one.ok else "[red]✗[/]"
        shown.add_row(str(one.seed), *map(str, counts), str(requests), recovery, f"{one.seconds:.0f} s", mark)
    return shown


def totals(results: Sequence[Result]) -> Iterator[tuple[str, str]]:
    """Over all runs."""
    faults: dict[str, int] = {}
    for one in results:
        for name, count in one.faults.items():
            faults[name] = faults.get(name, 0) + count
    recoveries = [one.recovery_seconds for one in results if one.recovery_seconds is not None]
    yield "faults", ", ".join(f"{name} {count}" for name, count in sorted(faults.items())) or "none"
    yield "requests", str(sum(sum(one.figures.requests.values()) for one in results))
    yield "duplicates refused", str(sum(one.figures.refused_duplicates for one in results))
    yield "at most", f"{max(one.figures.zoho_at_a_time for one in results)} calls of Zoho at a time"
    yield "longest recovery", f"{max(recoveries, default=0):.1f} s"
