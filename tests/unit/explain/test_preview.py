"""`cody2zoho preview` shows the case that would be made, word for word, and leaves no trace anywhere."""

import copy
import json
import logging
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chats import KEY, case_of, chat, live, pass_time, work
from cody2zoho import configuration
from cody2zoho.cli import main
from cody2zoho.errors import Gone, Transient
from cody2zoho.explain.preview import Preview, latest, looking, preview
from cody2zoho.simulators.faults import Fault
from cody2zoho.sync import pipeline, polling

WORDS = "Where is my order? I am anna@example.com"

#: What counts requests towards the limits.
COUNTS = ("limit:", "metrics:credits", "pause:")

EVERYTHING = {
    "contact_match": "email,phone",
    "contact_create": True,
    "contact_region": "DE",
    "zoho_contact_name": "Website visitor",
    "redact": "card",
    "enable_notes": True,
}

CASE_FILE = """
[case]
subject = "{{ question | shorten(60) }}"
tags = ["Cody"]
workflows = false

[bots.support]
priority = "Low"

[[rules]]
when = "unanswered"
priority = "High"
tags = ["gap"]
"""


def kept(store, prefix: str) -> dict[str, object]:
    """All keys in Redis with their values, but for the counts of requests."""
    read = {
        "string": store.get,
        "hash": store.hgetall,
        "set": store.smembers,
        "list": lambda key: store.lrange(key, 0, -1),
    }
    found = {}
    for key in store.scan_iter():
        kind = store.type(key)
        if not key.removeprefix(prefix).startswith(COUNTS):
            found[key] = read[kind](key) if kind in read else store.zrange(key, 0, -1, withscores=True)
    return found


def in_zoho(organisation) -> object:
    return copy.deepcopy((organisation.cases, organisation.contacts, organisation.notes, organisation.attachments))


def shown(services, conversation_id: str) -> Preview:
    return preview(looking(services), conversation_id, services.fields.all())


def long_chat(account, count: int, conversation_id: str | None = None) -> str:
    conversation = account.add_conversation(bot_id="support", conversation_id=conversation_id, at=account.now() - 9_000)
    for number in range(count):
        words = f"Message {number} " + "and more words " * 40
        account.say(conversation.id, words, machine=bool(number % 2), at=account.now() - 8_000 + number)
    return conversation.id


def said(account, *texts: str, ago: int = 7_200) -> str:
    conversation = account.add_conversation(bot_id="support", at=account.now() - ago)
    for number, text in enumerate(texts):
        account.say(conversation.id, text, machine=bool(number % 2), at=account.now() - ago + number)
    return conversation.id


@pytest.fixture
def worker(plugged):
    return plugged()


# -- touching nothing


@pytest.mark.parametrize("ledger_knows", [True, False])
@pytest.mark.parametrize("texts", [(WORDS, "I'm sorry, I don't know the answer"), ("Hello", "Hi"), ()])
def test_nothing_is_made_changed_or_kept(
    account, organisation, server, plugged, store, texts: tuple[str, ...], ledger_knows: bool
) -> None:
    worker = plugged(**EVERYTHING)
    one = said(account, *texts)
    if ledger_knows:
        polling.poll(worker)
    worker.tokens.get()
    before, at_zoho = kept(store, worker.settings.redis_key_prefix), in_zoho(organisation)
    server.journal.clear()
    shown(worker, one)
    assert kept(store, worker.settings.redis_key_prefix) == before
    assert in_zoho(organisation) == at_zoho
    assert writes(server) == []


def test_nothing_of_a_follow_up_is_written(account, organisation, server, plugged, store) -> None:
    worker = plugged(**EVERYTHING, follow_up_hours=24, follow_up_status="New")
    one = chat(account)
    work(worker)
    account.say(one, "And when?")
    before, at_zoho = kept(store, worker.settings.redis_key_prefix), in_zoho(organisation)
    server.journal.clear()
    found = shown(worker, one)
    assert found.later
    assert found.later.changes["Status"] == "New"
    assert kept(store, worker.settings.redis_key_prefix) == before
    assert in_zoho(organisation) == at_zoho
    assert writes(server) == []


