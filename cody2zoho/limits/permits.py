"""Requests to Cody, so many a minute over all workers on all machines.

Who reads on in a conversation comes before who begins one: a transcript cannot be taken half. Polls have a small share
that nothing else may use, so that a backlog does not hide what is new, and history leaves a fifth free. How much is
left is counted in `window.lua`, which also hears from Cody's own headers what other programs use of the same account.

Keys, below the prefix:
    limit:cody:reads  zset    a random name -> ms at which it was asked, for each request of the last 66 seconds
    limit:cody:polls  zset    the same, for lists of conversations and bots, and the feed's first page
    limit:cody:told   hash    what Cody's headers say: limit; used in Cody's window, and when that ends (ms)
    limit:cody:first  string  the conversation that is read to its end before others go on; gone after 5 seconds
"""

import math
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum

import redis
from redis.exceptions import RedisError

from cody2zoho.errors import OutOfTurn, ReadInPart
from cody2zoho.http import Answer, retry_after_seconds
from cody2zoho.limits.patience import Patience
from cody2zoho.limits.pauses import Pauses
from cody2zoho.store import script

#: Whoever has begun nothing comes back later; the thread has other work.
_START_SECONDS = 1.0

#: Whoever has begun waits as long as the task may; this is for callers without a time limit.
_ON_SECONDS = 70.0


class Kind(StrEnum):
    POLL = "poll"  # what is new
    START = "start"  # the first page of a conversation
    ON = "on"  # its further pages
    BACK = "back"  # the first page of one of long ago


def patient(
    permit: Callable[..., Answer], longest_seconds: float = math.inf, sleep: Callable[[float], None] = time.sleep
) -> Callable[..., Answer]:
    """The permit of a command, which has time: it waits for its turn, and leaves to polls what is kept for them.

    A 429 is as if it had not been its turn: nothing came of the request, and the pause that it began is waited for.
    Other faults are the caller's: who may ask again after those is its own question.
    """

    def ask(send: Callable[[], Answer], kind: Kind, reader: str = "") -> Answer:  # noqa: ARG001 - always the same
        waited = 0.0
        while True:
            try:
                answer = permit(send, Kind.START, reader)
                seconds = 1.0
                if answer.status != 429 or waited + seconds > longest_seconds:
                    return answer
            except OutOfTurn as wait:
                seconds = wait.retry_after_seconds or 1.0
                if waited + seconds > longest_seconds:
                    raise
            sleep(seconds)
            waited += seconds

    return ask


class Permits:
    """Raises OutOfTurn where there is no permit in time, ReadInPart where that is for a further page; none is asked."""

    def __init__(
        self, store: redis.Redis, prefix: str, per_minute: int | None, pauses: Pauses, patience: Patience
    ) -> None:
        self._store, self._most = store, per_minute or 0
        self._pauses, self._patience = pauses, patience
        self.window_keys = [f"{prefix}limit:cody:{part}" for part in ("reads", "polls", "told")]
        self._keys = [*self.window_keys, f"{prefix}limit:cody:first", pauses.key("cody")]
        self._permit = script(store, "window", "paused", "permit")
        #: Limit, remaining and the moment of the latest headers; they travel with the next permit.
        self._heard: tuple[str, str, float] | None = None

    def __call__(self, send: Callable[[], Answer], kind: Kind, reader: str = "") -> Answer:
        """What `send` answers once it may be asked; `reader` tells conversations apart."""
        longest = _ON_SECONDS if kind in (Kind.ON, Kind.BACK) else _START_SECONDS
        wait = self._patience.until(lambda: self._wait(kind, reader), longest)
        if wait is not None and kind is Kind.ON and not self._patience.is_over:
            # What is too long for the limit would be begun again and again, and take the turns of all others.
            raise ReadInPart("Cody's limit, or a pause, let only a part be read within TASK_BUDGET_SECONDS", wait)
        if wait is not None:
            raise OutOfTurn("Cody may not be asked yet: it wants a pause, or this minute's requests are used up", wait)
        answer = send()
        self._hear(answer)
        return answer

    def _wait(self, kind: Kind | str, reader: str = "") -> float | None:
        """None with a permit; else the seconds until there may be one."""
        heard, self._heard = self._heard, None
        told = [heard[0], heard[1], int((time.monotonic() - heard[2]) * 1000)] if heard else []
        left = self._permit(keys=self._keys, args=[self._most, secrets.token_hex(6), kind, reader, *told])
        return left / 1000 if left else None

    def _hear(self, answer: Answer) -> None:
        """Keep what the headers say. Only bad news is told at once: it concerns the others, and it is rare."""
        limit, remaining = (answer.headers.get(f"X-RateLimit-{name}", "") for name in ("Limit", "Remaining"))
        if answer.status == 429:
            self._pause(retry_after_seconds(answer))
        elif limit.isdecimal() and remaining.isdecimal() and int(limit) > 0:
            self._heard = (limit, remaining, time.monotonic())
            if int(remaining) == 0:
                with suppress(RedisError):
                    self._wait("none")

    def _pause(self, seconds: float | None) -> None:
        with suppress(RedisError):
            self._pauses.begin("cody", seconds)
            # With the pause this window of Cody's ends, and what was used of it.
            self._store.hdel(self.window_keys[2], "used", "ends")
