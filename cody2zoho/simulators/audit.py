"""What really happened: the two stores side by side, without a word from the product.

A case is expected for every conversation in which a visitor said something: at least one message with
`machine` false and content that is not blank. A deleted conversation may have a case and need not.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from .cody import Cody
from .cody.records import Conversation
from .words import Said, all_found


class Attached(Protocol):
    """A file on a Zoho record."""

    @property
    def parent_id(self) -> str: ...
    @property
    def file_name(self) -> str: ...
    @property
    def content(self) -> bytes: ...


class CaseStore(Protocol):
    """As much of the Zoho simulator as the audit reads."""

    @property
    def cases(self) -> Mapping[str, Mapping[str, Any]]: ...
    @property
    def notes(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def attachments(self) -> Sequence[Attached]: ...


@dataclass(frozen=True)
class Audit:
    """Counts, and the ids of the conversations that are not as they should be."""

    conversations: int
    #: Conversations in which something was said.
    expected: int
    cases: int
    #: More than one case.
    duplicates: tuple[str, ...]
    #: Expected, and no case.
    missing: tuple[str, ...]
    #: A case, but nothing was said, or nobody knows the conversation (`case <id>` when it names none).
    unexpected: tuple[str, ...]
    #: A case in which words of the conversation are lacking or out of order.
    words_missing: tuple[str, ...]

    @property
    def perfect(self) -> bool:
        return not (self.duplicates or self.missing or self.unexpected or self.words_missing)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "perfect": self.perfect}


def something_said(cody: Cody, conversation: Conversation) -> bool:
    """Oldest first, because a visitor speaks early."""
    messages = cody.store.messages_of[conversation.id].oldest_first()
    return any(not message.machine and (message.content or "").strip() for message in messages)


def audit(cody: Cody, zoho: CaseStore) -> Audit:
    """Compares the stores as they are now."""
    cases_of = _cases_of(zoho)
    known = cody.store.conversations
    # Dictionaries, because unlike sets they keep the order of the conversations.
    expected = dict.fromkeys(own_id for own_id, conversation in known.items() if something_said(cody, conversation))
    allowed = expected.keys() | cody.store.deleted
    return Audit(
        conversations=len(known),
        expected=len(expected),
        cases=len(zoho.cases),
        duplicates=tuple(own_id for own_id, cases in cases_of.items() if len(cases) > 1 and own_id in allowed),
        missing=tuple(own_id for own_id in expected if own_id not in cases_of),
        unexpected=tuple(own_id for own_id in cases_of if own_id not in allowed),
        words_missing=_words_missing(
            cody, zoho, {own_id: cases_of[own_id] for own_id in expected if own_id in cases_of}
        ),
    )


def _cases_of(zoho: CaseStore) -> dict[str, list[str]]:
    """Case ids by conversation id."""
    found: dict[str, list[str]] = defaultdict(list)
    for case_id, case in zoho.cases.items():
        # A key that ignores case needs more than the id for ids that differ only in that; it follows a tilde.
        own_id = str(case.get("Cody_Conversation_ID") or f"case {case_id}").partition("~")[0]
        found[own_id].append(case_id)
    return found


# -- words ------------------------------------------------------------------------------------

#: Verdicts by conversation, valid while revision and texts are the same: a repeated audit of 5,000 costs little.
_verdicts: WeakKeyDictionary[Cody, dict[str, tuple[object, bool]]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Written:
    """What Zoho holds of one case."""

    description: str | None
    notes: tuple[str | None, ...]
    files: tuple[bytes, ...]

    def readings(self) -> list[list[str | None]]:
        """The ways to read a case: fields and notes; the files after them; a file that holds it all."""
        fields = [self.description, *self.notes]
        files: list[str | None] = [content.decode("utf-8", "replace") for content in self.files]
        return [fields, [*fields, *files], *([file] for file in files)] if files else [fields]


def _words_missing(cody: Cody, zoho: CaseStore, cases_of: Mapping[str, list[str]]) -> tuple[str, ...]:
    notes, files = _by_parent(zoho)
    verdicts = _verdicts.setdefault(cody, {})
    lacking = []
    for own_id, case_ids in cases_of.items():
        case_id = case_ids[0]
        description = zoho.cases[case_id].get("Description")
        written = Written(description, tuple(notes[case_id]), tuple(files[case_id]))
        if not _verdict(cody, own_id, written, verdicts):
            lacking.append(own_id)
    return tuple(lacking)


def _verdict(cody: Cody, own_id: str, written: Written, verdicts: dict[str, tuple[object, bool]]) -> bool:
    """Whether the case holds every word, looked up when nothing changed since the last time."""
    state = (cody.store.conversations[own_id].revision, written)
    known = verdicts.get(own_id)
    if known is None or known[0] != state:
        messages = cody.store.messages_of[own_id].oldest_first()
        said = [Said(message.content, is_markdown=message.machine) for message in messages]
        verdicts[own_id] = known = (state, any(all_found(said, texts) for texts in written.readings()))
    return known[1]


def _by_parent(zoho: CaseStore) -> tuple[dict[str, list[str | None]], dict[str, list[bytes]]]:
    """Notes and files by case, in the order of their creation."""
    notes: dict[str, list[str | None]] = defaultdict(list)
    files: dict[str, list[bytes]] = defaultdict(list)
    for note in zoho.notes:
        notes[str(note["parent_id"])].append(note.get("Note_Content"))
    for file in zoho.attachments:
        files[file.parent_id].append(file.content)
    return notes, files
