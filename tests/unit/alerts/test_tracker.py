"""The same error three times is told with its context; another, or one long ago, is not the same."""

import re
from collections.abc import Iterator

import pytest
import redis
from celery import Celery
from celery.app import trace

from cody2zoho.alerts import send_waiting
from cody2zoho.errors import Cody2ZohoError, Transient
from cody2zoho.telemetry import listen, listeners
from cody2zoho.telemetry.events import CasePostponed, ConversationParked, Event, PollFailed, TokenRefreshFailed
from cody2zoho.watching import watches
from cody2zoho.watching.tracker import Tracker, place_of
from cody2zoho.worker import observers
from cody2zoho.worker.tasks import Wordless
from leaving import Leaving
from webhook import Webhook, webhook

PREFIX = "{cody2zoho}:"


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as server:
        yield server


@pytest.fixture
def worker(plugged, hook):
    return plugged(error_alert_webhook=hook.url)


@pytest.fixture
def tracker(worker, clock) -> Tracker:
    return Tracker(worker.store, worker.settings.redis_key_prefix, clock)


def hear(tracker: Tracker, *events: Event) -> None:
    for event in events:
        tracker.hear(event)
    tracker.count()


def counts(store: redis.Redis) -> list[str]:
    """How often each kind of error came."""
    return [value for key, value in store.hgetall(f"{PREFIX}alerts:errors").items() if key.endswith("|count")]


def watch(worker) -> None:
    [check] = [one for one in watches.CHECKS if one.name == "error"]
    worker.alerts.judge("error", check.look(worker))
    send_waiting(worker.alerts)


def test_the_third_of_the_same_kind_is_told_once_as_the_earlier_product_did(worker, tracker, hook, clock) -> None:
    hear(tracker, TokenRefreshFailed("Zoho is out of order (500)"), TokenRefreshFailed("Zoho is out of order (502)"))
    watch(worker)
    assert hook.got == []
    for _ in range(3):
        hear(tracker, TokenRefreshFailed("Zoho is out of order (503)"))
        watch(worker)
    [told] = hook.got
    key = told.pop("key")
    assert key.startswith("error:token_refresh_failed-")
    assert told == {
        "timestamp": "2025-10-09 08:53:20 UTC",
        "severity": "CRITICAL",
        "message": "The same error 3 times: token_refresh_failed",
        "status": "raised",
        "error_type": "token_refresh_failed",
        "context": {"affected_count": 3, "reason": "Zoho is out of order (503)"},
        "service": "cody2zoho",
        "environment": "production",
    }
    clock.now += 3_700
    watch(worker)
    assert [one["status"] for one in hook.got] == ["raised", "resolved"]


def test_different_errors_are_not_the_same(worker, tracker, hook) -> None:
    hear(tracker, *(ConversationParked(reason) for reason in ("one field", "another field", "no contact")))
    watch(worker)
    assert hook.got == []


def test_what_was_heard_while_redis_was_away_is_counted_later(worker, hook, clock, redis_address) -> None:
    gone = redis.Redis.from_url(redis_address, decode_responses=True)
    tracker = Tracker(gone, worker.settings.redis_key_prefix, clock)
    gone.connection_pool.connection_kwargs["path"] = "/nowhere"
    hear(tracker, *[ConversationParked("x")] * 3)
    gone.connection_pool.connection_kwargs["path"] = redis_address.removeprefix("unix://").partition("?")[0]
    gone.connection_pool.reset()
    tracker.count()
    gone.close()
    watch(worker)
    assert [one["error_type"] for one in hook.got] == ["conversation_parked"]


def test_what_is_tried_again_by_itself_is_never_counted(worker, tracker, hook, store) -> None:
    """A passing fault has a rate, and no case is ever slower for being counted: only the thread asks Redis."""
    for _ in range(10):
        tracker.hear(CasePostponed("Zoho is out of order (503)", 2, 1))
        tracker.hear(PollFailed("support", "Cody is out of order (503)"))
    tracker.hear(ConversationParked("x"))
    assert store.keys("*alerts:errors*") == []
    tracker.count()
    assert counts(store) == ["1"]


def test_the_same_error_in_several_workers_is_the_same(worker, clock, hook) -> None:
    for _ in range(3):
        hear(Tracker(worker.store, worker.settings.redis_key_prefix, clock), ConversationParked("x"))
    watch(worker)
    assert [one["context"]["affected_count"] for one in hook.got] == [3]


def test_errors_far_apart_are_not_the_same(worker, tracker, hook, clock) -> None:
    for _ in range(6):
        hear(tracker, ConversationParked("x"))
        watch(worker)
        clock.now += 3_601
        watch(worker)
    assert hook.got == []


def test_the_threshold_is_the_operators(plugged, hook, clock) -> None:
    worker = plugged(error_alert_webhook=hook.url, error_alert_threshold=2)
    tracker = Tracker(worker.store, worker.settings.redis_key_prefix, clock)
    hear(tracker, ConversationParked("x"))
    watch(worker)
    assert hook.got == []
    hear(tracker, ConversationParked("x"))
    watch(worker)
    assert [one["message"] for one in hook.got] == ["The same error 2 times: conversation_parked"]


def test_while_redis_is_away_only_so_much_is_kept(clock, store, redis_address) -> None:
    gone = Leaving.from_url(redis_address, decode_responses=True)
    gone.away = True
    tracker = Tracker(gone, PREFIX, clock)
    hear(tracker, *[ConversationParked("x")] * 1_500)
    gone.away = False
    tracker.count()
    gone.close()
    assert counts(store) == ["1000"]


def test_celerys_own_signal_tells_of_what_nobody_foresaw_without_its_words_and_of_nothing_else(
    worker, tracker, hook, caplog
) -> None:
    assert observers
    app = Celery(set_as_current=False, broker="memory://")

    @app.task(name="cody2zoho.create_case", base=Wordless, throws=(Cody2ZohoError,), ignore_result=True)
    def task(error: str) -> None:
        raise (Transient if error == "foreseen" else KeyError)("canary@example.com")

    run = trace.build_tracer(task.name, task, app=app)
    listen(tracker.hear)
    for error in ("foreseen", "unforeseen") * 3:
        run(error, (error,), {}, {"id": error, "task": task.name, "hostname": "here"})
    listeners.remove(tracker.hear)
    tracker.count()
    watch(worker)
    [told] = hook.got
    assert told["error_type"] == "task_failed"
    assert told["context"] == {
        "affected_count": 3,
        "failed": "cody2zoho.create_case",
        "error": "KeyError",
        "place": told["context"]["place"],
    }
    assert re.fullmatch(r"\w+.py:\d+", told["context"]["place"])
    assert [one.levelname for one in caplog.records if one.message == "task_failed"] == ["ERROR"] * 3
    # Celery's own line is of a process that has not set up our logging.
    ours = [vars(one) for one in caplog.records if one.name != "celery.app.trace"]
    assert "canary" not in f"{hook.raw} {ours}"


def test_the_place_of_an_error_is_ours_and_has_no_words() -> None:
    with pytest.raises(AttributeError) as raised:
        place_of(1)
    assert re.fullmatch(r"tracker.py:\d+", place_of(raised.value.__traceback__))


def test_the_place_of_an_error_is_never_in_a_library_below_a_folder_of_our_name(tmp_path) -> None:
    library = tmp_path / "cody2zoho" / ".venv" / "library.py"
    code = compile("place_of(1)", str(library), "exec")
    with pytest.raises(AttributeError) as raised:
        exec(code, {"place_of": lambda _: (_ for _ in ()).throw(AttributeError)})
    assert place_of(raised.value.__traceback__) == ""
