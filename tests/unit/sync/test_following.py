"""The right moment for a case, and what is said after it: into the same case, past every edit of a person."""

import time
from dataclasses import replace

import pytest

from chats import KEY, case_of, chat, live, pass_time, work
from cody2zoho.ledger.records import State
from cody2zoho.models import Message, Note
from cody2zoho.simulators.faults import Fault
from cody2zoho.simulators.words import all_found
from cody2zoho.sync import quiet
from later import PREFIX

DAY = 86_400


@pytest.fixture
def watching(plugged):
    """Settings as they are by default."""
    return plugged(conversation_quiet_seconds=300, follow_up_hours=24)


def talk(account, conversation_id: str, *texts: str) -> None:
    """The visitor and the bot in turns, a second apart, beginning now."""
    for number, text in enumerate(texts):
        account.say(conversation_id, text, machine=bool(number % 2), at=account.now() + number)


def texts_of(organisation, case_id: str) -> list[str]:
    return [
        str(organisation.cases[case_id]["Description"]),
        *(str(note["Note_Content"]) for note in notes_of(organisation, case_id)),
    ]


def notes_of(organisation, case_id: str) -> list[dict[str, object]]:
    return [note for note in organisation.notes if note["parent_id"] == case_id]


def said(account, conversation_id: str) -> list[str]:
    messages = [one for one in account.store.messages.values() if one.conversation_id == conversation_id]
    return [str(one.content) for one in sorted(messages, key=lambda one: (one.created_at, one.number))]


def test_no_case_is_made_while_somebody_speaks(account, organisation, watching, clock) -> None:
    conversation = account.add_conversation(bot_id="support").id
    for _ in range(10):
        talk(account, conversation, "And another thing", "Yes?")
        live(watching, clock, 120)
        assert not organisation.cases
    live(watching, clock, 300)
    assert all_found(said(account, conversation), texts_of(organisation, case_of(organisation, conversation)))
    assert organisation.cases[case_of(organisation, conversation)]["Cody_Messages"] == 20


def test_the_whole_story(account, organisation, server, watching, clock) -> None:
    """Four messages, a pause, six more, the case, an agent's edit, three more a day later."""
    conversation = account.add_conversation(bot_id="support").id
    talk(account, conversation, "Hello", "Hello, how can I help?", "My order is late", "Which number?")
    live(watching, clock, 240)
    talk(account, conversation, "4711", "It is on its way", "When?", "Tomorrow", "Thanks", "You are welcome")
    live(watching, clock, 360)
    case_id = case_of(organisation, conversation)
    assert organisation.cases[case_id]["Cody_Messages"] == 10
    edited = str(organisation.cases[case_id]["Description"]) + "\nCalled back, all is well. Agent Smith"
    organisation.edit_case(case_id, Description=edited, Priority="High")
    pass_time(watching, clock, DAY - 3_600)
    talk(account, conversation, "It did not come!", "I am sorry", "Do something")
    live(watching, clock, 900)
    assert list(organisation.cases) == [case_id]
    case = organisation.cases[case_id]
    assert (case["Description"], case["Priority"], case["Cody_Messages"]) == (edited, "High", 13)
    assert all_found(said(account, conversation), texts_of(organisation, case_id))
    assert len(notes_of(organisation, case_id)) == 1


def test_later_words_go_into_the_description_that_nobody_edited(account, organisation, watching, clock) -> None:
    conversation = chat(account, ago=10)
    live(watching, clock, 330)
    talk(account, conversation, "One more question", "Yes?")
    live(watching, clock, 360)
    [case] = organisation.cases.values()
    assert all_found(said(account, conversation), [str(case["Description"])])
    assert not notes_of(organisation, case["id"])
    assert case["Cody_Messages"] == 3
    assert watching.ledger.about(conversation)["messages"] == "3"


