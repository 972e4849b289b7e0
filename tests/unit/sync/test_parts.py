"""Endless conversations: a long silence begins a case of its own, once for each part, whatever breaks in between."""

from dataclasses import replace

import pytest

from chats import KEY, live, pass_time, work
from cody2zoho import rebuild
from cody2zoho.explain import why
from cody2zoho.explain.lives import look
from cody2zoho.ledger import keys
from cody2zoho.ledger.keys import key_of
from cody2zoho.ledger.records import Held, State
from cody2zoho.models import Message
from cody2zoho.reconcile import nightly, reconcile
from cody2zoho.reconcile.comparison import owner_of
from cody2zoho.simulators.faults import Fault
from cody2zoho.sync import erasure, parts, pipeline, polling, quiet
from later import PREFIX

HOUR = 3_600
DAY = 24 * HOUR

INSERT = "POST /crm/v8/Cases"


@pytest.fixture
def splitting(plugged):
    """Settings as they are by default, but that a day of silence splits a conversation."""
    return plugged(conversation_quiet_seconds=300, follow_up_hours=24, conversation_split_hours=24)


def talk(account, conversation_id: str, *texts: str) -> int:
    """The visitor and the bot in turns, a second apart, beginning now; returns the Unix second of the first."""
    for number, text in enumerate(texts):
        account.say(conversation_id, text, machine=bool(number % 2), at=account.now() + number)
    return int(account.now())


def cases_of(organisation, conversation_id: str) -> dict[str, str]:
    """Key to what the description says, in the order in which the cases were made."""
    found = sorted(organisation.cases.items(), key=lambda item: int(item[0]))
    return {
        str(case[KEY]): str(case["Description"]) for _, case in found if owner_of(str(case[KEY])) == conversation_id
    }


def history(account, *days_ago: float, bot_id: str = "support") -> tuple[str, list[int]]:
    """A conversation with a question and an answer so many days ago each time; its id, and the seconds of its parts."""
    first = account.now() - days_ago[0] * DAY
    conversation = account.add_conversation(bot_id=bot_id, at=first).id
    seconds = [int(account.now() - days * DAY) for days in days_ago]
    for number, second in enumerate(seconds, 1):
        account.say(conversation, f"question {number}", at=second)
        account.say(conversation, f"answer {number}", machine=True, at=second + 1)
    return conversation, seconds


def keys_of(conversation_id: str, seconds: list[int]) -> list[str]:
    return [key_of(conversation_id, second if number else 0) for number, second in enumerate(seconds)]


def hear_out(services, clock) -> None:
    """A poll hears of what was said, and when all is quiet it is worked on: one look, however slow this machine is."""
    live(services, clock, 30)
    pass_time(services, clock, 600)
    work(services)


def asked(server, conversation_id: str) -> int:
    """How many pages of its messages were read."""
    return sum(f"conversation_id={conversation_id}" in one.path for one in server.journal.entries)


# -- cutting ----------------------------------------------------------------------------------


def said(*seconds: int) -> list[Message]:
    return [Message(str(second), "word", by_machine=False, created_at=second) for second in seconds]


def test_messages_are_cut_where_nobody_spoke_for_so_long() -> None:
    found = parts.cut(said(0, 5, 14, 24, 25), 10)
    assert [[one.created_at for one in some] for some in found] == [[0, 5, 14], [24, 25]]
    assert parts.cut([], 10) == []


def test_what_a_case_holds_is_never_cut_again() -> None:
    found = parts.cut(said(0, 5, 20, 31, 50), 10, whole_until=31)
    assert [[one.created_at for one in some] for some in found] == [[0, 5, 20, 31], [50]]


def test_without_the_setting_nothing_is_cut() -> None:
    assert len(parts.cut(said(0, DAY, 400 * DAY), 0)) == 1


@pytest.mark.parametrize("whole", ["Jw9R1NVTVgkK", keys.distinct_key("Jw9R1NVTVgkK")])
def test_a_key_of_a_part_names_its_conversation_and_its_second(whole: str) -> None:
    key = key_of(whole, 1_760_000_000)
    assert (keys.conversation_of(key), keys.since_of(key), keys.whole_of(key)) == (
        "Jw9R1NVTVgkK",
        1_760_000_000,
        whole,
    )
    assert owner_of(key) == "Jw9R1NVTVgkK"
    assert keys.since_of(whole) == 0
    assert keys.distinct_key(key_of("Jw9R1NVTVgkK", 5)) == key_of(keys.distinct_key("Jw9R1NVTVgkK"), 5)


