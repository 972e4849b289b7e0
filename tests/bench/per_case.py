"""What a case costs at Cody and Zoho when its conversation arrives message by message, short ones and long ones."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import mean
from typing import Literal

from cody2zoho.simulators.audit import audit
from tests.chats import live, pass_time, work

from .figures import Figure
from .inside import Clock, Inside, inside

#: One conversation of each length.
LENGTHS = range(2, 61)
GAP_SECONDS = 25
_STARTS_APART_SECONDS = 30

_BOT = "support"
_POLL_SECONDS = 30
_PER_PAGE = 10
_QUIET_SECONDS = 300
_DAY_SECONDS = 25 * 3_600


@dataclass
class _Chat:
    """One conversation; `reads` are the requests that named it until it had its case."""

    id: str
    length: int
    began_at: float
    said: int = 0
    reads: int = 0

    def say(self, here: Inside, now: float) -> None:
        """What is due by now."""
        while self.said < self.length and (at := self.began_at + self.said * GAP_SECONDS) <= now:
            here.account.say(self.id, f"word {self.said}", machine=bool(self.said % 2), at=at)
            self.said += 1


def measure() -> Iterator[Figure]:
    yield from _figures("with the list of all messages", "newest")
    yield from _figures("without it", "404")
    yield from _story()


def _figures(name: str, feed: Literal["newest", "404"]) -> Iterator[Figure]:
    """The limit is for the ordinary case; without the list a look is lost for each quiet period that somebody spoke."""
    clock = Clock()
    with inside([_BOT], clock) as here:
        here.account.knobs.feed = feed
        _warm_up(here, clock)
        chats = _talk(here, clock)
        found = audit(here.account, here.organisation)
        if not found.perfect:
            raise RuntimeError(f"the audit found faults: {found}")
        live(here.services, clock, _DAY_SECONDS, step=600)
        looks = [_reads(here, one.id) - one.reads for one in chats]
        to_zoho = len(here.asked("zoho", "/crm/")) / len(chats)
    beyond = {one.length: one.reads - math.ceil(one.length / _PER_PAGE) for one in chats}
    yield Figure(f"{name}: requests to Cody per case, mean", mean(one.reads for one in chats))
    yield Figure("  beyond messages / 10, at most", max(beyond.values()), "", 1 if feed == "newest" else None)
    if feed != "newest":
        more = max(count - _lost_looks(length) for length, count in beyond.items())
        yield Figure("  beyond that and a look for each 5 minutes that it went on, at most", more, "", 1)
    yield Figure("  looks for later words in the day after, mean", mean(looks))
    yield Figure("  requests to Zoho per case, the day after included", to_zoho, "", 1)


def _story() -> Iterator[Figure]:
    """Four messages, a pause, six more, the case, an agent's edit, three more a day later."""
    clock = Clock()
    with inside([_BOT], clock) as here:
        _warm_up(here, clock)
        chat = here.account.add_conversation(bot_id=_BOT).id
        for count, seconds in ((4, 240), (6, 420)):
            _speak(here, chat, count)
            live(here.services, clock, seconds)
        [case_id] = [one for one, case in here.organisation.cases.items() if case["Cody_Conversation_ID"] == chat]
        here.organisation.edit_case(case_id, Description="Called back, all is well. Agent Smith")
        live(here.services, clock, 23 * 3_600, step=600)
        _speak(here, chat, 3)
        live(here.services, clock, 2 * _QUIET_SECONDS)
        case, notes = here.organisation.cases[case_id], here.organisation.note_book.of(case_id)
        if (case["Cody_Messages"], len(notes)) != (13, 1) or "Agent Smith" not in case["Description"]:
            raise RuntimeError("the case is not what it should be")
        to_zoho = len(here.asked("zoho", "/crm/"))
        yield Figure("4 messages, 6 more, an edit, 3 more a day later: requests to Cody", _reads(here, chat))
        yield Figure("  to Zoho", to_zoho)


def _speak(here: Inside, chat: str, count: int) -> None:
    for number in range(count):
        here.account.say(chat, f"word {number}", machine=bool(number % 2), at=here.account.now() + number)


def _warm_up(here: Inside, clock: Clock) -> None:
    """Until the token, the contact and the fields are known, and the list has proved itself."""
    for _ in range(3):
        one = here.account.add_conversation(bot_id=_BOT).id
        live(here.services, clock, _POLL_SECONDS)
        here.account.say(one, "Where is my order?")
    live(here.services, clock, 2 * _QUIET_SECONDS)
    here.server.journal.clear()


def _talk(here: Inside, clock: Clock) -> list[_Chat]:
    """A poll every 30 seconds, until all have their cases."""
    began = clock.now
    chats: list[_Chat] = []
    while len(chats) < len(LENGTHS) or not all(one.reads for one in chats):
        if clock.now - began > 10_000:
            raise TimeoutError(f"{len(here.organisation.cases)} cases were made")
        pass_time(here.services, clock, _POLL_SECONDS)
        due = began + len(chats) * _STARTS_APART_SECONDS
        if len(chats) < len(LENGTHS) and due <= clock.now:
            own_id = here.account.add_conversation(bot_id=_BOT, at=due).id
            chats.append(_Chat(own_id, LENGTHS[len(chats)], due))
        for one in chats:
            one.say(here, clock.now)
        work(here.services)
        made = {case["Cody_Conversation_ID"] for case in here.organisation.cases.values()}
        for one in chats:
            one.reads = one.reads or (_reads(here, one.id) if one.id in made else 0)
    return chats


def _reads(here: Inside, one: str) -> int:
    return len(here.asked("cody", f"conversation_id={one}"))


def _lost_looks(length: int) -> int:
    """One finds that somebody spoke a moment ago, and the next comes that much less than a quiet period later."""
    return (length - 1) * GAP_SECONDS // (_QUIET_SECONDS - GAP_SECONDS)
