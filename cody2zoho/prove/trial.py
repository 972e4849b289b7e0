"""The course of a run: start, break, heal, wait, end, compare."""

import time
from dataclasses import dataclass

from redis.exceptions import RedisError

from cody2zoho.prove.books import Books
from cody2zoho.prove.evidence import keep_evidence
from cody2zoho.prove.fault import Fault
from cody2zoho.prove.figures import figures
from cody2zoho.prove.invariants import Seen, broken
from cody2zoho.prove.leaks import leaks
from cody2zoho.prove.load import load
from cody2zoho.prove.nemesis import FAULTS, Nemesis
from cody2zoho.prove.plan import plan
from cody2zoho.prove.report import Result
from cody2zoho.prove.stage import Stage
from cody2zoho.prove.view import View

_LOOK_SECONDS = 0.05
_AUDIT_SECONDS = 0.4


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


class Trial:
    """Its clock counts from the first moment of the faults; before that it is negative."""

    def __init__(self, seed: int, wanted: Wanted, stage: Stage, view: View, *, kept: bool) -> None:
        self._seed = seed
        self._wanted = wanted
        self._stage = stage
        self._view = view
        self._kept = kept
        self._books = Books(stage.store)
        self._strikes = plan(seed, wanted.seconds, wanted.faults, stage.crew.workers, stage.crew.beats)
        self._nemesis = Nemesis(stage, self._strikes)
        self._bursts = load(wanted.conversations, seed, wanted.seconds)
        self._history: list[str] = []
        self._started = self._zero = time.monotonic()
        self._next_audit = 0.0

    def result(self) -> Result:
        """Raises Interrupted and ChildFailed."""
        self._start()
        self._break()
        recovery_seconds = self._recover()
        self._end()
        return self._compared(recovery_seconds)

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
                return None
            self._look(f"recovering for {self._seconds - healed:.0f} s")
        return self._seconds - healed

    def _end(self) -> None:
        """No more ticks, then no more messages, then no more workers."""
        crew = self._stage.crew
        self._tell(["all work is done"])
        self._end_of(crew.beats)
        asked = self._seconds
        while not self._is_silent() and self._seconds - asked < self._wanted.within_seconds:
            self._look("waiting for the last messages")
        self._left_behind = self._books.left_behind()
        self._end_of(crew.workers)

    def _end_of(self, names: list[str]) -> None:
        asked_at = time.monotonic()
        self._stage.crew.ask_to_end(*names)
        while names := [name for name in names if not self._stage.crew.has_ended(name, asked_at)]:
            self._look("ending")

    def _compared(self, recovery_seconds: float | None) -> Result:
        far_end, crew = self._stage.far_end, self._stage.crew
        audit, cases, deleted, entries = far_end.audit(), far_end.cases(), far_end.deleted(), far_end.entries()
        wiped = any(FAULTS[strike.fault].wipes for strike in self._strikes)
        seen = Seen(
            audit=audit,
            figures=figures(entries),
            contacts=far_end.contacts(),
            recovery_seconds=recovery_seconds,
            within_seconds=self._wanted.within_seconds,
            left_behind=self._left_behind,
            disagreements=self._books.disagreements(far_end.conversations(), cases, deleted),
            surprises=crew.surprises,
            leaks=leaks(self._stage.logs, {*far_end.secrets(), self._stage.redis.password}, far_end.words()),
            wiped=wiped,
        )
        found = broken(seen)
        if found or self._kept:
            keep_evidence(
                self._stage.folder,
                seen,
                found,
                strikes=self._strikes,
                history=self._history,
                entries=entries,
                began=self._zero,
                books=self._books,
            )
        return Result(
            seed=self._seed,
            conversations=audit.expected + len(deleted & cases.keys()),
            cases=audit.cases,
            lost=len(audit.missing),
            extra=sum(len(made) - 1 for made in cases.values()) + len(audit.unexpected),
            faults={**self._nemesis.struck, **far_end.struck},
            figures=seen.figures,
            doubled=far_end.doubled(),
            recovery_seconds=recovery_seconds,
            seconds=time.monotonic() - self._started,
            broken=found,
            folder=str(self._stage.folder) if found or self._kept else "",
        )

    # -- looking ------------------------------------------------------------------------------

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._zero

    def _is_done(self) -> bool:
        """Not whether it is right: a second case does not go away by waiting."""
        try:
            return self._books.work_is_done() and not self._stage.far_end.audit().missing
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
