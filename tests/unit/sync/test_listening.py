"""Cody's list of all messages: what it spares, and that nothing depends on it before it has proved itself."""

import time
from contextlib import suppress
from dataclasses import replace

import pytest
from requests.structures import CaseInsensitiveDict

from chats import case_of, chat, live, pass_time, work
from cody2zoho.errors import OutOfTurn
from cody2zoho.http import Answer, time_left, time_limit
from cody2zoho.ledger.records import Held, State
from cody2zoho.limits.permits import Kind
from cody2zoho.simulators.faults import Fault
from cody2zoho.sync import listening, outcomes, polling
from later import PREFIX, later

HOUR = 3_600


@pytest.fixture
def watching(plugged):
    return plugged(conversation_quiet_seconds=300, follow_up_hours=24)


def requests(server, path: str) -> int:
    """How often something was asked of Cody."""
    return sum(1 for one in server.journal.entries if one.simulator == "cody" and path in one.path)


def proved(account, watching, clock) -> None:
    """Three conversations of which the list told."""
    for _ in range(3):
        one = account.add_conversation(bot_id="support").id
        live(watching, clock, 30)
        account.say(one, "Where is my order?")
    live(watching, clock, 420)


def test_it_is_in_use_once_it_was_right_three_times(account, watching, clock) -> None:
    assert watching.feed.words("support") == "not in use yet: right 0 times of 3"
    proved(account, watching, clock)
    assert watching.feed.words("support") == "in use"
    assert not watching.feed.is_trusted("sales")


def test_a_poll_asks_once_however_many_conversations_are_open(account, watching, server, clock) -> None:
    for number in range(60):
        chat(account, ago=10 + number)
    pass_time(watching, clock, 30)
    work(watching)
    before = requests(server, "/messages")
    live(watching, clock, 30)
    account.say(chat(account, ago=10), "And another thing")
    live(watching, clock, 30)
    assert requests(server, "/messages") - before == 2


def test_what_only_the_earlier_product_made_a_case_of_gets_no_second_one(
    account, organisation, watching, clock
) -> None:
    conversation = chat(account, ago=10)
    watching.ledger.adopt([(conversation, "")])
    live(watching, clock, 60)
    account.say(conversation, "And another thing")
    live(watching, clock, 600)
    assert not organisation.cases
    assert watching.ledger.about(conversation)["state"] == State.CREATED


def test_where_it_tells_of_later_words_a_case_costs_one_look_more(account, watching, server, clock) -> None:
    proved(account, watching, clock)
    conversation = chat(account, ago=10)
    live(watching, clock, 330)
    before = requests(server, f"conversation_id={conversation}")
    live(watching, clock, 25 * HOUR, step=1_800)
    assert requests(server, f"conversation_id={conversation}") - before == 1


def test_where_it_tells_of_later_words_a_follow_up_costs_one_look_more_too(account, watching, server, clock) -> None:
    proved(account, watching, clock)
    conversation = chat(account, ago=10)
    live(watching, clock, 330)
    account.say(conversation, "One more question")
    live(watching, clock, 420)
    before = requests(server, f"conversation_id={conversation}")
    live(watching, clock, 25 * HOUR, step=1_800)
    assert requests(server, f"conversation_id={conversation}") - before == 1


def test_an_answer_that_was_still_empty_when_the_case_was_made_is_looked_for_though_the_list_does_not_tell_of_it(
    account, organisation, plugged, watching, clock
) -> None:
    proved(account, watching, clock)
    at_first_sight = plugged(conversation_quiet_seconds=0, follow_up_hours=24)
    conversation = account.add_conversation(bot_id="support").id
    account.say(conversation, "Where is my order?")
    answer = account.say(conversation, "", machine=True)
    live(at_first_sight, clock, 60)
    case_id = case_of(organisation, conversation)
    answer.content = "It is on its way"
    live(at_first_sight, clock, HOUR, step=300)
    assert answer.content in organisation.cases[case_id]["Description"]


