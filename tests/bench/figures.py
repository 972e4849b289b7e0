"""What a benchmark returns, and how it is shown."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Figure:
    """One measured value; with a limit it can fail, without one it only explains another."""

    name: str
    value: float
    unit: str = ""
    limit: float | None = None
    bound: Literal["at most", "at least"] = "at most"

    @property
    def ratio(self) -> float | None:
        """Value to limit."""
        return self.value / self.limit if self.limit else None

    @property
    def holds(self) -> bool:
        if self.limit is None:
            return True
        return self.value <= self.limit if self.bound == "at most" else self.value >= self.limit

    @property
    def verdict(self) -> str:
        return "" if self.limit is None else "PASS" if self.holds else "FAIL"

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "ratio": self.ratio, "holds": self.holds}

    def line(self) -> str:
        limit = "" if self.limit is None else f"{self.bound} {self.limit:g}"
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return f"  {self.name:<68}{self.value:>10,.2f} {self.unit:<7}{limit:<16}{ratio:>6}  {self.verdict}".rstrip()
