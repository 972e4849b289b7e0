"""Never more calls to Zoho at a time than are allowed, whoever dies, and nobody asks while Zoho wants a pause."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from processes import python
from requests.structures import CaseInsensitiveDict

from cody2zoho.errors import Cody2ZohoError, NotSent, OutOfTurn, RateLimited, Transient
from cody2zoho.http import Answer, time_limit
from cody2zoho.limits.credits import Credits
from cody2zoho.limits.keeper import Keeper
from cody2zoho.limits.patience import Patience
from cody2zoho.limits.pauses import Pauses
from cody2zoho.limits.turns import LEASE_SECONDS, Turns
from cody2zoho.simulators.faults import Fault
from later import PREFIX, in_seconds, later
from leaving import Leaving
from waiting import eventually

SLOTS = f"{PREFIX}limit:zoho"
FIELDS = "/crm/v8/settings/fields"


@pytest.fixture
def patient():
    """No thread waits for its turn in these; who cannot have it at once is told so."""
    with time_limit(5):
        yield


def test_sixty_threads_of_six_processes_never_pass_the_limit_and_use_all_of_it(server, plugged) -> None:
    workers = [plugged(zoho_max_concurrency=4) for _ in range(6)]
    for worker in workers:
        worker.tokens.get()
    server.journal.clear()
    server.latency_seconds = 0.03
    with ThreadPoolExecutor(60) as threads:
        assert all(threads.map(lambda number: workers[number % 6].fields.all(), range(120)))
    assert server.journal["zoho"].peak_in_flight == 4


def test_a_redis_that_forgets_does_not_multiply_the_limit_within_a_process(server, plugged, store) -> None:
    worker = plugged(zoho_max_concurrency=3)
    worker.tokens.get()
    server.journal.clear()
    server.latency_seconds = 0.05
    for count in range(1, 30):
        server.faults.after(count, lambda: store.delete(SLOTS), simulator="zoho")
    with ThreadPoolExecutor(20) as threads:
        assert all(threads.map(lambda _: worker.fields.all(), range(40)))
    assert server.journal["zoho"].peak_in_flight <= 3


def test_the_slots_of_a_killed_process_come_back_within_ten_seconds(plugged, store, redis_address) -> None:
    worker = plugged(zoho_max_concurrency=1)
    holder = f"""
