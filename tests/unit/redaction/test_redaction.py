"""Nothing that the operator wants redacted reaches Zoho, and redaction costs what it should."""

import ast
import logging
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

import cody2zoho
from chats import work
from cody2zoho.models import Conversation, Message, Source
from cody2zoho.redaction import Redaction
from cody2zoho.redaction.phones import MOST_LOOKS, Phones
from cody2zoho.settings.formats import REDACTED_KINDS

CARD, MAIL, PHONE, ACCOUNT = (
    "4111 1111 1111 1111",
    "anna@example.com",
    "+49 30 23125 123",
    "DE89 3704 0044 0532 0130 00",
)
SECRETS = (CARD, MAIL, PHONE, ACCOUNT, "KD-123456")
CHOSEN = {
    "redact": "email,phone,card,iban",
    "redact_phone_countries": "DE",
    "redact_patterns": r"customer=KD-\d{6}",
}
CONVERSATION = Conversation("Jw9R1NVTVgkK", "support", 1_755_000_157, name=f"Chat with {MAIL}")


def message(content: str, number: int = 1) -> Message:
    return Message(str(number), content, by_machine=False, created_at=1_755_000_157)


def redacted(text: str, *kinds: str, **patterns: str) -> str:
    return Redaction(kinds, ["DE"] if "phone" in kinds else [], patterns).text(text, Counter())


def chat(account, *said: str) -> None:
    conversation = account.add_conversation(bot_id="support", at=account.now() - 7_200)
    for words in said:
        account.say(conversation.id, words, at=account.now() - 7_200)


# -- on its way to Zoho -----------------------------------------------------------------------


@pytest.mark.parametrize("times", [1, 700, 9_000], ids=["in the description", "in notes", "in a file"])
def test_no_secret_reaches_zoho_wherever_the_text_goes(account, organisation, plugged, times: int) -> None:
    chat(account, *(f"{secret} " * times for secret in SECRETS))
    work(plugged(enable_notes=True, **CHOSEN))
    [case] = organisation.cases.values()
    files = b"".join(one.content for one in organisation.attachments).decode()
    stored = f"{case}{organisation.notes}{files}"
    assert "[customer]" in stored
    assert [secret for secret in SECRETS if secret in stored] == []


def test_what_a_worker_reads_and_what_it_counts_is_the_redacted_text(account, organisation, plugged) -> None:
    chat(account, f"My card is {CARD}")
    work(plugged(redact="card"))
    [case] = organisation.cases.values()
    assert "My card is [card …1111]" in case["Description"]
    assert case["Cody_Characters"] == len("My card is [card …1111]")


def test_the_log_has_how_often_each_kind_was_replaced_and_not_what(account, plugged, caplog) -> None:
    caplog.set_level(logging.INFO)
    chat(account, f"{CARD}, {MAIL}", f"{MAIL} or KD-123456")
    work(plugged(**CHOSEN))
    [record] = [one for one in caplog.records if one.getMessage() == "case_created"]
    facts = {name: value for name, value in vars(record).items() if name.startswith("redacted_")}
    assert facts == {"redacted_card": 1, "redacted_email": 2, "redacted_customer": 1}
    assert [secret for secret in SECRETS for one in caplog.records if secret in str(vars(one))] == []


def test_without_a_kind_nothing_is_replaced_copied_or_counted(account, organisation, plugged, caplog) -> None:
    caplog.set_level(logging.INFO)
    chat(account, CARD)
    worker = plugged()
    messages = [message(CARD)]
    safe = worker.redaction.of(CONVERSATION, messages)
    assert safe.messages is messages
    assert safe.conversation is CONVERSATION
    work(worker)
    [case] = organisation.cases.values()
    assert CARD in case["Description"]
    assert "redacted_" not in str([vars(one) for one in caplog.records])


def test_nobody_drafts_a_case_but_of_redacted_messages() -> None:
    """Whoever adds another way into Zoho takes `drafting`."""
    package = Path(cody2zoho.__file__).parent
    calls = {
        (path.relative_to(package).as_posix(), function.name)
        for path in package.rglob("*.py")
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef)
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "cases.draft"
    }
    assert calls == {("sync/drafting.py", "of_redacted")}


def test_the_name_of_a_conversation_is_redacted_and_what_is_clean_stays_the_very_same() -> None:
    clean = message("Where is my order?")
    safe = Redaction(["email"], [], {}).of(CONVERSATION, [clean, message(MAIL, 2)])
    assert safe.conversation.name == "Chat with [e-mail]"
    assert safe.messages[0] is clean
    assert safe.messages[1].content == "[e-mail]"
    assert safe.counts == {"email": 2}


def test_a_number_at_the_border_of_a_message_is_found_and_one_in_two_messages_is_not() -> None:
    halves = [message(CARD[:9]), message(CARD[9:], 2)]
    assert Redaction(["card"], [], {}).of(CONVERSATION, halves).counts == {}
    assert redacted(CARD, "card") == "[card …1111]"


