"""What a dead worker left behind comes back, is told once, and stands in all figures."""

import json
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner
from kombu import Connection

from chats import chat, work
from cody2zoho import configuration, telemetry
from cody2zoho.backfill import backfill, batches
from cody2zoho.backfill.backfill import Wanted
from cody2zoho.cli import main
from cody2zoho.ledger.records import Held
from cody2zoho.ops import figures, prometheus
from cody2zoho.ops.situation import look
from cody2zoho.services import Services
from cody2zoho.sync import polling
from cody2zoho.telemetry import counters
from cody2zoho.telemetry.counters import Counters
from cody2zoho.telemetry.events import LEFT_BEHIND, CleanedUp, Event
from cody2zoho.watching.signs import Signs

PREFIX = "{cody2zoho}:"


@pytest.fixture
def told() -> Iterator[list[CleanedUp]]:
    found: list[CleanedUp] = []

    def hear(event: Event) -> None:
        if isinstance(event, CleanedUp):
            found.append(event)

    telemetry.listen(hear)
    yield found
    telemetry.listeners.remove(hear)


@pytest.fixture
def services(plugged) -> Services:
    return plugged()


def key(services: Services, name: str) -> str:
    return f"{services.settings.redis_key_prefix}{name}"


def test_a_conversation_taken_over_is_told_once(services, account, told) -> None:
    conversation_id = chat(account)
    polling.poll(services)
    services.ledger.claim(conversation_id)
    assert told == []
    services.store.zadd(key(services, "working"), {conversation_id: 1})
    claim = services.ledger.claim(conversation_id)
    assert told == [CleanedUp("leases", 1)]
    services.ledger.created(claim, Held("4876"))
    assert len(told) == 1


def test_slots_of_the_dead_are_told_with_the_next_turn(services, told) -> None:
    services.store.zadd(key(services, "limit:zoho"), {"one": 1, "other": 2})
    services.fields.all()
    assert told == [CleanedUp("slots", 2)]
    services.fields.all()
    assert len(told) == 1


def test_a_worker_not_seen_for_an_hour_is_told_when_its_sign_goes(services, told) -> None:
    services.store.zadd(key(services, "signs:workers"), {"worker@gone": 1})
    signs = Signs(services.store, services.settings.redis_key_prefix, "worker@here")
    for _ in range(2):
        signs.well()
        signs.send()
    assert told == [CleanedUp("signs", 1)]


def test_a_batch_that_ended_without_a_word_is_told_when_the_next_takes_its_place(plugged, account, told) -> None:
    services = plugged(sync_since="30d")
    chat(account)
    work(services)
    chat(account, ago=90 * 86_400)
    services.history.start(backfill.plan(services, Wanted()).conversations)
    assert services.history.take(0, 10)
    batches.work(0, services)
    assert told == [CleanedUp("batches", 1)]


def test_a_message_that_nobody_answered_is_told_when_it_is_put_back(services, told, our_broker) -> None:
    options = {"visibility_timeout": 0, "unacked_restore_interval": 1}
    with Connection(services.settings.celery_address, transport_options=options) as connection:
        for number in range(3):
            connection.SimpleQueue("cases").put(number)
        taken = connection.SimpleQueue("cases")
        taken.get(timeout=10), taken.get(timeout=10)
        qos = connection.channel().qos
        qos.restore_visible(interval=1)
        assert told == [CleanedUp("messages", 2)]
        qos.restore_visible(interval=1)
        assert len(told) == 1
        # What a worker hands back itself is no left-over.
        taken.get(timeout=10).reject(), taken.get(timeout=10).requeue()
        assert len(told) == 1


@pytest.fixture
def cleaned(services: Services) -> Services:
    tally = Counters(services.store, services.settings.redis_key_prefix)
    for what, count in (("leases", 2), ("messages", 1), ("leases", 1)):
        tally.hear(CleanedUp(what, count))
    tally.send()
    return services


@pytest.fixture
def status(server, redis_address, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What the command shows."""
    for name, value in {"SIMULATORS_URL": server.url, "REDIS_URL": redis_address, "REDIS_KEY_PREFIX": PREFIX}.items():
        monkeypatch.setenv(name, value)
    configuration.settings.cache_clear()
    return lambda *words: CliRunner().invoke(main, ["status", *words]).output


def test_it_stands_in_all_figures(cleaned) -> None:
    seen = look(cleaned)
    expected = dict.fromkeys(LEFT_BEHIND, 0) | {"leases": 3, "messages": 1}
    assert figures.metrics(seen, 1, cleaned.clock())["cleaned_up"] == expected
    assert figures.stats(seen, cleaned.settings, [])["cleaned_up"] == expected
    assert 'cody2zoho_cleaned_up_total{what="leases"} 3.0' in prometheus.text(seen, cleaned.settings).decode()


def test_status_tells_it_in_words(cleaned, status) -> None:
    shown = status()
    assert "after dead workers, conversations taken over: 3; messages put back into their queue: 1" in shown
    assert json.loads(status("--json"))["cleaned_up"]["leases"] == 3


def test_status_says_nothing_where_there_was_nothing(services, status) -> None:
    assert "dead workers" not in status()
    assert counters.in_words(counters.cleaned_up({})) == ""
