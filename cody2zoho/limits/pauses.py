"""When an API says stop, all workers stop asking it; the other API's work goes on.

Keys, below the prefix:
    pause:<api>      string  how long `cody` or `zoho` wants to be left alone (ms); gone when it may be asked again
    pause:<api>:row  string  how many such pauses came one soon after the other, where the API named no length
"""

import redis

from cody2zoho.store import script
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import ApiPaused, RateLimitHit

#: As long as anything waits for an API that does not say how long. Zoho gives credits back by the minute.
LONGEST_SECONDS = 900


class Pauses:
    """Shared by all workers. The scripts of turns and permits look at them, so that looking costs no round trip."""

    def __init__(self, store: redis.Redis, prefix: str) -> None:
        self._prefix = prefix
        self._pause = script(store, "paused", "pause")

    def begin(self, api: str, seconds: float | None) -> None:
        """The API answered 429: leave it alone for so long; None = 2, 4, 8 … seconds while that goes on."""
        report(RateLimitHit(api, seconds))
        wait = "" if seconds is None else max(1, int(seconds * 1000))
        keys = [self.key(api), f"{self.key(api)}:row"]
        left, is_new = self._pause(keys=keys, args=[wait, LONGEST_SECONDS * 1000])
        if is_new:
            report(ApiPaused(api, round(left / 1000)))

    def key(self, api: str) -> str:
        return f"{self._prefix}pause:{api}"