@pytest.mark.parametrize("markdown", ["plain", "keep"])
def test_marks_in_the_midst_of_a_secret_hide_it_from_nobody(account, organisation, plugged, markdown: str) -> None:
    said = (
        "Paid with **4111** 1111 1111 1111.",
        "Write to anna\\_meier@example.com or **anna**@example.com.",
        "Call `+49 30` 23125 123.",
        "Customer KD-**123456**, **bold@example.com** and 2 * 3.",
    )
    conversation = account.add_conversation(bot_id="support", at=account.now() - 7_200)
    account.say(conversation.id, "Hello", at=account.now() - 7_200)
    for words in said:
        account.say(conversation.id, words, machine=True, at=account.now() - 7_000)
    work(plugged(case_markdown=markdown, **CHOSEN))
    [case] = organisation.cases.values()
    shown = case["Description"].replace("*", "").replace("`", "").replace("\\", "")
    assert "Paid with [card …1111]." in shown
    assert "Write to [e-mail] or [e-mail]." in shown
    assert "Call [phone]." in shown
    assert "Customer [customer], [e-mail] and 2  3." in shown
    assert ("**[e-mail]** and 2 * 3" in case["Description"]) == (markdown != "plain")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("I am andre\u0301@example.com.", "I am [e-mail]."),
        ("anna@bu\u0308cher.de", "[e-mail]"),
        ("राम@डाटामेल.भारत", "[e-mail]"),
        ("4\u03361\u03361\u03361\u0336 1111 1111 1111", "[card …1111]"),
        ("4111\x001111\x001111\x001111", "[card …1111]"),
        ("4111\x0b1111 1111 1111", "[card …1111]"),
    ],
)
def test_signs_written_over_others_and_control_characters_hide_nothing(text: str, safe: str) -> None:
    assert redacted(text, *REDACTED_KINDS) == safe


def test_what_the_bot_cites_is_redacted_like_what_it_says() -> None:
    cited = (Source(f"Mail of {MAIL}", "https://a.example/guide"), Source("Guide", f"https://a.example/?to={MAIL}"))
    one = replace(message("Hello"), sources=cited)
    counts = Redaction(("email",), (), {}).of(CONVERSATION, [one])
    assert counts.messages[0].sources == (
        Source("Mail of [e-mail]", "https://a.example/guide"),
        Source("Guide", "https://a.example/?to=[e-mail]"),
    )
    assert counts.counts == {"email": 3}


def test_half_a_character_keeps_no_conversation_from_its_case(account, organisation, plugged) -> None:
    chat(account, "KD-123456 \ud83d", f"\ud83d{MAIL}")
    work(plugged(**CHOSEN))
    [case] = organisation.cases.values()
    assert "[customer] \ufffd" in case["Description"]
    assert "\ufffd[e-mail]" in case["Description"]


# -- what is replaced -------------------------------------------------------------------------


def test_only_the_chosen_kinds_are_replaced() -> None:
    text = f"{MAIL} {CARD} {ACCOUNT}"
    assert redacted(text, "iban") == f"{MAIL} {CARD} [IBAN]"
    assert redacted(text, "email", "card") == f"[e-mail] [card …1111] {ACCOUNT}"


def test_a_part_of_an_account_or_a_card_is_no_phone_whether_they_are_replaced_or_not() -> None:
    assert redacted(f"{ACCOUNT} {CARD}", "phone") == f"{ACCOUNT} {CARD}"


def test_where_finds_overlap_all_of_it_goes_under_the_name_of_the_longest() -> None:
    assert redacted("4111111111111111@example.com", *REDACTED_KINDS) == "[e-mail]"
    assert redacted("KD-411111", customer=r"KD-\d{4}", rest=r"\d{6}") == "[customer]"
    assert redacted(f"Card {CARD}!", "card", digits=r"\d{4}") == "Card [card …1111]!"


def test_an_own_pattern_sees_the_plain_form_of_a_text() -> None:
    assert redacted("ＫＤ－１２\u200b３４５６", customer=r"KD-\d{6}") == "[customer]"
    assert redacted("äö KD-1 ü", customer=r"KD-\d") == "äö [customer] ü"


def test_what_is_invisible_stays_where_nothing_is_replaced() -> None:
    assert redacted("a\u200bb 4711 👩\u200d💻", *REDACTED_KINDS) == "a\u200bb 4711 👩\u200d💻"
    assert redacted(f"a\u200bb {MAIL}", "email") == "a\u200bb [e-mail]"


# -- how long it takes ------------------------------------------------------------------------

PIECES = [
    "1",
    "4 ",
    "41 ",
    "+1 555 ",
    "00 49 ",
    "0301 234 ",
    "4111 1111 ",
    "DE89 ",
    "a@",
    "1.1.",
    "a::",
    "(at)",
    "0-",
    "1\u200b",
]


def calls(action) -> int:
    """How many functions it calls, ours and Python's."""
    count = 0

    def note(frame, event: str, argument) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("piece", PIECES)
def test_twice_the_text_is_twice_the_work(piece: str) -> None:
    redaction = Redaction(REDACTED_KINDS, ["US", "DE"], {"own": r"(\d+)+x"})
    short, long = piece * 1_000, piece * 2_000
    redaction.text(short, Counter())
    once, twice = (calls(lambda text=text: redaction.text(text, Counter())) for text in (short, long))
    assert twice < 2.2 * once + 100


def test_a_megabyte_of_digits_is_read_in_a_few_steps() -> None:
    redaction = Redaction(REDACTED_KINDS, ["US", "DE"], {"own": r"(\d+)+x"})
    assert calls(lambda: redaction.text("1" * 2**20, Counter())) < 1_000


def test_the_library_is_asked_so_often_about_one_text_and_what_comes_after_is_taken_for_a_number() -> None:
    phones, asked = Phones(["US"]), []
    phones.is_valid = lambda *about: asked.append(about) or False
    found = list(phones.find("(415) 555-0132, " * (MOST_LOOKS + 10)))
    assert len(asked) == MOST_LOOKS
    assert len(found) == 10
