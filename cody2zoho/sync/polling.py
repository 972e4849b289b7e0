"""Finding new conversations with as few requests as possible.

Cody lists newest first, by creation. What is known is remembered as a place in that list (`ledger.Place`), so a
poll reads from the top down to what it knows: one page when nothing is new. A list too long for one poll is
read on in the next ones, below what has come on top meanwhile. A slow sweep over all pages, a few at a time,
finds what this may have missed: rows that a deletion moved to a page already read.
"""

import math
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from cody2zoho.cody.api import Page
from cody2zoho.errors import Blocked, Cody2ZohoError, OutOfTurn
from cody2zoho.http import time_limit
from cody2zoho.ledger.places import Place
from cody2zoho.models import Conversation
from cody2zoho.schedule import sweep_steps
from cody2zoho.services import Services
from cody2zoho.settings.formats import since
from cody2zoho.sync import listening, quiet
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import CodyPollCompleted, PollFailed, PollPostponed

#: Pages one poll reads of a bot's list at most; at Cody's 60 requests a minute a poll must leave room for messages.
PAGES_PER_POLL = 20

#: Seconds between two looks whether a bot without conversations exists.
_BOT_CHECK_SECONDS = 3_600

#: Of a task's time, beside all of it for the lists of conversations: twice the time, and the worker counts as hung.
_HEAR_SHARE, _NOTE_SHARE = 0.5, 0.25

_PER_PAGE = 15


@dataclass
class Found:
    """What one poll did."""

    pages: int = 0
    conversations: int = 0
    new: int = 0
    #: Of which Cody's feed told that somebody spoke.
    moved: int = 0
    #: Bots whose list could not be read.
    failed: int = 0

    def __str__(self) -> str:
        return f"{self.new} new of {self.conversations} listed"


def poll(services: Services) -> Found:
    """Note the new conversations of all bots, and those that moved. A bot that fails does not hold up another."""
    began = time.monotonic()
    services.paused.tell()
    heard, refusal = _heard(services)
    found = _each_bot(services, _Reading.poll)
    with time_limit(_NOTE_SHARE * services.settings.task_budget_seconds):
        found.moved = listening.note(heard, services)
    if refusal and found.pages:
        # The key is good for all but this list.
        listening.leave(refusal, services)
    report(CodyPollCompleted(**asdict(found), seconds=time.monotonic() - began))
    return found


def _heard(services: Services) -> tuple[listening.Heard | None, str]:
    """What Cody's list of all messages tells, or why Cody refuses it: of more than this list that says nothing."""
    try:
        with time_limit(_HEAR_SHARE * services.settings.task_budget_seconds):
            return listening.hear(services), ""
    except Blocked as error:
        return None, str(error)


def sweep(services: Services) -> Found:
    """One step of the sweep: so many pages that the whole list is seen once in FULL_SWEEP_HOURS."""
    return _each_bot(services, _Reading.sweep)


def _each_bot(services: Services, read: Callable[["_Reading"], None]) -> Found:
    found = Found()
    with time_limit(services.settings.task_budget_seconds):
        # In another order each time: where Cody's limit cuts a poll short, it is not always the same bots that wait.
        for bot in random.sample(services.settings.bots, len(services.settings.bots)):
            try:
                read(_Reading(services, bot, found))
                services.blocks.lift("cody")
            except Blocked as error:
                services.blocks.put(error.what, str(error))
                found.failed += 1
            except OutOfTurn as error:
                report(PollPostponed(bot or "all", str(error)))
            except Cody2ZohoError as error:
                report(PollFailed(bot or "all", str(error)))
                found.failed += 1
    return found