def test_an_answer_that_is_still_empty_is_not_the_end(account, organisation, plugged, clock) -> None:
    at_first_sight = plugged(follow_up_hours=24)
    conversation = chat(account, ago=2)
    answer = account.say(conversation, "", machine=True, at=account.now() - 1)
    work(at_first_sight)
    assert not organisation.cases
    answer.content = "It is on its way"
    live(at_first_sight, clock, 60)
    [case] = organisation.cases.values()
    assert "on its way" in str(case["Description"])


def test_an_answer_that_stays_empty_keeps_no_case_from_being_made(account, organisation, watching, clock) -> None:
    conversation = chat(account, ago=20)
    account.say(conversation, "", machine=True, at=account.now() - 19)
    live(watching, clock, 660)
    assert organisation.cases


def test_an_answer_that_stays_empty_costs_few_looks(account, organisation, server, watching, clock) -> None:
    conversation = chat(account, ago=20)
    account.say(conversation, "", machine=True, at=account.now() - 19)
    live(watching, clock, 640, step=5)
    assert case_of(organisation, conversation)
    assert sum(f"conversation_id={conversation}" in one.path for one in server.journal.entries) <= 6


def test_a_conversation_that_never_ends_gets_its_case_all_the_same(account, organisation, watching, clock) -> None:
    conversation = chat(account, ago=1)
    live(watching, clock, 30)
    watching.store.hincrby(
        f"{PREFIX}conversation:{conversation}", "seen", -int(1000 * (time.time() - clock.now + 3_601))
    )
    talk(account, conversation, "And another thing", "Yes?")
    live(watching, clock, 240)
    assert case_of(organisation, conversation)


@pytest.mark.parametrize("greeting", [True, False])
@pytest.mark.parametrize("feed", ["newest", "404"])
def test_who_begins_to_speak_hours_after_the_conversation_began_is_let_finish(
    account, organisation, watching, server, clock, feed: str, greeting: bool
) -> None:
    account.knobs.feed = feed
    # The clock of Redis, by which a conversation is seen, is nobody's to move.
    began_at = clock.now = int(time.time()) - 2 * 3_600
    conversation = account.add_conversation(bot_id="support").id
    if greeting:
        account.say(conversation, "How can I help?", machine=True)
    live(watching, clock, 2 * 3_600, step=300)
    watching.store.hset(f"{PREFIX}conversation:{conversation}", "seen", int(1000 * began_at))
    before = sum(f"conversation_id={conversation}" in one.path for one in server.journal.entries)
    for _ in range(5):
        talk(account, conversation, "And another thing", "Yes?")
        live(watching, clock, 120)
        if feed == "404":
            watching.store.zadd(f"{PREFIX}agenda", {conversation: 0})
            work(watching)
        assert not organisation.cases
    looks = sum(f"conversation_id={conversation}" in one.path for one in server.journal.entries) - before
    assert feed == "404" or looks == 1
    live(watching, clock, 420)
    assert organisation.cases[case_of(organisation, conversation)]["Cody_Messages"] == 10 + greeting


def test_without_follow_ups_a_case_stays_as_it_was_made(account, organisation, plugged, server, clock) -> None:
    worker = plugged(conversation_quiet_seconds=300, follow_up_hours=0)
    conversation = chat(account)
    live(worker, clock, 60)
    talk(account, conversation, "One more question", "Yes?")
    live(worker, clock, DAY, step=3_600)
    assert organisation.cases[case_of(organisation, conversation)]["Cody_Messages"] == 1
    assert not worker.store.zcard(f"{PREFIX}agenda")


def test_a_look_that_comes_a_moment_early_is_no_reason_for_another() -> None:
    newest = [Message("m", "Where is my order?", by_machine=False, created_at=1_000)]
    assert quiet.seconds_left(newest, 1_000, 1_299.96, 300) == 0
    assert quiet.seconds_left(newest, 1_000, 1_299.5, 300) == 0.5


