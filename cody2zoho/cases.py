"""What a case says: subject, description, fields, and the notes or the file for what does not fit.

Zoho's limits (fields of Cases; notes): a subject has 255 characters, a description 32,000, a note's title 120 and
its content 65,535, or 32,000 in older documents. The smaller of each pair is held.
"""

import re
from dataclasses import asdict, replace
from datetime import UTC, datetime

from cody2zoho import transcript
from cody2zoho.models import Attachment, CaseDraft, Conversation, Message, Note
from cody2zoho.settings import Settings

SUBJECT_LIMIT = 255
DESCRIPTION_LIMIT = 32_000
NOTE_LIMIT = 32_000

#: A transcript that would take more notes than this goes into one text file instead.
_MOST_NOTES = 5

_CONTINUED = "\n\n[The transcript goes on in {where}.]"
_ROOM_TO_SAY_SO = 500


def draft(
    conversation: Conversation, messages: list[Message], settings: Settings, contact_id: str | None, now: float
) -> CaseDraft:
    """The case of a conversation with at least one message; `now`, in Unix seconds, is when they were read."""
    whole = transcript.text(messages, settings.zone, plain=settings.case_markdown == "plain")
    description, described, notes, attachments = _fitted(conversation, messages, whole, settings, now)
    if settings.enable_notes:
        notes = (*notes, *_numbered(list(transcript.parts(whole, NOTE_LIMIT)), conversation.id, "transcript", 1))
    fields: dict[str, object] = {
        "Subject": _subject(conversation, settings),
        "Description": description,
        "Status": settings.zoho_case_status,
        "Case_Origin": settings.zoho_case_origin,
        **_figures(conversation, messages, settings.zoho_field_map),
    }
    if contact_id:
        # Contact_Name, which other modules have, is not a field of Cases.
        fields["Related_To"] = {"id": contact_id}
    digest = transcript.digest(messages)
    return CaseDraft(conversation.id, fields, notes, attachments, whole, described, len(messages), digest)


def completing(draft: CaseDraft, description: str) -> CaseDraft:
    """What a case that was there before still lacks.

    Where it was made of the same messages, that is the rest of this draft. Where more was said since, or somebody
    edited the description, the notes would go on from another place than it ends at: then it gets the whole transcript.
    """
    if _squeezed(draft.described) in _squeezed(description):
        return draft
    contents = list(transcript.parts(draft.whole, NOTE_LIMIT))
    if len(contents) > _MOST_NOTES:
        file = Attachment(f"cody-{draft.conversation_id}-{draft.digest}.txt", draft.whole.encode())
        return replace(draft, notes=(), attachments=(file,))
    notes = _numbered(contents, f"{draft.conversation_id} {draft.digest}", "transcript", 1)
    return replace(draft, notes=notes, attachments=())


def _squeezed(text: str) -> str:
    """Zoho may change line ends and blanks at the end of lines."""
    return " ".join(text.split())


def _subject(conversation: Conversation, settings: Settings) -> str:
    started = datetime.fromtimestamp(conversation.created_at, UTC).astimezone(settings.zone)
    return f"{settings.case_subject_prefix}{started:%Y-%m-%d %H:%M}"[:SUBJECT_LIMIT]


def _figures(conversation: Conversation, messages: list[Message], field_map: dict[str, str]) -> dict[str, object]:
    known = {"conversation_id": conversation.id, **asdict(transcript.figures(messages))}
    return {api_name: known[name] for name, api_name in field_map.items()}


def _fitted(
    conversation: Conversation, messages: list[Message], whole: str, settings: Settings, now: float
) -> tuple[str, str, tuple[Note, ...], tuple[Attachment, ...]]:
    """The description, the part of the transcript in it, and where the rest goes when it is too long for it."""
    template = settings.case_description_template
    if "{transcript}" not in template:
        template += "\n\n{transcript}"
    values = _values(conversation, messages, settings, now)
    complete = _filled(template, {**values, "transcript": whole})
    if transcript.length(complete) <= DESCRIPTION_LIMIT:
        return complete, whole, (), ()
    frame = transcript.length(_filled(template, {**values, "transcript": ""}))
    first, *rest = transcript.parts(whole, NOTE_LIMIT, DESCRIPTION_LIMIT - frame - _ROOM_TO_SAY_SO)
    notes: tuple[Note, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    if len(rest) <= _MOST_NOTES:
        notes = _numbered(rest, conversation.id, "transcript continued", 2)
        where = f"{len(rest)} notes" if len(rest) > 1 else "a note"
    else:
        attachments = (Attachment(f"cody-{conversation.id}.txt", whole.encode()),)
        where = f"the attached file {attachments[0].file_name}, which holds all of it"
    description = _filled(template, {**values, "transcript": first + _CONTINUED.format(where=where)})
    return description, first, notes, attachments


def _numbered(contents: list[str], conversation_id: str, what: str, first_number: int) -> tuple[Note, ...]:
    """Notes whose titles say which part they are; the title is also how a part is known to be there already."""
    last = first_number + len(contents) - 1
    return tuple(
        Note(f"Cody {what} {number}/{last} [{conversation_id}]", content)
        for number, content in enumerate(contents, first_number)
    )


def _values(conversation: Conversation, messages: list[Message], settings: Settings, now: float) -> dict[str, object]:
    return {
        "conversation_id": conversation.id,
        "bot_id": conversation.bot_id,
        "started_at": transcript.at(conversation.created_at, settings.zone),
        "ended_at": transcript.at(messages[-1].created_at, settings.zone),
        "complete_as_of": transcript.at(now, settings.zone),
        **asdict(transcript.figures(messages)),
    }


def _filled(template: str, values: dict[str, object]) -> str:
    """One pass over the template alone: braces that a customer typed are text."""
    return re.sub(r"\{(\w+)\}", lambda match: str(values[match[1]]), template)
