"""Guards that can be switched off, to see the proof fail without them."""

from dataclasses import dataclass, field
from typing import Any

#: Longer than any run.
_HOUR = 3_600


@dataclass(frozen=True)
class Guard:
    words: str
    #: What the processes are told instead.
    settings: dict[str, str] = field(default_factory=dict)
    #: How Zoho behaves instead.
    zoho_knobs: dict[str, Any] = field(default_factory=dict)


GUARDS = {
    "unique-field": Guard(
        "Zoho takes a second case with the same conversation id", zoho_knobs={"unique_window_seconds": _HOUR}
    ),
    "lease": Guard(
        "what a killed worker held stays its own for an hour",
        {"LEASE_SECONDS": f"{_HOUR}", "VISIBILITY_TIMEOUT_SECONDS": f"{_HOUR + 1}"},
    ),
}