def test_where_it_does_not_a_case_is_looked_at_four_times_in_a_day(account, watching, server, clock) -> None:
    account.knobs.feed_lacks = "support"
    conversation = chat(account, ago=10)
    live(watching, clock, 330)
    before = requests(server, f"conversation_id={conversation}")
    live(watching, clock, 25 * HOUR, step=1_800)
    assert requests(server, f"conversation_id={conversation}") - before == 4
    assert watching.ledger.about(conversation)["state"] == State.CREATED
    assert not watching.store.zcard(f"{PREFIX}agenda")


@pytest.mark.parametrize("feed", ["oldest", "404"])
def test_without_it_later_words_come_all_the_same(account, organisation, watching, clock, caplog, feed: str) -> None:
    account.knobs.feed = feed
    chat(account, ago=900)
    conversation = chat(account, ago=10)
    live(watching, clock, 330)
    account.say(conversation, "One more question")
    live(watching, clock, 2 * HOUR, step=300)
    assert organisation.cases[case_of(organisation, conversation)]["Cody_Messages"] == 2
    assert watching.feed.words("support").startswith("not in use: Cody does not list")
    assert "feed_not_used" in caplog.text


def test_a_key_that_may_not_read_it_stops_no_work(account, watching, server, clock, caplog) -> None:
    server.faults.add(Fault("login", "cody", path="*/messages"))
    chat(account, ago=10)
    for _ in range(3):
        polling.poll(watching)
        assert not watching.blocks.current()
    assert "work_blocked" not in caplog.text
    assert watching.feed.words("support").startswith("not in use: Cody does not list all messages: Cody refuses")
    assert requests(server, "/messages?page") == 1


def test_a_key_that_may_read_nothing_is_no_fault_of_the_list(account, watching, server, clock) -> None:
    server.faults.add(Fault("login", "cody", times=2))
    chat(account, ago=10)
    polling.poll(watching)
    assert "cody" in watching.blocks.current()
    polling.poll(watching)
    assert not watching.blocks.current()
    assert not watching.feed.place().broken


def test_a_bot_it_lacks_a_message_of_is_not_trusted_to_it_any_more(account, watching, clock, caplog) -> None:
    proved(account, watching, clock)
    account.knobs.feed_lacks = "support"
    conversation = account.add_conversation(bot_id="support").id
    live(watching, clock, 120)
    # The clock of Redis, by which a conversation is seen, is nobody's to move.
    watching.store.hset(f"{PREFIX}conversation:{conversation}", "seen", int(1000 * (clock.now - 90)))
    account.say(conversation, "Where is my order?")
    live(watching, clock, 420)
    assert "feed_missed" in caplog.text
    assert watching.feed.words("support") == "not in use: it lacked a message"
    account.knobs.feed_lacks = None
    proved(account, watching, clock)
    assert not watching.feed.is_trusted("support")
    clock.now += 86_400
    proved(account, watching, clock)
    assert watching.feed.is_trusted("support")


def test_words_weeks_later_reach_the_case_where_it_tells_of_them(account, organisation, watching, clock) -> None:
    proved(account, watching, clock)
    conversation = chat(account, ago=10)
    live(watching, clock, 330)
    live(watching, clock, 30 * 86_400, step=86_400)
    account.say(conversation, "It broke")
    live(watching, clock, 420)
    assert organisation.cases[case_of(organisation, conversation)]["Cody_Messages"] == 2


def test_somebody_who_speaks_after_their_silence_was_let_go_gets_a_case(account, organisation, watching, clock) -> None:
    conversation = account.add_conversation(bot_id="support").id
    live(watching, clock, 40 * HOUR, step=HOUR)
    assert watching.ledger.about(conversation)["state"] == State.EMPTY
    account.say(conversation, "Hello?")
    live(watching, clock, 420)
    assert case_of(organisation, conversation)


def test_the_first_word_at_the_moment_at_which_it_is_let_go_is_not_lost(account, organisation, watching, clock) -> None:
    conversation = account.add_conversation(bot_id="support").id
    pass_time(watching, clock, 30 * HOUR)
    polling.poll(watching)
    claim = watching.ledger.claim(conversation)
    account.say(conversation, "Hello?")
    polling.poll(watching)
    outcomes.nothing_said(claim, watching)
    assert watching.ledger.about(conversation)["state"] == State.EMPTY
    live(watching, clock, 420)
    assert case_of(organisation, conversation)