def test_a_record_without_a_part_reads_as_it_did() -> None:
    for held in (Held("4876"), Held("4876", 2, "abc", 17, "def"), Held("4876", 2, "abc", 17)):
        assert Held.of(str(held)) == held
        assert Held.of(str(replace(held, since=17))) == replace(held, since=17)
        assert "@" not in str(held)


# -- the first time ---------------------------------------------------------------------------


def test_each_part_of_a_long_history_becomes_a_case(account, organisation, splitting) -> None:
    conversation, seconds = history(account, 90, 30, 2)
    work(splitting)
    found = cases_of(organisation, conversation)
    assert list(found) == keys_of(conversation, seconds)
    for number, words in enumerate(found.values(), 1):
        assert f"question {number}" in words
        assert words.count("question") == 1
    assert splitting.ledger.about(conversation)["since"] == str(seconds[-1])


def test_a_part_tells_of_itself_alone(account, organisation, splitting) -> None:
    history(account, 90, 30)
    work(splitting)
    first, second = organisation.cases.values()
    assert first["Subject"] != second["Subject"]
    assert (first["Cody_Messages"], second["Cody_Messages"]) == (2, 2)


def test_an_ordinary_conversation_is_one_case_under_its_plain_id(account, organisation, splitting, clock) -> None:
    conversation, _ = history(account, 2)
    work(splitting)
    assert list(cases_of(organisation, conversation)) == [conversation]
    assert "@" not in str(splitting.ledger.looked_up([conversation]))


def test_a_part_in_which_no_visitor_spoke_gets_no_case(account, organisation, splitting) -> None:
    conversation, _ = history(account, 90)
    account.say(conversation, "Are you still there?", machine=True, at=account.now() - 30 * DAY)
    account.say(conversation, "We are here for you.", machine=True, at=account.now() - 2 * DAY)
    work(splitting)
    assert list(cases_of(organisation, conversation)) == [conversation]


def test_off_by_default_a_conversation_is_one_case_however_long_it_was_silent(account, organisation, plugged) -> None:
    conversation, _ = history(account, 90, 30, 2)
    worker = plugged(conversation_quiet_seconds=300, follow_up_hours=24)
    work(worker)
    assert list(cases_of(organisation, conversation)) == [conversation]
    assert "@" not in worker.store.hget(worker.ledger._finished(conversation), conversation)


def test_a_look_at_a_long_part_that_finds_nothing_new_asks_zoho_nothing(account, splitting, server, clock) -> None:
    conversation, _ = history(account, 30)
    talk(account, conversation, *["word"] * 25)
    hear_out(splitting, clock)
    before, spent = asked(server, conversation), sum(server.journal["zoho"].kinds.values())
    pass_time(splitting, clock, 2 * HOUR)
    work(splitting)
    assert asked(server, conversation) - before == 3
    assert sum(server.journal["zoho"].kinds.values()) == spent


# -- and on -----------------------------------------------------------------------------------


def test_what_is_said_within_the_silence_belongs_to_its_part_and_after_it_to_a_new_one(
    account, organisation, splitting, clock
) -> None:
    conversation, seconds = history(account, 30, 2)
    live(splitting, clock, 60)
    pass_time(splitting, clock, 5 * DAY)
    third = talk(account, conversation, "third question", "third answer")
    live(splitting, clock, 600)
    pass_time(splitting, clock, 20 * HOUR)
    talk(account, conversation, "one more thing", "yes")
    live(splitting, clock, 600)
    pass_time(splitting, clock, 30 * HOUR)
    fourth = talk(account, conversation, "fourth question")
    live(splitting, clock, 600)
    found = cases_of(organisation, conversation)
    assert list(found) == keys_of(conversation, [*seconds, third, fourth])
    assert [word in found[key_of(conversation, third)] for word in ("third question", "one more thing")] == [True] * 2
    assert "more" not in found[key_of(conversation, fourth)]
    assert [case["Cody_Messages"] for case in organisation.cases.values()] == [2, 2, 4, 1]