@pytest.mark.parametrize("hours", [0.001, 0.01, 0.02, 8_760])
def test_the_last_look_is_at_the_end_of_the_follow_up_hours_however_few(hours: float) -> None:
    looks, silent = [], 0.0
    while left := quiet.next_look_seconds(1_000, 1_000 + silent, hours, is_fed=False):
        silent += left
        looks.append(silent / 3_600)
    assert looks[-1] == pytest.approx(hours)
    assert len(looks) == (1 if hours < 0.25 else 4)


def test_no_request_is_made_for_the_sake_of_the_quiet_period(account, watching, server, clock) -> None:
    conversation = account.add_conversation(bot_id="support").id
    talk(account, conversation, *["word"] * 25)
    live(watching, clock, 390)
    pages = [one for one in server.journal.entries if f"conversation_id={conversation}" in one.path]
    assert len(pages) == 3


def test_a_case_that_was_deleted_is_left_alone(account, organisation, watching, clock) -> None:
    conversation = chat(account, ago=300)
    live(watching, clock, 60)
    organisation.delete_case(case_of(organisation, conversation))
    talk(account, conversation, "One more question", "Yes?")
    live(watching, clock, 600)
    assert not organisation.cases
    assert watching.ledger.about(conversation)["state"] == State.CREATED


def test_a_conversation_deleted_after_its_case_keeps_it(account, organisation, watching, clock) -> None:
    conversation = chat(account, ago=300)
    live(watching, clock, 60)
    account.delete_conversation(conversation)
    live(watching, clock, 2 * DAY, step=3_600)
    assert watching.ledger.about(conversation)["case"] == case_of(organisation, conversation)
    assert not watching.store.zcard(f"{PREFIX}agenda")


def test_a_status_for_later_words_is_set_when_a_visitor_speaks(account, organisation, plugged, clock) -> None:
    worker = plugged(conversation_quiet_seconds=300, follow_up_hours=24, follow_up_status="New")
    conversation = chat(account, ago=300)
    live(worker, clock, 60)
    account.say(conversation, "It is on its way", machine=True)
    live(worker, clock, 360)
    [case] = organisation.cases.values()
    assert case["Status"] == "Closed"
    account.say(conversation, "When?")
    live(worker, clock, 360)
    assert organisation.cases[case["id"]]["Status"] == "New"


def test_another_redaction_opens_no_case_in_which_nobody_spoke(account, organisation, plugged, clock) -> None:
    conversation = account.add_conversation(bot_id="support").id
    talk(account, conversation, "I am anna@example.com", "Hello")
    chosen = {"conversation_quiet_seconds": 300, "follow_up_hours": 24, "follow_up_status": "New"}
    live(plugged(**chosen), clock, 330)
    case_id = case_of(organisation, conversation)
    live(plugged(**chosen, redact="email"), clock, 1_200)
    assert "I am [e-mail]" in str(organisation.cases[case_id]["Description"])
    assert organisation.cases[case_id]["Status"] == "Closed"


def test_after_redis_was_lost_no_case_is_opened_again_in_which_nobody_spoke(
    account, organisation, plugged, clock, caplog
) -> None:
    caplog.set_level("INFO")
    chosen = {
        "conversation_quiet_seconds": 300,
        "follow_up_hours": 24,
        "follow_up_status": "New",
        "zoho_field_map": {"conversation_id": KEY},
    }
    before = plugged(**chosen)
    conversation = chat(account, ago=300)
    live(before, clock, 60)
    clock.now += 7_200
    before.store.flushall()
    live(plugged(**chosen, closed=True), clock, 900)
    assert organisation.cases[case_of(organisation, conversation)]["Status"] == "Closed"
    assert "case_followed_up" not in caplog.text