def test_one_that_is_deleted_after_somebody_spoke_in_it_at_last_is_not_asked_for_again_and_again(
    account, watching, clock
) -> None:
    conversation = account.add_conversation(bot_id="support").id
    live(watching, clock, 40 * HOUR, step=HOUR)
    account.say(conversation, "Hello?")
    polling.poll(watching)
    account.delete_conversation(conversation)
    live(watching, clock, 600, step=60)
    assert "next_look" not in watching.ledger.about(conversation)


def test_a_word_while_its_case_is_being_made_is_not_lost(account, organisation, watching, clock) -> None:
    conversation = chat(account, ago=10)
    pass_time(watching, clock, 300)
    polling.poll(watching)
    claim = watching.ledger.claim(conversation)
    account.say(conversation, "Wait!")
    pass_time(watching, clock, 30)
    polling.poll(watching)
    assert watching.ledger.created(claim, Held("4711", 1, "d", int(clock.now) - 340), None, 300)
    assert watching.ledger.about(conversation)["next_look"]


def test_what_its_case_holds_is_no_news(account, watching, server, clock) -> None:
    conversation = chat(account, ago=300)
    work(watching)
    assert watching.ledger.about(conversation)["state"] == State.CREATED
    before = requests(server, f"conversation_id={conversation}")
    assert watching.ledger.moved([(conversation, int(clock.now) - 400, 0)], 3_600, follow_up=True) == 0
    live(watching, clock, 300)
    assert requests(server, f"conversation_id={conversation}") == before


def test_a_word_in_the_second_up_to_which_all_is_known_is_heard(account, watching, clock) -> None:
    conversation, other = chat(account, ago=10), chat(account, ago=10)
    live(watching, clock, 330)
    account.say(other, "And another thing")
    polling.poll(watching)
    account.say(conversation, "One more question")
    polling.poll(watching)
    assert watching.ledger.about(conversation)["state"] == State.WAITING


def test_an_answer_that_turns_up_late_with_the_second_of_its_question_is_heard(
    account, organisation, plugged, clock
) -> None:
    worker = plugged(conversation_quiet_seconds=0, follow_up_hours=24)
    conversation, other = chat(account, ago=10), chat(account, ago=10)
    live(worker, clock, 30)
    asked_at = account.say(conversation, "When?").created_at
    live(worker, clock, 30)
    account.say(other, "And another thing")
    live(worker, clock, 30)
    account.say(conversation, "Tomorrow", machine=True, at=asked_at + 1)
    live(worker, clock, 30)
    assert "Tomorrow" in organisation.cases[case_of(organisation, conversation)]["Description"]
    before = worker.feed.place()
    assert polling.poll(worker).moved == 0
    assert worker.feed.place() == before


def test_what_waits_for_a_fault_to_pass_is_not_tried_earlier_because_somebody_speaks(account, watching, clock) -> None:
    conversation = chat(account, ago=300)
    polling.poll(watching)
    watching.ledger.later(watching.ledger.claim(conversation), 900, "Zoho is out of order")
    look = int(watching.ledger.about(conversation)["next_look"])
    account.say(conversation, "Hello?")
    polling.poll(watching)
    assert int(watching.ledger.about(conversation)["next_look"]) == look


def test_what_is_said_while_nobody_could_ask_is_heard_afterwards(
    account, organisation, watching, server, clock
) -> None:
    proved(account, watching, clock)
    conversation = chat(account, ago=10)
    live(watching, clock, 330)
    server.faults.add(Fault("503", "cody", path="*/messages", times=6))
    account.say(conversation, "One more question")
    live(watching, clock, 600)
    assert organisation.cases[case_of(organisation, conversation)]["Cody_Messages"] == 2


