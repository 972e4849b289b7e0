"""A case as it would be made now, for a person to look at: nothing is made, changed or kept, here or anywhere.

What is asked counts towards the limits like all else. A customer's words go to whoever asked, and into no log.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from cody2zoho import cases
from cody2zoho.cases.origins import origins
from cody2zoho.checks.case_file import misfit
from cody2zoho.errors import Gone, Refused, Transient
from cody2zoho.explain import why
from cody2zoho.explain.lives import Life, look
from cody2zoho.ledger.claims import Claim
from cody2zoho.ledger.records import Held, State
from cody2zoho.limits.permits import patient
from cody2zoho.models import Address, CaseDraft, ContactChoice, Conversation
from cody2zoho.redaction import Redacted
from cody2zoho.services import Services
from cody2zoho.settings import Settings
from cody2zoho.sync import drafting, following, parts, quiet
from cody2zoho.sync.parts import Part
from cody2zoho.text import transcript
from cody2zoho.text.times import span
from cody2zoho.zoho.fields import Field

#: For one request: a minute's requests may be used up.
_PATIENCE_SECONDS = 90.0

_NAMES = {"cody": "Cody", "zoho": "Zoho", "ledger": "Redis"}

#: What the request holds that is no field of Cases, or none that Zoho describes.
_UNDESCRIBED = {"Tag", "Layout"}


@dataclass(frozen=True)
class Later:
    """What a follow-up would write into a case that is there: fields anew, and a draft's notes and files."""

    words: str
    changes: dict[str, object]
    rest: CaseDraft | None = None


@dataclass(frozen=True)
class Preview:
    """What would become of one conversation now, `now` says that in words.

    `draft` is None where there is nothing to make one of. `origins` names where each field's value comes from, and
    `wrong` why Zoho would not take it. `later` is there where a case is.
    """

    life: Life
    conversation: Conversation
    is_made_now: bool
    now: str
    contact: str = ""
    #: Whether the contact is one that would be made with it, and so has no id yet.
    makes_contact: bool = False
    draft: CaseDraft | None = None
    origins: dict[str, str] | None = None
    wrong: dict[str, str] | None = None
    fields: dict[str, Field] | None = None
    later: Later | None = None


def looking(services: Services, sleep: Callable[[float], None] = time.sleep) -> Services:
    """Services that wait for their turn at Cody, and of contacts neither make nor keep any."""
    permit = patient(services.cody.permit, _PATIENCE_SECONDS, sleep)
    return replace(services, cody=replace(services.cody, permit=permit), matching=services.matching.looking())


def latest(services: Services, count: int, bot: str | None = None) -> list[str]:
    """Ids of the newest conversations of a bot, or of all of CODY_BOT_ID. Raises what Cody raises."""
    found: dict[str, Conversation] = {}
    for one in (bot,) if bot else services.settings.bots:
        rows: list[Conversation] = []
        for page in services.cody.conversations_since(one, 0):
            rows += page
            if len(rows) >= count:
                break
        if one and not rows:
            services.cody.ensure_bot(one)
        found |= {row.id: row for row in rows}
    return sorted(found, key=lambda one: found[one].created_at, reverse=True)[:count]


def preview(services: Services, given: str, fields: dict[str, Field]) -> Preview:
    """Of a conversation, by its id or its case's; `services` only look, `fields` are those of Cases.

    Raises Gone where Cody does not have it, Transient where somebody cannot be asked, and what Zoho raises.
    """
    life = look(services, given)
    for whom, reason in life.away.items():
        raise Transient(f"{_NAMES[whom]} cannot be asked: {reason}")
    conversation = life.conversation
    if not life.conversation_id:
        raise Gone(f"Zoho has no case {given} with a conversation id: it was deleted, or never was one of ours")
    if conversation is None:
        raise Gone(f"Cody has no conversation {life.conversation_id}: it was deleted, or the id is mistyped")
    part = parts.latest(conversation, life.held, life.said, services) if life.something_said else None
    is_next = bool(part and life.held and part.conversation.since > life.held.since)
    is_made_now, now = _now(life, conversation, services, is_next=is_next)
    shown = Preview(life, conversation, is_made_now, now)
    if life.state == State.FORGOTTEN or not part:
        return shown
    # All of it at one moment.
    return _drawn_up(shown, part, fields, replace(services, clock=lambda: life.now), has_case=not is_next)