def test_a_greeting_after_a_silence_waits_for_a_visitor(account, organisation, splitting, server, clock) -> None:
    conversation, seconds = history(account, 2)
    live(splitting, clock, 60)
    before = sum(server.journal["zoho"].kinds.values())
    greeted = int(account.now())
    account.say(conversation, "Welcome back", machine=True, at=greeted)
    live(splitting, clock, 900)
    assert sum(server.journal["zoho"].kinds.values()) == before
    assert list(cases_of(organisation, conversation)) == [conversation]
    talk(account, conversation, "Hello again")
    live(splitting, clock, 900)
    assert list(cases_of(organisation, conversation)) == keys_of(conversation, [*seconds, greeted])


def test_a_long_conversation_is_not_read_whole_each_time(account, organisation, splitting, server, clock) -> None:
    conversation, _ = history(account, *range(300, 0, -3))
    work(splitting)
    assert len(cases_of(organisation, conversation)) == 100
    before = asked(server, conversation)
    assert before == 20
    pass_time(splitting, clock, 5 * DAY)
    talk(account, conversation, "one more", "yes")
    hear_out(splitting, clock)
    assert asked(server, conversation) - before == 1
    talk(account, conversation, "and another", "yes")
    hear_out(splitting, clock)
    assert asked(server, conversation) - before == 2
    talk(account, conversation, *["word"] * 20)
    hear_out(splitting, clock)
    assert asked(server, conversation) - before == 2 + 3
    assert len(cases_of(organisation, conversation)) == 101


def test_after_a_silence_the_part_before_it_is_not_read_again(account, organisation, splitting, server, clock) -> None:
    conversation, seconds = history(account, 30)
    long = talk(account, conversation, *["word"] * 100)
    hear_out(splitting, clock)
    before = asked(server, conversation)
    assert before == 11
    pass_time(splitting, clock, 3 * DAY)
    new = talk(account, conversation, "a new question", "yes")
    hear_out(splitting, clock)
    assert list(cases_of(organisation, conversation)) == keys_of(conversation, [*seconds, long, new])
    assert asked(server, conversation) - before == 1


def test_a_look_that_finds_nothing_new_costs_one_request(account, splitting, server, clock) -> None:
    conversation, _ = history(account, 80, 70, 60, 50, 30, 20, 10.5, 0.1)
    work(splitting)
    before, spent = asked(server, conversation), sum(server.journal["zoho"].kinds.values())
    live(splitting, clock, HOUR, step=600)
    looks = asked(server, conversation) - before
    assert looks == 0
    pass_time(splitting, clock, 4 * HOUR)
    work(splitting)
    assert asked(server, conversation) - before == 1
    assert not [one for one in server.journal.entries if f"conversations/{conversation}" in one.path]
    assert sum(server.journal["zoho"].kinds.values()) == spent


# -- whatever breaks --------------------------------------------------------------------------


BREAKS = [
    (path, action, when, nth)
    for path in ("*/Cases", "*/messages*")
    for action in ("cut", "503", "truncate")
    for when in ("before", "after")
    for nth in (1, 2, 3)
]


@pytest.mark.parametrize(("path", "action", "when", "nth"), BREAKS)
def test_a_fault_at_any_step_loses_no_part_and_doubles_none(
    account, organisation, splitting, server, clock, path: str, action: str, when: str, nth: int
) -> None:
    conversation, seconds = history(account, 90, 60, 30)
    server.faults.add(Fault(action, path=path, nth=nth, times=2, when=when))
    live(splitting, clock, 1_800, step=180)
    assert list(cases_of(organisation, conversation)) == keys_of(conversation, seconds)
    assert len(organisation.cases) == 3
    assert splitting.ledger.about(conversation)["state"] == State.CREATED


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_worker_that_dies_between_two_parts_leaves_the_rest_to_the_next(
    account, organisation, splitting, server, clock, step: int
) -> None:
    conversation, seconds = history(account, 90, 60, 30)

    def die() -> None:
        raise Killed

    polling.poll(splitting)
    [one] = pipeline.ready(splitting)
    dying = replace(splitting, cases=Interrupted(splitting.cases, step, die), ledger=Mute(splitting.ledger))
    with pytest.raises(Killed):
        pipeline.create_case(one, dying)
    assert len(organisation.cases) == step
    splitting.store.zadd(f"{PREFIX}working", {one: 1})
    before = server.journal["zoho"].kinds[INSERT]
    live(splitting, clock, 120)
    assert list(cases_of(organisation, conversation)) == keys_of(conversation, seconds)
    assert len(organisation.cases) == 3
    # Parts that were noted are not sent again; the one in hand is, and Zoho names it.
    assert server.journal["zoho"].kinds[INSERT] - before == 3 - step + 1


