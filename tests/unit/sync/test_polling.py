"""Polling: everything is found, and every request counts."""

import pytest

from cody2zoho.ledger.places import Place
from cody2zoho.ledger.records import State
from cody2zoho.models import Conversation
from cody2zoho.schedule import beat_entries
from cody2zoho.services import Services
from cody2zoho.simulators.cody import Cody
from cody2zoho.simulators.faults import Fault
from cody2zoho.sync import polling
from cody2zoho.watching import monitor

NOW = 1_760_000_000


def arrive(account: Cody, count: int, since: int = 0, bot: str = "support") -> None:
    """So many conversations, a minute apart, the first `since` minutes after an arbitrary day."""
    for number in range(count):
        account.add_conversation(bot_id=bot, at=NOW - 500_000 + (since + number) * 60)


def waiting(plugged: Services) -> int:
    return plugged.ledger.counts()[State.WAITING]


@pytest.mark.parametrize("count", [1, 14, 15, 16, 31, 299])
def test_a_first_poll_finds_all_of_a_short_list(account, server, plugged, count: int) -> None:
    arrive(account, count)
    found = polling.poll(plugged())
    assert found.new == count
    assert server.journal["cody"].requests == -(-count // 15)


@pytest.mark.parametrize("known", [1, 15, 40, 200])
def test_a_poll_that_finds_nothing_new_makes_one_request_for_each_bot(account, server, plugged, known: int) -> None:
    arrive(account, known)
    arrive(account, known, bot="sales")
    both = plugged(cody_bot_id="support,sales")
    polling.poll(both)
    server.journal.clear()
    assert polling.poll(both).new == 0
    assert server.journal["cody"].requests == 2
    assert server.journal["zoho"].requests == 0


@pytest.mark.parametrize(("new", "pages"), [(1, 1), (14, 1), (15, 2), (16, 2), (29, 2), (40, 3)])
def test_a_poll_reads_only_the_pages_on_which_new_ones_stand(account, server, plugged, new: int, pages: int) -> None:
    arrive(account, 100)
    polling.poll(plugged())
    server.journal.clear()
    arrive(account, new, since=200)
    assert polling.poll(plugged()).new == new
    assert server.journal["cody"].requests == pages


def test_a_list_too_long_for_one_poll_is_read_on_below_what_came_meanwhile(account, server, plugged) -> None:
    arrive(account, 700)
    for more in range(4):
        polling.poll(plugged())
        assert server.journal["cody"].requests <= 24 * (more + 1)
        arrive(account, 40, since=700 + 40 * more)
    polling.poll(plugged())
    assert waiting(plugged()) == 700 + 4 * 40
    server.journal.clear()
    polling.poll(plugged())
    assert server.journal["cody"].requests == 1


def test_a_poll_that_fails_half_way_is_taken_up_again_and_misses_nothing(account, server, plugged) -> None:
    arrive(account, 100)
    server.faults.add(Fault("502", nth=3, path="/api/v1/conversations"))
    polling.poll(plugged())
    assert 0 < waiting(plugged()) < 100
    polling.poll(plugged())
    assert waiting(plugged()) == 100


def test_a_list_too_long_for_our_limits_counts_as_read_poll_after_poll(account, server, plugged, clock) -> None:
    arrive(account, 300)
    limited = plugged(cody_requests_per_minute=20)
    polling.poll(limited)
    assert limited.places.place("support", 0).offset
    assert limited.places.read_at("support") == clock.now
    clock.now += 600
    assert polling.poll(limited).conversations == 0
    assert limited.places.read_at("support") == clock.now - 600
    server.faults.add(Fault("500", path="/api/v1/conversations"))
    polling.poll(plugged())
    assert limited.places.read_at("support") == clock.now - 600


def test_a_poll_that_never_gets_far_gets_through_in_the_end(account, server, store, plugged) -> None:
    """At Cody's limit every poll is cut short by a 429; none begins from the top again."""
    arrive(account, 100)
    for _ in range(6):
        server.faults.clear()
        store.delete("{cody2zoho}:pause:cody")
        server.faults.add(Fault("429", nth=3, path="/api/v1/conversations"))
        polling.poll(plugged())
    assert waiting(plugged()) == 100


def test_rows_that_move_between_two_pages_are_noted_once(account, server, plugged) -> None:
    arrive(account, 60)
    server.faults.after(2, lambda: arrive(account, 7, since=100), simulator="cody")
    polling.poll(plugged())
    polling.poll(plugged())
    assert waiting(plugged()) == 67


def test_many_conversations_of_one_second_are_all_found(account, plugged) -> None:
    for _ in range(40):
        account.add_conversation(bot_id="support", at=NOW)
    polling.poll(plugged())
    for _ in range(20):
        account.add_conversation(bot_id="support", at=NOW)
    polling.poll(plugged())
    assert waiting(plugged()) == 60


def test_only_the_bots_that_were_named_are_polled(account, plugged) -> None:
    arrive(account, 3)
    arrive(account, 4, bot="sales")
    polling.poll(plugged())
    assert waiting(plugged()) == 3


def test_all_bots_are_one_request(account, server, plugged) -> None:
    arrive(account, 3)
    arrive(account, 4, bot="sales")
    polling.poll(plugged(cody_bot_id="all"))
    assert waiting(plugged()) == 7
    assert server.journal["cody"].requests == 1


def test_a_bot_that_fails_does_not_hold_up_another(account, server, plugged) -> None:
    arrive(account, 4)
    arrive(account, 4, bot="sales")
    server.faults.add(Fault("500", nth=1))
    assert polling.poll(plugged(cody_bot_id="support,sales")).new == 4


def test_an_unknown_bot_is_said_once_and_does_not_stop_the_others(account, plugged) -> None:
    arrive(account, 3)
    account.knobs.unknown_filter = "422"
    both = plugged(cody_bot_id="nobody,support")
    polling.poll(both)
    assert waiting(both) == 3
    assert both.blocks.current().keys() == {"bot nobody"}


def test_a_bot_that_cody_answers_with_an_empty_list_is_looked_up_once(account, server, plugged) -> None:
    mistyped, new = plugged(cody_bot_id="Support"), plugged(cody_bot_id="support")
    for _ in range(5):
        polling.poll(mistyped)
        polling.poll(new)
    assert mistyped.blocks.current().keys() == {"bot Support"}
    assert server.journal["cody"].kinds["GET /api/v1/bots"] == 2


def test_a_bot_that_is_there_after_all_is_unblocked(account, plugged) -> None:
    late = plugged(cody_bot_id="late")
    polling.poll(late)
    account.add_bot("Late", bot_id="late")
    account.add_conversation(bot_id="late")
    polling.poll(late)
    assert late.blocks.current() == {}


def test_a_bot_that_is_no_longer_configured_blocks_nothing_any_more(account, plugged) -> None:
    polling.poll(plugged(cody_bot_id="mistyped,nobody"))
    corrected = plugged(cody_bot_id="support,nobody")
    monitor.started(corrected)
    assert corrected.blocks.current().keys() == {"bot nobody"}


def test_a_wrong_address_for_all_bots_is_named_and_lifted_by_the_next_good_poll(account, server, plugged) -> None:
    wrong = plugged(cody_bot_id="all", cody_api_url=f"{server.url}/api/v2")
    polling.poll(wrong)
    assert wrong.blocks.current() == {"cody": "Cody knows no list of conversations: correct CODY_API_URL"}
    polling.poll(plugged(cody_bot_id="all"))
    assert wrong.blocks.current() == {}


def test_a_worker_that_starts_tells_anew_what_is_wrong(account, plugged, caplog) -> None:
    wrong = plugged(cody_bot_id="nobody")
    for _ in range(2):
        monitor.started(wrong)
        polling.poll(wrong)
        polling.poll(wrong)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == ["work_blocked"] * 2


def test_a_refused_key_stops_the_work_until_it_is_accepted_again(account, plugged) -> None:
    account.change_key("another")
    polling.poll(plugged())
    assert "CODY_API_KEY" in plugged().blocks.current()["cody"]
    account.change_key("simulated-cody-key")
    polling.poll(plugged())
    assert plugged().blocks.current() == {}


def test_the_line_drawn_at_the_first_start_leaves_older_ones_alone_for_ever(account, server, plugged) -> None:
    account.add_conversation(bot_id="support", at=NOW - 2 * 86_400)
    account.add_conversation(bot_id="support", at=NOW - 8 * 86_400)
    lined = plugged(sync_since="7d")
    polling.poll(lined)
    assert waiting(lined) == 1
    polling.poll(plugged(sync_since=""))
    assert waiting(lined) == 1


@pytest.mark.parametrize(
    "wrong", [{"cody_api_key": "wrong"}, {"cody_bot_id": "nobody"}, {"cody_api_url": "http://127.0.0.1:1"}]
)
def test_a_start_that_fetched_nothing_draws_no_line(account, plugged, wrong: dict[str, str]) -> None:
    account.add_conversation(bot_id="support", at=NOW - 30 * 86_400)
    account.add_conversation(bot_id="support", at=NOW - 60)
    polling.poll(plugged(**wrong))
    lined = plugged(sync_since="7d")
    polling.poll(lined)
    assert waiting(lined) == 1


def test_a_line_spares_the_pages_behind_it(account, server, plugged) -> None:
    for number in range(100):
        account.add_conversation(bot_id="support", at=NOW - 30 * 86_400 + number)
    account.add_conversation(bot_id="support", at=NOW - 60)
    polling.poll(plugged(sync_since="7d"))
    assert server.journal["cody"].requests == 1


def test_the_sweep_finds_what_a_poll_has_missed(account, server, plugged) -> None:
    arrive(account, 100)
    one = plugged()
    # A place that wrongly claims all is known: what a lost poll would leave behind.
    one.places.keep_place("support", Place(known_to=NOW, top=NOW))
    polling.poll(one)
    assert waiting(one) < 100
    for _ in range(7):
        polling.sweep(one)
    assert waiting(one) == 100


@pytest.mark.parametrize("hours", [1, 0.01])
def test_the_sweep_sees_the_whole_list_within_its_hours(account, server, plugged, hours: float) -> None:
    arrive(account, 150)
    hourly = plugged(full_sweep_hours=hours)
    seconds = beat_entries(hourly.settings)["sweep_conversations"]["schedule"]
    for _ in range(round(hours * 3600 / seconds)):
        polling.sweep(hourly)
    assert waiting(hourly) == 150


def test_a_sweep_by_hand_where_there_is_none_by_itself_sees_everything_at_once(account, plugged) -> None:
    arrive(account, 150)
    never = plugged(full_sweep_hours=0)
    polling.sweep(never)
    assert waiting(never) == 150


def test_an_unknown_bot_does_not_stop_the_sweep_of_the_others(account, plugged) -> None:
    arrive(account, 3)
    account.knobs.unknown_filter = "422"
    both = plugged(cody_bot_id="nobody,support")
    polling.sweep(both)
    assert waiting(both) == 3


def test_the_sweep_spreads_its_requests(account, server, plugged) -> None:
    arrive(account, 150)
    daily = plugged()
    polling.sweep(daily)
    assert server.journal["cody"].requests == 1


def test_an_idle_poll_takes_the_same_round_trips_however_much_is_known(account, plugged, store) -> None:
    arrive(account, 30)
    one = plugged()
    polling.poll(one)

    def commands() -> int:
        before = store.info("stats")["total_commands_processed"]
        polling.poll(one)
        return int(store.info("stats")["total_commands_processed"]) - int(before)

    few = commands()
    one.ledger.add_new([Conversation(f"known{number}", "support", NOW - 10**6) for number in range(2_000)])
    assert commands() == few
