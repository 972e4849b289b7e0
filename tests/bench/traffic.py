"""Conversations that took days, as they would come in one busy day: when what is said."""

import heapq
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cody2zoho.simulators.corpus import CorpusConversation, CorpusMessage

SPEED = 200

#: Visitors at noon, 50 with those who come back; and in the morning and in the evening.
AT_ONCE = 47
_FEWEST = 10

#: One of so many visitors goes away in the midst and comes back, as no corpus of short dialogues has it.
_LEAVES = 8
_AWAY_SECONDS = (600, 3_600)

#: A longer silence is cut to that: a day would be seven minutes of a benchmark.
_LONGEST_SECONDS = 3_600

#: Whoever is silent for longer is not chatting meanwhile.
_CHATTING_SECONDS = 300


@dataclass(frozen=True)
class Line:
    """What happens so many seconds after the beginning: a conversation begins, or has a message."""

    at: float
    conversation: CorpusConversation
    message: CorpusMessage | None = None

    @property
    def begins(self) -> bool:
        return self.message is None


def planned(conversations: Sequence[CorpusConversation]) -> list[Line]:
    """In order of time; the next visitor comes when there are fewer than there should be at that hour."""
    dice, now = random.Random(1), 0.0
    ends: list[float] = []
    lines: list[Line] = []
    for number, one in enumerate(conversations):
        wanted = max(_FEWEST, int(AT_ONCE * math.sin(math.pi * (number + 1) / (len(conversations) + 1))))
        while ends and (ends[0] <= now or len(ends) >= wanted):
            now = max(now, heapq.heappop(ends))
        now += dice.uniform(0, 1) / SPEED
        said = [now + seconds / SPEED for seconds in _moments(one, number, dice)]
        lines += [Line(now, one), *map(Line, said, [one] * len(said), one["messages"])]
        heapq.heappush(ends, _first_end(now, said))
    return sorted(lines, key=lambda line: line.at)


def most_at_once(lines: Sequence[Line]) -> int:
    """Conversations in which somebody speaks before and after the same moment, without falling silent between."""
    changes: list[tuple[float, int]] = []
    last: dict[str, float] = {}
    for line in lines:
        own_id = line.conversation["id"]
        if line.at - last.get(own_id, -math.inf) < _CHATTING_SECONDS / SPEED:
            changes += [(last[own_id], 1), (line.at, -1)]
        last[own_id] = line.at
    running = most = 0
    for _, change in sorted(changes):
        running += change
        most = max(most, running)
    return most


def _moments(one: CorpusConversation, number: int, dice: random.Random) -> Iterator[float]:
    """Real seconds after the conversation began at which each of its messages comes."""
    leaves_at = len(one["messages"]) // 2 if number % _LEAVES == 0 else -1
    at, before = 0.0, one["created_at"]
    for place, message in enumerate(one["messages"]):
        at += min(max(0, message["created_at"] - before), _LONGEST_SECONDS)
        if place == leaves_at:
            at += dice.uniform(*_AWAY_SECONDS)
        before = message["created_at"]
        yield at


def _first_end(began: float, said: Sequence[float]) -> float:
    """When this visitor first falls silent for long."""
    end = began
    for moment in said:
        if moment - end > _CHATTING_SECONDS / SPEED:
            break
        end = moment
    return end
