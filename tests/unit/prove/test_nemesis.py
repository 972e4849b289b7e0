"""Faults begin and heal when the plan says so, and what a fault still holds no other one strikes."""

from types import SimpleNamespace
from typing import Any

import pytest

from cody2zoho.prove import nemesis
from cody2zoho.prove.fault import Fault, Heal, Strike
from cody2zoho.prove.nemesis import Nemesis


class Stage(SimpleNamespace):
    """As much of one as the faults here need: what happened to it, and whether healing works."""

    def __init__(self) -> None:
        super().__init__(happened=[], heals=True, crew=SimpleNamespace(workers=["worker", "worker2"]))


def begin(stage: Any, strike: Strike) -> Heal:
    stage.happened.append(f"{strike.fault} begins")

    def heal() -> bool:
        if stage.heals:
            stage.happened.append(f"{strike.fault} ends")
        return bool(stage.heals)

    return heal


@pytest.fixture(autouse=True)
def _faults(monkeypatch: pytest.MonkeyPatch) -> None:
    made = {name: Fault(name, f"{name} breaks", place, begin) for name, place in PLACES.items()}
    monkeypatch.setattr(nemesis, "FAULTS", made)


PLACES = {"one": "worker", "all": "workers", "other": "elsewhere"}


def run(stage: Any, *strikes: Strike) -> Nemesis:
    return Nemesis(stage, strikes)


def test_each_begins_and_ends_in_its_time() -> None:
    stage = Stage()
    run_ = run(stage, Strike(1, "one", 2, "worker"), Strike(2, "other", 5))
    assert run_.tick(0.9) == []
    assert run_.tick(1) == ["one breaks (worker)"]
    assert run_.tick(2.5) == ["other breaks"]
    assert run_.active == ["one breaks (worker)", "other breaks"]
    run_.tick(3.1)
    assert run_.active == ["other breaks"]
    assert run_.struck == {"one": 1, "other": 1}
    assert stage.happened == ["one begins", "other begins", "one ends"]


def test_what_a_fault_still_holds_waits_for_the_next() -> None:
    stage = Stage()
    run_ = run(stage, Strike(1, "one", 1, "worker"), Strike(3, "all", 1), Strike(3, "other", 1))
    run_.tick(1)
    stage.heals = False
    assert run_.tick(3) == ["other breaks"]
    stage.heals = True
    assert run_.tick(3.2) == ["all breaks"]


def test_in_the_end_all_is_healed_as_soon_as_it_can_be_and_nothing_begins() -> None:
    stage = Stage()
    run_ = run(stage, Strike(1, "one", 9, "worker"), Strike(5, "other", 1))
    run_.tick(1)
    stage.heals = False
    assert not run_.heal_all()
    stage.heals = True
    assert run_.heal_all()
    assert run_.tick(6) == []
    assert stage.happened == ["one begins", "one ends"]
