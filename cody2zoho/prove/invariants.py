"""What must be true when everything is whole again and all work is done; each rule is a function of what was seen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cody2zoho.prove.figures import Figures
from cody2zoho.prove.scale import SETTINGS
from cody2zoho.settings import Settings
from cody2zoho.simulators.audit import Audit

#: Named in a sentence; the evidence names all.
_NAMED = 8


@dataclass(frozen=True)
class Seen:
    """The end of a run, as the simulators, the processes and our books show it."""

    audit: Audit
    figures: Figures
    contacts: int
    #: Conversations whose notes are not there or not whole.
    unnoted: tuple[str, ...]
    #: From the end of the faults until all work was done; None where it was not done in time.
    recovery_seconds: float | None
    within_seconds: float
    #: Sentences, as `Books`, `Crew`, `leaks` and `tallies` say them.
    left_behind: list[str]
    disagreements: list[str]
    surprises: list[str]
    leaks: list[str]
    miscounted: list[str]
    #: Whether Redis lost what it knew, so that no limit could be kept.
    wiped: bool = False


@dataclass(frozen=True)
class Broken:
    """A promise that was not kept."""

    promise: str
    sentence: str


Rule = Callable[[Seen], Iterator[str]]


def broken(seen: Seen) -> list[Broken]:
    """Every promise that was not kept; empty is perfect."""
    return [Broken(promise, sentence) for promise, rule in RULES.items() for sentence in rule(seen)]


def _lost(seen: Seen) -> Iterator[str]:
    yield from _named("without a case", seen.audit.missing)


def _extra(seen: Seen) -> Iterator[str]:
    yield from _named("with more than one case", seen.audit.duplicates)
    yield from _named("with a case that should have none", seen.audit.unexpected)
    if seen.contacts > 1:
        yield f"{seen.contacts} contacts were made where one was wanted"


def _words(seen: Seen) -> Iterator[str]:
    yield from _named("whose case lacks words", seen.audit.words_missing)
    yield from _named("whose words are not all in notes, as its settings ask", seen.unnoted)


def _in_time(seen: Seen) -> Iterator[str]:
    if seen.recovery_seconds is None:
        yield f"not everything was done {seen.within_seconds:g} s after the faults ended"


def _refreshes(seen: Seen) -> Iterator[str]:
    if seen.figures.refused_refreshes:
        yield f"Zoho refused {seen.figures.refused_refreshes} refreshes of the token as too many"


def _limits(seen: Seen) -> Iterator[str]:
    counted = {
        "zoho_max_concurrency": (seen.figures.zoho_at_a_time, "calls of Zoho at a time"),
        "cody_requests_per_minute": (seen.figures.cody_a_minute, "requests to Cody in a minute"),
    }
    for setting, (count, what) in counted.items():
        limit = limit_of(setting)
        if limit is not None and count > limit and not seen.wiped:
            yield f"{count} {what}, where {setting.upper()} is {limit}"


def limit_of(setting: str) -> int | None:
    """What the processes were told; None for a setting that this release does not have."""
    return int(SETTINGS[setting.upper()]) if setting in Settings.model_fields else None


def _named(problem: str, ids: tuple[str, ...]) -> Iterator[str]:
    if ids:
        more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
        noun = "conversation" if len(ids) == 1 else "conversations"
        yield f"{len(ids)} {noun} {problem}: {', '.join(ids[:_NAMED])}{more}"


RULES: dict[str, Rule] = {
    "nothing is lost": _lost,
    "nothing is made twice": _extra,
    "every word is there": _words,
    "the work ends in time": _in_time,
    "nothing is left behind": lambda seen: iter(seen.left_behind),
    "the ledger and Zoho agree": lambda seen: iter(seen.disagreements),
    "no process ends by itself": lambda seen: iter(seen.surprises),
    "every figure is true": lambda seen: iter(seen.miscounted),
    "no log gives anything away": lambda seen: iter(seen.leaks),
    "tokens are refreshed within Zoho's limit": _refreshes,
    "limits hold over all workers": _limits,
}
