"""The simulators as the proof uses them: what arrives, what is spoilt, what they know."""

import time
from collections.abc import Iterator

import pytest
import requests

from cody2zoho.prove.far_end import FarEnd
from cody2zoho.prove.load import load
from cody2zoho.simulators.cody import DEMO_KEY
from cody2zoho.simulators.faults import Fault
from cody2zoho.simulators.generator import BOTS
from cody2zoho.simulators.zoho import DEMO_REFRESH_TOKEN


@pytest.fixture
def far_end() -> Iterator[FarEnd]:
    far_end = FarEnd()
    with far_end.server:
        yield far_end


def asked(far_end: FarEnd) -> requests.Response:
    return requests.get(
        f"{far_end.server.url}/api/v1/conversations", headers={"Authorization": f"Bearer {DEMO_KEY}"}, timeout=5
    )


def test_what_arrives_begins_now_with_all_its_words_and_some_was_there_before(far_end: FarEnd) -> None:
    there, *arriving = load(60, 3, 10)
    far_end.take(there.conversations)
    assert len(there.conversations) == 24
    newest = max(one["created_at"] for one in there.conversations)
    began = int(time.time())
    for burst in arriving:
        far_end.begin(burst.conversations)
    assert all(0 <= burst.at <= 10 for burst in arriving)
    assert sum(len(burst.conversations) for burst in arriving) == 36
    assert newest <= began <= asked(far_end).json()["data"][0]["created_at"]
    spoken = [len(one["messages"]) for burst in (there, *arriving) for one in burst.conversations]
    assert sum(spoken) == len(far_end.cody.store.messages)
    assert max(spoken) == 200


def test_two_ids_differ_only_in_case(far_end: FarEnd) -> None:
    ids = [one["id"] for burst in load(60, 3, 10) for one in burst.conversations]
    assert len({own_id.lower() for own_id in ids}) == len(ids) - 1 == len(set(ids)) - 1


def test_answers_are_spoilt_until_they_are_no_more_and_it_is_counted(far_end: FarEnd) -> None:
    rules = far_end.spoil([Fault("500")])
    assert [asked(far_end).status_code for _ in range(2)] == [500, 500]
    far_end.spoil_no_more("500-before", rules)
    assert asked(far_end).status_code == 200
    assert far_end.struck == {"500-before": 2}


def test_some_are_deleted_with_a_case_or_without(far_end: FarEnd) -> None:
    far_end.take([one for burst in load(20, 3, 10) for one in burst.conversations])
    made, *others = far_end.conversations()
    far_end.zoho.add_case(Cody_Conversation_ID=made)
    assert far_end.cases() == {made: [*far_end.zoho.cases]}
    far_end.delete(5, 1, with_case=True)
    assert far_end.deleted() == {made}
    far_end.delete(5, 1, with_case=False)
    assert len(far_end.deleted()) == 6
    assert set(far_end.conversations()) == {made, *others}


def test_every_token_ends_and_is_still_known_as_a_secret(far_end: FarEnd) -> None:
    token = far_end.zoho.accounts.issue_access_token()
    far_end.end_tokens()
    assert far_end.zoho.accounts.alive(token) is None
    assert {token, DEMO_KEY, DEMO_REFRESH_TOKEN} <= far_end.secrets()


def test_what_is_written_twice_is_counted(far_end: FarEnd) -> None:
    far_end.zoho.note_book.notes.extend(
        {"parent_id": parent, "Note_Title": title} for parent, title in (("1", "a"), ("1", "a"), ("1", "b"), ("2", "a"))
    )
    assert far_end.doubled() == {"notes": 1, "files": 0}
    assert far_end.is_idle()


def test_a_case_without_its_note_or_with_half_of_it_is_noticed_unless_its_conversation_was_deleted(
    far_end: FarEnd,
) -> None:
    cases = {}
    for one in ("whole", "half", "none", "deleted"):
        far_end.cody.add_conversation(conversation_id=one, bot_id=next(iter(BOTS)))
        far_end.cody.say(one, "Where is my order? It was to come on Monday.")
        cases[one] = far_end.zoho.add_case(Cody_Conversation_ID=one)
    for one, words in (("whole", "Where is my order? It was to come on Monday."), ("half", "Where is my order?")):
        far_end.zoho.note_book.add({"id": one, "parent_id": cases[one], "Note_Title": "1", "Note_Content": words})
    far_end.cody.delete_conversation("deleted")
    assert far_end.unnoted() == ["half", "none"]
