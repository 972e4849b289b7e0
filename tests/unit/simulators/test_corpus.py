"""A corpus is read whole, or refused with the line that is wrong."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from cody2zoho.simulators.cody import Cody
from cody2zoho.simulators.corpus import CorpusError, read_corpus

MESSAGE = {
    "id": "m-a",
    "content": "Hi",
    "conversation_id": "a",
    "machine": False,
    "failed_responding": False,
    "flagged": False,
    "created_at": 1755000195,
}


def conversation(own_id: str = "Jw9R1NVTVgkK", **changes: Any) -> dict[str, Any]:
    message = {**MESSAGE, "id": f"m-{own_id}", "conversation_id": own_id}
    made = {"id": own_id, "name": None, "bot_id": "Qz3dWnA91Lke", "created_at": 1755000157, "messages": [message]}
    return made | changes


def written(path: Path, *lines: Any) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n")
    return path


def test_plain_and_gzipped_files_are_the_same(tmp_path: Path) -> None:
    plain = written(tmp_path / "plain", conversation("a"), "", conversation("b"))
    zipped = tmp_path / "zipped"
    zipped.write_bytes(gzip.compress(plain.read_bytes()))

    assert read_corpus(plain) == read_corpus(zipped)
    assert [found["id"] for found in read_corpus(zipped)] == ["a", "b"]


def test_a_simulator_keeps_the_ids_and_times_of_a_corpus(tmp_path: Path) -> None:
    cody = Cody()
    cody.load(read_corpus(written(tmp_path / "c.jsonl", conversation("mine"))))

    assert cody.store.conversations["mine"].created_at == 1755000157
    assert cody.store.messages["m-mine"].content == "Hi"
    assert "Qz3dWnA91Lke" in cody.store.bots


def test_new_conversations_beside_a_corpus_get_ids_of_their_own(tmp_path: Path) -> None:
    first_own_id = Cody().add_conversation().id
    cody = Cody()
    cody.load(read_corpus(written(tmp_path / "c.jsonl", conversation(first_own_id))))

    assert cody.add_conversation().id != first_own_id


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        ("{", "the line is not JSON (Expecting property name enclosed in double quotes at character 2)"),
        ("[1]", "the line is not a JSON object"),
        ({"id": "x"}, "the conversation has no 'name'"),
        (conversation("x", created_at="today"), "'created_at' of the conversation must be a whole number"),
        (conversation("x", created_at=True), "'created_at' of the conversation must be a whole number"),
        (conversation("x", name=7), "'name' of the conversation must be a text or null"),
        (conversation("x", messages=["hi"]), "message 1 is not a JSON object"),
        (conversation("x", messages=[{"id": "m"}]), "message 1 has no 'content'"),
        (conversation("x", messages=conversation("y")["messages"]), "message 1 belongs to conversation 'y'"),
        (conversation("", messages=[]), "the 'id' of a conversation is empty"),
        (conversation("a"), "conversation 'a' was on line 1 already"),
        (conversation("x", messages=[{**MESSAGE, "conversation_id": "x"}]), "message 'm-a' was on line 1 already"),
    ],
)
def test_a_broken_line_is_named_with_what_is_wrong(tmp_path: Path, broken: Any, complaint: str) -> None:
    path = written(tmp_path / "corpus.jsonl", conversation("a"), broken, conversation("b"))

    with pytest.raises(CorpusError) as refusal:
        read_corpus(path)

    assert str(refusal.value) == f"{path}, line 2: {complaint}"


def test_a_line_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "latin"
    path.write_bytes(b'{"id": "\xe9"}\n')

    with pytest.raises(CorpusError, match="line 1: the line is not UTF-8"):
        read_corpus(path)


def test_a_cut_off_gzip_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(json.dumps(conversation()).encode())[:-12])

    with pytest.raises(CorpusError, match="the compressed file is damaged or cut off"):
        read_corpus(path)


def test_a_missing_or_empty_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="none: cannot be read: No such file or directory"):
        read_corpus(tmp_path / "none")
    with pytest.raises(CorpusError, match="empty: holds no conversation"):
        read_corpus(written(tmp_path / "empty", ""))
