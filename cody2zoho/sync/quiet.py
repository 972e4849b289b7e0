"""When a conversation may count as over, and when it is looked at again.

Cody tells neither that a conversation has ended nor when it moved last: `created_at` of its newest message is all
there is. One that is never quiet gets its case all the same, and what is said later follows.
"""

from collections.abc import Sequence
from itertools import pairwise

from cody2zoho.models import Message

#: An answer that is still empty after so long, or after two quiet periods, stays empty.
_ANSWER_SECONDS = 10.0
_ANSWER_LOOK_SECONDS = 5.0

#: What is due is handed out a moment early (`due.lua`); to look once more for that would cost a request, or several.
_EARLY_SECONDS = 0.1

#: So many quiet periods, and an hour at least, without one: it may never end.
_ENDLESS = 12
_ENDLESS_SECONDS = 3_600.0

#: Hours after the last word at which its case is brought up to date where Cody's feed does not tell of later ones.
LOOKS_HOURS = (0.25, 1.0, 6.0)

#: Of a conversation that had one part only, the last look for another one.
_LAST_LOOK_HOURS = 64 * 24.0

#: A look may come a little early.
_SAME_LOOK_HOURS = 0.01


def first_look_seconds(began_at: float, now: float, quiet_seconds: float) -> float:
    """Seconds until a conversation that has just been listed may be over. Cody's clock may be wrong."""
    return min(max(0.0, began_at + quiet_seconds - now), quiet_seconds)


def longest_seconds(quiet_seconds: float) -> float:
    """For how long a case waits for a conversation that goes on."""
    return max(_ENDLESS_SECONDS, _ENDLESS * quiet_seconds)


def going_since(newest: Sequence[Message], began_at: float, seen_at: float, now: float, quiet_seconds: float) -> float:
    """Unix second since when it is not quiet, as far as its latest messages show; `seen_at` at the least.

    `newest` has the newest first; `began_at` is when the one before them was said, or the conversation began.
    """
    seconds = [*(message.created_at for message in newest), began_at]
    for later, earlier in pairwise(seconds):
        if later - earlier >= quiet_seconds and later <= now:
            return max(seen_at, later)
    return seen_at


def seconds_left(newest: Sequence[Message], waited_since: float, now: float, quiet_seconds: float) -> float:
    """Seconds until it may be over, 0 where it is; `newest` are its latest messages, the newest first.

    `waited_since` is the Unix second at which the wait began.
    """
    if not newest:
        return 0.0
    last = newest[0]
    longest, waited = max(_ANSWER_SECONDS, 2 * quiet_seconds), now - last.created_at
    if is_coming(newest) and waited < longest:
        # At growing distances: where Cody's model is out of order, many stay empty at once.
        growing = min(waited / 4, longest - waited)
        return max(_ANSWER_LOOK_SECONDS, first_look_seconds(last.created_at, now, quiet_seconds), growing)
    if now - waited_since >= longest_seconds(quiet_seconds):
        return 0.0
    left = first_look_seconds(last.created_at, now, quiet_seconds)
    return left if left > _EARLY_SECONDS else 0.0


def is_coming(newest: Sequence[Message]) -> bool:
    """Whether the answer to what was said last is still empty."""
    return any(last.by_machine and not last.content.strip() and not last.failed for last in newest[:1])


def next_look_seconds(last_said_at: float, now: float, follow_up_hours: float, *, is_fed: bool) -> float | None:
    """Seconds until its case is looked at again for later words; None where that is over.

    At growing distances, the last one at the end of the time; where Cody's feed tells of later words, only that one.
    """
    if not follow_up_hours:
        return None
    looks = [] if is_fed else [hours for hours in LOOKS_HOURS if hours < follow_up_hours]
    silent_hours, early = (now - last_said_at) / 3_600, min(_SAME_LOOK_HOURS, follow_up_hours / 2)
    ahead = [hours for hours in (*looks, follow_up_hours) if hours > silent_hours + early]
    return (ahead[0] - silent_hours) * 3_600 if ahead else None


def next_part_seconds(last_said_at: float, now: float, split_hours: float, *, is_endless: bool) -> float | None:
    """Seconds until a conversation is looked at for a new part, where Cody's feed does not tell of one.

    Each time after twice the silence, for two months at most unless it had several parts already.
    """
    silent_hours, look = (now - last_said_at) / 3_600, split_hours
    while look <= silent_hours + _SAME_LOOK_HOURS:
        look *= 2
    return (look - silent_hours) * 3_600 if is_endless or look <= _LAST_LOOK_HOURS else None
