"""What all events have in common."""

import logging
import re
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Event:
    """The name, as logs and telemetry know it, is the class's in small letters."""

    name: ClassVar[str] = ""
    #: As in `logging`; what an operator has to do begins at WARNING, what a person should do now at ERROR.
    severity: ClassVar[int] = logging.INFO

    def __init_subclass__(cls) -> None:
        cls.name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()

    @property
    def level(self) -> int:
        return self.severity

    @property
    def facts(self) -> dict[str, Any]:
        """Those that are known; seconds as exact as they mean anything."""
        return {name: _told(value) for name, value in vars(self).items() if value is not None}


def _told(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
