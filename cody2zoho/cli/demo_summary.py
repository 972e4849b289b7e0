"""What the demo came to, by what the simulated Cody and Zoho hold in the end, not by our own books."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

#: Ids named in a sentence.
_NAMED = 5


@dataclass(frozen=True)
class Summary:
    """Figures; `duplicates` and those after it are ids of conversations."""

    conversations: int
    with_something_said: int
    cases: int
    duplicates: list[str]
    missing: list[str]
    unexpected: list[str]
    words_missing: list[str]
    seconds_to_first_case: float | None
    seconds: float
    requests_to_cody: int
    requests_to_zoho: int
    worker_memory_mb: float | None
    #: Lines of the workers' logs.
    errors: list[str]
    finished: bool

    @property
    def cases_per_second(self) -> float | None:
        """From the first case on; None where there are too few to tell."""
        if self.seconds_to_first_case is None or self.seconds <= self.seconds_to_first_case:
            return None
        return self.cases / (self.seconds - self.seconds_to_first_case)

    @property
    def problems(self) -> list[str]:
        """A sentence for each thing that is not as promised."""
        return list(self._problems())

    def _problems(self) -> Iterator[str]:
        if not self.finished:
            yield f"Not all was done after {self.seconds:.0f} s."
        if self.errors:
            yield f"The workers logged errors, {len(self.errors)} in all; the first: {self.errors[0]}"
        for ids, problem in (
            (self.missing, "without a case"),
            (self.duplicates, "with more than one case"),
            (self.words_missing, "whose case lacks words"),
            (self.unexpected, "with a case, though nobody said anything"),
        ):
            if ids:
                more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
                yield f"{len(ids)} {'conversation' if len(ids) == 1 else 'conversations'} {problem}: " + (
                    f"{', '.join(ids[:_NAMED])}{more}."
                )

    def as_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "cases_per_second": self.cases_per_second,
            "requests_per_case": self.per_case(self.requests_to_cody + self.requests_to_zoho),
            "problems": self.problems,
            "ok": not self.problems,
        }

    def per_case(self, requests: int) -> float | None:
        return requests / self.cases if self.cases else None

    def lines(self) -> Iterator[tuple[str, str]]:
        """What each figure is, and the figure, for people."""
        yield "conversations", str(self.conversations)
        yield "with something said", str(self.with_something_said)
        yield "cases", str(self.cases)
        yield "duplicates", str(len(self.duplicates))
        yield "missing", str(len(self.missing))
        yield "words missing", "none" if not self.words_missing else f"in {len(self.words_missing)} cases"
        yield "first case after", _figure(self.seconds_to_first_case, "s")
        yield "all done after", f"{self.seconds:.1f} s, {_figure(self.cases_per_second, 'cases a second')}"
        yield "requests to Cody", f"{self.requests_to_cody}, {_figure(self.per_case(self.requests_to_cody), 'a case')}"
        yield "requests to Zoho", f"{self.requests_to_zoho}, {_figure(self.per_case(self.requests_to_zoho), 'a case')}"
        yield "memory of a worker", _figure(self.worker_memory_mb, "MB")


def _figure(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:.1f} {unit}"


def memory_mb(process: int) -> float | None:
    """Resident memory of a process; None where the system does not tell (only Linux does)."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return None
    resident = next((line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")), None)
    return None if resident is None else int(resident) / 1024