def test_what_does_not_fit_into_the_description_becomes_a_note(account, organisation, watching, clock) -> None:
    conversation = account.add_conversation(bot_id="support").id
    talk(account, conversation, "x " * 15_000, "I see")
    live(watching, clock, 360)
    talk(account, conversation, "y " * 15_000, "I see")
    live(watching, clock, 360)
    case_id = case_of(organisation, conversation)
    talk(account, conversation, "z", "I see")
    live(watching, clock, 360)
    assert all_found(said(account, conversation), texts_of(organisation, case_id))
    assert [note["Note_Title"] for note in notes_of(organisation, case_id)] == [
        f"Cody messages 3-4 1/1 [{conversation}]",
        f"Cody messages 5-6 1/1 [{conversation}]",
    ]


LATER = ("PUT", "*/Cases/*"), ("POST", "*/Notes"), ("GET", "*/Cases/*"), ("GET", "*/Notes")


@pytest.mark.parametrize(("method", "path"), LATER)
@pytest.mark.parametrize("action", ["cut", "503", "truncate"])
@pytest.mark.parametrize("edited", [False, True])
def test_a_follow_up_that_fails_anywhere_is_done_and_told_once(
    account, organisation, watching, server, clock, caplog, method: str, path: str, action: str, edited: bool
) -> None:
    caplog.set_level("INFO")
    conversation = chat(account, ago=300)
    live(watching, clock, 60)
    case_id = case_of(organisation, conversation)
    if edited:
        organisation.edit_case(case_id, Description="Agent Smith: solved")
    server.faults.add(Fault(action, "zoho", method, path, times=2, when="after"))
    talk(account, conversation, "One more question", "Yes?")
    live(watching, clock, 1_200, step=60)
    assert len(notes_of(organisation, case_id)) == edited
    words = texts_of(organisation, case_id)
    assert sum(text.count("One more question") for text in words) == 1
    assert organisation.cases[case_id]["Cody_Messages"] == 3
    assert [line.message for line in caplog.records].count("case_followed_up") == 1


def test_an_agent_who_edits_at_the_same_moment_loses_nothing(account, organisation, watching, server, clock) -> None:
    conversation = chat(account, ago=300)
    live(watching, clock, 60)
    case_id = case_of(organisation, conversation)
    talk(account, conversation, "One more question", "Yes?")
    read = watching.cases.read

    class Interrupted:
        """Cases as an agent sees them who saves between our reading and our writing."""

        def __getattr__(self, name: str):
            return getattr(watching.cases, name)

        def read(self, *args):
            found = read(*args)
            clock.now += 1
            organisation.edit_case(case_id, Description="Agent Smith: solved")
            return found

    live(replace(watching, cases=Interrupted()), clock, 330)
    assert organisation.cases[case_id]["Description"] == "Agent Smith: solved"
    live(watching, clock, 120)
    assert organisation.cases[case_id]["Description"] == "Agent Smith: solved"
    assert "One more question" in texts_of(organisation, case_id)[1]


def test_what_zoho_will_never_take_is_parked_and_the_case_stays_known(account, organisation, plugged, clock) -> None:
    worker = plugged(conversation_quiet_seconds=300, follow_up_hours=24, follow_up_status="x" * 120)
    conversation = chat(account, ago=300)
    live(worker, clock, 60)
    organisation.knobs.strict_picklists = True
    talk(account, conversation, "One more question", "Yes?")
    live(worker, clock, 600)
    about = worker.ledger.about(conversation)
    assert (about["state"], about["case"]) == (State.PARKED, case_of(organisation, conversation))
    assert worker.ledger.dismiss(conversation)
    assert worker.ledger.about(conversation)["state"] == State.CREATED


