"""How much work is worth beginning, and what `status` shows of the limits."""

import json
from itertools import takewhile
from typing import Any

import pytest
from click.testing import CliRunner
from requests.structures import CaseInsensitiveDict

from cody2zoho import configuration
from cody2zoho.checks import Level, all_checks
from cody2zoho.cli import main
from cody2zoho.http import Answer
from cody2zoho.ledger.ledger import State
from cody2zoho.limits.permits import Kind
from cody2zoho.sync import pipeline, polling
from cody2zoho.watching import monitor
from later import PREFIX, in_seconds, later


def test_there_is_room_for_twice_the_calls_that_may_be_in_flight(plugged, store) -> None:
    worker = plugged(zoho_max_concurrency=5)
    assert worker.limits.room() == 10
    soon = in_seconds(store, 9)
    store.zadd(f"{PREFIX}limit:zoho", {"one": soon, "another": soon, "of the dead": 1})
    assert worker.limits.room() == 8
    store.zadd(f"{PREFIX}limit:zoho", {"of a clock that was put back": in_seconds(store, 3_600)})
    assert worker.limits.room() == 8


@pytest.mark.parametrize("api", ["cody", "zoho"])
def test_there_is_no_room_while_an_api_wants_a_pause(plugged, store, api: str) -> None:
    worker = plugged()
    worker.limits.pauses.begin(api, 30)
    assert worker.limits.room() == 0
    later(store, 30)
    assert worker.limits.room() == 20


def test_there_is_room_for_as_many_as_cody_lets_begin(plugged) -> None:
    worker = plugged(cody_requests_per_minute=20)
    free = worker.limits.room()
    assert 10 < free < 20
    for count in range(1, free + 1):
        worker.limits.permit(lambda: Answer(200, CaseInsensitiveDict(), b""), Kind.START)
        assert worker.limits.room() == free - count


def test_there_is_no_room_when_the_credits_are_used_up(plugged, organisation) -> None:
    organisation.knobs.credits_a_day = 10
    organisation.credits.spend(9)
    worker = plugged()
    assert worker.limits.room() == 20
    worker.fields.all()
    # A look at the credits holds for five seconds; another process has none yet.
    assert plugged().limits.room() == 0


def test_a_wait_for_our_own_limit_alarms_nobody(account, plugged, caplog) -> None:
    worker = plugged()
    worker.limits.pauses.begin("cody", 30)
    caplog.clear()
    assert str(polling.poll(worker)) == "0 new of 0 listed"
    assert "wants a pause" in monitor.health(worker)["cody"]
    assert [record for record in caplog.records if record.levelname != "INFO"] == []
    assert {finding.about: finding.level for finding in all_checks(worker)}["Cody"] is Level.WARNING


def test_a_backlog_hides_no_bot_for_ever(account, server, plugged, store) -> None:
    worker = plugged(cody_requests_per_minute=10, cody_bot_id="support,sales")
    ids = [account.add_conversation(bot_id=bot).id for bot in ("support", "sales")]
    # One poll of a bot a minute is left.
    for _ in range(40):
        while worker.limits.room():
            worker.limits.permit(lambda: Answer(200, CaseInsensitiveDict(), b""), Kind.START)
        polling.poll(worker)
        later(store, 67)
    assert worker.ledger.looked_up(ids).keys() == set(ids)


def test_a_conversation_too_long_for_codys_limit_is_told_of_and_not_tried_for_ever(account, plugged, store) -> None:
    worker = plugged(cody_requests_per_minute=10, task_budget_seconds=15, max_attempts_hours=1)
    conversation_id = account.add_conversation(bot_id="support").id
    for number in range(200):
        account.say(conversation_id, f"{number}")
    polling.poll(worker)
    words = str(pipeline.create_case(conversation_id, worker))
    assert words == "postponed: Cody's limit, or a pause, let only a part be read within TASK_BUDGET_SECONDS"
    two_hours_ago = int(worker.ledger.about(conversation_id)["first_try"]) - 7_200_000
    store.hset(f"{PREFIX}conversation:{conversation_id}", "first_try", two_hours_ago)
    later(store, 66)
    assert str(pipeline.create_case(conversation_id, worker)).startswith("parked: Tried for 1 hours: Cody's limit")


def test_an_ordinary_case_asks_redis_three_times_for_its_turns(account, plugged, store) -> None:
    worker = plugged()
    ids = [account.add_conversation(bot_id="support").id for _ in range(2)]
    for conversation_id in ids:
        account.say(conversation_id, "Hello")
    polling.poll(worker)
    # The first one of a process also looks at the fields.
    pipeline.create_case(ids[0], worker)
    with store.monitor() as monitor:
        pipeline.create_case(ids[1], worker)
        store.echo("done")
        sent = list(takewhile(lambda command: "done" not in command, map(command_of, monitor.listen())))
    assert worker.ledger.about(ids[1])["state"] == State.CREATED
    assert len([command for command in sent if any(f"{PREFIX}{part}:" in command for part in OURS)]) == 3


OURS = ("limit", "pause", "metrics:credits")


def command_of(line: dict[str, Any]) -> str:
    """What a client sent; empty for what a script called in the server."""
    return "" if line["client_type"] == "lua" else str(line["command"])


@pytest.fixture
def status(server, redis_address, store, monkeypatch: pytest.MonkeyPatch):
    def status(*words: str) -> str:
        chosen = {"SIMULATORS_URL": server.url, "REDIS_URL": redis_address, "REDIS_KEY_PREFIX": "{cody2zoho}:"}
        for name, value in chosen.items():
            monkeypatch.setenv(name, value)
        configuration.settings.cache_clear()
        return CliRunner().invoke(main, ["status", *words]).output

    return status


def test_status_shows_limits_pauses_and_credits(plugged, status) -> None:
    worker = plugged(zoho_credits_per_day=4_000)
    worker.fields.all()
    worker.cody.bots()
    worker.limits.pauses.begin("zoho", 90)
    shown = status()
    assert "Cody: 1 of 1000000 requests in the last minute" in shown
    assert "Zoho: 0 of 10 calls in flight" in shown
    assert "Zoho's API credits: 1 used in 24 hours; unknown how long they last" in shown
    assert "Zoho wants a pause: 90 seconds left" in shown


def test_status_speaks_json_about_the_limits(plugged, status) -> None:
    plugged().fields.all()
    shown = json.loads(status("--json"))
    assert shown["pauses"] == {}
    assert shown["cody"] == {"requests": 0, "limit": 1_000_000}
    assert (shown["zoho"]["in_flight"], shown["zoho"]["limit"]) == (0, 10)
    assert shown["zoho"]["credits"]["used"] == shown["zoho"]["credits"]["by_lane"]["cases"] == 1
    assert shown["zoho"]["credits"].keys() >= {"allowance", "remaining", "per_day", "headroom_days", "headroom"}
