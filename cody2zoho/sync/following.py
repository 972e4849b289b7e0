"""What was said after a case was made goes into the same case, and nothing that a person wrote there is touched.

A description that is still as we wrote it is written anew; else the new part becomes a note. Every step looks first
whether it was done before, so that one that was interrupted, or whose outcome nobody knows, is simply done again.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cody2zoho import cases
from cody2zoho.cases.form import Form
from cody2zoho.cody.api import Page
from cody2zoho.contacts import matching
from cody2zoho.ledger.claims import Claim
from cody2zoho.ledger.records import Held
from cody2zoho.limits.credits import lane
from cody2zoho.models import CaseDraft, ContactChoice, Message, Note
from cody2zoho.redaction import Redacted
from cody2zoho.services import Services
from cody2zoho.sync import drafting, filing, quiet
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import CaseDeleted, CaseFollowedUp, FeedMissed
from cody2zoho.text import transcript
from cody2zoho.zoho.cases import Inserted


def follow(claim: Claim, held: Held, messages: list[Message], services: Services) -> Held:
    """Bring the case up to date with all messages, the oldest first; returns what it holds now.

    Raises TakenOver, and what Cody and Zoho raise.
    """
    with lane("follow_ups"):
        safe = services.redaction.of(claim.conversation, messages)
        update = update_of(claim, held, safe, services)
        described = update.write() if update else ""
    if not update:
        report(CaseDeleted(held.case_id))
    digest = transcript.digest(safe.messages)
    said_to, described = messages[-1].created_at, described or held.described
    return replace(held, messages=len(messages), digest=digest, last_said_at=said_to, described=described)


def update_of(claim: Claim, held: Held, safe: Redacted, services: Services) -> "Update | None":
    """What the case lacks; None where it was deleted in Zoho."""
    draft = drafting.of_redacted(safe, ContactChoice(None), services)
    case = services.cases.read(held.case_id, "Description", "Status", "Modified_Time", *_figures(draft, services))
    if case is None:
        return None
    if remark := matching.remark_in(str(case.get("Description") or "")):
        draft = drafting.of_redacted(safe, ContactChoice(None, remark=remark), services)
    form = services.forms.of(claim.conversation.bot_id)
    return Update(claim, held, draft, form, safe.messages, case, services)


def with_bot(claim: Claim, services: Services) -> Claim:
    """The claim with the conversation's bot, which the ledger does not keep of what is finished."""
    if claim.conversation.bot_id:
        return claim
    return replace(claim, conversation=services.cody.conversation(claim.conversation.id))


def has_all(claim: Claim, held: Held, newest: Page[Message], services: Services) -> bool:
    """Whether the newest page shows that nothing was said since."""
    if newest.is_last or (held.since and newest.rows[-1].created_at < held.since):
        return has(
            claim, held, [one for one in transcript.oldest_first(newest.rows) if one.created_at >= held.since], services
        )
    # Cody counts the messages of all parts: of a later one this is never so.
    return newest.total == held.messages and newest.rows[0].created_at == held.last_said_at


def has(claim: Claim, held: Held, messages: list[Message], services: Services) -> bool:
    """Whether the case holds just these."""
    safe = services.redaction.of(claim.conversation, messages)
    return transcript.digest(safe.messages) == held.digest


def record(claim: Claim, held: Held, services: Services, newest: Sequence[Message] = ()) -> bool:
    """Write down that there is a case, and when to look for what is said later.

    `newest` are the conversation's latest messages, the newest first, also where the bot alone has spoken since.
    """
    settings, bot, now = services.settings, claim.conversation.bot_id, services.clock()
    said_to = max([held.last_said_at, *(message.created_at for message in newest[:1])])
    if not (settings.follow_up_hours or settings.conversation_split_hours):
        return services.ledger.created(claim, held)
    # Cody's feed does not tell of an answer that is no longer empty.
    is_fed = bool(bot) and not quiet.is_coming(newest) and services.feed.is_trusted(bot)
    look = quiet.next_look_seconds(said_to, now, settings.follow_up_hours, is_fed=is_fed)
    if look is None and settings.conversation_split_hours and not _all_fed(bot, services):
        look = quiet.next_part_seconds(said_to, now, settings.conversation_split_hours, is_endless=held.since > 0)
    return services.ledger.created(claim, held, look, settings.conversation_quiet_seconds)


def _all_fed(bot: str, services: Services) -> bool:
    """Whether Cody's feed tells of this bot's messages; of which bot a finished conversation is nobody knows."""
    return all(one and services.feed.is_trusted(one) for one in ([bot] if bot else services.settings.bots))


def judge_feed(claim: Claim, messages: list[Message], services: Services) -> None:
    """Whether Cody's list of all messages told of what the conversation turned out to hold."""
    spoken = max(message.created_at for message in messages if not message.by_machine)
    if not services.feed.judge(claim.conversation.bot_id, spoken, claim.moved_at, claim.seen_at):
        report(FeedMissed(claim.conversation.bot_id))


