"""What is counted counts once: also what is sent twice, because an answer was lost on its way."""

import socket
from collections.abc import Iterator

import pytest
import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from chats import chat, pass_time, work
from cody2zoho.backfill import backfill, batches
from cody2zoho.backfill.backfill import Wanted
from cody2zoho.ledger.records import Held, State
from cody2zoho.ops import figures
from cody2zoho.ops.situation import look
from cody2zoho.sync import polling
from cody2zoho.telemetry import counters
from cody2zoho.telemetry.counters import Counters
from cody2zoho.telemetry.events import CaseFollowedUp, PollFailed
from cody2zoho.watching import summary
from relay import Relay, relayed

PREFIX = "cody2zoho:"
FAILED = PollFailed("support", "no")


@pytest.fixture(params=[1, 4], ids=["one answer", "four answers"])
def lossy(request, redis_address: str) -> Iterator[Relay]:
    def connect() -> socket.socket:
        redis_side = socket.socket(socket.AF_UNIX)
        redis_side.connect(redis_address.removeprefix("unix://").partition("?")[0])
        return redis_side

    with relayed(connect, b"polls_total", request.param) as relay:
        yield relay


def test_a_sending_whose_answer_was_lost_counts_once_and_what_came_meanwhile_too(
    store: redis.Redis, lossy: Relay
) -> None:
    retry = Retry(ConstantBackoff(0), 2)
    with redis.Redis(port=lossy.port, decode_responses=True, retry=retry, socket_timeout=2) as far:
        tally = Counters(far, PREFIX)
        # Redis knows the script by now.
        tally.hear(CaseFollowedUp("4876", 3))
        tally.send()
        for _ in range(2):
            tally.hear(FAILED)
            tally.send()
    assert lossy.lost == lossy.most
    assert counters.read(store, PREFIX)["polls_total|failed"] == 2


def test_two_sendings_of_the_same_are_two(store: redis.Redis) -> None:
    tally = Counters(store, PREFIX)
    for _ in range(2):
        tally.hear(FAILED)
        tally.send()
    assert counters.read(store, PREFIX)["polls_total|failed"] == 2


def test_what_a_process_left_to_tell_its_sendings_apart_does_not_stay(store: redis.Redis) -> None:
    tally = Counters(store, PREFIX)
    tally.hear(FAILED)
    tally.send()
    [left] = store.keys(f"{PREFIX}metrics:sent:*")
    assert 0 < store.ttl(left) <= 3_600


def test_the_case_of_a_part_that_is_noted_twice_counts_once(plugged, account) -> None:
    services = plugged(conversation_split_hours=24)
    conversation_id = chat(account)
    polling.poll(services)
    claim = services.ledger.claim(conversation_id)
    assert services.ledger.hold(claim, Held("11", 2, "d", 10))
    assert services.ledger.hold(claim, Held("11", 2, "d", 10))
    assert services.ledger.hold(claim, Held("12", 2, "d", 30, since=20))
    assert counted(services, "created") == 2


def test_what_is_parked_and_then_dismissed_is_processed_once_and_skipped(plugged, account) -> None:
    services = plugged()
    conversation_id = chat(account)
    chat(account)
    polling.poll(services)
    services.ledger.park(services.ledger.claim(conversation_id), "Zoho refuses it")
    assert told(services) == (1, 0)
    assert services.ledger.dismiss(conversation_id)
    assert not services.ledger.dismiss(conversation_id)
    assert counted(services, "dismissed") == 1
    assert told(services) == (1, 1)
    work(services)
    assert told(services) == (2, 1)


def told(services) -> tuple[int, int]:
    found = figures.metrics(look(services), 1, services.clock())["conversations"]
    return found["total_processed"], found["total_skipped"]


def counted(services, what: str) -> int:
    return int(counters.read(services.store, services.settings.redis_key_prefix).get(f"conversations_total|{what}", 0))


def test_cases_that_fill_the_ledger_are_nobodys_work_of_today(plugged) -> None:
    services = plugged()
    assert services.ledger.adopt([("conversation1", "4876 2 d 10"), ("conversation2", "4877 2 d 10")]) == 2
    assert counters.read(services.store, services.settings.redis_key_prefix) == {}


def test_cases_of_a_backfill_count_once_like_all_others(plugged, account, organisation) -> None:
    services = plugged(sync_since="30d")
    chat(account)
    work(services)
    for _ in range(3):
        chat(account, ago=90 * 86_400)
    services.history.start(backfill.plan(services, Wanted()).conversations)
    batches.work(0, services)
    assert counted(services, "created") == counted(services, "seen") == len(organisation.cases) == 4


def test_after_a_wipe_in_the_midst_figures_begin_anew_and_no_case_counts_twice(
    plugged, account, organisation, clock
) -> None:
    services = plugged()
    tally = Counters(services.store, services.settings.redis_key_prefix)
    for _ in range(2):
        chat(account)
    work(services)
    summary.tell(services)
    tally.hear(FAILED)
    services.store.flushall()
    tally.send()
    # Two hours on, the cases are old enough to be taken over as they are.
    pass_time(services, clock, 7_200)
    chat(account, ago=60)
    work(services)
    work(services)
    assert len(organisation.cases) == 3
    assert counted(services, "created") == 1
    assert services.ledger.counts()[State.CREATED] == 3
    assert counters.read(services.store, services.settings.redis_key_prefix)["polls_total|failed"] == 1
    assert summary.tell(services)["created"] == 3
    assert told(services) == (1, 0)
