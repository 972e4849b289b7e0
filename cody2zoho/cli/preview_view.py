"""How a preview is shown: on a terminal or in a pipe, and as JSON."""

import re
from collections.abc import Iterable, Iterator, Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cody2zoho import cases
from cody2zoho.explain import why
from cody2zoho.explain.preview import Later, Preview
from cody2zoho.models import CaseDraft
from cody2zoho.settings import Settings
from cody2zoho.text.transcript import at, length, readable

_LIMITS = {"Subject": cases.SUBJECT_LIMIT, "Description": cases.DESCRIPTION_LIMIT}

#: Signs that would steer a terminal and that a transcript does not replace.
_STEERING = re.compile("[\x80-\x9f]")

#: Values of this length have a place of their own below the table.
_LONG = 400


def show(shown: Preview, settings: Settings) -> None:
    console = Console(highlight=False, markup=False, emoji=False)
    console.print(f"conversation {shown.life.conversation_id}", style="bold")
    console.print(_grid(_about(shown, settings)))
    if shown.draft:
        _show_draft(console, shown, shown.draft)
    if shown.later:
        _show_later(console, shown.later, shown)


def _about(shown: Preview, settings: Settings) -> Iterator[tuple[str, str]]:
    yield "Now", shown.now
    yield "Cody", why.cody_says(shown.life)
    yield "Zoho", why.zoho_says(shown.life, settings)
    if not shown.draft:
        return
    yield "Contact", shown.contact
    if settings.redact or settings.redact_patterns:
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(shown.draft.redacted.items()))
        yield "Redacted", counts or "nothing was found"
    yield "Fits", _fits(shown.draft)


def _fits(draft: CaseDraft) -> str:
    """What would be cut, and where it goes."""
    whole, there = length(draft.whole), length(draft.described)
    if there == whole:
        return "the whole transcript is in the description"
    where = "notes" if draft.notes else "a file"
    return f"{there:,} of the transcript's {whole:,} characters are in the description, the rest in {where}"


def _show_draft(console: Console, shown: Preview, draft: CaseDraft) -> None:
    console.print("", _table(shown, draft))
    for name, words in (shown.wrong or {}).items():
        console.print(f"✗ {name} {words}", style="red")
    for name, value in draft.fields.items():
        if name == "Description" or _is_long(value):
            _show_text(console, name, _plain(value))
    _show_beside(console, draft)


def _show_beside(console: Console, draft: CaseDraft) -> None:
    rows = [(note.title, _sized(note.content, cases.NOTE_LIMIT)) for note in draft.notes]
    rows += [(file.file_name, f"{len(file.content):,} bytes") for file in draft.attachments]
    if rows:
        console.print("", _columns(("note or file", "length"), rows))


def _show_later(console: Console, later: Later, shown: Preview) -> None:
    console.print(f"\nFollow-up: {later.words}", style="bold")
    rows = [(name, _plain(value)) for name, value in later.changes.items() if name != "Description"]
    if rows:
        console.print(_columns(("field", "new value"), rows))
    if description := later.changes.get("Description"):
        if shown.draft and description == shown.draft.fields["Description"]:
            console.print("Description: as above; nobody has changed it in Zoho")
        else:
            _show_text(console, "Description; nobody has changed it in Zoho", str(description))
    if later.rest:
        for note in later.rest.notes:
            _show_text(console, f"{note.title} · {_sized(note.content, cases.NOTE_LIMIT)}", note.content)
        for file in later.rest.attachments:
            console.print(f"the file {file.file_name}, {len(file.content):,} bytes")


def _show_text(console: Console, title: str, text: str) -> None:
    """The text itself, from the left edge and unwrapped: it may be copied, and goes through a pipe as it is."""
    console.print(f"\n── {title} ──", style="dim")
    console.print(Text(safe(text)), soft_wrap=True)
    console.print("──", style="dim")


def _table(shown: Preview, draft: CaseDraft) -> Table:
    origins = shown.origins or {}
    values = {**draft.fields, **draft.beside}
    rows = [(name, _in_table(name, value, shown), origins.get(name, "")) for name, value in values.items()]
    if shown.makes_contact:
        rows.append(("Related_To", "a new contact", "see Contact"))
    return _columns(("field", "value", "from"), rows)


def _in_table(name: str, value: object, shown: Preview) -> str:
    """The value, with its length where that is near what the field holds; a long one stands below the table."""
    text, limit = _plain(value), _limit(name, shown)
    if name == "Description" or _is_long(value):
        return f"{_sized(text, limit)}, below"
    is_near = limit and isinstance(value, str) and 2 * length(value) > limit
    return f"{text} ({_sized(text, limit)})" if is_near else text


def _limit(name: str, shown: Preview) -> int | None:
    field = (shown.fields or {}).get(name)
    return _LIMITS.get(name) or (field.length if field and not field.values else None)


def _sized(text: str, limit: int | None) -> str:
    return f"{length(text):,}{f' of {limit:,}' if limit else ''} characters"


def _is_long(value: object) -> bool:
    return isinstance(value, str) and length(value) > _LONG


def _plain(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case {"id": record_id}:
            return str(record_id)
        case list():
            return ", ".join(one["name"] if isinstance(one, dict) else str(one) for one in value) or "none"
    return str(value)


def safe(text: str) -> str:
    """What a customer typed is not to steer a terminal."""
    return _STEERING.sub("\ufffd", readable(text))


def _grid(rows: Iterable[tuple[str, str]]) -> Table:
    """Labels, and what is said beside them, however long."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for label, words in rows:
        table.add_row(label, safe(words))
    return table


def _columns(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading == "field")
    for row in rows:
        table.add_row(*map(safe, row))
    return table


def as_json(shown: Preview, settings: Settings) -> dict[str, object]:
    life, draft = shown.life, shown.draft
    return {
        "conversation": life.conversation_id,
        "bot": shown.conversation.bot_id,
        "began": at(shown.conversation.created_at, settings.zone),
        "messages": life.messages,
        "state": life.state or "unknown",
        "cases": [one.case_id for one in life.cases],
        "made_now": shown.is_made_now,
        "now": shown.now,
        "case": _case(shown, draft) if draft else None,
        "follow_up": _follow_up(shown.later) if shown.later else None,
    }


def _case(shown: Preview, draft: CaseDraft) -> dict[str, object]:
    wrong, origins = shown.wrong or {}, shown.origins or {}
    return {
        "contact": {"id": draft.contact.contact_id, "how": draft.contact.how or "fixed", "words": shown.contact},
        "fields": [
            {
                "field": name,
                "value": value,
                "from": origins.get(name, ""),
                "length": length(value) if isinstance(value, str) else None,
                "limit": _limit(name, shown),
                "wrong": wrong.get(name),
            }
            for name, value in draft.fields.items()
        ],
        "beside": draft.beside,
        "transcript": {"length": length(draft.whole), "in_description": length(draft.described)},
        "redacted": dict(draft.redacted),
        **_notes_and_files(draft),
    }


def _follow_up(later: Later) -> dict[str, object]:
    beside: Mapping[str, object] = _notes_and_files(later.rest) if later.rest else {"notes": [], "files": []}
    return {"words": later.words, "fields": later.changes, **beside}


def _notes_and_files(draft: CaseDraft) -> dict[str, object]:
    return {
        "notes": [
            {"title": note.title, "content": note.content, "length": length(note.content), "limit": cases.NOTE_LIMIT}
            for note in draft.notes
        ],
        "files": [{"name": file.file_name, "bytes": len(file.content)} for file in draft.attachments],
    }
