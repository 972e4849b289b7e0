"""What happens, in order: a conversation is found, noted, claimed, read, written as a case, recorded.

Nothing here knows Celery: values flow up, and whoever calls sends messages, or does not.
"""

import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cody2zoho import cases, transcript
from cody2zoho.errors import Blocked, Cody2ZohoError, Gone, NotSetUp, Permanent, Refused, Transient
from cody2zoho.http import time_limit
from cody2zoho.ledger import Claim, State
from cody2zoho.models import CaseDraft
from cody2zoho.services import Services
from cody2zoho.zoho.cases import Inserted

log = logging.getLogger(__name__)

#: A wait up to this is left to the task's own retry; the agenda then only steps in should that be lost.
SHORT_WAIT_SECONDS = 30
_RETRY_LOST_AFTER_SECONDS = 60

_LONGEST_WAIT_SECONDS = 900
_BLOCKED_WAIT_SECONDS = 60

#: Fields of a case whose values are settings.
_CHOSEN_FIELDS = ("Status", "Case_Origin", "Related_To")

#: An empty conversation is looked at again after a minute at first, then after half its age.
_FIRST_EMPTY_WAIT_SECONDS = 60


@dataclass(frozen=True)
class Outcome:
    """What became of one conversation: a sentence for people, and a short wait where it is worth one."""

    words: str
    retry_in_seconds: float | None = None

    def __str__(self) -> str:
        return self.words


def ready(services: Services, limit: int = 50) -> list[str]:
    """Conversations to work on now, handed out to the caller; a single one, to probe, while something is blocked.

    A message about one that no worker takes within VISIBILITY_TIMEOUT_SECONDS counts as lost, and it comes again.
    """
    if services.blocks.stop_work():
        limit = 1 if services.blocks.may_probe("work", _BLOCKED_WAIT_SECONDS) else 0
    return services.ledger.due(limit, services.settings.visibility_timeout_seconds) if limit > 0 else []


def create_case(conversation_id: str, services: Services) -> Outcome:
    """Make the case of one conversation, unless it has one, or someone else is at it.

    One that no poll has seen yet is asked of Cody first. Raises Gone, Transient or Blocked where that fails; what
    fails afterwards is recorded in the ledger instead.
    """
    with time_limit(services.settings.task_budget_seconds):
        claim = services.ledger.claim(conversation_id)
        if claim.was == "unknown":
            services.ledger.add_new([services.cody.conversation(conversation_id)])
            claim = services.ledger.claim(conversation_id)
        if not claim.owner:
            return Outcome(f"nothing to do: {claim.was}")
        with _released_on_surprise(claim, services):
            return _worked(claim, services)


def _worked(claim: Claim, services: Services) -> Outcome:
    try:
        return _written(claim, services)
    except Transient as error:
        return _postponed(claim, error, services)
    except Blocked as error:
        return _held_up(claim, error, services)
    except Permanent as error:
        services.ledger.park(claim, str(error))
        log.error("conversation_parked", extra={"reason": str(error)})
        return Outcome(f"parked: {error}")
    except Gone:
        services.ledger.let_go(claim, State.GONE, "deleted at Cody")
        log.info("conversation_gone")
        return Outcome("let go: deleted at Cody")


def _written(claim: Claim, services: Services) -> Outcome:
    conversation = claim.conversation
    messages = services.cody.messages(conversation.id)
    if not transcript.something_said(messages):
        return _nothing_said(claim, services)
    services.key_field.ensure()
    draft = cases.draft(conversation, messages, services.settings, services.contact.id(), services.clock())
    case_id = _inserted(draft, services)
    if services.ledger.created(claim, case_id, draft.message_count, draft.digest):
        log.info("case_created", extra={"case": case_id, "messages": draft.message_count, "attempts": claim.attempts})
    services.blocks.lift("zoho", "zoho set-up")
    return Outcome(f"case {case_id}")