@dataclass
class _Reading:
    """The reading of one bot's list."""

    services: Services
    bot: str | None
    found: Found
    pages: int = 0
    rows: int = 0
    place: Place = field(default=Place(0, 0))
    line: int = 0
    is_drawn: bool = False

    def __post_init__(self) -> None:
        drawn = self.services.places.line()
        wanted = since(self.services.settings.sync_since, self.services.clock()) or 0
        self.line, self.is_drawn = (wanted, False) if drawn is None else (drawn, True)

    def poll(self) -> None:
        """Whatever interrupts it, what was read stays read. Raises NotSetUp where there is no such bot."""
        before = self.place = self.services.places.place(self._name, self.line)
        try:
            self._head()
            self._rest()
        except OutOfTurn:
            # A long list takes many polls, and is read all the same.
            if self.rows:
                self._keep_read_at()
            raise
        finally:
            if self.place != before:
                self.services.places.keep_place(self._name, self.place)
        self._check_bot()
        self._keep_read_at()

    def sweep(self) -> None:
        number = self.services.places.swept(self._name) + 1
        page, _ = self._page(number)
        last = number + math.ceil(page.page_count / sweep_steps(self.services.settings)) - 1
        while number < last and not page.is_last:
            number += 1
            page, _ = self._page(number)
        self.services.places.keep_swept(self._name, 0 if page.is_last else number)

    def _keep_read_at(self) -> None:
        self.services.places.keep_read_at(self._name, self.services.shared_clock())

    def _head(self) -> None:
        """From the newest down to `top`. What lies below it, down to `known_to`, is `_rest`'s."""
        before, top = self.place, self.place.top
        for number in range(1, PAGES_PER_POLL + 1):
            page, new = self._page(number)
            top = max([top, *(row.created_at for row in page.rows)])
            if _reaches(page, new, before.top):
                self.place = Place(before.known_to, top, before.offset) if before.offset else Place(top, top)
                return
            if not before.offset or number == PAGES_PER_POLL:
                self.place = Place(before.known_to, top, number * _PER_PAGE)

    def _rest(self) -> None:
        """On from where the last poll had to stop; what came on top since has only moved known rows here."""
        while self.place.offset and self.pages < PAGES_PER_POLL:
            number = self.place.offset // _PER_PAGE + 1
            page, new = self._page(number)
            if _reaches(page, new, self.place.known_to):
                self.place = Place(self.place.top, self.place.top)
            else:
                self.place = Place(self.place.known_to, self.place.top, number * _PER_PAGE)

    def _check_bot(self) -> None:
        """Cody may answer for a bot that does not exist as for one without conversations: with an empty list."""
        blocks = self.services.blocks
        if self.bot is None or (not self.rows and not blocks.may_probe(f"bot {self.bot}", _BOT_CHECK_SECONDS)):
            return
        if not self.rows:
            self.services.cody.ensure_bot(self.bot)
        blocks.lift(f"bot {self.bot}")

    def _page(self, number: int) -> tuple[Page[Conversation], list[str]]:
        """A page, noted, and the ids on it that were new."""
        page = self.services.cody.conversations(self.bot, number)
        self._draw_line(page)
        counting = [row for row in page.rows if row.created_at >= self.line]
        new = self.services.ledger.add_new(counting, self._first_look_seconds)
        self.found.new += len(new)
        self.pages += 1
        self.rows += len(page.rows)
        self.found.pages += 1
        self.found.conversations += len(page.rows)
        return page, new

    def _first_look_seconds(self, conversation: Conversation) -> float:
        quiet_seconds = self.services.settings.conversation_quiet_seconds
        return quiet.first_look_seconds(conversation.created_at, self.services.clock(), quiet_seconds)

    def _draw_line(self, page: Page[Conversation]) -> None:
        """Not before there is something to draw it through: a start with a wrong key or bot decides nothing."""
        if page.rows and not self.is_drawn:
            self.line, self.is_drawn = self.services.places.draw_line(self.line), True

    @property
    def _name(self) -> str:
        return self.bot or "all"


def _reaches(page: Page[Conversation], new: list[str], moment: int) -> bool:
    """Whether all below this page is known, as everything up to that moment is."""
    if page.is_last:
        return True
    last = page.rows[-1]
    return last.created_at < moment or (last.created_at == moment and last.id not in new)
