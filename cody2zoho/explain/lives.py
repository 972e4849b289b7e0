"""The life of one conversation: what the ledger, Cody and Zoho know of it now, each asked by itself."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import tzinfo

from redis.exceptions import RedisError

from cody2zoho.errors import Cody2ZohoError, Gone
from cody2zoho.ledger.blocks import STOPS_WORK
from cody2zoho.ledger.keys import distinct_key, since_of
from cody2zoho.ledger.records import Held
from cody2zoho.limits.permits import patient
from cody2zoho.models import Conversation, Message
from cody2zoho.reconcile.comparison import owner_of
from cody2zoho.services import Services
from cody2zoho.settings.formats import since
from cody2zoho.text import transcript

#: A person waits; while workers use up Cody's limit, a turn comes within seconds.
_PATIENCE_SECONDS = 20.0

#: Of a conversation with many parts only the latest cases are read.
_MOST_READ = 10

#: Zoho's record ids; Cody's have 12 characters.
_CASE_ID = re.compile(r"[0-9]{15,}")


@dataclass(frozen=True)
class HeldCase:
    """A case in Zoho; `messages` is how many it holds, None where no field counts them.

    `since` is the Unix second at which its part of the conversation begins, 0 = the first or only one.
    """

    case_id: str
    messages: int | None
    since: int = 0


@dataclass
class Life:
    """Moments in Unix seconds. What could not be asked stands in `away`, with the reason."""

    given: str
    now: float
    zone: tzinfo
    conversation_id: str = ""
    ledger: dict[str, str] = field(default_factory=dict)
    next_look: float | None = None
    #: Before this moment conversations do not count.
    line: int = 0
    #: Whether a poll has read Cody's list at the place where this conversation stands.
    was_polled: bool = False
    #: None where Cody does not have it.
    conversation: Conversation | None = None
    is_ours: bool = True
    #: Whether a batch of the backfill under way has it, or will.
    in_backfill: bool = False
    #: Whether long silences split conversations.
    is_split: bool = False
    #: What was said, the oldest first; a customer's words.
    said: list[Message] = field(default_factory=list, repr=False)
    cases: list[HeldCase] = field(default_factory=list)
    blocked: str = ""
    #: Why its bot, or everything, is paused.
    paused: str = ""
    #: Whether the ledger may be trusted; no case is made before.
    is_filled: bool = True
    away: dict[str, str] = field(default_factory=dict)

    @property
    def has_parts(self) -> bool:
        """Whether silences have split it into several cases."""
        return any(one.since for one in self.cases)

    @property
    def has_duplicates(self) -> bool:
        return len({one.since for one in self.cases}) < len(self.cases)

    @property
    def state(self) -> str:
        """The ledger's; empty where it knows none."""
        return self.ledger.get("state", "")

    @property
    def held(self) -> Held | None:
        """What its case holds, as far as the ledger knows; None where it knows of no case."""
        facts = [self.ledger.get(name, "") for name in ("case", "messages", "digest", "last_said_at", "described")]
        return Held.of(f"{' '.join(facts)} @{self.ledger.get('since', 0)}") if facts[0] else None

    @property
    def messages(self) -> int:
        return len(self.said)

    @property
    def something_said(self) -> bool:
        return transcript.something_said(self.said)


def look(services: Services, given: str) -> Life:
    """Ask all three about a conversation or a case; who is away is left out."""
    permit = patient(services.cody.permit, _PATIENCE_SECONDS)
    services = replace(services, cody=replace(services.cody, permit=permit))
    is_split = services.settings.conversation_split_hours > 0
    life = Life(given, services.clock(), services.settings.zone, is_split=is_split)
    if _CASE_ID.fullmatch(given):
        _asked("zoho", _begin_with_case, services, life)
    else:
        life.conversation_id = given
    if life.conversation_id:
        _asked("cody", _ask_cody, services, life)
        _asked("ledger", _ask_ledger, services, life)
        _asked("zoho", _ask_zoho, services, life)
    return life


def _asked(whom: str, ask: Callable[[Services, Life], None], services: Services, life: Life) -> None:
    try:
        ask(services, life)
    except Cody2ZohoError as error:
        life.away[whom] = str(error)
    except RedisError as error:
        # Zoho's token is kept there too.
        life.away[whom] = f"Redis does not answer ({type(error).__name__})"


def _begin_with_case(services: Services, life: Life) -> None:
    key = services.cases.unique_field
    found = services.cases.read(life.given, key) or {}
    life.conversation_id = owner_of(str(found.get(key) or ""))


def _ask_cody(services: Services, life: Life) -> None:
    try:
        life.conversation = services.cody.conversation(life.conversation_id)
        with_sources = services.forms.of(life.conversation.bot_id).sources
        life.said = services.cody.messages(life.conversation_id, with_sources=with_sources)
    except Gone:
        life.conversation = None
        return
    bots = services.settings.bots
    life.is_ours = None in bots or life.conversation.bot_id in bots


def _ask_ledger(services: Services, life: Life) -> None:
    life.ledger = services.ledger.about(life.conversation_id)
    life.next_look = int(life.ledger["next_look"]) / 1000 if "next_look" in life.ledger else None
    life.line = services.places.line_or(since(services.settings.sync_since, services.clock()))
    life.is_filled = services.ledger.is_open()
    blocked = services.blocks.current()
    life.blocked = " ".join(blocked.values()) if not blocked.keys().isdisjoint(STOPS_WORK) else ""
    pause = services.paused.of(life.conversation.bot_id if life.conversation else life.ledger.get("bot", ""))
    life.paused = pause.words(life.now) if pause else ""
    if life.conversation:
        life.in_backfill = services.history.has(life.conversation)
        bot = "all" if None in services.settings.bots else life.conversation.bot_id
        place = services.places.place(bot, life.line)
        life.was_polled = life.conversation.created_at <= (place.known_to if place.offset else place.top)


def _ask_zoho(services: Services, life: Life) -> None:
    """One query, and a second for a conversation whose plain id another one has; a third where it may have parts."""
    found: list[tuple[str, str]] = []
    for key in (life.conversation_id, distinct_key(life.conversation_id)):
        found = found or _owned(services.cases.with_key(key), life.conversation_id)
    if life.is_split or "since" in life.ledger:
        found = [*found, *_owned(services.cases.parts_of(life.conversation_id), life.conversation_id)]
    parts = sorted(set(found), key=lambda case: (since_of(case[1]), case[0]))
    life.cases = [
        HeldCase(one, _messages_in(services, one) if left < _MOST_READ else None, since_of(key))
        for left, (one, key) in zip(reversed(range(len(parts))), parts, strict=True)
    ]


def _owned(found: list[tuple[str, str]], conversation_id: str) -> list[tuple[str, str]]:
    return [(one, key) for one, key in found if owner_of(key) == conversation_id]


def _messages_in(services: Services, case_id: str) -> int | None:
    name = services.settings.zoho_field_map.get("messages", "")
    found = services.cases.read(case_id, name) if name else None
    count = found.get(name) if found else None
    return None if count is None else int(count)
