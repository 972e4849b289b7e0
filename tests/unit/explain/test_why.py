"""`cody2zoho why ID` tells the whole life of a conversation, and not a word of what was said in it."""

import json

import pytest

from chats import KEY, case_of, chat, work
from cody2zoho.explain import why
from cody2zoho.explain.lives import Life, look
from cody2zoho.ledger.ledger import State
from cody2zoho.settings import Settings, simulated_credentials
from cody2zoho.simulators.faults import Fault
from cody2zoho.sync import pipeline, polling
from cody2zoho.text.times import span

WORDS = "Where is my order?"


@pytest.fixture
def worker(plugged):
    return plugged()


def told(services, given: str) -> tuple[str, bool]:
    """All that is said, and whether all is well."""
    life = look(services, given)
    parts = (
        why.ledger_says(life),
        why.cody_says(life),
        why.zoho_says(life, services.settings),
        why.what_next(life),
    )
    return " | ".join(parts), why.is_well(life)


def test_a_case_is_found_by_either_id_with_messages_on_both_sides(account, organisation, worker) -> None:
    one = chat(account)
    work(worker)
    account.say(one, "And when?")
    case_id = case_of(organisation, one)
    for given in (one, case_id):
        words, is_well = told(worker, given)
        assert is_well
        assert f"case {case_id} with 1 message was made" in words
        assert "has it with 2 messages now" in words
        assert f"has its case: {case_id} with 1 message, 1 fewer than Cody has now" in words


def test_a_distinct_key_is_found_by_either_id(account, organisation, worker) -> None:
    for one in ("aBcDeFgHiJkL", "AbCdEfGhIjKl"):
        chat(account, one)
    work(worker)
    for one in ("aBcDeFgHiJkL", "AbCdEfGhIjKl"):
        [case] = look(worker, one).cases
        assert look(worker, case.case_id).conversation_id == one


def test_what_waits_says_until_when_and_why(account, worker, server) -> None:
    one = chat(account)
    polling.poll(worker)
    server.faults.add(Fault("500", path="/crm/v8/Cases"))
    pipeline.create_case(one, worker)
    # The test's clock and the server's differ by years.
    life = look(worker, one)
    life.next_look = life.now + 190
    assert why.is_well(life)
    says = why.ledger_says(life)
    assert "waiting until 2025-" in says
    assert "(in 3 minutes) after 1 attempt: Zoho is out of order (500)" in says
    assert why.what_next(life) == "a worker makes the case in 3 minutes"


def test_what_a_worker_has_says_who_takes_over_when(account, worker) -> None:
    one = chat(account)
    polling.poll(worker)
    claim = worker.ledger.claim(one)
    life = look(worker, one)
    life.next_look = life.now + 150
    assert why.is_well(life)
    assert f"a worker (claim {claim.owner}) is at attempt 1" in why.ledger_says(life)
    assert "another takes over in 2 minutes" in why.what_next(life)


def test_what_is_parked_says_why_and_what_to_do(account, worker) -> None:
    one = chat(account)
    polling.poll(worker)
    worker.ledger.park(worker.ledger.claim(one), "Zoho refuses Subject: it is mandatory")
    words, is_well = told(worker, one)
    assert not is_well
    assert "parked after 1 attempt: Zoho refuses Subject: it is mandatory" in words
    assert f"`cody2zoho retry {one}`" in words
    assert f"`cody2zoho dismiss {one}`" in words
    worker.ledger.dismiss(one)
    words, is_well = told(worker, one)
    assert not is_well
    assert "dismissed: a person decided that it gets no case; it was parked: Zoho refuses Subject" in words


@pytest.mark.parametrize(
    ("state", "says"), [(State.EMPTY, "nothing was said while it was young"), (State.GONE, "deleted at Cody before")]
)
def test_what_was_let_go_says_why(account, worker, state: State, says: str) -> None:
    one = chat(account)
    polling.poll(worker)
    worker.ledger.let_go(worker.ledger.claim(one), state)
    words, is_well = told(worker, one)
    assert not is_well
    assert says in words


