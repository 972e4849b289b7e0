"""Endless conversations: a long silence begins a case of its own, once for each part, whatever breaks in between."""

from dataclasses import replace

import pytest

from chats import KEY, live, pass_time, work
from cody2zoho import keys, nightly, parts, pipeline, quiet, rebuild, reconcile
from cody2zoho.comparison import owner_of
from cody2zoho.keys import key_of
from cody2zoho.lives import look
from cody2zoho.models import Message
from cody2zoho.records import Held, State
from cody2zoho.simulators.faults import Fault
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
    conversation, _ = history(account, 90, 30)
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


def test_a_greeting_after_a_silence_waits_for_a_visitor(account, organisation, splitting, clock) -> None:
    conversation, seconds = history(account, 2)
    live(splitting, clock, 60)
    greeted = int(account.now())
    account.say(conversation, "Welcome back", machine=True, at=greeted)
    live(splitting, clock, 900)
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
    live(splitting, clock, 600)
    assert asked(server, conversation) - before == 1
    talk(account, conversation, "and another", "yes")
    live(splitting, clock, 600)
    assert asked(server, conversation) - before == 2
    talk(account, conversation, *["word"] * 20)
    live(splitting, clock, 600)
    assert asked(server, conversation) - before == 2 + 3
    assert len(cases_of(organisation, conversation)) == 101


def test_a_look_that_finds_nothing_new_costs_one_request(account, splitting, server, clock) -> None:
    conversation, _ = history(account, 30, 20, 10.5, 0.1)
    work(splitting)
    before, spent = asked(server, conversation), sum(server.journal["zoho"].kinds.values())
    live(splitting, clock, HOUR, step=600)
    looks = asked(server, conversation) - before
    assert looks == 0
    pass_time(splitting, clock, 4 * HOUR)
    work(splitting)
    assert asked(server, conversation) - before == 1
    assert sum(server.journal["zoho"].kinds.values()) == spent