@dataclass
class Update:
    """What a case lacks: `case` has its fields as they stand in Zoho, `held` what we know to have written."""

    claim: Claim
    held: Held
    draft: CaseDraft
    form: Form
    messages: list[Message]
    case: dict[str, Any]
    services: Services

    def __post_init__(self) -> None:
        self.description = str(self.case.get("Description") or "")
        self.is_ours = bool(self.held.described) and cases.fingerprint(self.description) == self.held.described
        self.has_all = cases.squeezed(self.draft.whole) in cases.squeezed(self.description)
        self.known = self._known()

    def write(self) -> str:
        """Write it; returns the fingerprint of a new description, empty where the old one stays."""
        # Before the figures: a ledger that is lost now is told by them how far the case goes.
        rest, changes = self.rest(), self.changes()
        if rest:
            filing.complete(self.claim, Inserted(self.held.case_id, was_there=True), rest, self.services)
        if changes:
            # Whoever wants no workflow when a case is made wants none when it is brought up to date either.
            silence = {name: value for name, value in self.form.beside.items() if name == "trigger"}
            self.services.cases.update(self.held.case_id, changes, str(self.case["Modified_Time"]), silence)
        # An earlier attempt whose answer was lost may have written all of it; the ledger knows of none of that.
        if rest or changes or len(self.messages) > (self.held.messages or len(self.messages)):
            report(CaseFollowedUp(self.held.case_id, len(self.messages)))
        return cases.fingerprint(str(changes["Description"])) if "Description" in changes else ""

    def changes(self) -> dict[str, Any]:
        """Fields that are written anew."""
        return {**self._new_description(), **self._changed_figures(), **self._new_status()}

    def rest(self) -> CaseDraft | None:
        """The draft of which notes and files are added, as far as they are not there; None where nothing is."""
        is_told = self.has_all or self._new_description()
        return None if is_told and not self.services.settings.enable_notes else self._untold()

    def _new_description(self) -> dict[str, Any]:
        fits = self.draft.described == self.draft.whole
        return {"Description": self.draft.fields["Description"]} if fits and self.is_ours and not self.has_all else {}

    def _known(self) -> int:
        """How many of the messages, from the first, the case holds for sure; 0 where nobody can tell."""
        count = self.held.messages
        if count is None:
            return counted(self.case, len(self.messages), self.services)
        is_as_it_was = transcript.digest(self.messages[:count]) == self.held.digest
        return max(count, self._described()) if is_as_it_was else 0

    def _described(self) -> int:
        """Up to which message the description goes: a ledger that was restored knows of less than was written since."""
        if self.is_ours:
            return 0
        there, form = cases.squeezed(self.description), self.form

        def is_missing(count: int) -> bool:
            said = transcript.text(self.messages[:count], form.zone, plain=form.plain)
            return cases.squeezed(said) not in there

        # Each beginning holds all shorter ones.
        return bisect_left(range(1, len(self.messages) + 1), True, key=is_missing)

    def _changed_figures(self) -> dict[str, Any]:
        """Those that nobody but us has written."""
        conversation = replace(self.claim.conversation, id=self.draft.conversation_id)
        before = cases.figures(conversation, self.messages[: self.known], self.services.settings.zoho_field_map)
        return {
            name: value
            for name, value in _figures(self.draft, self.services).items()
            if not _same(self.case.get(name), value)
            and (_same(self.case.get(name), before[name]) if self.known else self.is_ours)
        }

    def _new_status(self) -> dict[str, Any]:
        wanted, before = self.services.settings.follow_up_status, self.held.messages
        # As many as before, but not the same: an answer was completed, or what is redacted has changed since.
        # Where nobody can tell how far the case went before, a description that has all says that nothing is new.
        said_more = not self.has_all and (before is None or len(self.messages) > before)
        visitor_spoke = said_more and any(not message.by_machine for message in self.messages[self.known :])
        return {"Status": wanted} if wanted and visitor_spoke and self.case.get("Status") != wanted else {}

    def _untold(self) -> CaseDraft | None:
        titles = self.services.cases.note_titles(self.held.case_id)
        # Where Cody has changed what the case holds, what its notes say of the same messages is no longer all.
        is_as_it_was = self.known or self.held.messages is None
        known = max(self.known, _told_in(titles, self.draft.conversation_id)) if is_as_it_was else 0
        if known >= len(self.messages):
            return None
        return _rest(self.draft, self.messages, known, self.form) if self.known else cases.entire(self.draft)


def counted(case: dict[str, Any], most: int, services: Services) -> int:
    """How many messages a case says it holds; 0 where it does not, or somebody wrote what cannot be."""
    try:
        count = int(float(case.get(services.settings.zoho_field_map.get("messages", "")) or 0))
    except (TypeError, ValueError, OverflowError):
        return 0
    return count if 0 <= count <= most else 0


def _figures(draft: CaseDraft, services: Services) -> dict[str, Any]:
    """The figures of a draft by the fields they go to, without the conversation's id."""
    fields = services.settings.zoho_field_map
    return {field: draft.fields[field] for name, field in fields.items() if name != "conversation_id"}


def _rest(draft: CaseDraft, messages: list[Message], known: int, form: Form) -> CaseDraft:
    """The messages that are not known, in notes; the transcript as a file where that would be too many."""
    said = transcript.text(messages[known:], form.zone, plain=form.plain)
    contents = list(transcript.parts(said, cases.NOTE_LIMIT))
    if len(contents) > cases.MOST_NOTES:
        return cases.entire(draft)
    title = f"Cody messages {known + 1}-{len(messages)} {{}}/{len(contents)} [{draft.conversation_id}]"
    notes = tuple(Note(title.format(number), content) for number, content in enumerate(contents, 1))
    return replace(draft, notes=notes, attachments=())


def _told_in(titles: Iterable[str], conversation_id: str) -> int:
    """Up to which message the notes of earlier follow-ups go, as far as all parts of them are there."""
    pattern = re.compile(rf"Cody messages \d+-(\d+) \d+/(\d+) \[{re.escape(conversation_id)}\]")
    found = Counter(match.groups() for title in titles if (match := pattern.fullmatch(title)))
    return max((int(last) for (last, parts), count in found.items() if count >= int(parts)), default=0)


def _same(in_zoho: Any, ours: Any) -> bool:
    """Zoho may answer a number as a text."""
    try:
        return float(in_zoho) == float(ours)
    except (TypeError, ValueError):
        return bool(in_zoho == ours)