def _drawn_up(shown: Preview, part: Part, fields: dict[str, Field], services: Services, *, has_case: bool) -> Preview:
    life, conversation = shown.life, part.conversation
    safe = services.redaction.of(conversation, part.messages)
    choice = services.matching.choose(safe.conversation.name, safe.messages, may_create=False)
    named = services.matching.named(safe.conversation.name, safe.messages)
    makes_contact = choice.contact_id is None and bool(choice.is_visitors or services.settings.zoho_contact_name)
    words = contact_words(choice, named, services.settings)
    shown = replace(shown, contact=words, makes_contact=makes_contact)
    try:
        draft = drafting.of_redacted(safe, choice, services)
        later = _later(life, conversation, safe, services) if life.held and has_case else None
    except Refused as error:
        return replace(shown, is_made_now=False, now=f"it would be parked: {error}")
    wrong = dict(_misfits({**draft.fields, **(later.changes if later else {})}, fields))
    if wrong and shown.is_made_now:
        shown = replace(shown, is_made_now=False, now="Zoho would not take all of it: see ✗ below")
    return replace(shown, draft=draft, later=later, origins=_origins(draft, safe, services), wrong=wrong, fields=fields)


def _now(life: Life, conversation: Conversation, services: Services, *, is_next: bool) -> tuple[bool, str]:
    """Whether its case is made now, and what happens, in the order in which a worker looks.

    `is_next`: its latest part comes after the one that has its case.
    """
    if life.state == State.FORGOTTEN:
        return False, "no case: a person had it forgotten"
    if is_next and life.state in (State.WAITING, State.WORKING, State.CREATED):
        return _next_part(life, services)
    if life.cases or life.state == State.CREATED:
        return False, _has_case(life)
    if life.state not in (State.WAITING, State.WORKING, ""):
        return False, f"no case: {why.ledger_says(life)}; next: {why.what_next(life)}"
    if not life.is_ours or conversation.created_at < life.line:
        return False, f"no case: {why.what_next(life).removeprefix('nothing: ')}"
    if not life.something_said:
        return False, _silent(life, conversation, services)
    if words := _what_holds_it_up(life, services):
        return False, words
    if life.state == State.WAITING:
        return True, "a worker makes the case as soon as one is free"
    return True, "the next poll finds it, and a worker makes the case"


def _next_part(life: Life, services: Services) -> tuple[bool, str]:
    what = "its latest part becomes a case of its own"
    if words := _what_holds_it_up(life, services):
        return False, f"{words}; {what}"
    if life.state == State.CREATED and not life.next_look:
        return False, f"{what} when a poll hears of it"
    return (life.next_look or 0) - life.now < 1, f"{what} {_when(life, services)}"


def _has_case(life: Life) -> str:
    if not life.cases:
        return f"no new case: {why.what_next(life) if life.held else 'the earlier product made its case'}"
    ids = ", ".join(one.case_id for one in life.cases)
    if not life.held:
        return f"no new case: Zoho has {ids}, which is adopted and gets what it lacks"
    return f"no new case: it has {ids}; what follows is what it would be if it were made now"


def _silent(life: Life, conversation: Conversation, services: Services) -> str:
    hours = services.settings.empty_conversation_hours
    if life.now - conversation.created_at < hours * 3600:
        return "no case yet: no visitor has said anything"
    return f"no case: no visitor said anything within {hours} hours (EMPTY_CONVERSATION_HOURS)"


def _what_holds_it_up(life: Life, services: Services) -> str:
    """Empty where nothing does."""
    if life.state == State.WORKING:
        return "a worker makes the case at this moment"
    if life.blocked:
        return f"it waits until someone mends what blocks all work: {life.blocked}"
    if life.paused:
        return f"it waits until `cody2zoho resume`: {life.paused}"
    if left := _seconds_left(life, services):
        return f"it waits for {span(left)}: the conversation goes on (CONVERSATION_QUIET_SECONDS)"
    if not life.is_filled:
        return "it waits until the ledger is filled from Zoho, which a worker does by itself"
    if life.state == State.WAITING and (wait := (life.next_look or 0) - life.now) >= 1:
        reason = life.ledger.get("reason", "")
        return f"a worker makes the case in {span(wait)}{f'; it waits: {reason}' if reason else ''}"
    return ""


