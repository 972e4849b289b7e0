"""A transcript into a description, and what does not fit into notes or a file.

Zoho's limits (fields of Cases; notes): a subject has 255 characters, a description 32,000, a note's title 120 and
its content 65,535, or 32,000 in older documents. The smaller of each pair is held.
"""

import hashlib
from dataclasses import dataclass, replace

from cody2zoho.models import Attachment, CaseDraft, Note
from cody2zoho.text import transcript

SUBJECT_LIMIT = 255
DESCRIPTION_LIMIT = 32_000
NOTE_LIMIT = 32_000

#: A transcript that would take more notes than this goes into one text file instead.
MOST_NOTES = 5

_CONTINUED = "\n\n[The transcript goes on in {where}.]"
_ROOM_TO_SAY_SO = 500


@dataclass(frozen=True)
class Fitted:
    """The description, the part of the transcript in it, and where the rest goes when it is too long for it."""

    description: str
    described: str
    notes: tuple[Note, ...] = ()
    attachments: tuple[Attachment, ...] = ()


def fitted(before: str, whole: str, after: str, conversation_id: str, digest: str) -> Fitted:
    """The transcript between what the description says `before` and `after` it, as far as there is room."""
    room = DESCRIPTION_LIMIT - transcript.length(before) - transcript.length(after)
    if transcript.length(whole) <= room:
        return Fitted(before + whole + after, whole)
    first, *rest = transcript.parts(whole, NOTE_LIMIT, room - _ROOM_TO_SAY_SO)
    notes: tuple[Note, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    if len(rest) <= MOST_NOTES:
        notes = _numbered(rest, conversation_id, digest, "transcript continued", 2)
        where = f"{len(rest)} notes" if len(rest) > 1 else "a note"
    else:
        attachments = (_file(conversation_id, digest, whole),)
        where = f"the attached file {attachments[0].file_name}, which holds all of it"
    return Fitted(before + first + _CONTINUED.format(where=where) + after, first, notes, attachments)


def as_notes(whole: str, conversation_id: str, digest: str) -> tuple[Note, ...]:
    return _numbered(list(transcript.parts(whole, NOTE_LIMIT)), conversation_id, digest, "transcript", 1)


def completing(draft: CaseDraft, description: str) -> CaseDraft:
    """What a case that was there before still lacks.

    Where it was made of the same messages, that is the rest of this draft. Where more was said since, or somebody
    edited the description, the notes would go on from another place than it ends at: then it gets the whole transcript.
    """
    if squeezed(draft.described) in squeezed(description):
        return draft
    return entire(draft)


def entire(draft: CaseDraft) -> CaseDraft:
    """The same with the whole transcript in notes, or in a file; nothing of it is taken for being there already."""
    notes = as_notes(draft.whole, draft.conversation_id, draft.digest)
    if len(notes) > MOST_NOTES:
        return replace(draft, notes=(), attachments=(_file(draft.conversation_id, draft.digest, draft.whole),))
    return replace(draft, notes=notes, attachments=())


def fingerprint(description: str) -> str:
    """Equal for equal descriptions, whatever Zoho does to their blanks; 12 hex digits."""
    return hashlib.sha256(squeezed(description).encode("utf-8", "replace")).hexdigest()[:12]


def squeezed(text: str) -> str:
    """Zoho may change line ends and blanks at the end of lines."""
    return " ".join(text.split())


def _file(conversation_id: str, digest: str, whole: str) -> Attachment:
    return Attachment(f"cody-{conversation_id}-{digest}.txt", whole.encode())


def _numbered(contents: list[str], conversation_id: str, digest: str, what: str, first_number: int) -> tuple[Note, ...]:
    """Notes whose titles say which part they are; the title is also how a part is known to be there already.

    So it names the transcript too: the same part of a longer one says more.
    """
    last = first_number + len(contents) - 1
    return tuple(
        Note(f"Cody {what} {number}/{last} [{conversation_id} {digest}]", content)
        for number, content in enumerate(contents, first_number)
    )