class Killed(BaseException):
    """As a signal would."""


class Interrupted:
    """Cases, but after so many inserts something happens before anybody learns of the last one."""

    def __init__(self, cases, after: int, happens) -> None:
        self.cases, self.left, self.happens = cases, after, happens

    def __getattr__(self, name: str):
        return getattr(self.cases, name)

    def insert(self, *args):
        inserted = self.cases.insert(*args)
        self.left -= 1
        if not self.left:
            self.happens()
        return inserted


class Mute:
    """A ledger to which nobody says good-bye: the process is gone."""

    def __init__(self, ledger) -> None:
        self.ledger = ledger

    def __getattr__(self, name: str):
        return getattr(self.ledger, name)

    def later(self, *args, **more) -> None:
        pass


def test_two_workers_that_believe_in_their_lease_make_each_part_once(
    account, organisation, splitting, plugged, clock
) -> None:
    conversation, seconds = history(account, 90, 60, 30)
    other = plugged(conversation_quiet_seconds=300, follow_up_hours=24, conversation_split_hours=24)

    def lose_the_lease() -> None:
        splitting.store.zadd(f"{PREFIX}working", {conversation: 1})
        pipeline.create_case(conversation, other)

    polling.poll(splitting)
    pipeline.ready(splitting)
    slow = replace(splitting, cases=Interrupted(splitting.cases, 2, lose_the_lease))
    pipeline.create_case(conversation, slow)
    assert list(cases_of(organisation, conversation)) == keys_of(conversation, seconds)
    assert len(organisation.cases) == 3
    assert splitting.ledger.about(conversation)["since"] == str(seconds[-1])
    assert splitting.ledger.counts()[State.CREATED] == 1


def test_whoever_knew_of_fewer_parts_does_not_have_the_last_word(splitting, account) -> None:
    conversation, _ = history(account, 90)
    polling.poll(splitting)
    slow = splitting.ledger.claim(conversation)
    splitting.store.zadd(f"{PREFIX}working", {conversation: 1})
    quick = splitting.ledger.claim(conversation)
    later, earlier = Held("12", 2, "d", 30, since=20), Held("11", 2, "d", 10)
    assert splitting.ledger.created(slow, earlier)
    assert splitting.ledger.created(quick, later)
    assert not splitting.ledger.created(slow, earlier)
    assert splitting.ledger.about(conversation)["since"] == "20"
    assert splitting.ledger.counts()[State.CREATED] == 1
    assert not splitting.ledger.hold(slow, earlier)


def test_each_part_that_is_made_counts_the_time_of_trying_anew(splitting, account) -> None:
    conversation, _ = history(account, 90)
    polling.poll(splitting)
    key = f"{PREFIX}conversation:{conversation}"
    claim = splitting.ledger.claim(conversation)
    splitting.store.hset(key, mapping={"first_try": 1, "lapses": 4})
    assert splitting.ledger.hold(claim, Held("11", 2, "d", 10))
    assert int(splitting.store.hget(key, "first_try")) > 10**12
    assert splitting.store.hget(key, "lapses") == "0"


def test_ids_that_differ_in_capitals_have_parts_of_their_own(account, organisation, splitting) -> None:
    seconds = [int(account.now() - days * DAY) for days in (60, 30)]
    ids = ("aBcDeFgHiJkL", "AbCdEfGhIjKl")
    for one in ids:
        account.add_conversation(bot_id="support", conversation_id=one, at=seconds[0])
        for second in seconds:
            account.say(one, f"I am {one}", at=second)
    work(splitting)
    assert len(organisation.cases) == 4
    for one in ids:
        found = cases_of(organisation, one)
        assert sorted(map(keys.since_of, found)) == [0, seconds[1]]
        assert all(f"I am {one}" in words for words in found.values())
    for one in ids:
        splitting.ledger.again(splitting.cody.conversation(one))
    work(splitting)
    assert len(organisation.cases) == 4


# -- a lost Redis -----------------------------------------------------------------------------


