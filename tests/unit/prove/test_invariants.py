"""Each promise is looked after: a made-up violation of it is found, and said in a sentence."""

from dataclasses import replace

import pytest

from cody2zoho.prove import invariants
from cody2zoho.prove.figures import Figures
from cody2zoho.prove.invariants import RULES, Seen, broken
from cody2zoho.simulators.audit import Audit

GOOD = Seen(
    audit=Audit(conversations=10, expected=9, cases=9, duplicates=(), missing=(), unexpected=(), words_missing=()),
    figures=Figures(
        requests={"cody": 100, "zoho": 80},
        refused_duplicates=3,
        zoho_at_a_time=10,
        cody_a_minute=60,
        token_refreshes=2,
        refused_refreshes=0,
    ),
    contacts=1,
    unnoted=(),
    recovery_seconds=5.0,
    within_seconds=60,
    left_behind=[],
    disagreements=[],
    surprises=[],
    leaks=[],
    miscounted=[],
)


def audited(**wrong: tuple[str, ...]) -> Seen:
    return replace(GOOD, audit=replace(GOOD.audit, **wrong))


VIOLATIONS = [
    (audited(missing=("a",)), "nothing is lost", "1 conversation without a case: a"),
    (audited(duplicates=("a", "b")), "nothing is made twice", "2 conversations with more than one case: a, b"),
    (audited(unexpected=("a",)), "nothing is made twice", "1 conversation with a case that should have none: a"),
    (replace(GOOD, contacts=2), "nothing is made twice", "2 contacts were made where one was wanted"),
    (audited(words_missing=tuple("abcdefghij")), "every word is there", "h and 2 more"),
    (replace(GOOD, unnoted=("a",)), "every word is there", "1 conversation whose words are not all in notes"),
    (replace(GOOD, recovery_seconds=None), "the work ends in time", "not everything was done 60 s after"),
    (replace(GOOD, left_behind=["3 messages lie in the queue"]), "nothing is left behind", "3 messages lie"),
    (replace(GOOD, disagreements=["a: the ledger says"]), "the ledger and Zoho agree", "a: the ledger says"),
    (replace(GOOD, surprises=["worker ended"]), "no process ends by itself", "worker ended"),
    (replace(GOOD, leaks=["worker.log, line 3"]), "no log gives anything away", "worker.log, line 3"),
    (replace(GOOD, miscounted=["11 cases were counted"]), "every figure is true", "11 cases were counted"),
    (
        replace(GOOD, figures=replace(GOOD.figures, refused_refreshes=1)),
        "tokens are refreshed within Zoho's limit",
        "Zoho refused 1 refreshes",
    ),
]


def test_all_is_well() -> None:
    assert broken(GOOD) == []


@pytest.mark.parametrize(
    ("seen", "promise", "sentence"), VIOLATIONS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_violation_breaks_its_promise_and_no_other(seen: Seen, promise: str, sentence: str) -> None:
    [found] = broken(seen)
    assert found.promise == promise
    assert sentence in found.sentence


def test_every_promise_has_its_violation() -> None:
    assert {promise for _, promise, _ in VIOLATIONS} | {"limits hold over all workers"} == set(RULES)


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a release with limits over all workers has them."""
    limits = {"zoho_max_concurrency": 10, "cody_requests_per_minute": 60}
    monkeypatch.setattr(invariants, "limit_of", limits.get)


@pytest.mark.usefixtures("limited")
def test_limits_hold_unless_redis_forgot_them() -> None:
    above = replace(GOOD, figures=replace(GOOD.figures, zoho_at_a_time=11, cody_a_minute=61))
    assert broken(GOOD) == []
    assert [one.sentence for one in broken(above)] == [
        "11 calls of Zoho at a time, where ZOHO_MAX_CONCURRENCY is 10",
        "61 requests to Cody in a minute, where CODY_REQUESTS_PER_MINUTE is 60",
    ]
    assert broken(replace(above, wiped=True)) == []