def writes(server) -> list[str]:
    """Requests that could change something at Zoho or Cody."""
    asked = [one for one in server.journal.entries if one.method != "GET" and not one.path.endswith("/coql")]
    return [f"{one.method} {one.path}" for one in asked]


def test_what_is_asked_counts_towards_the_limits(account, worker, store) -> None:
    shown(worker, chat(account))
    prefix = worker.settings.redis_key_prefix
    assert store.zcard(f"{prefix}limit:cody:reads") == 2
    assert store.hgetall(f"{prefix}metrics:credits")


def test_its_turn_at_cody_is_waited_for(account, worker) -> None:
    one, naps = chat(account), []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        worker.store.delete(worker.limits.pauses.key("cody"))

    worker.limits.pauses.begin("cody", 30)
    found = preview(looking(worker, sleep), one, worker.fields.all())
    assert found.is_made_now
    assert len(naps) == 1


def test_no_word_of_a_customer_reaches_the_log(account, plugged, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    worker = plugged(**EVERYTHING)
    shown(worker, said(account, WORDS))
    assert "order" not in caplog.text
    assert "anna" not in caplog.text


# -- the truth


@pytest.mark.parametrize("messages", [2, 60, 500])
@pytest.mark.parametrize("chosen", [{}, EVERYTHING])
def test_what_is_shown_is_what_is_made(account, organisation, plugged, chosen, messages: int) -> None:
    organisation.add_contact("Meier", Email="anna@example.com")
    worker = plugged(**chosen)
    one = long_chat(account, messages)
    account.say(one, "anna@example.com, my card is 4111 1111 1111 1111", at=account.now() - 10)
    found = shown(worker, one)
    assert found.is_made_now
    assert found.draft
    pipeline.create_case(one, worker)
    case_id = case_of(organisation, one)
    case = organisation.cases[case_id]
    assert {name: case[name] for name in found.draft.fields if name != "Related_To"} == {
        name: value for name, value in found.draft.fields.items() if name != "Related_To"
    }
    assert (case.get("Related_To") or {}).get("id") == (found.draft.contact.contact_id if chosen else None)
    titles = [note["Note_Title"] for note in organisation.notes if note["parent_id"] == case_id]
    assert sorted(titles) == sorted(note.title for note in found.draft.notes)
    assert dict(found.draft.redacted) == ({"card": 1} if chosen else {})


@pytest.mark.parametrize("is_edited", [True, False])
def test_the_follow_up_that_is_shown_is_the_one_that_is_written(
    account, organisation, plugged, clock, is_edited: bool
) -> None:
    worker = plugged(conversation_quiet_seconds=300, follow_up_hours=24)
    one = chat(account, ago=0)
    live(worker, clock, 600)
    case_id = case_of(organisation, one)
    if is_edited:
        organisation.edit_case(case_id, Description="An agent's words")
    account.say(one, "And when?")
    pass_time(worker, clock, 400)
    found = shown(worker, one)
    assert found.later
    assert found.later.words.startswith("this would be written in ")
    live(worker, clock, 3_600)
    case = organisation.cases[case_id]
    written = {name: value for name, value in found.later.changes.items() if name != "Description"}
    assert {name: case[name] for name in written} == written
    assert ("Description" in found.later.changes) is not is_edited
    notes = [note["Note_Title"] for note in organisation.notes]
    assert notes == ([note.title for note in found.later.rest.notes] if found.later.rest else [])
    assert bool(notes) is is_edited
    again = shown(worker, one)
    assert again.later
    assert again.later.words == "nothing was said since"


def test_each_value_says_where_it_comes_from(account, plugged, tmp_path: Path) -> None:
    (tmp_path / "cody2zoho.toml").write_text(CASE_FILE)
    worker = plugged()
    known, unknown = said(account, "Hello?", "Hello!"), said(account, "Why?", "I'm sorry, I don't know the answer")
    origins = shown(worker, known).origins
    assert origins
    assert origins["Subject"] == "cody2zoho.toml, line 3"
    assert origins["Priority"] == "cody2zoho.toml, line 8"
    assert origins["Status"] == "ZOHO_CASE_STATUS"
    assert origins["trigger"] == "cody2zoho.toml, line 5"
    assert origins[KEY] == "ZOHO_FIELD_MAP"
    found = shown(worker, unknown)
    assert found.origins
    assert found.draft
    assert found.draft.fields["Priority"] == "High"
    assert found.origins["Priority"] == "rule 1 (unanswered), line 12"
    assert found.origins["Tag"] == "cody2zoho.toml, line 4; rule 1 (unanswered), line 13"


def test_what_zoho_would_not_take_is_said(account, plugged) -> None:
    found = shown(plugged(zoho_case_status="Done"), chat(account))
    assert not found.is_made_now
    assert found.now == "Zoho would not take all of it: see ✗ below"
    assert found.wrong
    assert found.wrong["Status"].startswith('has no "Done" in its pick list: write one of these: ')


def test_what_zoho_would_not_take_of_a_follow_up_is_said(account, plugged) -> None:
    worker, one = plugged(follow_up_status="Again", follow_up_hours=24), chat(account)
    work(worker)
    account.say(one, "And when?")
    found = shown(worker, one)
    assert found.wrong
    assert found.wrong["Status"].startswith('has no "Again" in its pick list: write one of these: ')


def test_a_template_that_cannot_be_filled_in_is_said(account, plugged, tmp_path: Path) -> None:
    (tmp_path / "cody2zoho.toml").write_text('[case]\nsubject = "{{ 1 / (messages - 3) }}"\n')
    found = shown(plugged(), said(account, "a", "b", "c"))
    assert not found.is_made_now
    assert found.now.startswith("it would be parked: The template of subject in cody2zoho.toml cannot be filled in")


# -- whose it is


@pytest.mark.parametrize(
    ("texts", "chosen", "says"),
    [
        (("Hello",), {}, "none"),
        (("Hello",), {"zoho_contact_id": "5725767000000000001"}, "5725767000000000001 (ZOHO_CONTACT_ID)"),
        (("Hello",), {"zoho_contact_name": "Web"}, "a new one, named Web (ZOHO_CONTACT_NAME)"),
        (("Hello",), {"contact_match": "email"}, "none: the visitor gave no address"),
        ((WORDS,), {"contact_match": "email"}, "{anna}, which has anna@example.com in Zoho"),
        (("eve@example.com",), {"contact_match": "email"}, "none: nobody in Zoho has eve@example.com"),
        (
            ("eve@example.com",),
            {"contact_match": "email", "contact_create": True},
            "a new one, for eve@example.com: nobody in Zoho has that (CONTACT_CREATE)",
        ),
        (
            (f"{WORDS} or bob@example.com",),
            {"contact_match": "email"},
            "none. The visitor's contact could not be told: several e-mail addresses were given, which do not lead to "
            "one and the same contact.",
        ),
    ],
)
def test_the_contact_and_why(account, organisation, plugged, texts, chosen, says: str) -> None:
    anna = organisation.add_contact("Meier", Email="anna@example.com")
    found = shown(plugged(**chosen), said(account, *texts))
    assert found.contact == says.format(anna=anna)
    assert found.makes_contact is found.contact.startswith("a new one")


def test_the_fixed_contact_is_found_by_its_name(account, organisation, plugged, store) -> None:
    contact = organisation.add_contact("Web")
    worker = plugged(zoho_contact_name="Web")
    assert shown(worker, chat(account)).contact == f"{contact}, named Web (ZOHO_CONTACT_NAME)"
    assert not list(store.scan_iter("*contact*"))


def test_that_nobody_has_an_address_is_asked_afresh_as_before_a_contact_is_made(account, organisation, plugged) -> None:
    worker = plugged(contact_match="email")
    work_one = said(account, WORDS)
    pipeline.create_case(work_one, worker)
    anna = organisation.add_contact("Meier", Email="anna@example.com")
    found = shown(plugged(contact_match="email", contact_create=True), said(account, WORDS))
    assert found.draft
    assert found.draft.contact.contact_id == anna


# -- whether it is made now


def test_a_conversation_that_goes_on_waits(account, plugged) -> None:
    found = shown(plugged(conversation_quiet_seconds=300), chat(account, ago=100))
    assert not found.is_made_now
    assert found.now == "it waits for 3 minutes: the conversation goes on (CONVERSATION_QUIET_SECONDS)"
    assert found.draft


def test_a_conversation_in_which_nothing_was_said_waits_until_it_is_old(account, worker) -> None:
    young = account.add_conversation(bot_id="support").id
    old = account.add_conversation(bot_id="support", at=account.now() - 90_000).id
    assert shown(worker, young).now == "no case yet: no visitor has said anything"
    assert shown(worker, old).now == "no case: no visitor said anything within 24 hours (EMPTY_CONVERSATION_HOURS)"
    assert shown(worker, young).draft is None


@pytest.mark.parametrize("bot", ["support", None])
def test_what_is_paused_waits_also_if_no_poll_has_seen_it(account, worker, bot: str | None) -> None:
    worker.paused.pause(bot, "new templates")
    found = shown(worker, chat(account))
    assert not found.is_made_now
    assert found.now.startswith("it waits until `cody2zoho resume`: ")
    assert found.now.endswith("ago: new templates")


def test_what_is_blocked_waits(account, worker) -> None:
    worker.blocks.put("zoho", "Zoho refuses ZOHO_REFRESH_TOKEN")
    words = "it waits until someone mends what blocks all work: Zoho refuses ZOHO_REFRESH_TOKEN"
    assert shown(worker, chat(account)).now == words


def test_a_first_start_is_waited_for(account, plugged) -> None:
    words = "it waits until the ledger is filled from Zoho, which a worker does by itself"
    assert shown(plugged(closed=True), chat(account)).now == words


def test_what_never_gets_a_case_says_why(account, plugged) -> None:
    worker = plugged(sync_since="12h")
    assert shown(worker, chat(account, bot_id="sales")).now == "no case: its bot sales is not in CODY_BOT_ID"
    assert shown(worker, chat(account, ago=90_000)).now.startswith("no case: it began before SYNC_SINCE, ")


def test_of_what_was_forgotten_not_a_word_is_shown(account, worker) -> None:
    one = chat(account)
    worker.ledger.forget(one)
    found = shown(worker, one)
    assert found.now == "no case: a person had it forgotten"
    assert found.draft is None


def test_what_is_parked_or_postponed_says_so(account, worker) -> None:
    one, other = chat(account), chat(account)
    polling.poll(worker)
    worker.ledger.park(worker.ledger.claim(one), "Zoho refuses Subject: it is mandatory")
    assert "no case: parked after 1 attempt: Zoho refuses Subject" in shown(worker, one).now
    worker.ledger.later(worker.ledger.claim(other), 10**9, "Zoho is out of order (503)")
    assert shown(worker, other).now.endswith("; it waits: Zoho is out of order (503)")


def test_what_a_worker_has_at_the_moment_says_so(account, worker) -> None:
    one = chat(account)
    polling.poll(worker)
    worker.ledger.claim(one)
    assert shown(worker, one).now == "a worker makes the case at this moment"


def test_what_has_its_case_says_so(account, organisation, worker) -> None:
    one, other = chat(account), chat(account)
    pipeline.create_case(one, worker)
    case_id = case_of(organisation, one)
    found = shown(worker, case_id)
    assert found.now == f"no new case: it has {case_id}; what follows is what it would be if it were made now"
    assert found.later
    assert found.later.words == "nothing was said since"
    account.say(one, "More")
    unwatched = shown(worker, one).later
    assert unwatched
    assert unwatched.words == "nothing, for FOLLOW_UP_HOURS is 0; else this would be written"
    organisation.delete_case(case_id)
    assert shown(worker, one).now.startswith("no new case: the case was deleted in Zoho")
    adopted = organisation.add_case(**{KEY: other})
    assert shown(worker, other).now == f"no new case: Zoho has {adopted}, which is adopted and gets what it lacks"


# -- the newest


def test_the_newest_of_all_bots_and_of_one(account, plugged) -> None:
    worker = plugged(cody_bot_id="support,sales")
    ids = [chat(account, bot_id=("support", "sales")[n % 2], ago=10_000 - 100 * n) for n in range(40)]
    assert latest(worker, 5) == ids[:-6:-1]
    assert latest(worker, 18, "sales") == ids[:2:-2][:18]


# -- whoever is away


def test_who_is_away_is_said_in_one_sentence(account, worker, server) -> None:
    one = chat(account)
    with pytest.raises(Gone, match="Cody has no conversation AAAAAAAAAAAA: it was deleted, or the id is mistyped"):
        shown(worker, "AAAAAAAAAAAA")
    with pytest.raises(Gone, match="Zoho has no case 5725767000000999999 with a conversation id"):
        shown(worker, "5725767000000999999")
    server.faults.add(Fault("500", path="/api/v1/conversations/*"))
    with pytest.raises(Transient, match=r"Cody cannot be asked: Cody is out of order \(500\)"):
        shown(worker, one)


# -- the command


@pytest.fixture
def run(worker, server, redis_address, monkeypatch: pytest.MonkeyPatch):
    given = {"SIMULATORS_URL": server.url, "REDIS_KEY_PREFIX": "{cody2zoho}:", "REDIS_URL": redis_address}
    for name, value in {**given, "CODY_BOT_ID": "support", "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> Result:
        configuration.settings.cache_clear()
        return CliRunner().invoke(main, words)

    return run


def test_the_command_shows_fields_contact_and_text_in_80_columns(account, run) -> None:
    one = said(account, "أين طلبي؟ 我的订单在哪里", "# Here\n\n| a | b |\n|---|---|\n| **1** | 2 |")
    shown = run("preview", one)
    assert shown.exit_code == 0
    for words in (f"conversation {one}", "Contact  none", "CASE_DESCRIPTION_TEMPLATE", "أين طلبي؟ 我的订单在哪里"):
        assert words in shown.output
    assert "Here\n\na | b\n1 | 2\n" in shown.output
    assert max(map(len, shown.output.splitlines())) <= 110
    assert all(len(line) <= 80 for line in shown.output.partition("── Description")[0].splitlines())


def test_what_is_cut_is_shown_with_its_lengths(account, run) -> None:
    long, longer = run("preview", long_chat(account, 100)).output, run("preview", long_chat(account, 500)).output
    assert "characters are in the description," in long
    assert "Cody transcript continued 2/" in long
    assert "of 32,000 characters" in long
    assert "the rest in a file" in " ".join(longer.split())
    assert ".txt" in longer


def test_a_message_cannot_steer_the_terminal(account, run) -> None:
    one = said(account, "\x1b[2Jgone \x9b2J")
    for output in (run("preview", one).output, run("preview", one, "--json").output):
        assert "gone" in output
        assert not {"\x1b", "\x9b"} & set(output)


def test_a_follow_up_is_shown(account, organisation, worker, run, monkeypatch: pytest.MonkeyPatch) -> None:
    one = chat(account)
    pipeline.create_case(one, worker)
    organisation.edit_case(case_of(organisation, one), Description="An agent's words")
    account.say(one, "And when?")
    shown = run("preview", one)
    assert "Follow-up: " in shown.output
    assert "── Cody messages 2-2 1/1" in shown.output
    assert "Cody_Messages" in shown.output.partition("Follow-up")[2]


def test_the_command_tells_all_as_json(account, organisation, run) -> None:
    one = said(account, WORDS, "Noted.")
    found = json.loads(run("preview", one, "--json").output)
    assert found["conversation"] == one
    assert found["case"]["contact"] == {"id": None, "how": "fixed", "words": "none"}
    [subject] = [field for field in found["case"]["fields"] if field["field"] == "Subject"]
    assert (subject["from"], subject["limit"], subject["wrong"]) == ("CASE_SUBJECT_PREFIX", 255, None)
    account.say(chat(account), "More")
    many = json.loads(run("preview", "--latest", "2", "--json").output)
    assert len(many) == 2
    assert not organisation.cases


def test_the_newest_are_shown_one_after_the_other(account, run) -> None:
    assert run("preview", "--latest", "3").output == "There are no conversations yet.\n"
    ids = [chat(account, ago=1_000 - n) for n in range(4)]
    shown = run("preview", "--latest", "3")
    assert shown.exit_code == 0
    assert [line.split()[1] for line in shown.output.splitlines() if line.startswith("conversation ")] == ids[:0:-1]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("AAAAAAAAAAAA",), 1, "Cody has no conversation AAAAAAAAAAAA: it was deleted, or the id is mistyped\n"),
        (("--latest", "2", "--bot", "nosuch"), 1, "Cody knows no bot nosuch: write one of the bots"),
        ((), 2, "Name a conversation, or write --latest and how many."),
        (("",), 2, "Name a conversation, or write --latest and how many."),
        ((" ",), 2, "Name a conversation, or write --latest and how many."),
        (("AAAAAAAAAAAA", "--latest", "2"), 2, "Name a conversation, or write --latest and how many."),
        (("AAAAAAAAAAAA", "--bot", "support"), 2, "--bot goes with --latest."),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(run, words: tuple[str, ...], code: int, says: str) -> None:
    shown = run("preview", *words)
    assert shown.exit_code == code
    assert says in shown.output


def test_a_refused_key_is_one_sentence(account, server, run) -> None:
    server.faults.add(Fault("401", path="/api/v1/conversations/*"))
    shown = run("preview", chat(account))
    assert shown.exit_code == 1
    assert "CODY_API_KEY" in shown.output


def test_of_a_split_conversation_the_latest_part_is_shown(account, plugged) -> None:
    worker = plugged(conversation_split_hours=24)
    one = account.add_conversation(bot_id="support", at=account.now() - 200_000).id
    account.say(one, "Where is my order?", at=account.now() - 200_000)
    account.say(one, "And the next one?", at=account.now() - 7_200)
    draft = shown(worker, one).draft
    assert draft is not None
    assert "And the next one?" in str(draft.fields["Description"])
    assert "Where is my order?" not in str(draft.fields["Description"])
    assert draft.fields[KEY] == f"{one}~~{account.now() - 7_200}"


def test_a_part_that_has_no_case_yet_is_not_said_to_go_into_the_one_before_it(
    account, organisation, plugged, clock
) -> None:
    worker = plugged(conversation_split_hours=24, conversation_quiet_seconds=300, follow_up_hours=24)
    one = chat(account)
    work(worker)
    pass_time(worker, clock, 200_000)
    account.say(one, "And the next one?", at=account.now() - 10)
    polling.poll(worker)
    found = shown(worker, one)
    assert (found.later, found.is_made_now) == (None, False)
    assert found.now.startswith("it waits for 4 minutes: the conversation goes on")
    assert found.now.endswith("; its latest part becomes a case of its own")
    clock.now += 400
    worker.store.zadd(f"{worker.settings.redis_key_prefix}agenda", {one: 0})
    found = shown(worker, one)
    assert found.is_made_now
    assert found.now == "its latest part becomes a case of its own as soon as a worker is free"
    work(worker)
    assert found.draft is not None
    made = organisation.cases[case_of(organisation, str(found.draft.fields[KEY]))]
    assert made.items() >= found.draft.fields.items()
    account.say(one, "Hello?", at=account.now())
    later = shown(worker, one).later
    assert later is not None
    assert "And the next one?" in str(later.changes["Description"])
    assert "Where is my order?" not in str(later.changes["Description"])