def test_after_redis_was_lost_the_latest_part_is_known_again(account, organisation, splitting, server, clock) -> None:
    conversation, seconds = history(account, 90, 60, 30)
    work(splitting)
    clock.now += 4_000
    inserts = server.journal["zoho"].kinds[INSERT]
    splitting.store.flushall()
    assert rebuild.ensure(splitting)
    about = splitting.ledger.about(conversation)
    assert (about["state"], about["since"]) == (State.CREATED, str(seconds[-1]))
    assert about["case"] == max(organisation.cases, key=int)
    live(splitting, clock, 120)
    assert server.journal["zoho"].kinds[INSERT] == inserts
    again = talk(account, conversation, "a new question")
    live(splitting, clock, 900)
    assert list(cases_of(organisation, conversation)) == keys_of(conversation, [*seconds, again])


def test_the_latest_part_counts_in_whatever_order_zoho_names_them(splitting) -> None:
    three = [str(Held(str(number), since=since)) for number, since in enumerate((30, 0, 20))]
    assert splitting.ledger.adopt([("AAAAAAAAAAAA", held) for held in three]) == 1
    assert splitting.ledger.about("AAAAAAAAAAAA")["since"] == "30"
    assert splitting.ledger.adopt([("BBBBBBBBBBBB", held) for held in reversed(three)]) == 1
    assert splitting.ledger.about("BBBBBBBBBBBB")["since"] == "30"


def test_a_ledger_that_lacks_the_newest_part_is_behind(account, organisation, splitting, clock) -> None:
    conversation, _ = history(account, 90, 60)
    work(splitting)
    rebuild.check(splitting)
    assert splitting.ledger.is_open()
    organisation.add_case(Subject="Chat", **{KEY: key_of(conversation, int(clock.now))})
    rebuild.check(splitting)
    assert not splitting.ledger.is_open()


# -- one setting after the other --------------------------------------------------------------


def test_switched_on_later_the_case_that_is_there_stays_one(account, organisation, plugged, clock) -> None:
    conversation, _ = history(account, 90, 60, 30)
    live(plugged(conversation_quiet_seconds=300, follow_up_hours=24), clock, 30)
    splitting = plugged(conversation_quiet_seconds=300, follow_up_hours=24, conversation_split_hours=24)
    new = talk(account, conversation, "a new question")
    live(splitting, clock, 900)
    found = cases_of(organisation, conversation)
    assert list(found) == [conversation, key_of(conversation, new)]
    assert found[conversation].count("question") == 3


@pytest.mark.parametrize("counts", [True, False])
def test_a_case_that_was_there_before_us_stays_one(
    account, organisation, splitting, plugged, clock, counts: bool
) -> None:
    conversation, _ = history(account, 90, 60, 30)
    off = plugged(conversation_quiet_seconds=300, follow_up_hours=24)
    hear_out(off, clock)
    [case_id] = organisation.cases
    if counts:
        pass_time(off, clock, 10 * DAY)
        talk(account, conversation, "into the same case")
        hear_out(off, clock)
    else:
        organisation.edit_case(case_id, Cody_Messages=None)
    pass_time(off, clock, 10 * DAY)
    splitting.store.flushall()
    assert rebuild.ensure(splitting)
    new = talk(account, conversation, "a new question")
    live(splitting, clock, 900)
    assert list(cases_of(organisation, conversation)) == [conversation, key_of(conversation, new)]


def test_switched_off_again_the_latest_part_goes_on(account, organisation, splitting, plugged, clock) -> None:
    conversation, seconds = history(account, 60, 30)
    live(splitting, clock, 30)
    off = plugged(conversation_quiet_seconds=300, follow_up_hours=24)
    talk(account, conversation, "a new question")
    live(off, clock, 900)
    found = cases_of(organisation, conversation)
    assert list(found) == keys_of(conversation, seconds)
    assert "a new question" in found[key_of(conversation, seconds[-1])]
    assert "question 1" not in found[key_of(conversation, seconds[-1])]


@pytest.mark.parametrize("hours", [1, 24 * 100])
def test_with_other_hours_no_case_is_made_again(account, organisation, splitting, plugged, clock, hours: int) -> None:
    conversation, seconds = history(account, 60, 30)
    account.say(conversation, "two hours later", at=account.now() - 30 * DAY + 2 * HOUR)
    live(splitting, clock, 30)
    other = plugged(conversation_quiet_seconds=300, follow_up_hours=24, conversation_split_hours=hours)
    new = talk(account, conversation, "a new question")
    live(other, clock, 900)
    assert (
        list(cases_of(organisation, conversation)) == keys_of(conversation, [*seconds, new])[: 3 if hours == 1 else 2]
    )
    assert sum(words.count("two hours later") for words in cases_of(organisation, conversation).values()) == 1


