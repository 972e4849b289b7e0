"""The score of `cody2zoho redis health`: each trouble is noticed, at its threshold and not before."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis

from cody2zoho.alerts import Level
from cody2zoho.processes.ports import free_port
from cody2zoho.settings import Settings
from cody2zoho.tending.checks import CHECKS
from cody2zoho.tending.health import judge
from cody2zoho.tending.looking_on import Slow
from cody2zoho.tending.sample import Sample, sample

ROOT = Path(__file__).parents[3]
MB = 1_000_000

#: What a healthy Redis tells, whatever the one of the tests does.
WELL = {
    "redis_version": "7.2.4",
    "role": "master",
    "loading": 0,
    "maxmemory": 512 * MB,
    "used_memory": 100 * MB,
    "maxmemory_policy": "noeviction",
    "evicted_keys": 0,
    "aof_enabled": 1,
    "aof_last_write_status": "ok",
    "aof_last_bgrewrite_status": "ok",
    "rdb_last_bgsave_status": "ok",
    "maxclients": 1_000,
    "connected_clients": 20,
    "rejected_connections": 0,
    "blocked_clients": 3,
    "connected_slaves": 0,
    "mem_fragmentation_ratio": 1.1,
    "db0": {"keys": 1_000, "expires": 900},
}


@pytest.fixture
def well(store: redis.Redis, settings: Settings) -> Sample:
    taken = sample(settings, store, lambda: store.time()[0])
    return replace(
        taken, server=replace(taken.server, info=WELL, refusals=()), pings=[0.2] * 50, apart_seconds=0, slow=[]
    )


def telling(well: Sample, **info: Any) -> Sample:
    return replace(well, server=replace(well.server, info=WELL | info))


def test_a_healthy_redis_has_a_hundred_points(well: Sample) -> None:
    health = judge(well)
    assert (health.score, health.worst, health.exit_code) == (100, None, 0)
    assert [reason.check for reason in health.reasons] == [check.name for check in CHECKS]


TROUBLES: list[tuple[str, Level, dict[str, Any], dict[str, Any]]] = [
    ("role", Level.CRITICAL, {"role": "slave"}, {"role": "master"}),
    ("role", Level.CRITICAL, {"loading": 1}, {"loading": 0}),
    ("version", Level.HIGH, {"redis_version": "5.0.14"}, {"redis_version": "6.2.0"}),
    ("version", Level.LOW, {"redis_version": "6.0.16"}, {"redis_version": "8.2.1"}),
    ("eviction", Level.HIGH, {"maxmemory_policy": "allkeys-lru"}, {"maxmemory_policy": "noeviction"}),
    ("eviction", Level.MEDIUM, {"maxmemory_policy": "volatile-lru", "maxmemory": 0}, {}),
    ("memory", Level.HIGH, {"used_memory": 410 * MB}, {"used_memory": 409 * MB}),
    ("memory", Level.CRITICAL, {"used_memory": 487 * MB}, {}),
    ("limit", Level.LOW, {"maxmemory": 0}, {"maxmemory": 1}),
    ("evicted", Level.HIGH, {"evicted_keys": 1}, {}),
    ("persistence", Level.MEDIUM, {"aof_enabled": 0}, {}),
    ("persistence", Level.MEDIUM, {"aof_enabled": 0, "rdb_saves": 3}, {}),
    ("disk", Level.CRITICAL, {"aof_last_write_status": "err"}, {}),
    ("disk", Level.CRITICAL, {"aof_last_bgrewrite_status": "err"}, {}),
    ("disk", Level.CRITICAL, {"rdb_last_bgsave_status": "err"}, {}),
    ("connections", Level.HIGH, {"connected_clients": 800}, {"connected_clients": 799}),
    ("connections", Level.MEDIUM, {"rejected_connections": 1}, {}),
    ("blocked", Level.LOW, {"blocked_clients": 101}, {"blocked_clients": 100}),
    (
        "replication",
        Level.MEDIUM,
        {"slave0": {"state": "online", "lag": 11}},
        {"slave0": {"state": "online", "lag": 1}},
    ),
    ("replication", Level.MEDIUM, {"slave0": {"state": "wait_bgsave", "lag": 0}}, {}),
    ("fragmentation", Level.LOW, {"mem_fragmentation_ratio": 1.6}, {"mem_fragmentation_ratio": 6, "used_memory": MB}),
    ("keys", Level.MEDIUM, {"db0": {"keys": 90_000, "expires": 0}}, {"db0": {"keys": 90_000, "expires": 50_000}}),
]


@pytest.mark.parametrize(("check", "level", "wrong", "right"), TROUBLES, ids=lambda one: str(one)[:40])
def test_each_trouble_that_it_tells_costs_points_and_what_is_just_well_does_not(
    well: Sample, check: str, level: Level, wrong: dict[str, Any], right: dict[str, Any]
) -> None:
    [found] = [reason for reason in judge(telling(well, **wrong)).reasons if reason.check == check]
    assert (found.result, found.points > 0, bool(found.remedy)) == (level.lower(), True, True)
    [found] = [reason for reason in judge(telling(well, **right)).reasons if reason.check == check]
    assert found.result == "ok"


@pytest.mark.parametrize(
    ("check", "level", "wrong", "right"),
    [
        ("latency", Level.MEDIUM, {"pings": [0.1] * 49 + [51.0]}, {"pings": [0.1] * 49 + [49.0]}),
        ("latency", Level.HIGH, {"pings": [501.0] * 50}, {}),
        ("clock", Level.MEDIUM, {"apart_seconds": 6}, {"apart_seconds": 4}),
    ],
)
def test_each_trouble_that_is_measured_costs_points(
    well: Sample, check: str, level: Level, wrong: dict[str, Any], right: dict[str, Any]
) -> None:
    assert {one.check: one.result for one in judge(replace(well, **wrong)).reasons}[check] == level.lower()
    assert {one.check: one.result for one in judge(replace(well, **right)).reasons}[check] == "ok"


def test_slow_commands_count_for_an_hour(well: Sample) -> None:
    def result(slow: list[Slow]) -> str:
        return {one.check: one.result for one in judge(replace(well, slow=slow)).reasons}["slow"]

    now = int(well.now)
    assert result([Slow(now - 60, 150.0, "KEYS …1")] * 6) == "low"
    assert result([Slow(now - 60, 150.0, "KEYS …1")] * 5) == "ok"
    assert result([Slow(now - 4_000, 150.0, "KEYS …1")] * 60) == "ok"
    assert result([Slow(now - 60, 50.0, "KEYS …1")] * 60) == "ok"


@pytest.mark.parametrize(
    ("address", "result"),
    [
        ("redis://10.0.0.7:6379/0", "medium"),
        ("redis://:word@10.0.0.7:6379/0", "ok"),
        ("redis://localhost:6379/0", "ok"),
        ("redis://127.0.0.1:6379/0", "ok"),
    ],
)
def test_a_redis_elsewhere_without_a_login_is_open_to_all(
    well: Sample, monkeypatch: pytest.MonkeyPatch, address: str, result: str
) -> None:
    chosen = replace(well, settings=well.settings.model_copy(update={"redis_address": address}))
    assert {one.check: one.result for one in judge(chosen).reasons}["access"] == result


def test_points_add_up_and_never_fall_below_zero(well: Sample) -> None:
    assert judge(telling(well, maxmemory_policy="allkeys-lru", evicted_keys=7)).score == 45
    assert judge(telling(well, role="slave", aof_last_write_status="err", used_memory=511 * MB)).score == 0


def test_what_a_redis_does_not_tell_costs_nothing_and_is_said(limited, store: redis.Redis) -> None:
    shown = limited("health")
    assert shown.exit_code == 0
    told = shown.stdout.count("✓")
    assert shown.stdout.startswith(f"100 of 100, by {told} of {told + shown.stdout.count('?')} checks\n")
    assert "? eviction: INFO is refused, which would tell" in shown.stdout
    assert "? slow: SLOWLOG is refused, which would tell" in shown.stdout
    assert "✓ latency" in shown.stdout


@pytest.mark.parametrize(
    ("check", "name"),
    [
        ("role", "role"),
        ("eviction", "maxmemory_policy"),
        ("limit", "maxmemory"),
        ("evicted", "evicted_keys"),
        ("persistence", "aof_enabled"),
    ],
)
def test_what_info_leaves_out_is_neither_well_nor_ill(well: Sample, check: str, name: str) -> None:
    info = {key: value for key, value in WELL.items() if key != name}
    health = judge(replace(well, server=replace(well.server, info=info)))
    [found] = [reason for reason in health.reasons if reason.check == check]
    assert (found.result, found.words) == ("unknown", f"INFO leaves out {name}, which would tell")
    assert health.score == 100


@pytest.mark.parametrize(("info", "points"), [({"rdb_last_bgsave_time_sec": 0}, 10), ({"rdb_saves": 0}, 15), ({}, 15)])
def test_a_snapshot_of_less_than_a_second_counts_as_one(well: Sample, info: dict[str, Any], points: int) -> None:
    assert judge(telling(well, aof_enabled=0, **info)).score == 100 - points


def test_the_exit_code_is_that_of_the_worst(call, store: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    store.config_set("maxmemory", 900 * MB)
    try:
        assert call("health").exit_code == 1  # this Redis of the tests keeps nothing on disk
        store.config_set("maxmemory-policy", "allkeys-lru")
        found = call("health", "--json")
        assert found.exit_code == 3
        assert json.loads(found.stdout)["worst"] == "high"
    finally:
        store.config_set("maxmemory-policy", "noeviction")
        store.config_set("maxmemory", 0)
    monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    away = call("health")
    assert away.exit_code == 4
    assert "0 of 100" in away.stdout


def test_every_check_is_documented_with_its_threshold_and_remedy() -> None:
    page = (ROOT / "docs" / "redis.md").read_text().split("\n## Health\n")[1].split("\n## ")[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("| `")
    ]
    assert {row[0].strip("`"): (row[1], row[3]) for row in cells} == {
        check.name: (check.threshold, check.remedy) for check in CHECKS
    }


def test_every_check_can_fail_and_is_shown_to(well: Sample) -> None:
    shown_here = {check for check, *_ in TROUBLES} | {"latency", "clock", "slow", "access"}
    assert shown_here == {check.name for check in CHECKS}


def test_no_sentence_names_a_login_or_a_key(well: Sample) -> None:
    words = " ".join(one.words for one in judge(telling(well, role="slave", evicted_keys=3)).reasons)
    assert not re.search(r"@|token|conversation:", words)
