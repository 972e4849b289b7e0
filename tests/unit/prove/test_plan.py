"""The schedule of faults: the same for the same seed, and never two that exclude one another."""

import pytest

from cody2zoho.errors import ConfigurationError
from cody2zoho.prove.fault import Strike
from cody2zoho.prove.load import load
from cody2zoho.prove.nemesis import FAULTS
from cody2zoho.prove.plan import plan

WORKERS, BEATS = ["worker", "worker2"], ["beat", "beat2"]
SEEDS = range(60)


def planned(seed: int, seconds: float = 10, *names: str) -> list[Strike]:
    faults = [fault for name, fault in FAULTS.items() if not names or name in names]
    return plan(seed, seconds, faults, WORKERS, BEATS)


def places(strike: Strike) -> set[str]:
    place = FAULTS[strike.fault].place
    return set(WORKERS) if place == "workers" else {strike.target or place}


def test_the_same_seed_makes_the_same_schedule_and_another_one_another() -> None:
    assert planned(7) == planned(7)
    assert planned(7) != planned(8)


def test_the_same_seed_makes_the_same_conversations() -> None:
    def ids(seed: int) -> list[list[str]]:
        return [[one["id"] for one in burst.conversations] for burst in load(60, seed, 10)]

    assert ids(7) == ids(7) != ids(8)


@pytest.mark.parametrize("seed", SEEDS)
def test_everything_is_over_in_time_and_begins_in_order(seed: int) -> None:
    strikes = planned(seed)
    assert strikes == sorted(strikes, key=lambda strike: strike.at)
    assert all(strike.at >= 0 and strike.at + strike.seconds <= 10.01 for strike in strikes)
    assert len(strikes) >= 4


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_struck_twice_at_a_time(seed: int) -> None:
    strikes = planned(seed)
    for number, one in enumerate(strikes):
        for other in strikes[number + 1 :]:
            assert other.at >= one.at + one.seconds or not places(one) & places(other)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_may_come_so_often_does_not_come_more_often(seed: int) -> None:
    names = [strike.fault for strike in planned(seed, 60)]
    assert all(names.count(name) <= fault.most for name, fault in FAULTS.items() if fault.most is not None)


def test_every_fault_strikes_sooner_or_later_alone_and_mixed() -> None:
    every = [planned(seed) for seed in SEEDS]
    assert {strike.fault for strikes in every for strike in strikes} == set(FAULTS)
    assert any(len({strike.at // 0.5 for strike in strikes}) < len(strikes) for strikes in every)


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_can_be_asked_for_alone(name: str) -> None:
    assert {strike.fault for strike in planned(1, 12, name)} == {name}


def test_a_run_in_which_nothing_would_break_is_refused_for_it_would_prove_nothing() -> None:
    with pytest.raises(ConfigurationError, match="Seed 1 breaks nothing within 5 s: choose more --seconds"):
        planned(1, 5, "freeze-worker")


def test_a_fault_of_one_worker_strikes_each_of_them() -> None:
    assert {strike.target for strike in planned(1, 30, "kill-worker")} == set(WORKERS)