def test_what_a_case_holds_stays_whole_with_fewer_hours(account, organisation, splitting, plugged, clock) -> None:
    conversation, _ = history(account, 0.1)
    hear_out(splitting, clock)
    account.say(conversation, "two hours later")
    hear_out(splitting, clock)
    other = plugged(conversation_quiet_seconds=300, follow_up_hours=24, conversation_split_hours=1)
    talk(account, conversation, "at once")
    hear_out(other, clock)
    [(key, words)] = cases_of(organisation, conversation).items()
    assert key == conversation
    assert [word in words for word in ("question 1", "two hours later", "at once")] == [True] * 3


def test_without_follow_ups_new_parts_are_cases_and_later_words_of_old_ones_are_not(
    account, organisation, plugged, clock
) -> None:
    worker = plugged(conversation_quiet_seconds=300, conversation_split_hours=24)
    conversation, seconds = history(account, 30)
    live(worker, clock, 30)
    pass_time(worker, clock, DAY)
    second = talk(account, conversation, "second question")
    live(worker, clock, 900)
    talk(account, conversation, "one more thing")
    live(worker, clock, 900)
    pass_time(worker, clock, 2 * DAY)
    third = talk(account, conversation, "third question")
    live(worker, clock, 900)
    found = cases_of(organisation, conversation)
    assert list(found) == keys_of(conversation, [*seconds, second, third])
    assert not any("one more thing" in words for words in found.values())


def test_splitting_alone_is_reason_enough_to_listen(account, organisation, plugged, clock) -> None:
    worker = plugged(conversation_split_hours=24)
    conversation, seconds = history(account, 30)
    live(worker, clock, 30)
    new = talk(account, conversation, "a new question")
    live(worker, clock, 90)
    assert list(cases_of(organisation, conversation)) == keys_of(conversation, [*seconds, new])


# -- before the line --------------------------------------------------------------------------


def test_one_that_began_before_the_line_gets_cases_of_what_comes_after_it(
    account, organisation, plugged, server, clock
) -> None:
    splitting = plugged(
        conversation_quiet_seconds=300, follow_up_hours=24, conversation_split_hours=24, sync_since="7d"
    )
    conversation, _ = history(account, *range(400, 200, -2), 30)
    history(account, 1)
    live(splitting, clock, 60)
    assert len(organisation.cases) == 1
    assert why.what_next(look(splitting, conversation)).startswith("nothing until it goes on: it began before")
    before = asked(server, conversation)
    new = talk(account, conversation, "a new question", "yes")
    hear_out(splitting, clock)
    assert list(cases_of(organisation, conversation)) == [key_of(conversation, new)]
    assert asked(server, conversation) - before == 1
    pass_time(splitting, clock, 3 * DAY)
    newer = talk(account, conversation, "a newer question", "yes")
    hear_out(splitting, clock)
    assert list(cases_of(organisation, conversation)) == keys_of(conversation, [0, new, newer])[1:]


def test_a_part_across_the_line_is_whole(account, organisation, plugged, clock) -> None:
    splitting = plugged(
        conversation_quiet_seconds=300, follow_up_hours=24, conversation_split_hours=24, sync_since="1h"
    )
    history(account, 0.01)
    conversation, _ = history(account, 30)
    began = int(account.now() - 2 * HOUR)
    account.say(conversation, "before", at=began)
    live(splitting, clock, 60)
    talk(account, conversation, "and after")
    live(splitting, clock, 900)
    [(key, words)] = cases_of(organisation, conversation).items()
    assert key == key_of(conversation, began)
    assert "before" in words
    assert "and after" in words


def test_without_splitting_one_before_the_line_is_left_alone(account, organisation, plugged, server, clock) -> None:
    worker = plugged(conversation_quiet_seconds=300, follow_up_hours=24, sync_since="7d")
    conversation, _ = history(account, 30)
    history(account, 1)
    live(worker, clock, 60)
    talk(account, conversation, "a new question")
    live(worker, clock, 900)
    assert not cases_of(organisation, conversation)
    assert not worker.store.exists(f"{PREFIX}strangers")