def test_more_than_a_poll_reads_is_read_by_the_next_ones(account, organisation, watching, server, clock) -> None:
    proved(account, watching, clock)
    conversation = chat(account, ago=10)
    live(watching, clock, 330)
    account.say(conversation, "One more question")
    busy = chat(account, ago=5)
    for _ in range(120):
        clock.now += 1
        account.say(busy, "word")
    live(watching, clock, 30)
    assert watching.feed.words("support") == "not in use yet: more was said than it was read"
    account.say(busy, "word")
    live(watching, clock, 60)
    assert watching.feed.words("support") == "in use"
    before = requests(server, "/messages?page")
    live(watching, clock, 30)
    assert requests(server, "/messages?page") == before + 1
    live(watching, clock, 360)
    assert organisation.cases[case_of(organisation, conversation)]["Cody_Messages"] == 2


def test_a_page_of_it_that_fails_costs_no_page_that_was_read(account, watching, server, clock) -> None:
    chats = [chat(account, ago=900 + number) for number in range(25)]
    polling.poll(watching)
    spoken = {}
    for one in chats:
        clock.now += 1
        spoken[one] = account.say(one, "Hello?").created_at
    for _ in range(3):
        server.faults.add(Fault("503", "cody", path="*/messages", nth=2))
        polling.poll(watching)
        server.faults.rules.clear()
    assert watching.store.hexists(f"{PREFIX}conversation:{chats[-1]}", "moved")
    polling.poll(watching)
    heard = {one: int(watching.store.hget(f"{PREFIX}conversation:{one}", "moved") or 0) for one in spoken}
    assert heard == spoken


class Busy:
    """Cody, where more is said while the list is read, before every page but the first."""

    def __init__(self, cody, say) -> None:
        self.cody, self.say = cody, say

    def __getattr__(self, name: str):
        return getattr(self.cody, name)

    def feed(self, page: int):
        if page > 1:
            self.say()
        return self.cody.feed(page)


@pytest.fixture(params=[2, 12])
def busy(account, watching, clock, request):
    """So many words between two pages of ten."""
    chatty = chat(account, ago=5)

    def say() -> None:
        for _ in range(request.param):
            clock.now += 0.5
            account.say(chatty, "word")

    return replace(watching, cody=Busy(watching.cody, say))


def test_words_that_come_while_it_is_read_are_no_disorder(account, busy, clock) -> None:
    proved(account, busy, clock)
    one = chat(account, ago=5)
    for _ in range(25):
        clock.now += 1
        account.say(one, "word")
    work(busy)
    assert not busy.feed.place().broken


@pytest.mark.parametrize("busy", [2], indirect=True)
def test_words_that_come_while_it_is_read_push_no_other_past_the_reader(account, busy, clock) -> None:
    spoken = {chat(account, ago=900 + number): 0 for number in range(130)}
    polling.poll(busy)
    for one in spoken:
        clock.now += 1
        spoken[one] = account.say(one, "Hello?").created_at
    polling.poll(busy)
    assert busy.feed.place().gap_to
    while busy.feed.place().gap_to:
        polling.poll(busy)
    assert {one: int(busy.store.hget(f"{PREFIX}conversation:{one}", "moved") or 0) for one in spoken} == spoken


def read_up(services) -> None:
    """Whoever reads on in long conversations takes all of Cody's limit but the share of the polls."""
    with suppress(OutOfTurn), time_limit(5):
        while True:
            services.limits.permit(lambda: Answer(200, CaseInsensitiveDict(), b""), Kind.ON, "a long one")


def test_where_codys_limit_is_used_up_busy_chats_hide_no_new_one_and_are_heard_bit_by_bit(
    account, plugged, clock
) -> None:
    worker = plugged(conversation_quiet_seconds=300, follow_up_hours=24, cody_requests_per_minute=60)
    chats = [chat(account, ago=900 + number) for number in range(20)]
    polling.poll(worker)
    spoken = {}
    for number in range(60):
        clock.now += 0.5
        spoken[chats[number % 20]] = account.say(chats[number % 20], "word").created_at
    later(worker.store, 70)
    read_up(worker)
    assert polling.poll(worker).conversations == 15
    assert worker.feed.place().gap_to
    later(worker.store, 70)
    while worker.feed.place().gap_to:
        polling.poll(worker)
    assert {one: int(worker.store.hget(f"{PREFIX}conversation:{one}", "moved") or 0) for one in spoken} == spoken


