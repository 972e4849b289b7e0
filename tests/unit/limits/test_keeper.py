"""Holds are renewed while they last, and not a moment longer."""

import subprocess
import sys
import threading

import pytest
from redis.exceptions import ConnectionError as RedisAway

from cody2zoho.limits.keeper import Keeper
from waiting import eventually


def test_a_hold_is_renewed_for_as_long_as_it_lasts() -> None:
    renewals: list[int] = []
    keeper = Keeper(tick_seconds=0.01)
    for _ in range(2):
        with keeper.keeping(lambda: bool(renewals.append(1)) or True, lease_seconds=0.03):
            before = len(renewals)
            eventually(lambda before=before: len(renewals) > before + 2)
    # The keeper looks at another hold after these have ended, and finds only that one.
    ended, other = len(renewals), threading.Event()
    with keeper.keeping(lambda: other.set() or True, lease_seconds=0.03):
        assert other.wait(30)
    assert len(renewals) <= ended + 1


def test_what_is_lost_is_not_asked_for_again() -> None:
    asked: list[int] = []
    keeper, other = Keeper(tick_seconds=0.01), threading.Semaphore(0)
    with (
        keeper.keeping(lambda: bool(asked.append(1)), lease_seconds=0.03),
        keeper.keeping(lambda: other.release() or True, lease_seconds=0.03),
    ):
        for _ in range(4):
            assert other.acquire(timeout=30)
    assert len(asked) == 1


def test_a_redis_that_is_away_for_a_turn_is_asked_again_at_the_next() -> None:
    turns: list[int] = []

    def renew() -> bool:
        turns.append(1)
        if len(turns) == 1:
            raise RedisAway
        return True

    with Keeper(tick_seconds=0.01).keeping(renew, lease_seconds=0.03):
        eventually(lambda: len(turns) > 2)


def test_a_short_hold_asks_nothing() -> None:
    keeper = Keeper(tick_seconds=0.01)
    for _ in range(100):
        with keeper.keeping(lambda: 1 / 0 > 0, lease_seconds=3_600):
            pass


def test_one_that_fails_does_not_end_the_renewals_of_others(caplog: pytest.LogCaptureFixture) -> None:
    keeper, other = Keeper(tick_seconds=0.01), threading.Semaphore(0)
    with (
        keeper.keeping(lambda: 1 / 0 > 0, lease_seconds=0.03),
        keeper.keeping(lambda: other.release() or True, lease_seconds=0.03),
    ):
        for _ in range(3):
            assert other.acquire(timeout=30)
    assert "renewal_failed" in caplog.text


FORKED = """
import os, sys, threading
from cody2zoho.limits.keeper import KEEPER
KEEPER.tick_seconds, inherited, renewed = 0.01, [], threading.Event()
with KEEPER.keeping(lambda: inherited.append(os.getpid()) or True, 0.03):
    child = os.fork()
    if not child:
        with KEEPER.keeping(lambda: renewed.set() or True, 0.03):
            os._exit(0 if renewed.wait(5) and os.getpid() not in inherited else 1)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_process_that_is_forked_off_renews_what_it_holds_and_not_what_its_parent_does() -> None:
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED], check=False, timeout=20).returncode == 0
