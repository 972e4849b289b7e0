"""The end of a run: what Cody and Zoho hold, what our books say, and whether every promise was kept."""

from cody2zoho.prove import tallies
from cody2zoho.prove.books import Books
from cody2zoho.prove.evidence import keep_evidence
from cody2zoho.prove.figures import figures
from cody2zoho.prove.invariants import Seen, broken
from cody2zoho.prove.leaks import leaks
from cody2zoho.prove.nemesis import FAULTS
from cody2zoho.prove.report import Result
from cody2zoho.prove.stage import Stage
from cody2zoho.prove.trial import Course


def verdict(course: Course, stage: Stage, *, keep: bool) -> Result:
    """Leaves the evidence in the folder of the stage if a promise was broken, or if asked to `keep` it."""
    far_end, books = stage.far_end, Books(stage.store)
    cases, deleted, entries = far_end.cases(), far_end.deleted(), far_end.entries()
    seen = Seen(
        audit=far_end.audit(),
        figures=figures(entries),
        contacts=far_end.contacts(),
        unnoted=tuple(far_end.unnoted()),
        recovery_seconds=course.recovery_seconds,
        within_seconds=course.within_seconds,
        left_behind=course.left_behind,
        disagreements=books.disagreements(far_end.conversations(), cases, deleted),
        surprises=stage.crew.surprises,
        leaks=leaks(stage.logs, {*far_end.secrets(), stage.redis.password}, far_end.words()),
        miscounted=list(tallies.miscounted(tallies.read(stage.store), _truth(course, stage, books))),
        wiped=_is_wiped(course),
    )
    found = broken(seen)
    if found or keep:
        keep_evidence(stage.folder, seen, found, course, entries, books)
    return Result(
        seed=course.seed,
        conversations=seen.audit.expected + len(deleted & cases.keys()),
        cases=seen.audit.cases,
        lost=len(seen.audit.missing),
        extra=sum(len(made) - 1 for made in cases.values()) + len(seen.audit.unexpected),
        faults={**course.struck, **far_end.struck},
        figures=seen.figures,
        doubled=far_end.doubled(),
        recovery_seconds=course.recovery_seconds,
        seconds=course.seconds,
        broken=found,
        folder=str(stage.folder) if found or keep else "",
    )


def _truth(course: Course, stage: Stage, books: Books) -> tallies.Truth:
    cases, deleted = stage.far_end.cases(), stage.far_end.deleted()
    return tallies.Truth(
        cases=sum(map(len, cases.values())),
        unknown=sum(len(made) for one, made in cases.items() if one in deleted and "case" not in books.about(one)),
        conversations=books.known(),
        requests=tallies.arrived(stage.far_end.entries()),
        wiped=_is_wiped(course),
    )


def _is_wiped(course: Course) -> bool:
    return any(FAULTS[fault].wipes for fault in course.struck)
