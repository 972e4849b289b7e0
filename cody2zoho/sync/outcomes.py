"""What an attempt at one conversation comes to, and what is noted of it: each error leads to one of these."""

import random
from dataclasses import dataclass

from cody2zoho.errors import Blocked, OutcomeUnknown, OutOfTurn, Transient
from cody2zoho.ledger.blocks import PROBE_SECONDS
from cody2zoho.ledger.claims import Claim
from cody2zoho.ledger.records import State
from cody2zoho.services import Services
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import CasePostponed, ConversationEmpty, ConversationGone, ConversationParked

#: A wait up to this is left to the task's own retry; the agenda then only steps in should that be lost.
SHORT_WAIT_SECONDS = 30
_RETRY_LOST_AFTER_SECONDS = 10

_LONGEST_WAIT_SECONDS = 900

_ON_ITS_WAY_SECONDS = 60

#: An empty conversation is looked at again after a minute at first, then after half its age.
_FIRST_EMPTY_WAIT_SECONDS = 60
_SILENT = "nothing was said yet"


@dataclass(frozen=True)
class Outcome:
    """What became of one conversation: a sentence for people, and a short wait where it is worth one."""

    words: str
    retry_in_seconds: float | None = None
    #: From the moment at which it was due to its case: quiet, and found.
    delay_seconds: float | None = None
    #: Of its messages, where they were read: how many, and their characters together.
    messages: int | None = None
    characters: int | None = None

    @property
    def what(self) -> str:
        """The first of the words: `case`, `waiting`, `postponed`, `parked`, `let go` or `nothing to do`."""
        what = self.words.partition(":")[0]
        return "case" if what.startswith("case ") else what

    def __str__(self) -> str:
        return self.words


def gone(claim: Claim, services: Services) -> Outcome:
    """Let go for good, unless Cody still knows the conversation, or whoever answered knows nothing at all."""
    try:
        if services.cody.has(claim.conversation.id):
            return postponed(claim, Transient("Cody knows a conversation, but not its messages"), services)
    except OutOfTurn as error:
        return put_off(claim, error, services)
    except Transient as error:
        return postponed(claim, error, services)
    except Blocked as error:
        return held_up(claim, error, services)
    if claim.held:
        services.ledger.created(claim, claim.held)
        return Outcome(f"case {claim.held.case_id}: the conversation was deleted at Cody")
    services.ledger.let_go(claim, State.GONE)
    report(ConversationGone())
    return Outcome("let go: deleted at Cody")


def nothing_said(claim: Claim, services: Services, said_to: int = 0) -> Outcome:
    """No case yet, perhaps never: someone may still be about to type. `said_to` is the second of the newest message."""
    age_seconds = services.clock() - claim.conversation.created_at
    if age_seconds < services.settings.empty_conversation_hours * 3600:
        services.ledger.wait(claim, max(_FIRST_EMPTY_WAIT_SECONDS, age_seconds / 2), _SILENT)
        return Outcome(f"waiting: {_SILENT}")
    services.ledger.let_go(claim, State.EMPTY, said_to, services.settings.conversation_quiet_seconds)
    report(ConversationEmpty())
    return Outcome("let go: nothing was said")


def put_off(claim: Claim, error: OutOfTurn, services: Services) -> Outcome:
    """Our own limits let it wait; that is no attempt, and no news."""
    services.ledger.later(claim, error.retry_after_seconds or 0, str(error), counts=False)
    return Outcome(f"waiting: {error}")


def postponed(claim: Claim, error: Transient, services: Services) -> Outcome:
    """A passing fault, tried again after a pause that grows, and for MAX_ATTEMPTS_HOURS at the most."""
    if claim.trying_seconds > services.settings.max_attempts_hours * 3600:
        return parked(claim, f"Tried for {services.settings.max_attempts_hours:g} hours: {error}", services)
    seconds = wait_seconds(claim.attempts, error.retry_after_seconds)
    if isinstance(error, OutcomeUnknown) and not services.key_field.was_unique:
        # What may still be on its way to Zoho must have arrived before we look whether it has.
        seconds = max(seconds, _ON_ITS_WAY_SECONDS)
    # A message that waits for longer than the broker keeps it would be handed out again meanwhile.
    is_short = seconds <= min(SHORT_WAIT_SECONDS, services.settings.visibility_timeout_seconds / 2)
    services.ledger.later(claim, seconds + (_RETRY_LOST_AFTER_SECONDS if is_short else 0), str(error))
    report(CasePostponed(str(error), round(seconds), claim.attempts))
    return Outcome(f"postponed: {error}", seconds if is_short else None)


def parked(claim: Claim, reason: str, services: Services) -> Outcome:
    """Trying again cannot help; a person has to look."""
    services.ledger.park(claim, reason)
    report(ConversationParked(reason))
    return Outcome(f"parked: {reason}")


def wait_seconds(attempts: int, retry_after_seconds: float | None) -> float:
    """Doubling from 2 seconds to 15 minutes, up to half of it left to chance, and never before an API allows."""
    ceiling = min(_LONGEST_WAIT_SECONDS, 2.0 ** min(attempts, 10))
    return max(ceiling * random.uniform(0.5, 1), (retry_after_seconds or 0) * random.uniform(1, 1.1))


def held_up(claim: Claim, error: Blocked, services: Services) -> Outcome:
    """A person has to mend something first; the conversation itself is not at fault, however long that takes."""
    services.ledger.later(claim, PROBE_SECONDS, str(error), anew=True)
    services.blocks.put(error.what, str(error))
    return Outcome(f"waiting: {error}")
