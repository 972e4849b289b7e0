"""One at a time, and nobody waits long for the dead."""

import subprocess
import threading
import time

import pytest
from processes import python

from cody2zoho.http import time_limit
from cody2zoho.limits import locks
from cody2zoho.limits.keeper import Keeper
from leaving import Leaving
from waiting import eventually

KEY = "{cody2zoho}:lock:test"


def test_a_second_one_is_turned_away_and_let_in_afterwards(store) -> None:
    with locks.alone(store, KEY) as first, locks.alone(store, KEY) as second:
        assert (first, second) == (True, False)
    with locks.alone(store, KEY) as later:
        assert later


def test_who_waits_gets_it_as_soon_as_it_is_free(store) -> None:
    happened: list[str] = []

    def second() -> None:
        with locks.alone(store, KEY, wait_seconds=30) as alone:
            happened.append(f"second {alone}")

    with locks.alone(store, KEY):
        waiting = threading.Thread(target=second)
        waiting.start()
        waiting.join(0.3)
        happened.append("first is done")
    waiting.join(10)
    assert happened == ["first is done", "second True"]


@pytest.mark.parametrize("seconds", [0.2, 0])
def test_nobody_waits_for_a_lock_longer_than_its_task_may_take(store, seconds: float) -> None:
    with locks.alone(store, KEY):
        began = time.monotonic()
        with time_limit(seconds), locks.alone(store, KEY, wait_seconds=30) as alone:
            assert not alone
        assert time.monotonic() - began < 25


def test_a_lock_lasts_as_long_as_its_holder_lives(store) -> None:
    with locks.alone(store, KEY, lease_seconds=3, keeper=Keeper(0.02)):
        # Renewed every second: also a machine that has much else to do gets round to it.
        for _ in range(2):
            store.pexpire(KEY, 2_500)
            eventually(lambda: store.pttl(KEY) > 2_500)


def test_a_holder_that_was_killed_is_in_the_way_for_seconds_only(store, redis_address: str) -> None:
    holder = f"""
import os, redis
from cody2zoho.limits import locks
from cody2zoho.limits.keeper import Keeper
with locks.alone(redis.Redis.from_url({redis_address!r}), {KEY!r}):
    os._exit(9)
"""
    assert subprocess.run(python(holder), check=False).returncode == 9
    assert 0 < store.pttl(KEY) <= locks.LEASE_SECONDS * 1000 <= 6_000


def test_a_lock_that_went_to_another_is_left_to_it_and_said(store, caplog: pytest.LogCaptureFixture) -> None:
    with locks.alone(store, KEY, lease_seconds=0.3, keeper=Keeper(0.02)):
        store.set(KEY, "another", px=20_000)
        eventually(lambda: "lock_lost" in caplog.text)
    assert store.get(KEY) == "another"


def test_a_redis_that_goes_away_meanwhile_hides_no_result(redis_address: str, store) -> None:
    leaving = Leaving.from_url(redis_address, decode_responses=True)
    with locks.alone(leaving, KEY) as alone:
        leaving.away = True
    assert alone
