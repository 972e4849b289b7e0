"""Whatever can go wrong arrives once at a webhook, as documented, and its end once; `make alarms` shows it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from alarms import SCENES, Stage, shown

from cody2zoho.telemetry import listen, listeners
from cody2zoho.telemetry.counters import Counters
from cody2zoho.watching import sentinel, watches
from cody2zoho.watching.tracker import Tracker
from leaving import Leaving
from webhook import Webhook, webhook

RULES = {rule.name: rule for rule in (*watches.CHECKS, *sentinel.RULES)}

#: As docs/alerts.md has it.
LEVEL_OF = {"CRITICAL": "ERROR", "HIGH": "WARNING", "MEDIUM": "WARNING", "LOW": "INFO"}
ERROR_TYPES = {"API failure", "auth issue", "data mismatch", "high error rate", "system error"}
DOCUMENTED = ["timestamp", "script", "level", "error_type", "message", "details", "status", "severity", "key", "remedy"]
DOCUMENTED += ["environment"]

CANARIES = (
    "4111",
    "canary@",
    "1234567",
    "Where is my order",
    "hush-hush",
    "simulated-cody-key",
    "simulated-zoho-secret",
    "1000.simulated",
)


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as server:
        yield server


@pytest.fixture
def stage(account, organisation, server, plugged, clock, store, redis_address, hook) -> Iterator[Stage]:
    def plug(**chosen: Any):
        return plugged(alert_urls=f"{hook.url}?token=hush-hush", **chosen)

    worker = plug()
    prefix = worker.settings.redis_key_prefix
    counters, tracker = Counters(store, prefix), Tracker(store, prefix, clock)
    ways = tuple(Leaving.from_url(redis_address, decode_responses=True) for _ in range(2))
    for one in (counters, tracker):
        listen(one.hear)
    yield Stage(account, organisation, server, plug, clock, store, ways, worker, counters, tracker)
    for one in (counters, tracker):
        listeners.remove(one.hear)
    for way in ways:
        way.close()


@pytest.mark.parametrize("name", SCENES)
def test_it_arrives_once_and_its_end_once(name: str, stage: Stage, hook: Webhook, store) -> None:
    play = SCENES[name].play(stage)
    next(play)
    for _ in range(3):
        stage.look()
    raised = list(hook.got)
    assert sorted(plain(one["key"]) for one in raised) == list(SCENES[name].keys)
    assert {one["status"] for one in raised} == {"raised"}
    for message in raised:
        check(message)

    assert next(play, "its end") == "its end"
    for _ in range(3):
        stage.look()
    over = hook.got[len(raised) :]
    assert sorted(one["key"] for one in over) == sorted(one["key"] for one in raised)
    assert {(one["status"], one["level"]) for one in over} == {("resolved", "INFO")}
    assert [canary for canary in CANARIES if canary in "".join(hook.raw) + kept(store)] == []
    print(f"\n{name.replace('_', ' ')}", *map(shown, hook.got), sep="\n")  # noqa: T201 - `make alarms` shows it


def check(message: dict[str, Any]) -> None:
    """It is as documented, and says what to do."""
    rule = RULES[message["key"].partition(":")[0]]
    assert list(message) == DOCUMENTED
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC", message["timestamp"])
    assert message["script"] in ("monitor", "sync")
    assert message["error_type"] in ERROR_TYPES
    assert message["level"] == LEVEL_OF[message["severity"]]
    assert message["severity"] in rule.levels
    assert message["message"]
    assert message["details"]
    if rule.name not in ("blocked", "error"):
        assert message["remedy"] == rule.remedy
    assert message["remedy"]


def plain(key: str) -> str:
    """Without the digest of what an error said."""
    return re.sub(r"(?<=-)[0-9a-f]{6}$", "", key)


def kept(store) -> str:
    """What Redis keeps of alerts, the names of its keys included."""
    found = store.keys("*alerts*")
    lists = [store.lrange(key, 0, -1) for key in found if store.type(key) == "list"]
    hashes = [store.hgetall(key) for key in found if store.type(key) == "hash"]
    return f"{found} {lists} {hashes}"


def test_every_alert_has_its_scene() -> None:
    """What cannot be provoked here may not work at all."""
    assert {key.partition(":")[0] for scene in SCENES.values() for key in scene.keys} == set(RULES)