def test_an_id_that_nobody_knows(worker) -> None:
    words, is_well = told(worker, "AAAAAAAAAAAA")
    assert not is_well
    assert "has never seen it" in words
    assert "does not have it: it was deleted, or the id is mistyped" in words
    assert "has no case of it" in words


def test_a_conversation_of_another_bot(account, worker) -> None:
    words, is_well = told(worker, chat(account, bot_id="sales"))
    assert not is_well
    assert "its bot sales is not in CODY_BOT_ID" in words


def test_a_conversation_before_the_line(account, plugged) -> None:
    worker = plugged(sync_since="12h")
    words, is_well = told(worker, chat(account, ago=90_000))
    assert not is_well
    assert "it began before SYNC_SINCE, 2025-" in words


def test_a_conversation_that_waits_in_a_backfill_is_on_its_way(account, plugged) -> None:
    worker = plugged(sync_since="12h")
    one, other = chat(account, ago=90_000), chat(account, ago=90_000)
    worker.history.start([worker.cody.conversation(one)])
    for wait in ("in todo", "in a batch"):
        words, is_well = told(worker, one)
        assert is_well, wait
        assert "it waits for its batch: `cody2zoho backfill` shows how far that is" in words
        worker.history.take(0, 100)
    assert "it began before SYNC_SINCE" in told(worker, other)[0]
    worker.history.stop()
    assert "it began before SYNC_SINCE" in told(worker, one)[0]


def test_a_conversation_that_no_poll_has_reached_yet_is_on_its_way(account, worker) -> None:
    words, is_well = told(worker, chat(account))
    assert is_well
    assert "the next polls find it" in words


def test_a_conversation_that_polls_went_past_is_told_from_one_they_will_reach(account, worker, store) -> None:
    one = chat(account)
    polling.poll(worker)
    store.delete(f"{worker.settings.redis_key_prefix}conversation:{one}")
    words, is_well = told(worker, one)
    assert is_well
    assert "the sweep finds it within FULL_SWEEP_HOURS; `cody2zoho reconcile --repair` queues it at once" in words


def test_a_conversation_in_which_nothing_was_said(account, worker) -> None:
    words, is_well = told(worker, account.add_conversation(bot_id="support").id)
    assert not is_well
    assert "0 messages now, none by a visitor" in words
    assert "unless a visitor says something" in words


def test_what_was_said_after_it_was_let_go_empty_needs_a_person_and_the_remedy_works(
    account, organisation, worker
) -> None:
    one = account.add_conversation(bot_id="support", at=account.now() - 90_000).id
    work(worker)
    assert told(worker, one)[0].endswith("| nothing")
    account.say(one, WORDS)
    words, is_well = told(worker, one)
    assert not is_well
    assert f"cody2zoho.create_case --args '[\"{one}\"]'` makes its case" in words
    pipeline.create_case(one, worker)
    assert case_of(organisation, one)


def test_a_case_deleted_in_zoho(account, organisation, worker) -> None:
    one = chat(account)
    work(worker)
    case_id = case_of(organisation, one)
    organisation.delete_case(case_id)
    words, is_well = told(worker, one)
    assert not is_well
    assert "the case was deleted in Zoho" in words
    words, is_well = told(worker, case_id)
    assert not is_well
    assert f"has no case {case_id} with a conversation id" in words


def test_a_case_of_the_earlier_product_is_not_taken_for_a_deleted_one(account, plugged) -> None:
    one = chat(account)
    worker = plugged(closed=True)
    worker.store.set(f"processed_conversation:{one}", "1")
    work(worker)
    words, is_well = told(worker, one)
    assert is_well
    assert words.startswith("the earlier product made its case, and left no id of it |")
    assert words.endswith("| nothing")


def test_a_case_the_ledger_does_not_know(account, organisation, worker) -> None:
    one = chat(account)
    organisation.add_case(**{KEY: one})
    words, is_well = told(worker, one)
    assert is_well
    assert "`cody2zoho reconcile --repair` lets the ledger know of the case" in words


def test_two_cases_are_said(account, organisation, worker) -> None:
    one = chat(account)
    work(worker)
    second = organisation.add_case(**{KEY: one})
    words, _ = told(worker, one)
    assert "has several cases" in words
    assert second in words
    assert "a person keeps one of the cases" in words


