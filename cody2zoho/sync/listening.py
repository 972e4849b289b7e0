"""Hearing which conversations move, from Cody's list of all messages: one request a poll, however many are open.

It is a hint that spares requests. A conversation it does not tell of is looked at all the same, when it may be over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from cody2zoho.cody.api import Page
from cody2zoho.errors import Cody2ZohoError, Gone, OutOfTurn, Permanent, Transient
from cody2zoho.ledger.feed import Place
from cody2zoho.models import Said
from cody2zoho.services import Services
from cody2zoho.settings.formats import since
from cody2zoho.sync import quiet
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import FeedNotUsed, FeedPostponed

#: Pages of ten messages that one poll reads at most.
_PAGES = 8

_PER_PAGE = 10

#: Unknown conversations that one poll asks Cody about at most.
_ASKED_AT_ONCE = 5

#: A message may turn up so long after the second that it bears: an answer takes time, and bears that of its question.
_LATE_SECONDS = 180

#: Redis may have been lost for so long when the ledger is filled anew.
_LOST_SECONDS = 900

#: A list that is not what it should be is tried again after so long.
_LEAVE_SECONDS = 3_600


@dataclass(frozen=True)
class Heard:
    """What was said since the last time, how far the list is known now, and since when, in Unix seconds."""

    said: list[Said]
    place: Place
    read_at: float


def hear(services: Services) -> Heard | None:
    """What was said since the last time; None where nobody can tell, or wants to know. Raises Blocked.

    To be noted after the lists of conversations were read: nobody speaks in a conversation before it is listed.
    """
    settings = services.settings
    wanted = settings.conversation_quiet_seconds or settings.follow_up_hours or settings.conversation_split_hours
    if not wanted or not services.ledger.is_open():
        return None
    place, now = services.feed.place(), services.clock()
    if place.broken:
        return None
    try:
        return _since(place, now, services)
    except OutOfTurn:
        return None
    except Transient as error:
        report(FeedPostponed(str(error)))
    except (Gone, Permanent) as error:
        leave(str(error), services)
    return None


def note(heard: Heard | None, services: Services) -> int:
    """Let the ledger know; returns how many conversations have moved."""
    # Redis that was lost meanwhile knows none of these conversations: they are to be heard once more, when it does.
    if heard is None or not services.ledger.is_open():
        return 0
    settings, now = services.settings, services.clock()
    newest: dict[str, int] = {}
    for one in heard.said:
        newest[one.conversation_id] = max(one.at, newest.get(one.conversation_id, 0))
    # Before the ledger is asked: whoever claims one meanwhile asks after the claim.
    services.history.hear(newest)
    quiet_seconds = settings.conversation_quiet_seconds
    waits = ((one, at, quiet.first_look_seconds(at, now, quiet_seconds)) for one, at in newest.items())
    longest = quiet.longest_seconds(quiet_seconds)
    if settings.conversation_split_hours:
        _note_strangers(newest, services)
    goes_on = settings.follow_up_hours > 0 or settings.conversation_split_hours > 0
    moved = services.ledger.moved(waits, longest, follow_up=goes_on)
    services.feed.keep(heard.place, heard.read_at)
    return moved


def _note_strangers(newest: Mapping[str, int], services: Services) -> None:
    """Conversations that are not listed, because they began before the line, may go on with a part behind it.

    One that Cody cannot be asked for now is asked for at a later poll.
    """
    line = services.places.line_or(since(services.settings.sync_since, services.clock()))
    ids = [one for one, at in newest.items() if at >= line]
    known = services.ledger.looked_up(ids)
    for one in services.strangers.meet([one for one in ids if one not in known], _ASKED_AT_ONCE):
        try:
            conversation = services.cody.conversation(one)
        except Gone:
            services.strangers.know(one, services.clock())
            continue
        except Cody2ZohoError as error:
            report(FeedPostponed(str(error)))
            return
        if None in services.settings.bots or conversation.bot_id in services.settings.bots:
            services.ledger.add_new([conversation], lambda _: services.settings.conversation_quiet_seconds)
            services.strangers.forget(one)
        else:
            services.strangers.know(one, services.clock())


def _since(place: Place, now: float, services: Services) -> Heard | None:
    """From the newest message down to what is known, and then on in the gap below, as far as one poll goes."""
    reading = _Reading(services)
    try:
        # The first time: what was said since the first case could be made, and while the ledger may have been lost.
        known_to = place.top or int(services.ledger.opened_at()) - _LOST_SECONDS
        reached = reading.down(1, known_to, place.ids)
        on_top = sum(one.at >= place.top and one.id not in place.ids for one in reading.rows)
        new = [one for one in reading.rows if one.at > place.top - _LATE_SECONDS and one.id not in place.ids]
        gap_to, offset = place.gap_to, place.offset + on_top
        if not reached:
            gap_to, offset = gap_to or known_to, max(0, min(len(reading.rows), reading.depth))
        elif gap_to:
            head, above = len(reading.rows), (offset // _PER_PAGE - reading.pages) * _PER_PAGE
            reached = reading.down(offset // _PER_PAGE + 1, gap_to)
            gap_to, offset = (0, 0) if reached else (gap_to, above + reading.depth)
            new += reading.rows[head:]
    except _OutOfOrderError:
        _leave("Cody does not list messages newest first", services)
        return None
    top = max([place.top, *(one.at for one in reading.rows)])
    ids = frozenset(one.id for one in reading.rows if one.at > top - _LATE_SECONDS)
    ids |= place.ids if top == place.top else frozenset()
    return Heard(new, Place(top, ids, gap_to, offset if gap_to else 0), now)


class _OutOfOrderError(Exception):
    """An older message stands above a newer one."""


@dataclass
class _Reading:
    """The reading of one poll."""

    services: Services
    #: Each message once: what comes on top meanwhile moves known rows onto the next page.
    rows: list[Said] = field(default_factory=list)
    pages: int = 0
    #: By how much the list has grown since the first page.
    grown: int = 0
    _total: int | None = None

    def down(self, number: int, second: int, known: frozenset[str] = frozenset()) -> bool:
        """Read from a page on until all that is as new as a second was read, or known; whether it came so far."""
        while self.pages < _PAGES:
            try:
                page = self._page(number)
            except Transient:
                # What was read is not to be read again, least of all where Cody's limit is used up.
                if not self.pages:
                    raise
                return False
            read = {one.id for one in self.rows}
            self.rows += [one for one in page.rows if one.id not in read]
            number += 1
            # What came on top since the page before may begin this one.
            if any(later.at > earlier.at for earlier, later in pairwise(page.rows)):
                raise _OutOfOrderError
            is_known = all(one.id in known for one in page.rows)
            if page.is_last or not second or page.rows[-1].at < second or is_known:
                return True
        return False

    @property
    def depth(self) -> int:
        """Rows of the list, as it was at first, that as many pages reach."""
        return self.pages * _PER_PAGE - self.grown

    def _page(self, number: int) -> Page[Said]:
        page = self.services.cody.feed(number)
        self.pages += 1
        if self._total is None:
            self._total = page.total
        elif page.total is not None:
            self.grown = max(self.grown, page.total - self._total)
        return page


def leave(refusal: str, services: Services) -> None:
    """Do without it for a while."""
    _leave(f"Cody does not list all messages: {refusal}", services)


def _leave(why: str, services: Services) -> None:
    report(FeedNotUsed(why))
    services.feed.leave(why, _LEAVE_SECONDS)
