"""What cases say when cody2zoho.toml asks for it: templates, rules, fields, sources; and at Zoho, what arrives."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from chats import KEY, case_of, chat, live, work
from cody2zoho import cases
from cody2zoho.cases import reading, signals, values
from cody2zoho.cases.signals import Signal
from cody2zoho.cases.templates import shortened
from cody2zoho.errors import Refused
from cody2zoho.models import CaseDraft, ContactChoice, Conversation, Message, Source
from cody2zoho.settings import Settings
from cody2zoho.simulators.wire import Reply, Request
from cody2zoho.simulators.zoho import Zoho
from cody2zoho.text import transcript

CONVERSATION = Conversation("Jw9R1NVTVgkK", "support", 1_755_000_157, "Refunds")
NOW = 1_755_010_000.0
GUIDE = Source("Guide", "https://a.example/guide")


def said(*contents: str, **more: Any) -> list[Message]:
    """The visitor begins; `more` is true of the last message."""
    made = [Message(f"id{n}", text, bool(n % 2), 1_755_000_195 + 60 * n) for n, text in enumerate(contents)]
    return [*made[:-1], dataclasses.replace(made[-1], **more)]


def draft(text: str, messages: list[Message] | None = None, **settings: Any) -> CaseDraft:
    Path("cody2zoho.toml").write_text(text)
    made = reading.load(Settings(simulators_url="http://127.0.0.1:1", **settings))
    return cases.draft(
        CONVERSATION,
        messages or said("Where is my order?", "Here."),
        made.of(CONVERSATION.bot_id),
        ContactChoice(None),
        NOW,
    )


def description(case: CaseDraft) -> str:
    return str(case.fields["Description"])


def test_every_name_of_a_template_has_its_value() -> None:
    names = "\n".join(f"{name}={{{{ {name} }}}}" for name in values.VALUES if name not in ("transcript", "sources"))
    text = f'[bots.support]\nname = "Shop"\ntime_zone = "Europe/Berlin"\ndescription = """{names}"""'
    shown = dict(line.split("=", 1) for line in description(draft(text)).split("\n\n")[0].splitlines())
    assert shown == {
        "conversation_id": CONVERSATION.id,
        "conversation_name": "Refunds",
        "bot_id": "support",
        "bot_name": "Shop",
        "started_at": "2025-08-12 14:02:37 CEST",
        "ended_at": "2025-08-12 14:04:15 CEST",
        "complete_as_of": "2025-08-12 16:46:40 CEST",
        "duration": "98 seconds",
        "duration_seconds": "98",
        "messages": "2",
        "user_messages": "1",
        "assistant_messages": "1",
        "characters": "23",
        "average_length": "11.5",
        "question": "Where is my order?",
        "answered": "True",
        "failed": "False",
        "flagged": "False",
        "unanswered": "False",
    }


def test_a_moment_has_the_forms_that_fields_want() -> None:
    case = draft("[case.fields]\nA = '{{ started_at.iso }}'\nB = '{{ ended_at.date }} {{ ended_at.time }}'")
    assert case.fields["A"] == "2025-08-12T12:02:37+00:00"
    assert case.fields["B"] == "2025-08-12 12:04"


def test_a_name_that_stands_alone_keeps_its_kind() -> None:
    case = draft(
        "[case.fields]\nN = '{{ messages }}'\nB = '{{ failed }}'\nT = '{{ messages }} in all'\nS = '{{ sources }}'"
    )
    assert [case.fields[name] for name in "NBTS"] == [2, False, "2 in all", ""]


def test_the_opening_question_is_one_line_and_cut_between_words() -> None:
    case = draft(
        "[case]\nsubject = '{{ question | shorten(30) }}'", said("\n Where is\nmy order, please?  It is late", "x")
    )
    assert case.fields["Subject"] == "Where is my order, please? It…"
    assert draft("[case]\nsubject = '{{ question }}'", said(" ", "Hi", "Why?")).fields["Subject"] == "Why?"


@pytest.mark.parametrize("text", ["word " * 100, "x" * 400, "👋" * 300, "مرحبا " * 90, "a👋" * 200, ""])
def test_what_is_shortened_fits_and_is_no_half_character(text: str) -> None:
    short = shortened(text, 80)
    assert transcript.length(short) <= 80
    assert short.encode("utf-8") is not None
    assert text.startswith(short.removesuffix("…").rstrip())


def test_a_subject_never_is_too_long_nor_empty() -> None:
    assert (
        transcript.length(
            str(
                draft("[case]\nsubject = '{{ question }}{{ question }}{{ question }}'", said("👋" * 500, "x")).fields[
                    "Subject"
                ]
            )
        )
        <= 255
    )
    assert draft("[case]\nsubject = '{{ question if failed }}'").fields["Subject"] == CONVERSATION.id
    assert 200 < transcript.length(str(draft("", case_subject_prefix="👋" * 200).fields["Subject"])) <= 255


def test_a_template_decides_where_the_transcript_stands() -> None:
    case = draft("[case]\ndescription = 'Before\n\n{{ transcript }}\n\nAfter {{ complete_as_of }}'".replace("'", "'''"))
    assert description(case).startswith("Before\n\n[2025-08-12 12:03:15 UTC] User:\nWhere is my order?")
    assert description(case).endswith("Here.\n\nAfter 2025-08-12 14:46:40 UTC")


@pytest.mark.parametrize(
    "text",
    [
        "[case]\ndescription = 'Short'",
        "[case]\ndescription = '{{ transcript }} {{ transcript }}'",
        "[case]\ndescription = '{% if failed %}{{ transcript }}{% endif %}'",
        "[case]\ndescription = '{{ transcript | upper }}'",
        "[case]\ndescription = '{{ transcript[:0] }}'",
    ],
)
def test_whatever_a_template_does_the_transcript_stands_there_once_and_how_far_it_is_complete(text: str) -> None:
    shown = description(draft(text))
    assert shown.count("Where is my order?") == 1
    assert shown.endswith("[Complete as of 2025-08-12 14:46:40 UTC]")
    assert "\x00" not in shown


def test_a_template_of_the_settings_says_how_far_it_is_complete_too() -> None:
    assert description(draft("", case_description_template="Hello")).endswith(
        "\n\n[Complete as of 2025-08-12 14:46:40 UTC]"
    )
    assert description(draft("")).count("omplete as of") == 1


@pytest.mark.parametrize("content", ["{{ 7 * 7 }} {% raw %} {messages} \x00", "{% for x in y %}"])
def test_what_a_customer_types_is_never_a_template(content: str) -> None:
    case = draft("[case]\nsubject = '{{ question }}'\ndescription = 'Q: {{ question }}'", said(content, "x"))
    assert transcript.readable(content) in str(case.fields["Subject"])
    assert description(case).count(transcript.readable(content)) == 2


def test_a_template_that_fails_for_one_conversation_refuses_it_without_a_word_of_its_customer() -> None:
    with pytest.raises(Refused) as refusal:
        draft("[case]\nsubject = '{{ 1 // (messages - 3) }} {{ question }}'", said("my secret", "x", "y"))
    assert str(refusal.value) == (
        "The template of subject in cody2zoho.toml cannot be filled in (ZeroDivisionError): correct it"
    )


def test_what_a_template_says_of_a_conversation_has_a_limit_too() -> None:
    text = "[case]\ndescription = '{{ transcript }}{% for _ in range(messages) %}{{ question }}{% endfor %}'"
    case = draft(text, said(*["👋 some words that people write, and some more of them, to have many"] * 900))
    assert transcript.length(description(case)) <= cases.DESCRIPTION_LIMIT


@pytest.mark.parametrize("count", [1, 700, 4_000])
def test_a_long_transcript_goes_on_elsewhere_whatever_the_template(count: int) -> None:
    case = draft(
        "[case]\ndescription = '''{{ question * 30 }}{{ transcript }}{{ question * 30 }}'''",
        said(*["👋 a message of some length, as people write them, with a few more words"] * count),
    )
    assert transcript.length(description(case)) <= cases.DESCRIPTION_LIMIT
    assert "[Complete as of" in description(case)
    assert bool(case.notes or case.attachments) is (count > 1)


def test_the_same_arguments_make_the_same_draft() -> None:
    text = "[case]\ndescription = 'As of {{ complete_as_of }}, {{ messages }}: {{ sources }}'\nsources = true"
    assert draft(text) == draft(text)


# -- rules ------------------------------------------------------------------------------------

RULES = """
[case]
tags = ["chat"]
fields = { Level = 1, Team = "web" }
[[rules]]
when = "unanswered"
status = "New"
priority = "High"
tags = ["gap"]
fields = { Level = 2, Note = "{{ question }}" }
[[rules]]
when = "failed"
priority = "Low"
tags = ["broken", "gap"]
[[rules]]
when = "flagged"
bots = ["sales"]
priority = "Medium"
"""


def test_a_rule_adds_to_cases_that_show_its_signal_and_to_no_other() -> None:
    plain = draft(RULES).fields
    assert (plain["Status"], plain["Tag"], plain["Level"]) == ("Closed", [{"name": "chat"}], 1)
    assert "Priority" not in plain
    shown = draft(RULES, said("Do you sell unicorns?", "I’m sorry, I DON’T have\ninformation on that.")).fields
    assert (shown["Status"], shown["Priority"], shown["Level"], shown["Team"]) == ("New", "High", 2, "web")
    assert shown["Note"] == "Do you sell unicorns?"
    assert shown["Tag"] == [{"name": "chat"}, {"name": "gap"}]


def test_of_several_rules_the_last_wins_and_tags_add_up() -> None:
    fields = draft(RULES, said("Why?", "This is not in my knowledge base.", failed=True)).fields
    assert (fields["Status"], fields["Priority"]) == ("New", "Low")
    assert fields["Tag"] == [{"name": "chat"}, {"name": "gap"}, {"name": "broken"}]


def test_a_rule_for_some_bots_leaves_the_others_alone() -> None:
    assert "Priority" not in draft(RULES, said("x", "y", flagged=True)).fields
    assert draft(RULES.replace('["sales"]', '["support"]'), said("x", "y", flagged=True)).fields["Priority"] == "Medium"


def test_only_what_is_the_same_in_all_cases_of_all_bots_would_be_refused_in_all() -> None:
    text = (
        RULES.replace("Level = 1", 'Level = 1, Said = "{{ messages }}"')
        + "[bots.support]\nowner = 123456\ntags = ['x']\n"
    )
    answered, gap = draft(text), draft(text, said("x", "not in my knowledge base"))
    assert answered.chosen == {"Status", "Case_Origin", "Level", "Team", "Related_To"}
    assert gap.chosen == {"Case_Origin", "Team", "Related_To"}
    assert "Tag" in draft(RULES).chosen


def test_the_operator_adds_phrases_of_his_own() -> None:
    text = RULES.replace("[case]", '[case]\nunanswered_phrases = ["Ask  MY boss"]')
    assert draft(text, said("x", "Please ask my\nboss.")).fields["Priority"] == "High"
    assert "Priority" not in draft(RULES, said("x", "Please ask my boss.")).fields
    # The visitor's own words are no answer.
    assert "Priority" not in draft(text, said("Ask my boss. Not in my knowledge base", "Fine.")).fields


@pytest.mark.parametrize(
    ("answer", "is_one"),
    [
        ("Das weiß ich leider nicht.", True),
        ("Je ne trouve pas cette page.", True),
        ("Lo siento, no tengo información sobre eso.", True),
        ("抱歉，无法回答这个问题。", True),
        ("If you don't know your password, choose Forgot password.", False),
        ("You can find that in our knowledge base.", False),
    ],
)
def test_bots_say_in_many_languages_that_they_do_not_know(answer: str, is_one: bool) -> None:
    assert signals.shown(Signal.UNANSWERED, said("x", answer), signals.PHRASES) is is_one


def test_answered_means_that_the_bot_spoke_after_the_visitor_and_knew() -> None:
    def answered(*contents: str, **more: Any) -> bool:
        return signals.answered(said(*contents, **more), signals.PHRASES)

    assert answered("Why?", "Because.")
    assert not answered("Why?", " ")
    assert not answered("Why?", "Because.", failed=True)
    assert not answered(" ", "Hi!", "Why?")
    assert not answered("Why?", "That is not in my knowledge base")


def test_phrases_are_written_as_they_are_compared() -> None:
    assert [phrase for phrase in signals.PHRASES if phrase != signals.compared(phrase)] == []


# -- at Cody and Zoho -------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["array", "object"])
def test_sources_are_asked_for_only_where_they_are_wanted_and_stand_under_the_answer(
    account, organisation, server, plugged, shape: str
) -> None:
    account.knobs.sources = shape
    document = account.add_document("Guide", account.add_folder("Docs").id)
    for bot in ("support", "sales"):
        conversation_id = chat(account, f"of-{bot}", bot_id=bot)
        account.store.conversations[conversation_id].document_ids.append(document.id)
        account.say(conversation_id, "See **there**", machine=True, at=account.now() - 60)
    Path("cody2zoho.toml").write_text("[bots.sales]\nsources = true\n")
    work(plugged(cody_bot_id="support,sales"))
    texts = {bot: organisation.cases[case_of(organisation, f"of-{bot}")]["Description"] for bot in ("support", "sales")}
    assert "Assistant:\nSee there\n\nSources:\n- Guide (http" in texts["sales"]
    assert "Sources" not in texts["support"]
    asked = [entry.path for entry in server.journal.entries if "/messages" in entry.path]
    assert {("of-sales" in path, "includes=sources" in path) for path in asked} == {(True, True), (False, False)}


def test_owner_tags_trigger_and_rule_reach_zoho(account, organisation, server, plugged) -> None:
    owner = organisation.user.id
    Path("cody2zoho.toml").write_text(
        f'[case]\nowner = "{owner}"\nlayout = 123456\ntags = ["chat"]\nworkflows = false\nassignment_rule = 987654\n'
        "priority = 'High'\n"
    )
    conversation_id = chat(account)
    work(plugged())
    case = organisation.cases[case_of(organisation, conversation_id)]
    assert (case["Owner"]["id"], case["Priority"]) == (owner, "High")
    assert [(run.trigger, run.lar_id) for run in organisation.automation if run.module == "Cases"] == [((), "987654")]


def test_without_a_file_the_request_says_nothing_beside_the_record(account, organisation, plugged) -> None:
    chat(account)
    work(plugged())
    assert [(run.trigger, run.lar_id) for run in organisation.automation if run.module == "Cases"] == [(None, None)]


@pytest.mark.parametrize("named", ["field", "id"])
def test_a_chosen_value_that_zoho_refuses_parks_nothing_and_stops_the_work_with_a_sentence(
    account, organisation, plugged, named: str
) -> None:
    organisation.knobs.lookup_refusal = named
    Path("cody2zoho.toml").write_text("[case]\nowner = 111111\n")
    chat(account)
    services = plugged()
    work(services)
    assert services.blocks.current() == {"zoho set-up": "Zoho refuses Owner: INVALID_DATA"}
    assert services.ledger.counts()["parked"] == 0


def test_what_a_template_says_of_one_conversation_and_zoho_refuses_holds_up_no_other(
    account, organisation, plugged
) -> None:
    Path("cody2zoho.toml").write_text('[case.fields]\nReported_By = "{{ question }}"\n')
    long = account.add_conversation(bot_id="support", at=account.now() - 7_200)
    account.say(long.id, "Where is my order? " * 5, at=account.now() - 7_200)
    other = chat(account)
    services = plugged()
    work(services)
    assert services.blocks.current() == {}
    assert [case[KEY] for case in organisation.cases.values()] == [other]
    assert services.ledger.about(long.id)["reason"] == "Zoho refuses Reported_By: it is longer than 50 characters"


@pytest.mark.parametrize("wrong", ["[bots.sales]\nstatus = 'Done'\n", "[[rules]]\nwhen = 'flagged'\nstatus = 'Done'\n"])
def test_what_zoho_refuses_of_one_bot_or_of_a_rule_holds_up_no_other_case(
    account, organisation, plugged, wrong: str
) -> None:
    Path("cody2zoho.toml").write_text(wrong)
    refused = [chat(account, bot_id="sales", ago=7_300) for _ in range(3)]
    for one in refused:
        account.say(one, "Hm", machine=True, flagged=True, at=account.now() - 7_200)
    other = chat(account)
    services = plugged(cody_bot_id="all")
    work(services)
    assert services.blocks.current() == {}
    assert [case[KEY] for case in organisation.cases.values()] == [other]
    assert services.ledger.counts()["parked"] == 3


class RefusesRules:
    """A Zoho that knows no assignment rule."""

    name = "zoho"

    def __init__(self, zoho: Zoho) -> None:
        self.zoho = zoho

    def handles(self, path: str) -> bool:
        return self.zoho.handles(path)

    def handle(self, request: Request) -> Reply:
        if request.path.endswith("/Cases") and b"lar_id" in request.body:
            details = {"param_name": "lar_id"}
            return Reply.json(400, {"code": "INVALID_DATA", "details": details, "message": "x", "status": "error"})
        return self.zoho.handle(request)


def test_an_assignment_rule_that_zoho_does_not_know_stops_the_work_too(account, organisation, server, plugged) -> None:
    server.simulators[1] = RefusesRules(organisation)
    Path("cody2zoho.toml").write_text("[case]\nassignment_rule = 987654\n")
    chat(account)
    services = plugged()
    work(services)
    assert services.blocks.current() == {"zoho set-up": "Zoho refuses the request: INVALID_DATA (lar_id)"}


def test_the_case_of_the_first_messages_can_be_drawn_up_again_later() -> None:
    text = "[case]\ndescription = '{{ question }}: {{ messages }}, {{ duration }}, {{ complete_as_of }}'"
    messages = said("Why?", "Because.", "And then?", "Nothing.")
    assert draft(text, messages[:2]) == draft(text, [*messages[:2]])
    assert description(draft(text, messages[:2])) != description(draft(text, messages))


FORM = """
[bots.support]
description = "{{ messages }} messages: {{ question }}\\n\\n{{ transcript }}"
time_zone = "Asia/Tokyo"
sources = true
status = "New"
"""


@pytest.mark.parametrize("is_edited", [False, True])
def test_later_words_come_in_the_same_form(account, organisation, plugged, clock, is_edited: bool) -> None:
    Path("cody2zoho.toml").write_text(FORM)
    services = plugged(conversation_quiet_seconds=300, follow_up_hours=24)
    document = account.add_document("Guide", account.add_folder("Docs").id)
    conversation_id = chat(account, ago=10)
    account.store.conversations[conversation_id].document_ids.append(document.id)
    live(services, clock, 330)
    case_id = case_of(organisation, conversation_id)
    if is_edited:
        organisation.edit_case(case_id, Description="Mine", Status="Closed")
    account.say(conversation_id, "**One** more", at=account.now())
    account.say(conversation_id, "See **there**", machine=True, at=account.now() + 1)
    live(services, clock, 360)
    case = organisation.cases[case_id]
    later = organisation.notes[0]["Note_Content"] if is_edited else case["Description"]
    assert "JST] User:\n**One** more" in later
    assert "JST] Assistant:\nSee there\n\nSources:\n- Guide (http" in later
    assert is_edited or later.startswith("3 messages: Where is my order?\n\n[")
    assert case["Status"] == ("Closed" if is_edited else "New")
