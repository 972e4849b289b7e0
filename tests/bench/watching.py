"""What it costs to watch conversations in which people are speaking, few of them and many."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from cody2zoho.ledger.places import Place
from cody2zoho.models import Conversation
from cody2zoho.simulators.journal import Entry
from cody2zoho.sync import pipeline, polling

from .figures import Figure
from .inside import Clock, Inside, inside

FEW, MANY = 100, 10_000
POLLS = 50
BOTS = ("support", "sales")
POLL_SECONDS = 30

#: Of the list of all messages one poll reads so many pages at most.
_MOST_PAGES = 8
_SPEAKING = 7
_WARM_UP = 3

PER_MINUTE = 60
_REAL_SECONDS = 75
_THREADS = 10

_BEGAN_AGO = 600
_SPOKE_AGO = 150


def measure() -> Iterator[Figure]:
    for count in (FEW, MANY):
        yield from _with_the_list(count)
    yield from _without_it()


def _with_the_list(count: int) -> Iterator[Figure]:
    clock = Clock()
    with inside(BOTS, clock) as here:
        ids = _open(here, count)
        _polls(here, clock, ids, _SPEAKING, _WARM_UP)
        name = f"{count:,} open, {len(BOTS)} bots: requests to Cody per poll"
        asked = _polls(here, clock, ids, _SPEAKING, POLLS)
        yield Figure(f"{name}, {_SPEAKING} messages since", max(asked), "", 1 + len(BOTS))
        asked = _polls(here, clock, ids, count, _WARM_UP)
        yield Figure(f"{name}, each spoke since", max(asked), "", _MOST_PAGES + len(BOTS))
        yield Figure("  requests to Zoho in all polls", len(here.asked("zoho")), "", 0)


def _open(here: Inside, count: int) -> list[str]:
    """So many that began ten minutes ago and go on; the ledger knows them, as the lists tell nothing new."""
    dice, now = random.Random(1), here.account.now()
    for number in range(count):
        one = here.account.add_conversation(bot_id=BOTS[number % len(BOTS)], at=now - _BEGAN_AGO)
        here.account.say(one.id, "Where is my order?", at=now - dice.randint(0, _SPOKE_AGO))
    made = list(here.account.store.conversations.values())
    here.services.ledger.add_new(Conversation(one.id, one.bot_id, one.created_at) for one in made)
    for bot in BOTS:
        here.services.places.keep_place(bot, Place(now - _BEGAN_AGO, now - _BEGAN_AGO))
    return [one.id for one in made]


def _polls(here: Inside, clock: Clock, ids: list[str], speaking: int, polls: int) -> list[int]:
    """Requests to Cody of each."""
    dice, asked = random.Random(2), []
    for _ in range(polls):
        clock.now += POLL_SECONDS
        for number, one in enumerate(dice.sample(ids, speaking)):
            ago = (POLL_SECONDS - 1) * (1 - number / speaking)
            here.account.say(one, "And another thing", at=clock.now - ago)
        before = here.server.journal["cody"].requests
        found = polling.poll(here.services)
        asked.append(here.server.journal["cody"].requests - before)
        if found.new or not found.moved:
            raise RuntimeError(f"{speaking} spoke, and a poll found {found}")
    return asked


def _without_it() -> Iterator[Figure]:
    """In real time, because Redis keeps the limit by its own clock."""
    with inside(BOTS, cody_requests_per_minute=PER_MINUTE) as here:
        here.account.knobs.feed = "404"
        _open(here, MANY)
        _work(here)
        asked = here.asked("cody")
    looks = [one for one in asked if "conversation_id=" in one.path]
    polls = [one for one in asked if "bot_id=" in one.path]
    per_minute = _fullest_minute(looks)
    yield Figure(f"{MANY:,} open, without the list: requests in the fullest minute", _fullest_minute(asked), "", 60)
    made = _REAL_SECONDS // POLL_SECONDS + 1
    yield Figure("  lists of conversations read per poll", len(polls) / made, "", len(BOTS))
    yield Figure("  looks at conversations in the fullest minute", per_minute)
    yield Figure("  until each was looked at once", MANY / max(1, per_minute), "min")


def _work(here: Inside) -> None:
    """As a worker does it: a poll every 30 seconds, and threads for what is due."""
    began = time.monotonic()
    next_poll = began
    with ThreadPoolExecutor(_THREADS) as threads:
        while (now := time.monotonic()) < began + _REAL_SECONDS:
            if now >= next_poll:
                polling.poll(here.services)
                next_poll += POLL_SECONDS
            due = pipeline.ready(here.services)
            list(threads.map(lambda one: pipeline.create_case(one, here.services), due))
            time.sleep(0.05)
    if here.organisation.cases:
        raise RuntimeError("a case was made of a conversation that goes on")


def _fullest_minute(asked: list[Entry]) -> int:
    """The most requests that arrived within any 60 seconds."""
    moments = sorted(one.at for one in asked)
    return max((sum(1 for later in moments if 0 <= later - first < 60) for first in moments), default=0)
