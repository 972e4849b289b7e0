"""The end of `cody2zoho init`: one real conversation as the case it would be, short enough for a screen."""

from collections.abc import Iterator

from cody2zoho.cli import asking
from cody2zoho.cli.preview_view import safe
from cody2zoho.errors import Gone
from cody2zoho.explain import preview as previewing
from cody2zoho.explain.preview import Preview
from cody2zoho.services import Services

#: Conversations that are tried until one has words.
_TRIED = 5

_LINES = 12
_WIDTH = 96


def first_case(services: Services) -> None:
    """`services` only look."""
    for shown in _previews(services):
        if shown.draft:
            _show(shown)
            return
    asking.note("There is no conversation with words yet; `cody2zoho preview --latest 1` shows the first.")


def _previews(services: Services) -> Iterator[Preview]:
    fields = services.fields.all()
    for one in previewing.latest(services, _TRIED):
        try:
            yield previewing.preview(services, one, fields)
        except Gone:
            # Since it was listed.
            continue


def _show(shown: Preview) -> None:
    written = shown.draft.fields if shown.draft else {}
    for label, words in (
        ("Subject", written.get("Subject")),
        ("Status", written.get("Status")),
        ("Origin", written.get("Case_Origin")),
        ("Contact", shown.contact),
    ):
        asking.note(f"{label:<9}{_cut(safe(str(words or '')))}")
    lines = safe(str(written.get("Description") or "")).splitlines()
    for line in lines[:_LINES]:
        asking.note(f"│ {_cut(line)}")
    command = f"`cody2zoho preview {shown.life.conversation_id}`"
    more = len(lines) - _LINES
    asking.note(f"│ … {more} more lines: {command}" if more > 0 else f"all fields: {command}")
    for name, problem in (shown.wrong or {}).items():
        asking.wrong(f"{name} {problem}")


def _cut(line: str) -> str:
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"