def test_of_another_bots_conversations_cody_is_asked_once(account, organisation, splitting, server, clock) -> None:
    live(splitting, clock, 60)
    conversation = account.add_conversation(bot_id="sales").id
    for _ in range(5):
        talk(account, conversation, "hello", "hi")
        live(splitting, clock, 120)
    assert sum(f"conversations/{conversation}" in one.path for one in server.journal.entries) == 1
    assert not organisation.cases
    erasure.forget(splitting, conversation)
    assert not splitting.store.zcard(f"{PREFIX}strangers")


def test_what_goes_on_at_a_bot_that_was_added_later_becomes_a_case(account, organisation, plugged, clock) -> None:
    chosen = {
        "conversation_quiet_seconds": 300,
        "follow_up_hours": 24,
        "conversation_split_hours": 24,
        "sync_since": "7d",
    }
    before = plugged(**chosen)
    history(account, 1)
    conversation, _ = history(account, 30, bot_id="sales")
    live(before, clock, 60)
    talk(account, conversation, "hello")
    live(before, clock, 600)
    assert not cases_of(organisation, conversation)
    added = plugged(**chosen, cody_bot_id="support,sales")
    pass_time(added, clock, 2 * DAY)
    new = talk(account, conversation, "a new question")
    live(added, clock, 600)
    assert key_of(conversation, new) in cases_of(organisation, conversation)


def test_one_that_cody_could_not_be_asked_for_is_asked_for_later(account, organisation, plugged, server, clock) -> None:
    splitting = plugged(
        conversation_quiet_seconds=300, follow_up_hours=24, conversation_split_hours=24, sync_since="7d"
    )
    conversation, _ = history(account, 30)
    history(account, 1)
    live(splitting, clock, 60)
    server.faults.add(Fault("503", path=f"*/conversations/{conversation}", times=3))
    new = talk(account, conversation, "a new question")
    live(splitting, clock, 900)
    assert list(cases_of(organisation, conversation)) == [key_of(conversation, new)]


# -- looks without the list of all messages ---------------------------------------------------


def test_where_the_list_does_not_tell_a_new_part_is_found_by_looking(account, organisation, splitting, clock) -> None:
    account.knobs.feed = "404"
    conversation, seconds = history(account, 1.5)
    live(splitting, clock, 60)
    live(splitting, clock, 2 * DAY, step=HOUR)
    second = talk(account, conversation, "a new question")
    live(splitting, clock, 4 * DAY, step=HOUR)
    assert list(cases_of(organisation, conversation)) == keys_of(conversation, [*seconds, second])


def test_where_the_list_does_not_tell_a_greeting_is_looked_after_as_last_words_are(
    account, organisation, splitting, clock
) -> None:
    account.knobs.feed = "404"
    conversation, seconds = history(account, 1.9)
    live(splitting, clock, 60)
    greeted = int(account.now() + 2 * HOUR)
    account.say(conversation, "Welcome back", machine=True, at=greeted)
    live(splitting, clock, 3 * HOUR, step=600)
    assert list(cases_of(organisation, conversation)) == [conversation]
    talk(account, conversation, "Hello again")
    live(splitting, clock, 6 * HOUR, step=600)
    assert list(cases_of(organisation, conversation)) == keys_of(conversation, [*seconds, greeted])


def test_looks_come_after_twice_the_silence_each_time_and_end_where_nothing_ever_came() -> None:
    def hours(silent: float, **more: bool) -> float | None:
        seconds = quiet.next_part_seconds(0, silent * HOUR, 24, **{"is_endless": False, **more})
        return None if seconds is None else round(silent + seconds / HOUR)

    assert [hours(silent) for silent in (0, 23, 24, 48, 100)] == [24, 24, 48, 96, 192]
    assert hours(64 * 24) is None
    assert hours(64 * 24, is_endless=True) == 128 * 24


# -- beside other things ----------------------------------------------------------------------


