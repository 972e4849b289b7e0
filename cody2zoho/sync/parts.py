"""A conversation that long silences split: each part of it is a case of its own (`CONVERSATION_SPLIT_HOURS`).

Some integrators run all visitors, or one phone number for years, through one conversation. A part is named by the Unix
second of its first message, so whoever cuts it again arrives at the same keys. The first one is named by 0: it has the
plain id, as a conversation that is not split.

What a case holds stays one part, however the setting changes: cuts fall behind it. And of a long conversation no more
is read than is needed: down to the part whose case is known, or to the silence behind it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from cody2zoho import cases
from cody2zoho.cody.api import Page
from cody2zoho.ledger.claims import Claim
from cody2zoho.ledger.records import Held, Known, State
from cody2zoho.models import CaseDraft, Conversation, Message
from cody2zoho.services import Services
from cody2zoho.settings.formats import since as moment_of
from cody2zoho.sync import drafting, filing, following
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import CaseCreated, ForgottenCaseMade
from cody2zoho.text import transcript
from cody2zoho.zoho.cases import Inserted


@dataclass(frozen=True)
class Part:
    """A conversation from where the part begins, and what was said in it, the oldest first."""

    conversation: Conversation
    messages: list[Message]


def of_new(conversation: Conversation, newest: Page[Message], services: Services, *, with_sources: bool) -> list[Part]:
    """The parts of a conversation without a case in which a visitor spoke; just one where nothing splits it."""
    silence, line = _silence(services), _line(services)
    enough = (lambda found: _falls_silent_below(line, found, silence)) if line > conversation.created_at else None
    messages = services.cody.messages(conversation.id, newest, with_sources=with_sources, enough=enough)
    first, *later = cut(messages, silence) or [[]]
    found = [Part(conversation, first), *(_later(conversation, some) for some in later)]
    return [part for part in found if _counts(part, line if later else 0)]


def of_held(
    claim: Claim, held: Held, newest: Page[Message] | None, services: Services, *, with_sources: bool
) -> tuple[Part | None, list[Part]]:
    """The part whose case is known, None where nothing more was said in it, and the parts that came after it."""
    silence, conversation = _silence(services), claim.conversation
    enough = (lambda found: _reaches(held, found, silence)) if silence or held.since else None
    messages = services.cody.messages(conversation.id, newest, with_sources=with_sources, enough=enough)
    mine, found = _split(conversation, held, messages, services)
    is_followed = services.settings.follow_up_hours or not silence
    if not mine or not is_followed or (len(mine) == held.messages and following.has(claim, held, mine, services)):
        return None, found
    return _held(conversation, held, mine), found


def latest(conversation: Conversation, held: Held | None, messages: list[Message], services: Services) -> Part:
    """The last part of all that was said, cut as a worker cuts; all of it where nothing splits it."""
    if held is None:
        *earlier, last = cut(messages, _silence(services))
        return _later(conversation, last) if earlier else Part(conversation, last)
    mine, later = _split(conversation, held, messages, services)
    if later:
        return later[-1]
    known = [one for one in messages if held.since <= one.created_at <= held.last_said_at]
    return _held(conversation, held, mine or known or messages)


def cut(messages: Iterable[Message], silence_seconds: float, whole_until: float = 0) -> list[list[Message]]:
    """Messages, the oldest first, cut where nobody spoke for so long; what was said up to `whole_until` stays whole."""
    parts: list[list[Message]] = []
    for message in messages:
        goes_on = parts and message.created_at - parts[-1][-1].created_at < silence_seconds
        if parts and (goes_on or not silence_seconds or message.created_at <= whole_until):
            parts[-1].append(message)
        else:
            parts.append([message])
    return parts


def file(claim: Claim, part: Part, services: Services) -> tuple[Held, CaseCreated]:
    """The one case of a part, complete: what it holds, and the news of it. Raises TakenOver."""
    draft = drafting.drafted(part.conversation, part.messages, services)
    case = filing.file(claim, draft, services)
    return held_now(claim, case, draft, part.messages[-1].created_at, part.conversation.since)


def held_now(
    claim: Claim, case: Inserted, draft: CaseDraft, last_said_at: int, since: int = 0
) -> tuple[Held, CaseCreated]:
    """What the case of a draft holds, and the news of it."""
    described = "" if case.was_there else cases.fingerprint(str(draft.fields["Description"]))
    held = Held(case.case_id, draft.message_count, draft.digest, last_said_at, described, since)
    how = draft.contact.how or None
    return held, CaseCreated(case.case_id, draft.message_count, claim.attempts, how, draft.redacted, draft.characters)


def made(claim: Claim, case: Inserted, draft: CaseDraft, last_said_at: int, services: Services) -> None:
    """Write down that the case of this draft exists."""
    held, created = held_now(claim, case, draft, last_said_at)
    note(claim, held, created, services)


def note(claim: Claim, held: Held, created: CaseCreated, services: Services, newest: Sequence[Message] = ()) -> None:
    """Write down what the case holds; `newest` as for `following.record`."""
    if following.record(claim, held, services, newest):
        report(created)
    else:
        tell_of_forgotten(claim, held.case_id, services)


def tell_of_forgotten(claim: Claim, case_id: str, services: Services) -> None:
    """It was forgotten while we, paused for longer than our lease, made a case of it: a person has to delete that."""
    if services.ledger.looked_up([claim.conversation.id]).get(claim.conversation.id) == Known(State.FORGOTTEN):
        report(ForgottenCaseMade(case_id))


def _silence(services: Services) -> float:
    return services.settings.conversation_split_hours * 3_600


def _line(services: Services) -> int:
    """The Unix second before which nothing counts; 0 where nothing is split."""
    if not services.settings.conversation_split_hours:
        return 0
    return services.places.line_or(moment_of(services.settings.sync_since, services.clock()))


def _split(
    conversation: Conversation, held: Held, messages: list[Message], services: Services
) -> tuple[list[Message] | None, list[Part]]:
    """What was said in the part whose case is known, None where it has ended, and the parts after it that count."""
    silence = _silence(services)
    after = [message for message in messages if message.created_at > held.last_said_at]
    if _has_ended(held, after, silence):
        mine, later = None, cut(after, silence)
    else:
        mine, later = _cut_after(held, [one for one in messages if one.created_at >= held.since], services)
    line = _line(services) if later else 0
    return mine, [part for some in later if _counts(part := _later(conversation, some), line)]


def _held(conversation: Conversation, held: Held, messages: list[Message]) -> Part:
    began = held.since or conversation.created_at
    return Part(replace(conversation, since=held.since, created_at=began), messages)


def _later(conversation: Conversation, messages: list[Message]) -> Part:
    began = messages[0].created_at
    return Part(replace(conversation, since=began, created_at=began), messages)


def _counts(part: Part, line: int) -> bool:
    return transcript.something_said(part.messages) and part.messages[-1].created_at >= line


def _falls_silent_below(line: int, newest_first: list[Message], silence: float) -> bool:
    """Whether a part ends before the line: what lies below it is of no interest."""
    return any(
        earlier.created_at < line and later.created_at - earlier.created_at >= silence
        for later, earlier in pairwise(newest_first)
    )


def _reaches(held: Held, newest_first: list[Message], silence: float) -> bool:
    """Whether all was read that may lack in the case, or come after it."""
    oldest = newest_first[-1].created_at
    after = [message for message in reversed(newest_first) if message.created_at > held.last_said_at]
    return oldest < held.since or (oldest <= held.last_said_at and _has_ended(held, after, silence))


def _has_ended(held: Held, after: list[Message], silence: float) -> bool:
    """Whether the silence behind what the case holds was long enough; `after` begins with the oldest."""
    return bool(silence and held.last_said_at and after) and after[0].created_at - held.last_said_at >= silence


def _cut_after(
    held: Held, messages: list[Message], services: Services
) -> tuple[list[Message] | None, list[list[Message]]]:
    """What belongs into the case that is known, and what comes after it."""
    silence = _silence(services)
    parts = cut(messages, silence, held.last_said_at)
    if len(parts) > 1 and not held.last_said_at:
        parts = cut(messages, silence, _known_until(held, messages, services))
    return (parts[0], parts[1:]) if parts else (None, [])


def _known_until(held: Held, messages: list[Message], services: Services) -> float:
    """Up to when a case holds what was said, of which the ledger only knows that it is there.

    It may have been made while nothing, or something else, split the conversation.
    """
    field = services.settings.zoho_field_map.get("messages", "")
    case = services.cases.read(held.case_id, "Created_Time", *([field] if field else [])) or {}
    count = min(held.messages or following.counted(case, len(messages), services), len(messages))
    if count:
        return messages[count - 1].created_at
    made_at = case.get("Created_Time")
    return datetime.fromisoformat(str(made_at)).timestamp() if made_at else 0
