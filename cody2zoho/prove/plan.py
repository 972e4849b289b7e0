"""Which fault strikes when: all of it follows from the seed."""

import random
from collections import Counter
from collections.abc import Sequence

from cody2zoho.errors import ConfigurationError
from cody2zoho.prove.fault import Fault, Strike

#: Faults that begin together: alone as often as not.
_TOGETHER = (1, 1, 2, 3)
_PAUSE_SECONDS = (0.8, 2.2)
_FIRST_SECONDS = (0.2, 1.0)

#: A fault that takes this share of the time or more fits only if it comes first.
_LONG_SHARE = 0.5
_LONG_FIRST = 0.4


def plan(
    seed: int, seconds: float, faults: Sequence[Fault], workers: Sequence[str], beats: Sequence[str]
) -> list[Strike]:
    """Strikes in the order in which they begin, every one over after so many seconds.

    Raises ConfigurationError where there would be none: a run in which nothing breaks proves nothing.
    """
    strikes = _Planner(random.Random(seed), seconds, faults, {"worker": workers, "beat": beats}).strikes()
    if not strikes:
        raise ConfigurationError([f"Seed {seed} breaks nothing within {seconds:g} s: choose more --seconds."])
    return strikes


class _Planner:
    """Deals faults from a shuffled deck, so that none comes twice before the others have come."""

    def __init__(
        self, dice: random.Random, seconds: float, faults: Sequence[Fault], crews: dict[str, Sequence[str]]
    ) -> None:
        self._dice = dice
        self._seconds = seconds
        self._faults = faults
        self._crews = crews
        self._deck: list[Fault] = []
        self._dealt: Counter[str] = Counter()
        self._free_at: dict[str, float] = {}

    def strikes(self) -> list[Strike]:
        made: list[Strike] = []
        at = self._dice.uniform(*_FIRST_SECONDS)
        while at < self._seconds:
            for _ in range(self._dice.choice(_TOGETHER)):
                made += self._next(round(at + self._dice.uniform(0, 0.4), 2))
            at += self._dice.uniform(*_PAUSE_SECONDS)
        return sorted(made, key=lambda strike: strike.at)

    def _next(self, at: float) -> list[Strike]:
        """The first fault of the deck that fits here, if any does."""
        if not any(self._free(fault, at) for fault in self._deck):
            self._shuffle()
        for fault in self._deck:
            if places := self._free(fault, at):
                self._deck.remove(fault)
                return [self._strike(fault, places, at)]
        return []

    def _shuffle(self) -> None:
        self._deck = self._dice.sample(self._faults, len(self._faults))
        if self._dice.random() < _LONG_FIRST:
            self._deck.sort(key=lambda fault: fault.lasts[0] < _LONG_SHARE * self._seconds)

    def _free(self, fault: Fault, at: float) -> list[str]:
        """The places it may take; empty where it does not fit."""
        spent = fault.most is not None and self._dealt[fault.name] >= fault.most
        if spent or at + fault.lasts[0] > self._seconds:
            return []
        places = self._crews.get(fault.place.removesuffix("s"), [fault.place])
        free = [place for place in places if self._free_at.get(place, 0) <= at]
        return free if fault.place in self._crews or len(free) == len(places) else []

    def _strike(self, fault: Fault, places: list[str], at: float) -> Strike:
        shortest, longest = fault.lasts
        seconds = round(self._dice.uniform(shortest, min(longest, self._seconds - at)), 2)
        taken = [self._dice.choice(places)] if fault.place in self._crews else places
        self._free_at |= dict.fromkeys(taken, at + seconds)
        self._dealt[fault.name] += 1
        target = taken[0] if fault.place in self._crews else ""
        return Strike(at, fault.name, seconds, target, self._dice.randrange(2**31))
