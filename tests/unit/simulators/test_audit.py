"""The audit tells the truth about two stores."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from cody_client import NOON, StandingClock

from cody2zoho.simulators.audit import Audit, audit
from cody2zoho.simulators.cody import Cody
from cody2zoho.simulators.generator import generate
from cody2zoho.simulators.words import Said, all_found


@dataclass
class File:
    parent_id: str
    content: bytes
    file_name: str = "transcript.txt"


@dataclass
class Cases:
    """As much of a Zoho as the audit looks at."""

    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[File] = field(default_factory=list)

    def add(self, conversation_id: str | None, description: str | None = None) -> str:
        case_id = str(1000 + len(self.cases))
        self.cases[case_id] = {"Cody_Conversation_ID": conversation_id, "Description": description}
        return case_id

    def note(self, case_id: str, content: str) -> None:
        self.notes.append({"parent_id": case_id, "Note_Title": "Transcript", "Note_Content": content})


@dataclass
class World:
    cody: Cody = field(default_factory=lambda: Cody(clock=StandingClock()))
    zoho: Cases = field(default_factory=Cases)

    def conversation(self, *said: str | None, machine: bool = False) -> str:
        made = self.cody.add_conversation()
        for content in said:
            self.cody.say(made.id, content, machine=machine)
        return made.id

    def audit(self) -> Audit:
        return audit(self.cody, self.zoho)


@pytest.fixture
def world() -> World:
    return World()


def test_one_case_for_each_conversation_is_perfect(world: World) -> None:
    world.zoho.add(world.conversation("Hello there"), "Visitor: Hello there")

    assert world.audit() == Audit(1, 1, 1, (), (), (), ())
    assert world.audit().as_json()["perfect"] is True


def test_no_case_is_expected_where_nobody_said_anything(world: World) -> None:
    world.conversation()
    world.conversation("Hi! How can I help?", machine=True)
    world.conversation(None, "", " \n\t")

    assert (world.audit().conversations, world.audit().expected, world.audit().perfect) == (3, 0, True)


def test_missing_duplicate_and_unexpected_cases_are_named(world: World) -> None:
    missing, twice, silent = world.conversation("a"), world.conversation("b"), world.conversation()
    for conversation_id in (twice, twice, silent, "unknown", None):
        world.zoho.add(conversation_id, "b")

    found = world.audit()

    assert (found.missing, found.duplicates) == ((missing,), (twice,))
    assert found.unexpected == (silent, "unknown", "case 1004")
    assert not found.perfect


def test_a_deleted_conversation_may_have_a_case_and_need_not(world: World) -> None:
    kept, gone = world.conversation("a"), world.conversation("b")
    world.zoho.add(kept, "a")
    world.cody.delete_conversation(gone)
    assert world.audit().perfect

    world.zoho.add(gone, "b")
    assert world.audit().perfect


@pytest.mark.parametrize("description", [None, "one two", "three two one", "one twothree"])
def test_lost_and_swapped_words_are_noticed(world: World, description: str | None) -> None:
    conversation_id = world.conversation("one two", "three")
    world.zoho.add(conversation_id, description)

    assert world.audit().words_missing == (conversation_id,)


def test_words_may_go_on_in_notes_and_files(world: World) -> None:
    case_id = world.zoho.add(world.conversation("one two three", "four five six"), "one two")
    world.zoho.note(case_id, "three four")
    assert world.audit().words_missing

    world.zoho.attachments.append(File(case_id, b"five six"))
    assert world.audit().perfect


def test_a_file_may_hold_the_whole_transcript(world: World) -> None:
    case_id = world.zoho.add(world.conversation("one two three"), "three ... see the file")
    world.zoho.attachments.append(File(case_id, b"[12:00] Visitor: one two three"))

    assert world.audit().perfect


def test_what_is_said_after_an_audit_is_looked_for_by_the_next(world: World) -> None:
    conversation_id = world.conversation("one")
    case_id = world.zoho.add(conversation_id, "one")
    assert world.audit().perfect

    world.cody.say(conversation_id, "two")
    assert world.audit().words_missing == (conversation_id,)
    world.zoho.note(case_id, "two")
    assert world.audit().perfect


def test_control_characters_may_be_shown_dropped_or_kept() -> None:
    said = ["be\x00fore \x08back"]

    assert all(all_found(said, [text]) for text in ["before back", "be\x00fore \x08back", "be␀fore ␈back"])
    assert not all_found(said, ["be fore back"])


def test_a_word_longer_than_any_field_may_be_cut() -> None:
    word = "".join(chr(0x4E00 + number) for number in range(2000))
    texts = [f"Visitor: {word[:5]}", f"(continued) {word[5:1990]}", f"(continued) {word[1990:]}"]

    assert all_found([word], texts)
    assert not all_found([word], [texts[0], texts[2]])
    assert not all_found(["short words"], ["sho", "rt words"])


@pytest.mark.parametrize(
    ("said", "shown", "is_there"),
    [
        ("Press **Buy**, then `exit 0`.", "Press Buy, then exit 0.", True),
        ("[our guide](https://a.example/x) 🙂 **b**", "our guide (https://a.example/x) 🙂 b", True),
        ("|a|b|\n|--|--|\n|1|**2**|", "a | b\n1 | 2", True),
        ("这是**重点**内容", "这是重点内容", True),
        ("**one** two", "**one** two", True),
        ("Press **Buy**, then exit", "Press, then exit", False),
        ("[our guide](https://a.example/x)", "our guide", False),
        ("**one** two three", "one three two", False),
        ("**yes** 🙂", "yes", False),
        ("**cat** sat", "category sat", False),
        ("|a|b|\n|--|--|\n|1|**2**|", "a | b\n1", False),
    ],
)
def test_a_bots_markdown_may_lose_its_look_and_nothing_else(said: str, shown: str, is_there: bool) -> None:
    assert all_found([Said(said, is_markdown=True)], [f"Assistant: {shown}"]) is is_there


def test_what_a_visitor_typed_must_stand_there_mark_by_mark() -> None:
    assert not all_found([Said("**mine**")], ["mine"])
    assert not all_found(["_x_ <b>"], ["x b"])


def test_what_a_visitor_repeats_is_not_taken_for_what_the_bot_said() -> None:
    said = [Said("**one**", is_markdown=True), Said("two"), Said("**one**")]
    assert all_found(said, ["one", "two", "**one**"])
    assert not all_found(said, ["two", "**one**"])


def test_generated_conversations_copied_faithfully_are_perfect() -> None:
    world = World()
    world.cody.load(generate(200, 1, now=NOON))
    for conversation_id, messages in world.cody.store.messages_of.items():
        lines = [f"Speaker: {message.content or ''}" for message in messages.oldest_first()]
        if any(not message.machine and (message.content or "").strip() for message in messages):
            world.zoho.add(conversation_id, "\n".join(lines))

    assert world.audit().perfect
    assert 180 < world.audit().expected < 200
