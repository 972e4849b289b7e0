"""Never more requests to Cody a minute than it allows, and the right ones first."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from requests.structures import CaseInsensitiveDict

from cody2zoho.errors import OutOfTurn, RateLimited
from cody2zoho.http import Answer, time_limit
from cody2zoho.limits.permits import Kind
from cody2zoho.services import Services
from cody2zoho.simulators.faults import Fault
from later import PREFIX, in_seconds, later
from waiting import eventually

TOLD = f"{PREFIX}limit:cody:told"


def asks(worker: Services, kind: Kind, reader: str = "") -> bool:
    """Whether it may be asked at once; nothing is sent."""
    with time_limit(5):
        try:
            worker.limits.permit(lambda: Answer(200, CaseInsensitiveDict(), b""), kind, reader)
        except OutOfTurn:
            return False
        return True


def many(worker: Services, kind: Kind, reader: str = "") -> int:
    """How many may be asked before one may not."""
    count = 0
    while asks(worker, kind, reader):
        count += 1
        assert count < 200, "there is no limit"
    return count


def polls(worker: Services) -> bool:
    """One real request; False where our own limit forbids it."""
    with time_limit(5):
        try:
            return bool(worker.cody.bots())
        except OutOfTurn:
            return False


def test_workers_together_never_ask_more_than_the_setting_says(server, plugged) -> None:
    workers = [plugged(cody_requests_per_minute=40) for _ in range(6)]
    with ThreadPoolExecutor(60) as threads:
        granted = sum(threads.map(lambda number: polls(workers[number % 6]), range(120)))
    # 95 % of 40, of which 7 % are kept for conversations that were begun.
    assert granted == server.journal["cody"].requests == 36
    assert many(workers[0], Kind.ON) == 2


def test_a_minute_and_a_tenth_later_as_many_may_be_asked_again(plugged, store) -> None:
    worker = plugged(cody_requests_per_minute=40)
    before = many(worker, Kind.ON)
    later(store, 60)
    assert many(worker, Kind.ON) == 0
    later(store, 6)
    assert many(worker, Kind.ON) == before > 30


def test_the_minute_moves_along_and_gives_back_what_is_old_and_no_more(plugged, store) -> None:
    worker = plugged(cody_requests_per_minute=40)
    for _ in range(10):
        assert asks(worker, Kind.ON)
    later(store, 40)
    assert many(worker, Kind.ON) > 20
    later(store, 26)
    assert many(worker, Kind.ON) == 10


def test_sixty_a_minute_are_assumed_until_cody_names_its_limit(account, plugged) -> None:
    worker = plugged(cody_requests_per_minute=None)
    assert worker.limits.now().cody_limit == 60
    account.knobs.requests_per_minute = 200
    assert polls(worker)
    assert polls(worker)
    assert worker.limits.now().cody_limit == plugged(cody_requests_per_minute=None).limits.now().cody_limit == 200


@pytest.mark.parametrize(("codys", "limit"), [(200, 50), (30, 30)])
def test_the_smaller_of_the_setting_and_codys_own_limit_counts(account, plugged, codys: int, limit: int) -> None:
    worker = plugged(cody_requests_per_minute=50)
    account.knobs.requests_per_minute = codys
    assert polls(worker)
    assert polls(worker)
    assert worker.limits.now().cody_limit == limit


def test_cody_never_has_to_refuse_when_it_allows_less_than_we_thought(account, server, plugged) -> None:
    account.knobs.requests_per_minute = 20
    workers = [plugged(cody_requests_per_minute=None) for _ in range(3)]
    assert polls(workers[0])
    assert polls(workers[0])
    with ThreadPoolExecutor(30) as threads:
        list(threads.map(lambda number: polls(workers[number % 3]), range(60)))
    assert set(server.journal["cody"].statuses) == {200}
    assert 15 < server.journal["cody"].requests < 20


def foreign(server, account, count: int) -> None:
    """Another program asks with a key of the same account."""
    for _ in range(count):
        key = {"Authorization": f"Bearer {next(iter(account.keys))}", "Accept": "application/json"}
        requests.get(f"{server.url}/api/v1/bots", headers=key, timeout=5)


def test_what_another_program_uses_of_the_account_is_left_to_it(account, server, plugged) -> None:
    account.knobs.requests_per_minute = 60
    workers = [plugged(cody_requests_per_minute=None) for _ in range(3)]
    foreign(server, account, 40)
    assert polls(workers[0])
    assert polls(workers[0])
    with ThreadPoolExecutor(30) as threads:
        granted = sum(threads.map(lambda number: polls(workers[number % 3]), range(60)))
    assert 5 < granted < 18
    assert set(server.journal["cody"].statuses) == {200}


def test_what_is_asked_between_two_answers_counts_as_well(account, server, plugged) -> None:
    account.knobs.requests_per_minute = 60
    worker = plugged(cody_requests_per_minute=None)
    foreign(server, account, 40)
    assert polls(worker)
    assert many(worker, Kind.ON) + many(worker, Kind.POLL) < 60 - 40


def test_another_program_that_begins_in_the_midst_of_a_minute_is_noticed(account, server, plugged) -> None:
    account.knobs.requests_per_minute = 60
    worker = plugged(cody_requests_per_minute=None)
    assert polls(worker)
    assert polls(worker)
    foreign(server, account, 40)
    assert polls(worker)
    assert many(worker, Kind.ON) + many(worker, Kind.POLL) < 60 - 40


def test_nothing_remaining_stops_all_workers_until_the_minute_is_over(account, server, plugged, clock, store) -> None:
    account.knobs.requests_per_minute = 60
    worker, other = plugged(cody_requests_per_minute=None), plugged(cody_requests_per_minute=None)
    foreign(server, account, 59)
    assert polls(worker)
    assert not polls(other)
    assert not polls(worker)
    clock.now += 60
    later(store, 60)
    assert polls(other)
    assert set(server.journal["cody"].statuses) == {200}


def test_a_new_minute_of_codys_is_noticed(account, plugged, clock, store) -> None:
    account.knobs.requests_per_minute = 60
    worker = plugged(cody_requests_per_minute=None)
    for _ in range(30):
        assert polls(worker)
    clock.now += 60
    later(store, 20)
    assert polls(worker)
    assert polls(worker)
    assert int(store.hget(TOLD, "used")) <= 3


def test_a_wiped_redis_learns_from_cody_what_was_asked_before(account, server, plugged, store) -> None:
    account.knobs.requests_per_minute = 60
    worker = plugged(cody_requests_per_minute=None)
    for _ in range(40):
        assert polls(worker)
    store.flushall()
    while polls(worker):
        assert server.journal["cody"].requests < 60
    assert set(server.journal["cody"].statuses) == {200}


def test_whoever_reads_on_comes_before_whoever_begins(plugged) -> None:
    worker = plugged(cody_requests_per_minute=60)
    begun = many(worker, Kind.START)
    assert 45 <= begun <= 51
    assert many(worker, Kind.ON) >= 3
    assert not asks(worker, Kind.START)


@pytest.mark.parametrize(("limit", "share"), [(6, 1), (10, 1), (60, 4)])
def test_a_backlog_leaves_the_polls_their_share(plugged, limit: int, share: int) -> None:
    worker = plugged(cody_requests_per_minute=limit)
    many(worker, Kind.START)
    many(worker, Kind.ON)
    assert many(worker, Kind.POLL) >= share


def test_a_long_list_leaves_a_begun_conversation_its_share(plugged) -> None:
    worker = plugged(cody_requests_per_minute=60)
    many(worker, Kind.POLL)
    assert many(worker, Kind.ON) >= 3


@pytest.mark.parametrize("limit", [1, 2, 5, 10])
def test_a_small_limit_lets_every_kind_through(plugged, store, limit: int) -> None:
    worker = plugged(cody_requests_per_minute=limit)
    for kind in Kind:
        assert asks(worker, kind)
        assert many(worker, kind) < limit
        later(store, 66)


def test_where_it_is_scarce_one_conversation_is_read_to_its_end(plugged, store) -> None:
    worker = plugged(cody_requests_per_minute=60)
    many(worker, Kind.START)
    assert asks(worker, Kind.ON, "long")
    assert not asks(worker, Kind.ON, "other")
    assert asks(worker, Kind.ON, "long")
    later(store, 5)
    assert asks(worker, Kind.ON, "other")


def test_a_clock_that_was_put_back_lets_no_conversation_stay_the_first(plugged, store) -> None:
    worker = plugged(cody_requests_per_minute=60)
    many(worker, Kind.START)
    assert asks(worker, Kind.ON, "long")
    store.pexpire(f"{PREFIX}limit:cody:first", 3_600_000)
    assert asks(worker, Kind.ON, "other")


def test_where_there_is_plenty_all_read_at_once(plugged) -> None:
    worker = plugged(cody_requests_per_minute=60)
    for number in range(20):
        assert asks(worker, Kind.ON, str(number))


def test_a_conversation_is_read_on_though_no_other_may_begin(account, plugged) -> None:
    worker = plugged(cody_requests_per_minute=60)
    conversation = account.add_conversation(bot_id="support")
    for number in range(25):
        account.say(conversation.id, f"{number}")
    while worker.limits.now().cody_starts > 1:
        assert asks(worker, Kind.START)
    assert len(worker.cody.messages(conversation.id)) == 25
    with pytest.raises(OutOfTurn), time_limit(5):
        worker.cody.messages(conversation.id)


@pytest.mark.parametrize("kind", Kind)
def test_a_short_wait_is_waited_for(plugged, store, kind: Kind) -> None:
    worker = plugged(cody_requests_per_minute=2)
    assert asks(worker, kind)
    later(store, 65.5)
    assert worker.limits.permit(lambda: Answer(200, CaseInsensitiveDict(), b""), kind).status == 200


def test_a_long_wait_is_not_begun_and_its_length_is_told(plugged) -> None:
    worker = plugged(cody_requests_per_minute=1)
    assert asks(worker, Kind.START)
    for kind, seconds in ((Kind.START, 100), (Kind.ON, 30)):
        with time_limit(seconds), pytest.raises(OutOfTurn) as caught:
            worker.limits.permit(lambda: Answer(200, CaseInsensitiveDict(), b""), kind)
        assert 60 < (caught.value.retry_after_seconds or 0) <= 66


def test_a_conversation_that_waits_is_handed_back_when_the_worker_stops(plugged) -> None:
    worker = plugged(cody_requests_per_minute=1)
    assert asks(worker, Kind.START)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(worker.limits.permit, answered_never, Kind.ON)
        eventually(waiting.running)
        worker.limits.stop_waiting()
        assert type(waiting.exception(3)) is OutOfTurn


def answered_never() -> Answer:
    raise AssertionError("it was asked all the same")


def test_after_a_429_the_pause_alone_counts(account, server, plugged, store) -> None:
    account.knobs.requests_per_minute = 60
    worker = plugged(cody_requests_per_minute=None)
    foreign(server, account, 50)
    assert polls(worker)
    server.faults.add(Fault("429", simulator="cody", times=1, retry_after=7))
    with pytest.raises(RateLimited):
        worker.cody.bots()
    assert store.hmget(TOLD, "used", "ends") == [None, None]
    later(store, 7)
    assert polls(worker)


def test_requests_of_a_clock_that_was_put_back_do_not_count(plugged, store) -> None:
    worker = plugged(cody_requests_per_minute=10)
    hour = in_seconds(store, 3_600)
    for part in ("reads", "polls"):
        store.zadd(f"{{cody2zoho}}:limit:cody:{part}", {f"{part}{number}": hour for number in range(10)})
    store.hset("{cody2zoho}:limit:cody:told", mapping={"limit": 10, "used": 10, "ends": hour})
    assert worker.cody.bots()


def test_history_leaves_a_fifth_free_and_polls_and_new_conversations_may_have_it(plugged) -> None:
    worker = plugged(cody_requests_per_minute=100)
    # 95 % of 100, less 7 for polls, 6 for what is begun, and a fifth.
    assert many(worker, Kind.BACK) == 63
    assert many(worker, Kind.START) == 19
    assert many(worker, Kind.POLL) == 7
    assert many(worker, Kind.ON) == 6


def test_history_gets_nothing_while_new_conversations_need_it(plugged) -> None:
    worker = plugged(cody_requests_per_minute=100)
    for _ in range(70):
        assert asks(worker, Kind.START)
    assert not asks(worker, Kind.BACK)
    assert asks(worker, Kind.START)
