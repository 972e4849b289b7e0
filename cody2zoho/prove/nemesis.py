"""Breaks what the plan says, heals it in time, and counts."""

from collections import Counter
from collections.abc import Sequence

from cody2zoho.prove import answer_faults, network_faults, process_faults, redis_faults, world_faults
from cody2zoho.prove.fault import Fault, Heal, Strike
from cody2zoho.prove.stage import Stage

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for module in (process_faults, redis_faults, network_faults, answer_faults, world_faults)
    for fault in module.FAULTS
}


class Nemesis:
    """Strikes as its clock goes on; nothing of it runs by itself."""

    def __init__(self, stage: Stage, strikes: Sequence[Strike]) -> None:
        self.stage = stage
        #: Faults that struck so far.
        self.struck: Counter[str] = Counter()
        self._to_come = list(strikes)
        self._active: list[tuple[Strike, Heal]] = []

    @property
    def active(self) -> list[str]:
        """What is broken now, in words."""
        return [_words(strike) for strike, _ in self._active]

    def tick(self, seconds: float) -> list[str]:
        """Begin and heal what is due; a sentence for each beginning."""
        self._heal([one for one in self._active if one[0].at + one[0].seconds <= seconds])
        said = []
        for strike in [one for one in self._to_come if one.at <= seconds]:
            # A worker may take its time to end.
            if self._busy() & self._places(strike):
                continue
            self._to_come.remove(strike)
            self._active.append((strike, FAULTS[strike.fault].begin(self.stage, strike)))
            self.struck[strike.fault] += 1
            said.append(_words(strike))
        return said

    def _busy(self) -> set[str]:
        return {place for strike, _ in self._active for place in self._places(strike)}

    def _places(self, strike: Strike) -> set[str]:
        place = FAULTS[strike.fault].place
        return set(self.stage.crew.workers) if place == "workers" else {strike.target or place}

    def heal_all(self) -> bool:
        """Whether all is whole again; nothing new begins."""
        self._to_come.clear()
        self._heal(list(self._active))
        return not self._active

    def _heal(self, due: list[tuple[Strike, Heal]]) -> None:
        for one in due:
            if one[1]():
                self._active.remove(one)


def _words(strike: Strike) -> str:
    words = FAULTS[strike.fault].words
    return f"{words} ({strike.target})" if strike.target else words
