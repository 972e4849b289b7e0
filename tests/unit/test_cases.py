"""What a case says, within Zoho's limits and without losing a word."""

from typing import Any

import pytest

from cody2zoho import cases
from cody2zoho.cases import DESCRIPTION_LIMIT, NOTE_LIMIT, reading
from cody2zoho.models import CaseDraft, ContactChoice, Conversation, Message
from cody2zoho.settings import Settings
from cody2zoho.text import transcript

CONVERSATION = Conversation("Jw9R1NVTVgkK", "Qz3dWnA91Lke", 1_755_000_157)
NOW = 1_755_010_000.0


def settings(**chosen: Any) -> Settings:
    return Settings(simulators_url="http://127.0.0.1:1", **chosen)


def messages(count: int = 2, content: str = "Hello there") -> list[Message]:
    return [Message(f"id{n}", f"{content} {n}", bool(n % 2), 1_755_000_195 + n) for n in range(count)]


def draft(said: list[Message] | None = None, contact: str | None = None, **chosen: Any) -> CaseDraft:
    form = reading.load(settings(**chosen)).of(CONVERSATION.bot_id)
    return cases.draft(CONVERSATION, said or messages(), form, ContactChoice(contact), NOW)


def words_of(case: CaseDraft) -> str:
    description = str(case.fields["Description"])
    return " ".join(
        [description, *(note.content for note in case.notes), *(a.content.decode() for a in case.attachments)]
    )


def test_the_fields_zoho_demands_are_there() -> None:
    fields = draft().fields
    assert fields["Subject"] == "Cody Chat - 2025-08-12 12:02"
    assert (fields["Status"], fields["Case_Origin"]) == ("Closed", "Web")


def test_the_conversations_id_goes_into_the_unique_field_and_the_figures_beside_it() -> None:
    fields = draft().fields
    assert fields["Cody_Conversation_ID"] == CONVERSATION.id
    assert fields["Cody_Messages"] == 2
    assert (fields["Cody_User_Messages"], fields["Cody_Assistant_Messages"]) == (1, 1)
    assert (fields["Cody_Characters"], fields["Cody_Average_Length"]) == (26, 13.0)


def test_the_operator_renames_and_leaves_out_figures() -> None:
    fields = draft(zoho_field_map="messages=My_Count,characters=").fields
    assert fields["My_Count"] == 2
    assert "Cody_Messages" not in fields
    assert "Cody_Characters" not in fields


def test_the_contact_goes_into_related_to() -> None:
    assert draft(contact="4876876000000001").fields["Related_To"] == {"id": "4876876000000001"}
    assert "Related_To" not in draft().fields
    assert "Contact_Name" not in draft(contact="4876876000000001").fields


def test_subject_takes_prefix_and_local_time_and_never_too_much() -> None:
    subject = draft(case_subject_prefix="Chat: ", time_zone="Asia/Tokyo").fields["Subject"]
    assert subject == "Chat: 2025-08-12 21:02"


def test_a_template_without_the_transcript_still_carries_it() -> None:
    description = str(draft(case_description_template="Conversation from {conversation_id}").fields["Description"])
    assert description.startswith(
        f"Conversation from {CONVERSATION.id}\n\n[2025-08-12 12:03:15 UTC] User:\nHello there 0"
    )


def test_braces_a_customer_types_stay_text() -> None:
    said = [Message("id", "{conversation_id} {nonsense} {0} %s", False, 1_755_000_195)]
    assert "{conversation_id} {nonsense} {0} %s" in str(draft(said).fields["Description"])


def test_a_short_transcript_needs_no_note() -> None:
    case = draft()
    assert (case.notes, case.attachments) == ((), ())


def test_what_does_not_fit_goes_on_in_numbered_notes() -> None:
    case = draft(messages(700, "a message of some length, as people write them, with a few more words in it"))
    assert [note.title for note in case.notes] == [
        f"Cody transcript continued 2/3 [{CONVERSATION.id} {case.digest}]",
        f"Cody transcript continued 3/3 [{CONVERSATION.id} {case.digest}]",
    ]
    assert str(case.fields["Description"]).endswith("[The transcript goes on in 2 notes.]")
    assert case.attachments == ()


def test_what_would_take_many_notes_goes_into_one_file_that_holds_all_of_it() -> None:
    said = messages(4_000, "a message of some length, as people write them, with a few more words in it")
    case = draft(said)
    assert case.notes == ()
    [file] = case.attachments
    assert file.file_name == f"cody-{CONVERSATION.id}-{case.digest}.txt"
    assert file.content.decode() == transcript.text(said, settings().zone)
    assert file.file_name in str(case.fields["Description"])


@pytest.mark.parametrize("content", ["word", "👋 مرحبا", "x" * 200, "你好世界"])
@pytest.mark.parametrize("count", [1, 200, 400, 3_000])
def test_every_length_keeps_zohos_limits_and_every_word(content: str, count: int) -> None:
    case = draft(messages(count, content))
    assert transcript.length(str(case.fields["Description"])) <= DESCRIPTION_LIMIT
    assert transcript.length(str(case.fields["Subject"])) <= 255
    assert all(transcript.length(note.content) <= NOTE_LIMIT and len(note.title) <= 120 for note in case.notes)
    text, start = words_of(case), 0
    for message in messages(count, content):
        start = text.index(message.content, start) + 1


def test_one_answer_longer_than_every_field_is_kept_whole() -> None:
    answer = " ".join(f"word{n}" for n in range(6_000))
    case = draft([Message("1", "Why?", False, 1), Message("2", answer, True, 2)])
    description, *rest = [
        str(case.fields["Description"]).split("\n\n[The transcript")[0],
        *(n.content for n in case.notes),
    ]
    assert answer in description + "".join(rest)


def test_the_transcript_goes_into_notes_as_well_on_request() -> None:
    case = draft(enable_notes=True)
    [note] = case.notes
    assert note.title == f"Cody transcript 1/1 [{CONVERSATION.id} {case.digest}]"
    assert "Hello there 1" in note.content


def test_a_note_and_its_continuation_never_share_a_title() -> None:
    case = draft(messages(1_000, "some words that people write in a chat window"), enable_notes=True)
    titles = [note.title for note in case.notes]
    assert len(titles) == len(set(titles)) > 3
