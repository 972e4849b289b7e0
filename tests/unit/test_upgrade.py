"""State of another version: newer is refused, older is brought up to date."""

import pytest

from cody2zoho import rebuild, upgrade
from cody2zoho.checks import all_checks
from cody2zoho.errors import ConfigurationError
from cody2zoho.ledger.records import SCHEMA, Known, State
from cody2zoho.simulators.generator import generate
from cody2zoho.sync import pipeline, polling

PREFIX = "{cody2zoho}:"


def old_state(store, **conversations: dict[str, str]) -> None:
    """As the version before buckets wrote it."""
    for conversation_id, facts in conversations.items():
        store.hset(f"{PREFIX}conversation:{conversation_id}", mapping={"bot": "support", "created_at": "1", **facts})
        store.hincrby(f"{PREFIX}metrics:states", facts["state"], 1)


def test_finished_conversations_of_the_version_before_are_packed_and_open_ones_stay(store, plugged) -> None:
    old_state(
        store,
        done={"state": "created", "case": "4876", "messages": "2", "digest": "abc"},
        silent={"state": "empty", "reason": "nothing was said"},
        stuck={"state": "parked", "reason": "no"},
        young={"state": "waiting"},
    )
    worker = plugged(closed=True)
    assert worker.ledger.schema() == 1
    assert rebuild.ensure(worker)
    assert worker.ledger.schema() == SCHEMA
    assert worker.ledger.looked_up(["done", "silent", "stuck", "young"]) == {
        "done": Known(State.CREATED, "4876"),
        "silent": Known(State.EMPTY),
        "stuck": Known(State.PARKED),
        "young": Known(State.WAITING),
    }
    assert not store.exists(f"{PREFIX}conversation:done")
    assert {state: count for state, count in worker.ledger.counts().items() if count} == {
        State.CREATED: 1,
        State.EMPTY: 1,
        State.PARKED: 1,
        State.WAITING: 1,
    }


def test_an_empty_redis_needs_no_upgrade(plugged) -> None:
    assert plugged(closed=True).ledger.schema() == SCHEMA


def test_a_first_start_is_not_called_an_upgrade(account, plugged, caplog: pytest.LogCaptureFixture) -> None:
    account.load(generate(5, 3, now=account.now()))
    worker = plugged(closed=True, cody_bot_id="all")
    polling.poll(worker)
    caplog.set_level("INFO")
    assert rebuild.ensure(worker)
    assert "state_upgraded" not in caplog.text
    assert worker.ledger.schema() == SCHEMA


def test_state_of_a_newer_version_is_refused_before_anything_is_changed(account, server, store, plugged) -> None:
    account.load(generate(5, 3, now=account.now()))
    worker = plugged(closed=True, cody_bot_id="all")
    store.hset(f"{PREFIX}ledger", "schema", SCHEMA + 1)
    with pytest.raises(ConfigurationError, match=f"version {SCHEMA + 1}, written by a newer cody2zoho"):
        upgrade.check(worker)
    polling.poll(worker)
    with pytest.raises(ConfigurationError):
        pipeline.ready(worker)
    assert server.journal["zoho"].requests == 0


def test_doctor_says_that_the_state_is_of_a_newer_version(store, plugged) -> None:
    worker = plugged()
    store.hset(f"{PREFIX}ledger", "schema", SCHEMA + 1)
    [finding] = [one for one in all_checks(worker) if one.about == "Redis"]
    assert "newer cody2zoho" in finding.words
