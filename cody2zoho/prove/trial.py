"""The course of a run: start, break, heal, wait, end."""

import time
from dataclasses import dataclass

from redis.exceptions import RedisError

from cody2zoho.prove.books import Books
from cody2zoho.prove.fault import Fault, Strike
from cody2zoho.prove.load import afterthoughts, load
from cody2zoho.prove.nemesis import FAULTS, Nemesis
from cody2zoho.prove.plan import plan
from cody2zoho.prove.stage import Stage
from cody2zoho.prove.view import View

_LOOK_SECONDS = 0.05
_AUDIT_SECONDS = 0.4

#: In so many of the conversations something is said later, or in one of them several times.
_LATER_SHARE = 0.25


@dataclass(frozen=True)
class Wanted:
    """What a run is to be."""

    seconds: float
    conversations: int
    workers: int
    #: From the end of the faults until all must be done.
    within_seconds: float
    #: Names of faults; none is all of them.
    only: tuple[str, ...] = ()
    #: A guard that is switched off, to see the proof fail.
    without: str = ""

    @property
    def faults(self) -> list[Fault]:
        return [fault for name, fault in FAULTS.items() if not self.only or name in self.only]


@dataclass(frozen=True)
class Course:
    """What happened in a run, as far as the one knows who let it happen."""

    seed: int
    strikes: list[Strike]
    #: How often each fault struck.
    struck: dict[str, int]
    history: list[str]
    #: The first moment of the faults, on the monotonic clock.
    began: float
    recovery_seconds: float | None
    within_seconds: float
    left_behind: list[str]
    seconds: float


class Trial:
    """Its clock counts from the first moment of the faults; before that it is negative."""

    def __init__(self, seed: int, wanted: Wanted, stage: Stage, view: View) -> None:
        self._seed = seed
        self._wanted = wanted
        self._stage = stage
        self._view = view
        self._books = Books(stage.store)
        self._strikes = plan(seed, wanted.seconds, wanted.faults, stage.crew.workers, stage.crew.beats)
        self._nemesis = Nemesis(stage, self._strikes)
        self._bursts = load(wanted.conversations, seed, wanted.seconds)
        self._afterthoughts = afterthoughts(round(_LATER_SHARE * wanted.conversations), seed, wanted.seconds)
        self._history: list[str] = []
        self._started = self._zero = time.monotonic()
        self._next_audit = 0.0

    def run(self) -> Course:
        """Raises Interrupted and ChildFailed."""
        self._start()
        self._break()
        recovery_seconds = self._recover()
        left_behind = self._end(0 if recovery_seconds is None else self._wanted.within_seconds)
        return Course(
            seed=self._seed,
            strikes=self._strikes,
            struck=dict(self._nemesis.struck),
            history=self._history,
            began=self._zero,
            recovery_seconds=recovery_seconds,
            within_seconds=self._wanted.within_seconds,
            left_behind=left_behind,
            seconds=time.monotonic() - self._started,
        )

    # -- its course ---------------------------------------------------------------------------

    def _start(self) -> None:
        self._stage.far_end.take(self._bursts.pop(0).conversations)
        self._look("starting")
        self._stage.crew.start_all()
        self._zero = time.monotonic()

    def _break(self) -> None:
        last = max([self._wanted.seconds, *(strike.at + strike.seconds for strike in self._strikes)])
        while self._seconds < last:
            while self._bursts and self._bursts[0].at <= self._seconds:
                self._stage.far_end.begin(self._bursts.pop(0).conversations)
            while self._afterthoughts and self._afterthoughts[0].at <= self._seconds:
                self._stage.far_end.say_more(self._afterthoughts.pop(0), self._seed)
            self._tell(self._nemesis.tick(self._seconds))
            self._look(f"breaking things for {last - self._seconds:.0f} s more")
        while not self._nemesis.heal_all():
            self._look("healing")

    def _recover(self) -> float | None:
        """Seconds until all work was done; None where the time did not suffice."""
        healed = self._seconds
        self._tell(["everything is whole again"])
        while not self._is_done():
            if self._seconds - healed > self._wanted.within_seconds:
                self._tell(["not all work is done, and the time is up"])
                return None
            self._look(f"recovering for {self._seconds - healed:.0f} s")
        self._tell(["all work is done"])
        return self._seconds - healed

    def _end(self, patience_seconds: float) -> list[str]:
        """No more ticks, then no more messages, then no more workers; what was left behind by then."""
        self._end_of(self._stage.crew.beats)
        asked = self._seconds
        while not self._is_silent() and self._seconds - asked < patience_seconds:
            self._look("waiting for the last messages")
        left_behind = self._books.left_behind()
        self._end_of(self._stage.crew.workers)
        return left_behind

    def _end_of(self, names: list[str]) -> None:
        asked_at = time.monotonic()
        self._stage.crew.ask_to_end(*names)
        while names := [name for name in names if not self._stage.crew.has_ended(name, asked_at)]:
            self._look("ending")

    # -- looking ------------------------------------------------------------------------------

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._zero

    def _is_done(self) -> bool:
        """Not whether it is right: a second case does not go away by waiting."""
        try:
            audit = self._stage.far_end.audit()
            if not self._books.work_is_done() or audit.missing or audit.words_missing:
                return False
            return self._books.knows(self._stage.far_end.listed())
        except RedisError:
            return False

    def _is_silent(self) -> bool:
        return self._books.messages_are_gone() and self._stage.far_end.is_idle()

    def _look(self, phase: str) -> None:
        """A moment's pause, in which ended processes come back and the view is drawn."""
        self._tell(self._stage.crew.look_after())
        if time.monotonic() >= self._next_audit:
            audit = self._stage.far_end.audit()
            self._view.show(phase, audit.cases, audit.expected, self._nemesis.active)
            self._next_audit = time.monotonic() + _AUDIT_SECONDS
        self._stage.supervisor.pause(_LOOK_SECONDS)

    def _tell(self, sentences: list[str]) -> None:
        for sentence in sentences:
            self._history.append(f"{self._seconds:.1f} s  {sentence}")
            self._view.say(self._seconds, sentence)
