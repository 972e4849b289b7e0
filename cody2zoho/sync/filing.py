"""Putting a case into Zoho exactly once, with everything on it that belongs there, and nothing twice."""

from typing import Any

from cody2zoho import cases
from cody2zoho.errors import NotSetUp, Refused
from cody2zoho.ledger.claims import Claim
from cody2zoho.ledger.keys import distinct_key
from cody2zoho.models import CaseDraft
from cody2zoho.services import Services
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import CaseFound
from cody2zoho.zoho.cases import Inserted


class TakenOver(Exception):
    """Our lease ended, and someone else works on it now, or it was forgotten; `case_id` lacks notes or files."""

    def __init__(self, case_id: str) -> None:
        super().__init__(case_id)
        self.case_id = case_id


def file(claim: Claim, draft: CaseDraft, services: Services) -> Inserted:
    """The one case of this conversation, or of a part of it, complete.

    Raises TakenOver where it is another worker's by now.
    """
    inserted = _found(draft, services) or _insert(draft, draft.fields, services)
    existing = _existing(inserted, services)
    field = services.cases.unique_field
    key = str(draft.fields[field])
    if existing and existing.get(field) != key:
        # Zoho's unique field ignores case, Cody's ids do not: it is another conversation's.
        inserted = _insert(draft, {**draft.fields, field: distinct_key(key)}, services)
        existing = _existing(inserted, services)
    if existing:
        report(CaseFound(inserted.case_id))
        draft = cases.completing(draft, str(existing.get("Description") or ""))
    complete(claim, inserted, draft, services)
    return inserted


def _found(draft: CaseDraft, services: Services) -> Inserted | None:
    """The case that exists already, looked for only where Zoho would not refuse a second one."""
    if services.key_field.is_unique() or not services.settings.zoho_enable_duplicate_check:
        return None
    key = str(draft.fields[services.cases.unique_field])
    exact = [case_id for case_id, its_key in services.cases.with_key(key) if its_key == key]
    return Inserted(exact[0], was_there=True) if exact else None


def _insert(draft: CaseDraft, fields: dict[str, Any], services: Services, *, again: bool = True) -> Inserted:
    """A refusal of what the operator chose would meet every conversation, so it is none of this one's.

    A contact that was found by name may be gone since; it is looked for once more. So may the visitor's own be; then
    the next attempt chooses anew, for it may find several.
    """
    try:
        return services.cases.insert(fields, draft.beside)
    except Refused as error:
        if error.field == "Related_To" and draft.contact.is_visitors:
            raise services.matching.refused(draft.contact, error) from None
        if again and error.field == "Related_To" and (other := services.contact.other_than(fields["Related_To"]["id"])):
            return _insert(draft, {**fields, "Related_To": {"id": other}}, services, again=False)
        if error.field in draft.chosen:
            raise NotSetUp(str(error)) from None
        raise


def _existing(inserted: Inserted, services: Services) -> dict[str, Any] | None:
    """What stands in a case that was there before us; None where we have just made it."""
    if not inserted.was_there:
        return None
    existing = services.cases.read(inserted.case_id, services.cases.unique_field, "Description")
    if existing is None:
        raise Refused(
            f"Case {inserted.case_id} of this conversation lies in Zoho's recycle bin: "
            "restore it, or delete it for good"
        )
    return existing


def complete(claim: Claim, inserted: Inserted, draft: CaseDraft, services: Services) -> None:
    """Add the notes and files of a draft that are not on the case yet. Raises TakenOver."""
    if not (draft.notes or draft.attachments):
        return
    # Zoho does not notice a second note, so only one of two workers may add any.
    if not services.ledger.renew(claim):
        raise TakenOver(inserted.case_id)
    titles = services.cases.note_titles(inserted.case_id) if inserted.was_there and draft.notes else set()
    services.cases.add_notes(inserted.case_id, [note for note in draft.notes if note.title not in titles])
    names = services.cases.attachment_names(inserted.case_id) if inserted.was_there and draft.attachments else set()
    for attachment in draft.attachments:
        if attachment.file_name not in names:
            services.cases.attach(inserted.case_id, attachment)