import os, redis
from cody2zoho.limits.credits import Credits
from cody2zoho.limits.patience import Patience
from cody2zoho.limits.pauses import Pauses
from cody2zoho.limits.turns import Turns
store = redis.Redis.from_url({redis_address!r}, decode_responses=True)
prefix = {PREFIX!r}
Turns(store, prefix, 1, Credits(store, prefix, 0, 0), Pauses(store, prefix), Patience())(lambda: os._exit(9), 1)
"""
    assert subprocess.run(python(holder), check=False).returncode == 9
    with time_limit(5), pytest.raises(OutOfTurn, match="ZOHO_MAX_CONCURRENCY"):
        worker.fields.all()
    assert LEASE_SECONDS <= 10
    later(store, LEASE_SECONDS)
    with time_limit(5):
        assert worker.fields.all()


@pytest.mark.parametrize("action", ["slow", "cut", "504"])
@pytest.mark.parametrize("call", ["read", "write"])
def test_a_call_without_an_answer_keeps_its_slot_for_as_long_as_it_may_run(
    server, plugged, store, patient, action: str, call: str
) -> None:
    worker = plugged(zoho_max_concurrency=1, http_read_timeout_seconds=0.3)
    worker.tokens.get()
    server.faults.add(Fault(action, path="/crm/*", times=1, seconds=1, when="after"))
    with pytest.raises(Transient) as caught:
        worker.fields.all() if call == "read" else worker.cases.insert({"Subject": "x", "Status": "Closed"})
    assert not isinstance(caught.value, OutOfTurn)
    with pytest.raises(OutOfTurn):
        worker.fields.all()
    later(store, LEASE_SECONDS - 1)
    with pytest.raises(OutOfTurn):
        worker.fields.all()
    later(store, 1)
    assert worker.fields.all()


@pytest.mark.parametrize("action", ["500", "502", "garble"])
def test_a_call_that_was_answered_gives_its_slot_back_whatever_the_answer(server, plugged, store, action: str) -> None:
    worker = plugged()
    server.faults.add(Fault(action, path="/crm/*", times=1))
    with pytest.raises(Cody2ZohoError):
        worker.fields.all()
    assert store.zcard(SLOTS) == 0


def test_a_call_that_never_arrived_gives_its_slot_back_and_costs_nothing(plugged, store) -> None:
    worker = plugged(zoho_api_url="http://127.0.0.1:1")
    with pytest.raises(NotSent):
        worker.fields.all()
    assert store.zcard(SLOTS) == 0
    assert worker.limits.now().budget.used == 0


def turns(store: redis.Redis, **chosen) -> Turns:
    return Turns(store, PREFIX, 1, Credits(store, PREFIX, 0, 0), Pauses(store, PREFIX), Patience(), **chosen)


def answered() -> Answer:
    return Answer(200, CaseInsensitiveDict(), b"{}")


def test_a_slot_is_held_for_as_long_as_the_call_lasts(store) -> None:
    def long_call() -> Answer:
        [slot] = store.zrange(SLOTS, 0, -1)
        for _ in range(2):
            store.zadd(SLOTS, {slot: 1})
            eventually(lambda: store.zscore(SLOTS, slot) > 1)
        return answered()

    assert turns(store, keeper=Keeper(0.02), lease_seconds=0.3)(long_call, 1).status == 200
    assert store.zcard(SLOTS) == 0


def test_a_slot_outlives_the_call_by_a_full_lease_however_little_of_it_was_left(store) -> None:
    def unanswered() -> Answer:
        [slot] = store.zrange(SLOTS, 0, -1)
        store.zadd(SLOTS, {slot: store.time()[0] * 1000 + 1_500})
        raise Transient("Zoho did not answer in time")

    with pytest.raises(Transient):
        turns(store)(unanswered, 1)
    later(store, LEASE_SECONDS - 2)
    with pytest.raises(OutOfTurn), time_limit(5):
        turns(store)(answered, 1)


def test_a_redis_that_goes_away_meanwhile_hides_no_answer(redis_address: str, store) -> None:
    leaving = Leaving.from_url(redis_address, decode_responses=True)

    def last_call() -> Answer:
        leaving.away = True
        return answered()

    assert turns(leaving)(last_call, 1).status == 200


def test_a_worker_that_stops_waits_for_nobody(server, plugged, store) -> None:
    worker = plugged(zoho_max_concurrency=1)
    worker.tokens.get()
    store.zadd(SLOTS, {"another": in_seconds(store, 9)})
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(worker.fields.all)
        eventually(lambda: not waiting.running() or worker.limits.now().zoho_in_flight)
        worker.limits.stop_waiting()
        assert isinstance(waiting.exception(3), OutOfTurn)


def test_a_429_stops_all_workers_and_the_other_api_goes_on(server, plugged) -> None:
    workers = [plugged() for _ in range(3)]
    for worker in workers:
        worker.tokens.get()
    server.faults.add(Fault("429", path=FIELDS, times=1, retry_after=40))
    with pytest.raises(RateLimited, match="429"):
        workers[0].fields.all()
    asked = server.journal["zoho"].requests
    for worker in workers:
        with pytest.raises(OutOfTurn, match="pause") as caught:
            worker.fields.all()
        assert 20 < (caught.value.retry_after_seconds or 0) <= 40
        assert worker.cody.bots()
    assert server.journal["zoho"].requests == asked


def test_a_429_of_cody_stops_all_workers_and_zoho_goes_on(server, plugged) -> None:
    workers = [plugged(), plugged()]
    server.faults.add(Fault("429", simulator="cody", times=1, retry_after=40))
    with pytest.raises(RateLimited, match="429"):
        workers[0].cody.bots()
    for worker in workers:
        with pytest.raises(OutOfTurn) as caught:
            worker.cody.bots()
        assert 20 < (caught.value.retry_after_seconds or 0) <= 40
        assert worker.fields.all()
    assert server.journal["cody"].requests == 1


def test_work_goes_on_when_a_pause_is_over(server, plugged, store) -> None:
    worker = plugged()
    server.faults.add(Fault("429", path=FIELDS, times=1, retry_after=40))
    with pytest.raises(RateLimited):
        worker.fields.all()
    later(store, 40)
    assert worker.fields.all()


def test_pauses_without_a_length_double_while_429s_keep_coming(server, plugged, store) -> None:
    worker = plugged()
    server.faults.add(Fault("429", path=FIELDS))
    for seconds in (2, 4, 8, 16):
        with pytest.raises(RateLimited, match="429"):
            worker.fields.all()
        assert worker.limits.now().pauses["zoho"] == pytest.approx(seconds, abs=1)
        later(store, seconds)
    later(store, 120)
    with pytest.raises(RateLimited, match="429"):
        worker.fields.all()
    assert worker.limits.now().pauses["zoho"] <= 2


def test_a_crowd_that_meets_one_429_each_makes_one_short_pause(plugged, caplog) -> None:
    worker = plugged()
    for _ in range(10):
        worker.limits.pauses.begin("zoho", None)
    assert worker.limits.now().pauses["zoho"] <= 2
    assert [record.getMessage() for record in caplog.records] == ["api_paused"]


def test_a_pause_is_never_made_shorter(plugged) -> None:
    worker = plugged()
    worker.limits.pauses.begin("cody", 50)
    worker.limits.pauses.begin("cody", 3)
    worker.limits.pauses.begin("cody", None)
    assert worker.limits.now().pauses["cody"] > 45


def test_a_429_because_the_credits_are_gone_makes_a_long_pause(organisation, plugged) -> None:
    worker = plugged()
    organisation.knobs.credits_a_day = 10
    organisation.credits.spend(9)
    assert worker.fields.all()
    with pytest.raises(RateLimited, match="429"):
        worker.fields.all()
    assert worker.limits.now().pauses["zoho"] > 850


@pytest.mark.parametrize("api", ["cody", "zoho"])
def test_a_pause_lasts_no_longer_when_the_clock_is_put_back(plugged, store, api: str) -> None:
    worker, key = plugged(), f"{PREFIX}pause:{api}"
    for goes_on in (worker.limits.room, worker.fields.all if api == "zoho" else worker.cody.bots):
        worker.limits.pauses.begin(api, 30)
        assert worker.limits.room() == 0
        store.pexpire(key, 3_600_000)
        assert goes_on()
    worker.limits.pauses.begin(api, 30)
    store.pexpire(key, 3_600_000)
    worker.limits.pauses.begin(api, 30)
    assert worker.limits.now().pauses[api] <= 30


def test_slots_of_a_clock_that_was_put_back_are_free(plugged, store) -> None:
    worker = plugged(zoho_max_concurrency=2)
    hour = in_seconds(store, 3_600)
    store.zadd(SLOTS, {"one": hour, "other": hour})
    assert worker.fields.all()