def test_a_case_goes_on_saying_why_it_has_no_contact(account, organisation, plugged, clock) -> None:
    for name in ("Meier", "Meyer"):
        organisation.add_contact(name, Email="anna@example.com")
    worker = plugged(conversation_quiet_seconds=300, follow_up_hours=24, contact_match="email")
    conversation = account.add_conversation(bot_id="support").id
    talk(account, conversation, "I am anna@example.com", "Hello Anna")
    live(worker, clock, 420)
    case = organisation.cases[case_of(organisation, conversation)]
    remark = str(case["Description"]).partition("\n")[0]
    assert "several contacts in Zoho have the e-mail address" in remark
    talk(account, conversation, "One more thing", "Yes?")
    live(worker, clock, 600)
    case = organisation.cases[case_of(organisation, conversation)]
    assert str(case["Description"]).startswith(remark)
    assert "One more thing" in str(case["Description"])


def test_later_words_of_a_paused_bot_still_reach_their_case(account, organisation, watching, clock) -> None:
    conversation = account.add_conversation(bot_id="support").id
    talk(account, conversation, "Hello", "Hello, how can I help?")
    live(watching, clock, 420)
    watching.paused.pause("support", "")
    talk(account, conversation, "One more thing", "Yes?")
    live(watching, clock, 600)
    assert "One more thing" in str(organisation.cases[case_of(organisation, conversation)]["Description"])


def test_while_everything_is_paused_later_words_wait_and_none_is_forgotten(
    account, organisation, watching, clock
) -> None:
    conversation = account.add_conversation(bot_id="support").id
    talk(account, conversation, "Hello", "Hello, how can I help?")
    live(watching, clock, 420)
    watching.paused.pause(None, "")
    talk(account, conversation, "One more thing", "Yes?")
    live(watching, clock, 600)
    assert "One more thing" not in str(organisation.cases[case_of(organisation, conversation)]["Description"])
    watching.paused.resume(None)
    live(watching, clock, 600)
    assert "One more thing" in str(organisation.cases[case_of(organisation, conversation)]["Description"])


@pytest.mark.parametrize("triggers", [True, False])
def test_later_words_trigger_workflows_as_the_case_did(
    account, organisation, plugged, clock, tmp_path, triggers: bool
) -> None:
    file = tmp_path / "cases.toml"
    file.write_text(f"[case]\nworkflows = {str(triggers).lower()}\n")
    worker = plugged(conversation_quiet_seconds=300, follow_up_hours=24, cases_file=str(file))
    conversation = chat(account, ago=300)
    live(worker, clock, 60)
    talk(account, conversation, "One more question", "Yes?")
    live(worker, clock, 360)
    runs = [(run.action, run.trigger) for run in organisation.automation if run.module == "Cases"]
    assert runs == [("insert", None if triggers else ()), ("update", None if triggers else ())]


def test_words_that_were_to_be_noted_when_redis_was_lost_are_noted(
    account, organisation, plugged, server, clock
) -> None:
    chosen = {"conversation_quiet_seconds": 300, "follow_up_hours": 24, "enable_notes": True}
    worker = plugged(**chosen)
    conversation = chat(account, ago=300)
    live(worker, clock, 60)
    case_id = case_of(organisation, conversation)
    clock.now += 7_200
    server.faults.add(Fault("503", "zoho", "POST", "*/Notes"))
    talk(account, conversation, "One more question", "Yes?")
    live(worker, clock, 400)
    server.faults.rules.clear()
    worker.store.flushall()
    live(plugged(**chosen, closed=True), clock, 900)
    assert sum(str(note["Note_Content"]).count("One more question") for note in notes_of(organisation, case_id)) == 1


@pytest.mark.parametrize("figure", [77, "ten"])
def test_after_redis_was_lost_a_figure_that_somebody_changed_hides_no_later_words(
    account, organisation, watching, plugged, clock, figure: int | str
) -> None:
    conversation, case_id = edited_case(account, organisation, watching, clock)
    organisation.cases[case_id]["Cody_Messages"] = figure
    clock.now += 7_200
    watching.store.flushall()
    account.say(conversation, "One more question")
    live(plugged(conversation_quiet_seconds=300, follow_up_hours=24, closed=True), clock, 900)
    assert all_found(said(account, conversation), texts_of(organisation, case_id)[1:])