def test_what_blocks_all_work_is_said(account, worker) -> None:
    one = chat(account)
    polling.poll(worker)
    worker.blocks.put("zoho", "Zoho refuses ZOHO_REFRESH_TOKEN")
    words, _ = told(worker, one)
    assert "until someone mends what blocks all work: Zoho refuses ZOHO_REFRESH_TOKEN" in words


def test_a_ledger_that_is_not_filled_yet_is_said(account, worker) -> None:
    one = chat(account)
    polling.poll(worker)
    worker.ledger.close()
    words, is_well = told(worker, one)
    assert is_well
    assert words.endswith("| it waits until the ledger is filled from Zoho, which a worker does by itself")


def test_zoho_away_is_said_in_its_line_and_the_rest_goes_on(account, worker, server) -> None:
    one = chat(account)
    work(worker)
    server.faults.add(Fault("500", path="/crm/v8/coql"))
    words, is_well = told(worker, one)
    assert is_well
    assert "was made" in words
    assert "has it with 1 message now" in words
    assert "cannot be asked: Zoho is out of order (500)" in words


def test_cody_away_is_said_in_its_line_and_the_rest_goes_on(account, worker, server) -> None:
    one = chat(account)
    work(worker)
    server.faults.add(Fault("500", path="/api/v1/conversations/*"))
    words, is_well = told(worker, one)
    assert is_well
    assert "cannot be asked: Cody is out of order (500)" in words
    assert "has its case" in words


def test_redis_away_is_said_in_its_line_and_the_rest_goes_on(account, plugged) -> None:
    worker = plugged(redis_url="redis://127.0.0.1:1", redis_connect_timeout=0.2)
    words, is_well = told(worker, chat(account))
    assert not is_well
    assert "cannot be asked: Redis does not answer (ConnectionError)" in words
    assert "nobody can tell until the ledger can be asked" in words


@pytest.mark.parametrize(
    ("data_center", "address"),
    [
        ("com", "https://crm.zoho.com/crm/tab/Cases/57"),
        ("eu", "https://crm.zoho.eu/crm/tab/Cases/57"),
        ("com.au", "https://crm.zoho.com.au/crm/tab/Cases/57"),
        ("ca", "https://crm.zohocloud.ca/crm/tab/Cases/57"),
    ],
)
def test_the_link_leads_into_the_data_centre(data_center: str, address: str) -> None:
    real = {"cody_api_key": "k", "cody_bot_id": "b", "zoho_client_id": "c"}
    real |= {"zoho_client_secret": "s", "zoho_refresh_token": "t", "zoho_data_center": data_center}
    assert why.link(Settings(**real), "57") == address


def test_there_is_no_link_into_the_simulators() -> None:
    settings = Settings(cody_bot_id="b", **simulated_credentials("http://127.0.0.1:1"))
    assert why.link(settings, "57") == ""


def test_the_command_prints_a_line_for_each_and_no_customers_words(account, organisation, worker, run) -> None:
    one = chat(account)
    account.rename(one, "Pat Customer")
    work(worker)
    shown = run("why", one)
    assert shown.exit_code == 0
    assert [line.split()[0] for line in shown.output.splitlines()] == ["conversation", "Ledger", "Cody", "Zoho", "Next"]
    found = run("why", one, "--json")
    assert json.loads(found.output)["cases"] == [{"case": case_of(organisation, one), "messages": 1, "link": ""}]
    for output in (shown.output, found.output):
        assert WORDS not in output
        assert "Pat" not in output


def test_the_command_fails_for_what_has_no_case_to_come(run) -> None:
    assert run("why", "AAAAAAAAAAAA").exit_code == 1
    assert run("why", "5725767000000999999").exit_code == 1


def test_a_life_nobody_could_be_asked_about_is_not_well() -> None:
    life = Life("x", 0, Settings.model_construct(time_zone="UTC").zone, "x")
    life.away = {"ledger": "away", "cody": "away", "zoho": "away"}
    assert not why.is_well(life)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (90, "90 seconds"),
        (5_400, "90 minutes"),
        (7_200, "2 hours"),
        (1e6, "11 days"),
    ],
)
def test_a_span_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert span(seconds) == words
