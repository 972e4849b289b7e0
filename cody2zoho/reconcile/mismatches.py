"""What does not match between three lists is looked at once more, one by one: things move while lists are read."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from cody2zoho.errors import Cody2ZohoError, Gone
from cody2zoho.ledger.records import Known, State
from cody2zoho.models import Conversation
from cody2zoho.reconcile.comparison import Comparison
from cody2zoho.services import Services
from cody2zoho.text import transcript

#: The state of a conversation that the ledger does not know.
UNKNOWN = ""

#: Without a case in Zoho one of these is missing; all others have a reason to have none.
_SHOULD_HAVE_ONE = (UNKNOWN, State.CREATED, State.GONE)

#: With a case in Zoho one of these is news to the ledger. What waits or is worked on finds its case by itself.
_UNRECORDED = (UNKNOWN, State.EMPTY, State.GONE)

#: Cases of unlisted conversations that Cody is asked about one by one.
MOST_ASKED = 200

#: A night has two minutes, and work goes on beside it.
_MOST_ASKED_BY_NIGHT = 20

#: Cases of which one must have its conversation at Cody, before others count as erased there.
_MOST_WITNESSES = 3

_PER_LOOK = 500

_FORGOTTEN = "the conversation was forgotten: delete the case, too"

_CODYS_ID = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Missing:
    """A conversation that should have a case and has none; `case_id` is the one the ledger believes in."""

    conversation: Conversation
    case_id: str
    #: What the ledger knows, as `Known.words` has it.
    was: str


@dataclass(frozen=True)
class Orphan:
    """A case without its conversation."""

    case_id: str
    conversation_id: str
    why: str


class Unrecorded(NamedTuple):
    """A case that the ledger does not know of; `since` is the Unix second of its part, 0 = the first."""

    conversation_id: str
    case_id: str
    since: int = 0


def state_of(known: Known | None) -> str:
    return known.state if known else UNKNOWN


def noted(conversation_id: str, known: Known | None) -> tuple[str, str, int]:
    """A conversation as a comparison takes it."""
    return conversation_id, state_of(known), known.since if known else 0


def missing(services: Services, compared: Comparison) -> Iterator[Missing]:
    """Conversations without a case in which something was said, unless the ledger has changed its mind meanwhile."""
    before = dict(compared.missing(*_SHOULD_HAVE_ONE))
    for one, known in _looked_up(services, before):
        if state_of(known) != before[one]:
            continue
        if known and known.is_earlier:
            # Its case has no id in the unique field: Zoho would take a second one.
            continue
        case_id = known.case_id if known else ""
        conversation = _conversation(services, one)
        if conversation and _is_ours(services, conversation) and (case_id or _something_said(services, one)):
            yield Missing(conversation, case_id, known.words if known else UNKNOWN)


def erased(services: Services, compared: Comparison) -> int:
    """How many of the conversations whose case is missing are not at Cody either; 20 of them are asked for.

    With the key of another account none would be there. So one with a case must be, of the newest three.
    """
    asked = [one for one, _ in compared.missing(State.CREATED)[:_MOST_ASKED_BY_NIGHT]]
    count = 0
    try:
        for one in asked:
            count += not services.cody.has(one)
    except Cody2ZohoError:
        return count
    return count if count and _is_their_account(services, compared) else 0


def _is_their_account(services: Services, compared: Comparison) -> bool:
    try:
        return any(map(services.cody.has, compared.newest(_MOST_WITNESSES)))
    except Cody2ZohoError:
        return False


def unrecorded(services: Services, compared: Comparison) -> list[Unrecorded]:
    """Conversations with their latest case, where the ledger does not know of it."""
    cases = {one: (case_id, since) for one, case_id, since in compared.unrecorded(*_UNRECORDED)}
    return [
        Unrecorded(one, *cases[one]) for one, known in _looked_up(services, cases) if state_of(known) in _UNRECORDED
    ]


def unsettled(services: Services, unrecorded: list[Unrecorded], settled_before: float) -> list[Missing]:
    """Those whose case is so young that its worker may have died before it added notes: work, once more."""
    if not unrecorded:
        return []
    young = services.cases.made_since(settled_before)
    found = {one: _conversation(services, one) for one, case_id, _ in unrecorded if case_id in young}
    known = services.ledger.looked_up(list(found))
    return [
        Missing(conversation, "", known[one].words if one in known else UNKNOWN)
        for one, conversation in found.items()
        if conversation
    ]


def orphans(services: Services, line: int, compared: Comparison) -> tuple[list[Orphan], int]:
    """Cases whose conversation is not listed, and how many more there are that Cody was not asked about.

    Those that turn out to be listed after all, or to belong to another, are given their place in the comparison.
    """
    strays = compared.strays()
    forgotten = [Orphan(case_id, owner, _FORGOTTEN) for owner, case_id in compared.held_by(State.FORGOTTEN)]
    found = [Orphan(*stray, _why(services, line, compared, *stray)) for stray in strays[:MOST_ASKED]]
    orphaned = forgotten + [one for one in found if one.why]
    if line:
        # Most of the others may well be older than the line, and their conversations there.
        return orphaned, len(strays[MOST_ASKED:])
    why = "Cody lists no such conversation for the bots of CODY_BOT_ID"
    return orphaned + [Orphan(*stray, why) for stray in strays[MOST_ASKED:]], 0


def place_strays(services: Services, compared: Comparison) -> None:
    """Let the ledger alone say whose the cases of unlisted conversations are."""
    strays = compared.strays()
    known = dict(_looked_up(services, {owner for _, owner in strays}))
    for number, (case_id, owner) in enumerate(strays):
        # Looking for a twin reads all ids once.
        if known[owner] or number >= MOST_ASKED or _given_to_a_twin(compared, case_id, owner):
            compared.note([noted(owner, known[owner])])


def _why(services: Services, line: int, compared: Comparison, case_id: str, owner: str) -> str:
    """Why this case is an orphan; empty where it is none."""
    conversation = _conversation(services, owner)
    if conversation is None:
        return _given_to_a_twin(compared, case_id, owner)
    if not _is_ours(services, conversation):
        return f"the conversation is of bot {conversation.bot_id}, which is not in CODY_BOT_ID"
    if conversation.created_at >= line:
        compared.note([noted(owner, services.ledger.looked_up([owner]).get(owner))])
    return ""


def _given_to_a_twin(compared: Comparison, case_id: str, owner: str) -> str:
    """A person may have typed the id with other capitals."""
    twins = compared.like(owner)
    # A conversation whose own case has a distinct key made room for another one: this case is that one's.
    if len(twins) != 1 or compared.has_distinct_key(twins[0]):
        return "Cody does not have the conversation (any more)"
    compared.give(case_id, twins[0])
    return ""


def _looked_up(services: Services, ids: Iterable[str]) -> Iterator[tuple[str, Known | None]]:
    """What the ledger knows of each now."""
    remaining = iter(ids)
    while some := list(islice(remaining, _PER_LOOK)):
        known = services.ledger.looked_up(some)
        yield from ((one, known.get(one)) for one in some)


def _conversation(services: Services, conversation_id: str) -> Conversation | None:
    """As Cody has it now; None where it has none."""
    if not _CODYS_ID.fullmatch(conversation_id):
        return None
    try:
        return services.cody.conversation(conversation_id)
    except Gone:
        return None


def _is_ours(services: Services, conversation: Conversation) -> bool:
    bots = services.settings.bots
    return None in bots or conversation.bot_id in bots


def _something_said(services: Services, conversation_id: str) -> bool:
    try:
        return transcript.something_said(services.cody.messages(conversation_id))
    except Gone:
        return False
