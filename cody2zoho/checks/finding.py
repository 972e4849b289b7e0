"""What the doctor says of one thing."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"  # it works, but not as well or as safely as it could
    FAILED = "failed"  # no case will be made until this is mended


@dataclass(frozen=True)
class Finding:
    """One answer; `mend` says what to do, where there is something to do."""

    about: str
    level: Level
    words: str
    mend: str = ""