def edited_case(account, organisation, worker, clock) -> tuple[str, str]:
    """A conversation and its case, whose description a person has changed."""
    conversation = chat(account, ago=300)
    live(worker, clock, 60)
    case_id = case_of(organisation, conversation)
    organisation.edit_case(case_id, Description="Agent Smith: solved")
    return conversation, case_id


def test_a_figure_that_somebody_changed_stays(account, organisation, watching, clock) -> None:
    conversation, case_id = edited_case(account, organisation, watching, clock)
    organisation.edit_case(case_id, Cody_User_Messages=77)
    talk(account, conversation, "One more question", "Yes?")
    live(watching, clock, 360)
    case = organisation.cases[case_id]
    assert (case["Cody_User_Messages"], case["Cody_Messages"]) == (77, 3)


def test_what_is_said_before_a_follow_up_could_be_recorded_is_noted_by_itself(
    account, organisation, watching, server, clock
) -> None:
    conversation, case_id = edited_case(account, organisation, watching, clock)
    server.faults.add(Fault("503", "zoho", "PUT", "*/Cases/*"))
    talk(account, conversation, "One more question", "Yes?")
    live(watching, clock, 360)
    talk(account, conversation, "And another", "Yes?")
    live(watching, clock, 30)
    server.faults.rules.clear()
    live(watching, clock, 900)
    assert [note["Note_Title"] for note in notes_of(organisation, case_id)] == [
        f"Cody messages 2-3 1/1 [{conversation}]",
        f"Cody messages 4-5 1/1 [{conversation}]",
    ]


def test_a_message_that_turns_up_among_those_that_the_case_holds_is_not_lost(
    account, organisation, watching, clock
) -> None:
    conversation = account.add_conversation(bot_id="support").id
    talk(account, conversation, "Where is my order?", "I look.", "Thanks")
    live(watching, clock, 360)
    case_id = case_of(organisation, conversation)
    organisation.edit_case(case_id, Description="Agent Smith: solved")
    account.say(conversation, "It is in Rome.", machine=True, at=account.now() - 359)
    talk(account, conversation, "Rome?")
    live(watching, clock, 360)
    assert all_found(said(account, conversation), texts_of(organisation, case_id)[1:])


def test_an_answer_that_is_filled_in_after_its_note_was_written_is_noted_too(
    account, organisation, watching, clock
) -> None:
    conversation, case_id = edited_case(account, organisation, watching, clock)
    talk(account, conversation, "One more question")
    answer = account.say(conversation, "", machine=True, at=account.now() + 1)
    live(watching, clock, 900)
    assert len(notes_of(organisation, case_id)) == 1
    answer.content = "It is on its way"
    live(watching, clock, 2 * 3_600, step=300)
    assert all_found(said(account, conversation), texts_of(organisation, case_id)[1:])
    assert len(notes_of(organisation, case_id)) == 2


def test_half_of_the_notes_of_a_follow_up_are_not_taken_for_all(account, organisation, watching, clock) -> None:
    conversation, case_id = edited_case(account, organisation, watching, clock)
    watching.cases.add_notes(case_id, [Note(f"Cody messages 2-3 1/2 [{conversation}]", "One more")])
    talk(account, conversation, "One more question", "Yes?")
    live(watching, clock, 360)
    assert all_found(["One more question", "Yes?"], texts_of(organisation, case_id))


def test_a_clock_at_cody_that_is_a_day_ahead_keeps_no_case_from_being_made(
    account, organisation, watching, clock
) -> None:
    conversation = chat(account, ago=-DAY)
    live(watching, clock, 30)
    watching.store.hincrby(f"{PREFIX}conversation:{conversation}", "seen", -int(1000 * (time.time() - clock.now)))
    live(watching, clock, 2 * 3_600, step=300)
    assert case_of(organisation, conversation)
