"""APIs that refuse, fail, dawdle, garble, or lose the answer after the work was done."""

from functools import partial
from typing import Any

from cody2zoho.prove.fault import Fault, Heal, Strike
from cody2zoho.prove.stage import Stage
from cody2zoho.simulators import faults

#: Longer than HTTP_READ_TIMEOUT_SECONDS.
_TOO_LATE_SECONDS = 2.6

_SOME = 0.3
_LASTS = (1.5, 3.5)


def _spoil(rule: dict[str, Any], stage: Stage, strike: Strike) -> Heal:
    rules = stage.far_end.spoil([faults.Fault(**{"rate": _SOME, "seed": strike.seed, **rule})])

    def heal() -> bool:
        stage.far_end.spoil_no_more(strike.fault, rules)
        return True

    return heal


def _fault(name: str, words: str, **rule: Any) -> Fault:
    """Of a fourth of all requests, unless the rule says otherwise."""
    return Fault(name, words, name, partial(_spoil, rule), _LASTS)


FAULTS = (
    _fault("429", "429 without Retry-After", action="429"),
    _fault("429-retry-after", "429 with Retry-After", action="429", retry_after=1),
    _fault("500-before", "500 instead of the work", action="500"),
    _fault("500-after", "500 though the work was done", action="500", when="after"),
    _fault("502", "502 with a page of HTML", action="502"),
    _fault(
        "late-before",
        "no answer in time, the work done when nobody waits any more",
        action="slow",
        seconds=_TOO_LATE_SECONDS,
    ),
    _fault(
        "late-after", "no answer in time, the work done at once", action="slow", seconds=_TOO_LATE_SECONDS, when="after"
    ),
    _fault("cut-answer", "the connection cut after the work", action="cut", when="after"),
    _fault("cut-insert", "every case made, its answer lost", action="cut", when="after", path="/crm/v8/Cases", rate=1),
    _fault("garbled", "answers that are no JSON", action="garble"),
    _fault("truncated", "half an answer", action="truncate"),
)
