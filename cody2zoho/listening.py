"""Hearing which conversations move, from Cody's list of all messages: one request a poll, however many are open.

It is a hint that spares requests. A conversation it does not tell of is looked at all the same, when it may be over.
"""

import logging
from dataclasses import dataclass
from itertools import pairwise

from cody2zoho import quiet
from cody2zoho.errors import Gone, OutOfTurn, Permanent, Transient
from cody2zoho.feed import Place
from cody2zoho.models import Said
from cody2zoho.services import Services

log = logging.getLogger(__name__)

#: Pages of ten messages that one poll reads at most.
_PAGES = 5

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
    if not (settings.conversation_quiet_seconds or settings.follow_up_hours) or not services.ledger.is_open():
        return None
    place, now = services.feed.place(), services.clock()
    if place.broken:
        return None
    try:
        return _since(place, now, services)
    except OutOfTurn:
        return None
    except Transient as error:
        log.info("feed_postponed", extra={"reason": str(error)})
    except (Gone, Permanent) as error:
        _leave(f"Cody does not list all messages: {error}", services)
    return None


def note(heard: Heard | None, services: Services) -> int:
    """Let the ledger know; returns how many conversations have moved."""
    if heard is None:
        return 0
    settings, now = services.settings, services.clock()
    newest: dict[str, int] = {}
    for one in heard.said:
        newest[one.conversation_id] = max(one.at, newest.get(one.conversation_id, 0))
    quiet_seconds = settings.conversation_quiet_seconds
    waits = ((one, at, quiet.first_look_seconds(at, now, quiet_seconds)) for one, at in newest.items())
    longest = quiet.longest_seconds(quiet_seconds)
    moved = services.ledger.moved(waits, longest, follow_up=settings.follow_up_hours > 0)
    services.feed.keep(heard.place, heard.read_at)
    return moved


def _since(place: Place, now: float, services: Services) -> Heard | None:
    rows: list[Said] = []
    for number in range(1, _PAGES + 1):
        page = services.cody.feed(number)
        rows += page.rows
        if any(later.at > earlier.at for earlier, later in pairwise(rows)):
            _leave("Cody does not list messages newest first", services)
            return None
        if page.is_last or not place.top or rows[-1].at < place.top:
            return Heard([one for one in rows if _is_new(one, place)], _reached(rows, place), now)
    _leave("more is said than it is read", services)
    return Heard(rows, _reached(rows, place), now)


def _is_new(one: Said, place: Place) -> bool:
    return one.at > place.top or (one.at == place.top and one.id not in place.ids)


def _reached(rows: list[Said], place: Place) -> Place:
    top = max([place.top, *(one.at for one in rows)])
    return Place(top, frozenset(one.id for one in rows if one.at == top), "")


def _leave(why: str, services: Services) -> None:
    log.warning("feed_not_used", extra={"reason": why})
    services.feed.leave(why, _LEAVE_SECONDS)