def test_a_paused_bot_begins_no_new_part_until_it_is_resumed(account, organisation, splitting, clock) -> None:
    conversation, seconds = history(account, 30)
    live(splitting, clock, 60)
    splitting.paused.pause("support", "")
    new = talk(account, conversation, "a new question")
    live(splitting, clock, 1_800)
    assert list(cases_of(organisation, conversation)) == [conversation]
    splitting.paused.resume("support")
    live(splitting, clock, 300)
    found = cases_of(organisation, conversation)
    assert list(found) == keys_of(conversation, [*seconds, new])
    assert "a new question" in found[key_of(conversation, new)]


def test_the_contact_is_the_parts_visitor(account, organisation, plugged, clock) -> None:
    anna = organisation.add_contact("Meier", Email="anna@example.com")
    bert = organisation.add_contact("Huber", Email="bert@example.com")
    worker = plugged(conversation_quiet_seconds=300, conversation_split_hours=24, contact_match="email")
    conversation, _ = history(account, 30)
    account.say(conversation, "I am anna@example.com", at=account.now() - 30 * DAY + 5)
    account.say(conversation, "I am bert@example.com", at=account.now() - 5 * DAY)
    work(worker)
    assert [case["Related_To"]["id"] for case in organisation.cases.values()] == [anna, bert]


def test_later_words_of_a_part_leave_an_agents_edit_alone(account, organisation, splitting, clock) -> None:
    conversation, seconds = history(account, 60, 0.5)
    live(splitting, clock, 60)
    case_id = max(organisation.cases, key=int)
    organisation.edit_case(case_id, Description="Agent Smith: solved")
    talk(account, conversation, "one more thing", "yes")
    live(splitting, clock, 900)
    assert list(cases_of(organisation, conversation)) == keys_of(conversation, seconds)
    assert organisation.cases[case_id]["Description"] == "Agent Smith: solved"
    [note] = [note for note in organisation.notes if note["parent_id"] == case_id]
    assert note["Note_Title"] == f"Cody messages 3-4 1/1 [{conversation}]"
    assert organisation.cases[case_id]["Cody_Messages"] == 4


# -- looking at it ----------------------------------------------------------------------------


def test_parts_are_no_duplicates_and_two_cases_of_one_part_are(account, organisation, splitting) -> None:
    conversation, seconds = history(account, 90, 60, 30)
    work(splitting)
    report = reconcile.reconcile(splitting)
    assert report.all_is_well
    assert nightly.compare(splitting)["duplicate"] == 0
    organisation.add_case(Subject="Chat", **{KEY: key_of(keys.distinct_key(conversation), seconds[1])})
    assert list(reconcile.reconcile(splitting).duplicates) == [conversation]
    assert nightly.compare(splitting)["duplicate"] == 1


def test_a_missing_latest_part_is_found_and_made_again(account, organisation, splitting) -> None:
    conversation, seconds = history(account, 90, 60, 30)
    work(splitting)
    organisation.delete_case(max(organisation.cases, key=int), days_ago=61)
    assert nightly.compare(splitting)["missing"] == 1
    report = reconcile.reconcile(splitting)
    assert [one.conversation.id for one in report.missing] == [conversation]
    assert reconcile.repair(report, splitting) == (1, 0)
    work(splitting)
    assert list(cases_of(organisation, conversation)) == keys_of(conversation, seconds)
    assert reconcile.reconcile(splitting).all_is_well


def test_a_ledger_that_does_not_know_a_conversation_is_told_of_its_latest_part(
    account, organisation, splitting, clock
) -> None:
    conversation, seconds = history(account, 90, 60, 30)
    work(splitting)
    clock.now += 4_000
    splitting.ledger.forget("someone else")
    splitting.store.hdel(splitting.ledger._finished(conversation), conversation)
    report = reconcile.reconcile(splitting)
    assert [one.since for one in report.unrecorded] == [seconds[-1]]
    assert reconcile.repair(report, splitting) == (0, 1)
    assert splitting.ledger.about(conversation)["since"] == str(seconds[-1])


def test_why_names_the_case_of_each_part(account, organisation, splitting) -> None:
    conversation, seconds = history(account, 90, 60, 30)
    work(splitting)
    life = look(splitting, conversation)
    assert [one.since for one in life.cases] == [0, *seconds[1:]]
    words = why.zoho_says(life, splitting.settings)
    assert words.startswith("has a case for each part: ")
    assert words.count("with 2 messages") == 3
    assert why.is_well(life)
    assert "a person" not in why.what_next(life)
    assert [look(splitting, one.case_id).conversation_id for one in life.cases] == [conversation] * 3