class Watched:
    """Cody, and how much time is left to each of its lists when it is asked for the first time."""

    def __init__(self, cody) -> None:
        self.cody, self.left = cody, {}

    def __getattr__(self, name: str):
        self.left.setdefault(name, time_left())
        return getattr(self.cody, name)


def test_a_poll_of_a_slow_cody_ends_before_its_worker_counts_as_hung(account, plugged) -> None:
    worker = plugged(conversation_quiet_seconds=300, conversation_split_hours=24, task_budget_seconds=120)
    chat(account)
    chat(account, bot_id="sales")
    watched = Watched(worker.cody)
    polling.poll(replace(worker, cody=watched))
    assert list(watched.left) == ["feed", "conversations", "conversation"]
    assert sum(watched.left.values()) < 2 * 120


def test_a_second_in_which_much_was_said_is_read_once(account, watching, server, clock) -> None:
    busy = chat(account, ago=5)
    live(watching, clock, 30)
    for _ in range(80):
        account.say(busy, "word")
    live(watching, clock, 90, step=30)
    before = requests(server, "/messages?page")
    live(watching, clock, 60, step=30)
    assert requests(server, "/messages?page") == before + 2


def test_what_is_said_in_an_old_conversation_while_the_ledger_was_lost_is_heard_when_it_is_filled(
    account, organisation, watching, plugged, clock
) -> None:
    conversation = chat(account, ago=10)
    live(watching, clock, 330)
    clock.now += 2 * 86_400
    account.say(conversation, "It broke")
    watching.store.flushall()
    anew = plugged(conversation_quiet_seconds=300, follow_up_hours=24, closed=True)
    polling.poll(anew)
    live(anew, clock, 420)
    assert organisation.cases[case_of(organisation, conversation)]["Cody_Messages"] == 2


def test_what_is_said_while_the_ledger_is_lost_is_heard_however_much_is_said_after_it(
    account, organisation, watching, plugged, clock
) -> None:
    clock.now = time.time() - 4 * 86_400
    conversation = chat(account, ago=10)
    live(watching, clock, 330)
    clock.now = time.time() - 600
    watching.store.flushall()
    account.say(conversation, "It broke")
    clock.now = time.time()
    for _ in range(15):
        chat(account, ago=5)
    live(plugged(conversation_quiet_seconds=300, follow_up_hours=24, closed=True), clock, 120)
    assert organisation.cases[case_of(organisation, conversation)]["Cody_Messages"] == 2


def test_what_was_heard_just_before_the_ledger_was_lost_is_heard_again(
    account, organisation, watching, plugged, clock
) -> None:
    conversation = chat(account, ago=10)
    live(watching, clock, 330)
    live(watching, clock, 2 * 86_400, step=HOUR)
    account.say(conversation, "It broke")
    heard = listening.hear(watching)
    watching.store.flushall()
    anew = plugged(conversation_quiet_seconds=300, follow_up_hours=24, closed=True)
    assert listening.note(heard, anew) == 0
    live(anew, clock, 450)
    assert organisation.cases[case_of(organisation, conversation)]["Cody_Messages"] == 2


def test_the_first_reading_hears_all_that_was_said_since_the_first_case_could_be_made(
    account, organisation, watching, clock
) -> None:
    clock.now = time.time()
    watching.ledger.open()
    old = chat(account, ago=30 * 86_400)
    account.knobs.feed = "404"
    work(watching)
    account.knobs.feed = "newest"
    watching.store.delete(f"{PREFIX}feed")
    clock.now += 60
    account.say(old, "It broke")
    busy = chat(account, ago=5)
    for _ in range(15):
        clock.now += 1
        account.say(busy, "word")
    live(watching, clock, 420)
    assert organisation.cases[case_of(organisation, old)]["Cody_Messages"] == 2
