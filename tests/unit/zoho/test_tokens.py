"""One access token for all workers, and never more refreshes than Zoho allows."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from cody2zoho.errors import AccessRevoked, NotSent, RateLimited, Transient
from cody2zoho.simulators.faults import Fault
from cody2zoho.telemetry import listen, listeners
from cody2zoho.telemetry.events import Event, RateLimitHit, TokenRefresh
from cody2zoho.zoho import scopes

REFRESH = "POST /oauth/v2/token"


@pytest.fixture
def told() -> Iterator[Callable[[type[Event]], list]]:
    """The events of one kind that were told since."""
    heard: list[Event] = []
    listen(heard.append)
    yield lambda kind: [event for event in heard if isinstance(event, kind)]
    listeners.remove(heard.append)


def test_sixty_workers_without_a_token_ask_zoho_once(server, plugged) -> None:
    workers = [plugged() for _ in range(6)]
    with ThreadPoolExecutor(60) as threads:
        tokens = list(threads.map(lambda number: workers[number % 6].tokens.get().value, range(60)))
    assert len(set(tokens)) == 1
    assert server.journal["zoho"].kinds[REFRESH] == 1


def test_sixty_workers_whose_token_was_refused_ask_zoho_once(server, plugged, organisation) -> None:
    workers = [plugged() for _ in range(6)]
    stale = {worker.tokens.get().value for worker in workers}
    organisation.accounts.evict_access_tokens()
    with ThreadPoolExecutor(60) as threads:
        list(threads.map(lambda number: workers[number % 6].fields.all(), range(60)))
    assert server.journal["zoho"].kinds[REFRESH] == 2
    assert {worker.tokens.get().value for worker in workers}.isdisjoint(stale)


def test_a_request_turned_down_for_a_stale_token_is_sent_again_with_a_fresh_one(plugged, organisation) -> None:
    worker = plugged()
    worker.tokens.get()
    organisation.accounts.evict_access_tokens()
    assert worker.fields.all()


def test_a_worker_of_an_older_release_can_read_the_token_and_the_scopes_stand_beside_it(plugged, store) -> None:
    worker = plugged()
    worker.tokens.get()
    kept = json.loads(store.get(f"{worker.settings.redis_key_prefix}token:zoho"))
    assert set(kept) == {"value", "api_domain", "expires_at", "of"}
    assert scopes.missing(worker.tokens.scopes()) == []
    worker.tokens.forget()
    assert (worker.tokens.scopes(), worker.tokens.seconds_left()) == ((), None)


def test_a_token_is_renewed_before_it_ends(plugged, server, clock) -> None:
    worker = plugged()
    first = worker.tokens.get()
    assert worker.tokens.keep_fresh(within_seconds=900) == pytest.approx(3_600, abs=1)
    clock.now += 2_800
    assert worker.tokens.keep_fresh(within_seconds=900) == pytest.approx(3_600, abs=1)
    assert worker.tokens.get() != first
    assert server.journal["zoho"].kinds[REFRESH] == 2


def test_a_token_about_to_end_is_not_handed_out(plugged, clock) -> None:
    worker = plugged()
    first = worker.tokens.get()
    clock.now += 3_550
    assert worker.tokens.get().value != first.value


def test_no_more_refreshes_than_zoho_allows_however_often_tokens_die(plugged, server, organisation) -> None:
    worker = plugged()
    for _ in range(9):
        organisation.accounts.evict_access_tokens()
        worker.fields.all()
    organisation.accounts.evict_access_tokens()
    with pytest.raises(RateLimited) as caught:
        worker.fields.all()
    assert server.journal["zoho"].kinds[REFRESH] == 9
    assert 0 < (caught.value.retry_after_seconds or 0) <= 600


def test_refreshes_are_allowed_again_when_the_window_has_passed(plugged, server, organisation, clock) -> None:
    worker = plugged()
    for _ in range(9):
        organisation.accounts.evict_access_tokens()
        worker.fields.all()
    clock.now += 601
    organisation.accounts.evict_access_tokens()
    assert worker.fields.all()


@pytest.mark.parametrize("status", [200, 400])
def test_while_zoho_throttles_nobody_asks_again(plugged, server, organisation, status: int) -> None:
    organisation.knobs.refresh_throttle_status = status
    for _ in range(10):
        plugged().tokens.accounts.new_access_token()
    before = server.journal["zoho"].kinds[REFRESH]
    for worker in (plugged(), plugged(), plugged()):
        with pytest.raises(RateLimited) as caught:
            worker.tokens.get()
        assert (caught.value.retry_after_seconds or 0) > 600
    assert server.journal["zoho"].kinds[REFRESH] == before + 1


@pytest.mark.parametrize(
    "chosen",
    [{"zoho_refresh_token": "1000.revoked"}, {"zoho_accounts_url": "http://127.0.0.1:1"}],
    ids=["token", "place"],
)
def test_after_a_change_of_credentials_or_data_centre_the_old_token_is_used_by_nobody(plugged, chosen) -> None:
    plugged().tokens.get()
    changed = plugged(**chosen)
    for ask in (changed.tokens.get, lambda: changed.tokens.keep_fresh(within_seconds=60), changed.tokens.checked):
        with pytest.raises((AccessRevoked, Transient)):
            ask()


def test_a_check_asks_zoho_itself_and_leaves_the_workers_half_of_their_refreshes(plugged, server) -> None:
    fresh = [plugged().tokens.checked()[1] for _ in range(20)]
    assert fresh == [True] * 5 + [False] * 15
    assert server.journal["zoho"].kinds[REFRESH] == 5


def test_a_check_finds_out_that_refused_credentials_hold_again(plugged, organisation) -> None:
    for _ in range(2):
        with pytest.raises(AccessRevoked):
            plugged(zoho_refresh_token="1000.new").tokens.get()
    organisation.accounts.issue_refresh_token(value="1000.new")
    assert plugged(zoho_refresh_token="1000.new").tokens.checked()[1]
    assert plugged(zoho_refresh_token="1000.new").tokens.refusal() is None


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({"zoho_refresh_token": "1000.revoked"}, "ZOHO_REFRESH_TOKEN"),
        ({"zoho_client_id": "1000.OTHER"}, "ZOHO_CLIENT_ID"),
        ({"zoho_client_secret": "wrong"}, "ZOHO_CLIENT_SECRET"),
    ],
)
def test_refused_credentials_are_said_and_not_tried_again(plugged, server, chosen: dict[str, str], says: str) -> None:
    worker = plugged(**chosen)
    for _ in range(5):
        with pytest.raises(AccessRevoked, match=says) as caught:
            worker.tokens.get()
        assert next(iter(chosen.values())) not in str(caught.value)
    assert server.journal["zoho"].kinds[REFRESH] == 1


def test_new_credentials_work_at_once_though_the_old_ones_were_refused(plugged) -> None:
    with pytest.raises(AccessRevoked):
        plugged(zoho_refresh_token="1000.revoked").tokens.get()
    assert plugged().tokens.get().value


def test_the_api_domain_that_zoho_names_is_adopted(plugged, organisation, server) -> None:
    assert plugged(zoho_api_url="").tokens.get().api_domain == server.url
    assert plugged(zoho_api_url="").fields.all()


def test_an_address_given_by_the_operator_comes_before_the_api_domain(plugged, organisation) -> None:
    organisation.knobs.api_domain = "https://nowhere.invalid"
    assert plugged().fields.all()


def test_a_429_of_whatever_stands_before_zoho_costs_seconds_and_not_minutes(plugged, server) -> None:
    server.faults.add(Fault("429", path="/oauth/v2/token", times=1))
    with pytest.raises(RateLimited):
        plugged().tokens.get()
    with pytest.raises(RateLimited) as caught:
        plugged().tokens.get()
    assert 0 < (caught.value.retry_after_seconds or 0) <= 30


@pytest.mark.parametrize("action", ["500", "502", "cut", "garble"])
def test_a_passing_fault_of_the_accounts_server_is_waited_for(plugged, server, action: str) -> None:
    server.faults.add(Fault(action, path="/oauth/v2/token", times=1))
    worker = plugged()
    with pytest.raises(Transient):
        worker.tokens.get()
    assert worker.tokens.get().value


def test_a_network_that_was_away_uses_up_no_refresh(plugged) -> None:
    cut_off = plugged(zoho_accounts_url="http://127.0.0.1:1")
    for _ in range(10):
        with pytest.raises(NotSent):
            cut_off.tokens.get()
    assert plugged().tokens.get().value


def test_a_refresh_that_never_reached_zoho_is_told_as_none(plugged, told) -> None:
    with pytest.raises(NotSent):
        plugged(zoho_accounts_url="http://127.0.0.1:1").tokens.get()
    assert told(TokenRefresh) == []


def test_each_refresh_is_told_with_what_came_of_it(plugged, server, told) -> None:
    server.faults.add(Fault("500", path="/oauth/v2/token", times=1))
    worker = plugged()
    with pytest.raises(Transient):
        worker.tokens.get()
    worker.tokens.get()
    assert [event.success for event in told(TokenRefresh)] == [False, True]


def test_that_zoho_throttles_refreshes_is_told_once_as_a_rate_limit(plugged, organisation, told) -> None:
    for _ in range(10):
        plugged().tokens.accounts.new_access_token()
    for worker in (plugged(), plugged()):
        with pytest.raises(RateLimited):
            worker.tokens.get()
    [hit] = told(RateLimitHit)
    assert (hit.api, (hit.retry_after or 0) > 600) == ("zoho_accounts", True)


def test_a_clock_that_was_wrong_for_a_while_holds_up_no_refresh(plugged, store, clock) -> None:
    store.zadd("{cody2zoho}:token:zoho:refreshes", {f"early{number}": clock.now + 7_200 for number in range(9)})
    assert plugged().tokens.get().value


def test_a_lock_left_by_a_dead_process_holds_nobody_up_for_ever(plugged, store) -> None:
    store.set("{cody2zoho}:lock:token", "dead", px=200)
    assert plugged().tokens.get().value


def test_the_token_in_redis_goes_when_it_ends(plugged, store) -> None:
    token = plugged().tokens.get()
    assert json.loads(str(store.get("{cody2zoho}:token:zoho")))["value"] == token.value
    assert 3_590_000 < store.pttl("{cody2zoho}:token:zoho") <= 3_600_000
