"""The conversations of a run: some are there before the first fault, the others arrive all the while."""

import random
from dataclasses import dataclass

from cody2zoho.simulators.corpus import CorpusConversation
from cody2zoho.simulators.generator import generate

#: Two ids that Zoho's unique field takes for one, because it ignores case.
_TWINS = ("pRoVeTwInSaB", "PrOvEtWiNsAb")

#: Of one conversation: 20 pages. A read that a fault met begins anew, and one of 53 pages would never get through.
_MOST_MESSAGES = 200

_THERE_SHARE = 0.4
_BURST_SECONDS = 0.5


@dataclass(frozen=True)
class Burst:
    """Conversations that begin in the same moment."""

    at: float
    conversations: list[CorpusConversation]


def load(count: int, seed: int, seconds: float) -> list[Burst]:
    """Bursts over so many seconds; the first, at 0, is what was there before."""
    dice = random.Random(seed)
    made = generate(count, seed)
    for conversation in made:
        del conversation["messages"][_MOST_MESSAGES:]
    for conversation, own_id in zip(made, _TWINS, strict=False):
        conversation["id"] = own_id
        for message in conversation["messages"]:
            message["conversation_id"] = own_id
    dice.shuffle(made)
    there = round(count * _THERE_SHARE)
    moments = _moments(len(made) - there, seconds, dice)
    arriving = [Burst(at, [one]) for at, one in zip(moments, made[there:], strict=True)]
    return [Burst(0, made[:there]), *_merged(arriving)]


@dataclass(frozen=True)
class Afterthought:
    """What is said in one of the conversations that are there by then, whether it has its case or not."""

    at: float
    texts: list[str]


def afterthoughts(count: int, seed: int, seconds: float) -> list[Afterthought]:
    """So many, in the order of their moments."""
    dice = random.Random(f"afterthoughts {seed}")
    moments = sorted(dice.uniform(0, seconds) for _ in range(count))
    return [
        Afterthought(at, [f"Afterthought {number}.{part}" for part in range(dice.randint(1, 3))])
        for number, at in enumerate(moments)
    ]


def _moments(count: int, seconds: float, dice: random.Random) -> list[float]:
    """Visitors come when they like, but within half a second together: a poll should find several."""
    return sorted(dice.uniform(0, seconds) // _BURST_SECONDS * _BURST_SECONDS for _ in range(count))


def _merged(bursts: list[Burst]) -> list[Burst]:
    found: dict[float, Burst] = {}
    for burst in bursts:
        found.setdefault(burst.at, Burst(burst.at, [])).conversations.extend(burst.conversations)
    return list(found.values())


def stamped(conversation: CorpusConversation, now: int) -> CorpusConversation:
    """As one that begins this second: a poll looks for new ones at the top of the list only."""
    messages = [{**message, "created_at": now} for message in conversation["messages"]]
    return {**conversation, "created_at": now, "messages": messages}  # type: ignore[typeddict-item]