def _inserted(draft: CaseDraft, services: Services) -> str:
    """The id of the one case of this conversation, with everything on it that belongs there."""
    inserted = _insert(draft.fields, services)
    if inserted.was_there and not _is_same(inserted.case_id, draft, services):
        key = services.cases.unique_field
        inserted = _insert({**draft.fields, key: distinct_key(draft.conversation_id)}, services)
    titles = services.cases.note_titles(inserted.case_id) if inserted.was_there and draft.notes else set()
    services.cases.add_notes(inserted.case_id, [note for note in draft.notes if note.title not in titles])
    names = services.cases.attachment_names(inserted.case_id) if inserted.was_there and draft.attachments else set()
    for attachment in draft.attachments:
        if attachment.file_name not in names:
            services.cases.attach(inserted.case_id, attachment)
    return inserted.case_id


def _insert(fields: dict[str, object], services: Services) -> Inserted:
    """A refusal of what the operator chose would meet every conversation, so it is none of this one's."""
    try:
        return services.cases.insert(fields)
    except Refused as error:
        if error.field in _CHOSEN_FIELDS:
            raise NotSetUp(str(error)) from None
        raise


def _is_same(case_id: str, draft: CaseDraft, services: Services) -> bool:
    """Whether an existing case is this conversation's: Zoho's unique field ignores case, Cody's ids do not."""
    key = services.cases.unique_field
    existing = services.cases.read(case_id, key)
    if existing is None:
        raise Refused(
            f"Case {case_id} of this conversation lies in Zoho's recycle bin: restore it, or delete it for good"
        )
    is_same: bool = existing.get(key) == draft.conversation_id
    if is_same:
        log.info("case_found", extra={"case": case_id})
    return is_same


def distinct_key(conversation_id: str) -> str:
    """An id that stays itself where case is ignored: followed by a number whose bits are its capitals."""
    capitals = sum(1 << place for place, character in enumerate(conversation_id) if character.isupper())
    return f"{conversation_id}~{capitals:x}"


def _nothing_said(claim: Claim, services: Services) -> Outcome:
    """No case yet, perhaps never: someone may still be about to type."""
    age_seconds = services.clock() - claim.conversation.created_at
    if age_seconds < services.settings.empty_conversation_hours * 3600:
        services.ledger.later(claim, max(_FIRST_EMPTY_WAIT_SECONDS, age_seconds / 2), "nothing was said yet")
        return Outcome("waiting: nothing was said yet")
    services.ledger.let_go(claim, State.EMPTY, "nothing was said")
    log.info("conversation_empty")
    return Outcome("let go: nothing was said")


def _postponed(claim: Claim, error: Transient, services: Services) -> Outcome:
    seconds = wait_seconds(claim.attempts, error.retry_after_seconds)
    is_short = seconds <= SHORT_WAIT_SECONDS
    services.ledger.later(claim, seconds + (_RETRY_LOST_AFTER_SECONDS if is_short else 0), str(error))
    log.warning("case_postponed", extra={"reason": str(error), "seconds": round(seconds), "attempts": claim.attempts})
    return Outcome(f"postponed: {error}", seconds if is_short else None)


def wait_seconds(attempts: int, retry_after_seconds: float | None) -> float:
    """Doubling from 2 seconds to 15 minutes, up to half of it left to chance, and never before an API allows."""
    ceiling = min(_LONGEST_WAIT_SECONDS, 2.0 ** min(attempts, 10))
    return max(ceiling * random.uniform(0.5, 1), (retry_after_seconds or 0) * random.uniform(1, 1.1))


def _held_up(claim: Claim, error: Blocked, services: Services) -> Outcome:
    """A person has to mend something first; the conversation itself is not at fault."""
    services.ledger.later(claim, _BLOCKED_WAIT_SECONDS, str(error))
    services.blocks.put(error.what, str(error))
    return Outcome(f"waiting: {error}")


@contextmanager
def _released_on_surprise(claim: Claim, services: Services) -> Iterator[None]:
    """An error nobody foresaw must not hold the conversation until its lease ends, nor repeat at once."""
    try:
        yield
    except Cody2ZohoError:
        raise
    except Exception as error:
        services.ledger.later(claim, wait_seconds(claim.attempts + 3, None), f"unexpected {type(error).__name__}")
        raise
