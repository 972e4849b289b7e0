"""Alerts as an operator's own workers and beat send them: real processes, a real Redis, a webhook on this machine."""

import json
import time
from collections.abc import Callable, Iterator

import pytest
import redis

from cody2zoho.settings import simulated_credentials
from waiting import eventually
from webhook import Webhook, webhook

PREFIX = "{cody2zoho}:"


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as server:
        yield server


@pytest.fixture
def chosen(server, hook) -> dict[str, str]:
    given = {name.upper(): value for name, value in simulated_credentials(server.url).items()}
    # Credentials of one's own: the simulators' would stand in for a wrong key.
    own = {"CODY_BOT_ID": "support", "ALERT_URLS": hook.url, "POLL_INTERVAL_SECONDS": "1", "DIGEST_AT": "00:00"}
    return {**given, **own}


@pytest.fixture
def store(broker) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(broker.url, decode_responses=True)
    yield client
    client.close()


def told(hook: Webhook) -> list[tuple[str, str]]:
    return [(one["status"], one["key"]) for one in hook.got if one["status"] != "digest"]


@pytest.fixture
def tick(call, store) -> Callable[[], None]:
    """The next minute's tick, now; it has been made when this returns."""

    def tick() -> None:
        before = store.get(f"{PREFIX}alerts:watched")
        call("watch", prefix=PREFIX)
        eventually(lambda: store.get(f"{PREFIX}alerts:watched") != before)
        eventually(lambda: not store.exists(f"{PREFIX}lock:watch") and not store.keys(f"{PREFIX}alerts:outbox:*"))

    return tick


def test_a_wrong_key_is_told_once_by_two_workers_and_after_their_restart_and_then_that_it_was_mended(
    start, tick, store, chosen, hook
) -> None:
    wrong = {**chosen, "CODY_API_KEY": "wrong"}
    # Yesterday's was long ago, and today's is due.
    store.set(f"{PREFIX}alerts:digest", "2000-01-01")
    beat = start("beat", **wrong)
    workers = [start("worker", "-n", f"{name}@%h", **wrong) for name in ("one", "two")]
    eventually(lambda: store.hexists(f"{PREFIX}blocked", "cody"))
    tick()
    eventually(lambda: told(hook) == [("raised", "blocked:cody")])
    tick()
    for one in (beat, *workers):
        one.end()
    for role in ("worker", "beat"):
        workers.append(start(role, **chosen))
    eventually(lambda: not store.hexists(f"{PREFIX}blocked", "cody"))
    tick()
    eventually(lambda: len(told(hook)) == 2)
    tick()
    assert told(hook) == [("raised", "blocked:cody"), ("resolved", "blocked:cody")]
    assert [one["key"] for one in hook.got if one["status"] == "digest"] == ["digest"]


def test_an_error_nobody_foresaw_is_told_when_it_comes_three_times_without_anybodys_words(
    start, call, tick, store, chosen, hook
) -> None:
    """A key in Redis that somebody wrote over: Celery's own signal tells of it."""
    store.set(f"{PREFIX}conversation:Qz3d", "canary@example.com")
    worker = start("worker", **chosen, ERROR_ALERT_WEBHOOK=f"{hook.url}/errors")
    worker.says("ready")
    # The ledger opens, which it does before it lets anybody claim.
    call("fetch_conversations", prefix=PREFIX)
    worker.says('"ledger_rebuilt"')
    for count in range(1, 4):
        call("create_case", "Qz3d", prefix=PREFIX)
        eventually(lambda count=count: worker.said().count('"task_failed"') == count)
    eventually(lambda: "3" in [v for k, v in store.hgetall(f"{PREFIX}alerts:errors").items() if k.endswith("|count")])
    tick()
    eventually(lambda: len(hook.got) == 2)
    assert sorted(hook.paths) == ["/hook", "/hook/errors"]
    assert {one["key"].rpartition("-")[0] for one in hook.got} == {"error:task_failed"}
    context = next(one["context"] for one in hook.got if "context" in one)
    assert (context["failed"], context["error"]) == ("cody2zoho.create_case", "ResponseError")
    assert context["place"].startswith("ledger.py:")
    assert "canary" not in "".join(hook.raw) + worker.said()


def test_that_nobody_works_is_told_by_a_lone_beat_and_ends_with_the_first_worker(
    start, tick, store, chosen, hook
) -> None:
    store.set(f"{PREFIX}alerts:watched", str(time.time() - 600))
    start("beat", **chosen)
    eventually(lambda: told(hook) == [("raised", "ticks")], 120)
    start("worker", **chosen)
    tick()
    eventually(lambda: told(hook) == [("raised", "ticks"), ("resolved", "ticks")], 60)


def test_that_beat_is_gone_is_told_by_a_worker(start, store, chosen, hook) -> None:
    store.set(f"{PREFIX}alerts:watched", str(time.time() - 600))
    start("worker", **chosen)
    eventually(lambda: told(hook) == [("raised", "ticks")], 120)
    assert json.loads(hook.raw[0])["message"].startswith("Nobody has worked for 1")
