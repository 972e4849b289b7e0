"""How long a thread waits for its turn: in short steps, within its time limit, and no longer once the worker stops."""

import random
import threading
import time
from collections.abc import Callable

from cody2zoho.http import time_left

#: What must be left of a task's time after the waiting, for the request itself and for writing down what came of it.
_CALL_SECONDS = 5.0

#: By chance, so that those who wait do not come back in step.
_SHORTEST_STEP, _LONGEST_STEP = 0.02, 0.05

#: A longer wait is looked at again in between: a limit may have been raised.
_LOOK_SECONDS = 5.0


class Patience:
    """That of one process."""

    def __init__(self) -> None:
        self._over = threading.Event()

    def end(self) -> None:
        """The worker stops: nobody begins to wait, and whoever waits hears at once that it is in vain."""
        self._over.set()

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    def until(self, attempt: Callable[[], float | None], longest_seconds: float) -> float | None:
        """Repeat the attempt until it returns None; else the seconds it still wanted when patience was at its end.

        An attempt that wants more time than there is ends the waiting before it begins.
        """
        ends_at = time.monotonic() + self.seconds(longest_seconds)
        while (wait := attempt()) is not None:
            if time.monotonic() + wait >= ends_at or self.is_over:
                return wait
            self._over.wait(min(wait, _LOOK_SECONDS) + random.uniform(_SHORTEST_STEP, _LONGEST_STEP))
        return None

    def rest(self, seconds: float) -> None:
        """Wait so long, or until patience is at its end."""
        self._over.wait(seconds)

    def seconds(self, longest_seconds: float) -> float:
        """How long one may wait now."""
        return 0.0 if self.is_over else max(0.0, min(longest_seconds, time_left() - _CALL_SECONDS))