def _seconds_left(life: Life, services: Services) -> float:
    seen_at = int(life.ledger.get("seen") or life.now * 1000) / 1000
    newest, quiet_seconds = life.said[::-1], services.settings.conversation_quiet_seconds
    began_at = life.conversation.created_at if life.conversation else life.now
    since = quiet.going_since(newest, began_at, seen_at, life.now, quiet_seconds)
    return quiet.seconds_left(newest, since, life.now, quiet_seconds)


def contact_words(choice: ContactChoice, named: Sequence[Address], settings: Settings) -> str:
    """Which contact the case belongs to, and why; `named` are the addresses that the visitor gave."""
    typed = " and ".join(one.value for one in choice.addresses or named)
    match choice.how:
        case "matched":
            return f"{choice.contact_id}, which has {typed} in Zoho"
        case "created":
            return f"a new one, for {typed}: nobody in Zoho has that (CONTACT_CREATE)"
        case "several":
            return f"{_fixed(choice, settings)}. {choice.remark}"
        case "none":
            why_none = f"nobody in Zoho has {typed}" if typed else "the visitor gave no address"
            return f"{_fixed(choice, settings)}: {why_none}"
    return _fixed(choice, settings)


def _fixed(choice: ContactChoice, settings: Settings) -> str:
    if settings.zoho_contact_id:
        return f"{settings.zoho_contact_id} (ZOHO_CONTACT_ID)"
    if not settings.zoho_contact_name:
        return "none"
    who = choice.contact_id or "a new one"
    return f"{who}, named {settings.zoho_contact_name} (ZOHO_CONTACT_NAME)"


def _origins(draft: CaseDraft, safe: Redacted, services: Services) -> dict[str, str]:
    bot_id, forms = safe.conversation.bot_id, services.forms
    form = forms.of(bot_id)
    talk = cases.talk_of(safe.conversation, safe.messages, form, services.clock())
    applying = [number for number, rule in enumerate(form.rules) if cases.applies(rule, talk)]
    found = origins(forms, services.settings, bot_id, applying) | {"Related_To": "see Contact"}
    return {name: found.get(name, "") for name in (*draft.fields, *draft.beside)}


def _misfits(written: dict[str, object], fields: dict[str, Field]) -> Iterator[tuple[str, str]]:
    for name, value in written.items():
        if name in _UNDESCRIBED:
            continue
        if name not in fields:
            yield name, "is no field that Cases show"
        elif wrong := misfit(fields[name], value):
            yield name, f"{wrong.words}: {wrong.mend}"


def _later(life: Life, conversation: Conversation, safe: Redacted, services: Services) -> Later:
    """What is to be added to the case that the ledger knows."""
    held, hours = life.held or Held(""), services.settings.follow_up_hours
    if transcript.digest(safe.messages) == held.digest:
        return Later("nothing was said since", {})
    update = following.update_of(Claim(conversation, "shown", held=held), held, safe, services)
    if update is None:
        return Later("the case was deleted in Zoho: nothing is written", {})
    changes, rest = update.changes(), update.rest()
    if not (changes or rest):
        return Later("the case has all of it", {})
    if not hours:
        return Later("nothing, for FOLLOW_UP_HOURS is 0; else this would be written", changes, rest)
    if life.state == State.CREATED and not life.next_look:
        return Later(
            f"nothing, for the {hours:g} FOLLOW_UP_HOURS have passed; else this would be written", changes, rest
        )
    return Later(f"this would be written {_when(life, services)}", changes, rest)


def _when(life: Life, services: Services) -> str:
    left, look_in = _seconds_left(life, services), max(0, (life.next_look or 0) - life.now)
    if left > look_in:
        return f"in {span(left)}, unless somebody says more"
    return f"in {span(look_in)} at the latest" if look_in >= 1 else "as soon as a worker is free"
