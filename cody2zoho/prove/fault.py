"""What can be broken, and one blow of it."""

from collections.abc import Callable
from dataclasses import dataclass

from cody2zoho.prove.stage import Stage


@dataclass(frozen=True)
class Strike:
    """One fault at one time; seconds count from the first moment of the faults."""

    at: float
    fault: str
    seconds: float
    #: The process it strikes, where it strikes one.
    target: str = ""
    #: For what else is left to chance.
    seed: int = 0


#: Tries to heal; True when it is done, else it is called again.
Heal = Callable[[], bool]


@dataclass(frozen=True)
class Fault:
    """One way to break something."""

    name: str
    words: str
    #: What it takes for itself: `worker` and `beat` are one of them, `workers` is all, else a name of its own.
    place: str
    begin: Callable[[Stage, Strike], Heal]
    #: Seconds until it is healed, from and to.
    lasts: tuple[float, float] = (0.5, 2.0)
    #: How often in one run at most; None is as often as it comes.
    most: int | None = None
    #: Whether Redis forgets what it knew: limits that it kept cannot hold then.
    wipes: bool = False


def healed() -> bool:
    """For what is over at once."""
    return True
