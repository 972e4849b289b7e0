"""A day of chats at 200 times its speed, up to 50 at once: every case whole when it is made, none early, none lost."""

import itertools
import math
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from cody2zoho.simulators.audit import Audit, audit
from cody2zoho.simulators.cody import Cody, CodyKnobs
from cody2zoho.simulators.corpus import CorpusConversation, CorpusMessage, read_corpus
from cody2zoho.simulators.generator import generate
from cody2zoho.simulators.journal import Entry
from cody2zoho.simulators.server import SimulatorServer
from cody2zoho.simulators.zoho import Zoho

from .figures import Figure
from .installation import Installation, installation_at
from .traffic import SPEED, Line, most_at_once, planned

QUIET_SECONDS = 300 / SPEED
POLL_SECONDS = 30 / SPEED

#: The looks at a quarter of an hour, at one and at six are not sped up; so it is the last one that must come in time
#: where more is said at once than the polls read of Cody's list of all messages.
FOLLOW_UP_SECONDS = 14_400 / SPEED

#: Real seconds for what is still to come after the last word.
_PATIENCE_SECONDS = FOLLOW_UP_SECONDS + 15

_GENERATED = 600
#: A longer one would alone take a minute.
_MOST_MESSAGES = 100

#: A case that lacks what was said so long before it was made was not read to its end.
_READ_SECONDS = 1.0

_SETTINGS = {
    "CONVERSATION_QUIET_SECONDS": str(QUIET_SECONDS),
    "FOLLOW_UP_HOURS": str(FOLLOW_UP_SECONDS / 3_600),
    "CODY_REQUESTS_PER_MINUTE": str(60 * SPEED),
    "POLL_INTERVAL_SECONDS": "1",
}


@dataclass(frozen=True)
class _Made:
    """A case as it was created."""

    conversation_id: str
    at: float
    messages: int


class _Watched(Zoho):
    """Remembers when each case was made, and of how many messages."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[_Made] = []

    def create(self, module: Any, values: dict[str, Any], user: Any) -> dict[str, Any]:
        if module.api_name == "Cases":
            own_id, messages = str(values["Cody_Conversation_ID"]).partition("~")[0], int(values["Cody_Messages"])
            self.made.append(_Made(own_id, time.monotonic(), messages))
        return super().create(module, values, user)


@dataclass
class _Day:
    """What is said, when, and what became of it."""

    account: Cody = field(default_factory=lambda: Cody(knobs=CodyKnobs(requests_per_minute=None)))
    organisation: _Watched = field(default_factory=_Watched)
    #: When each message of a conversation reached Cody, the first one first, and the second that Cody names for it;
    #: both, like all moments here, by the clock of the journal.
    said: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def say(self, lines: list[Line]) -> None:
        """Now, rounded up: rounded down to a whole second, which is 200 here, somebody would seem to be silent."""
        second = math.ceil(time.time())
        for line in lines:
            if line.begins:
                self.account.add_conversation(
                    line.conversation["name"],
                    bot_id=line.conversation["bot_id"],
                    conversation_id=line.conversation["id"],
                    at=second,
                )
            elif line.message:
                given = line.message
                own_id, said = given["conversation_id"], given["content"]
                self.account.say(own_id, said, machine=given["machine"], at=second, message_id=given["id"])
                self.said[own_id].append(time.monotonic())
                self.seconds[own_id].append(second - time.time() + time.monotonic())

    def is_told(self) -> bool:
        """Whether the cases have as many messages as were said."""
        of_cases = {
            str(case["Cody_Conversation_ID"]).partition("~")[0]: case["Cody_Messages"]
            for case in self.organisation.cases.values()
        }
        spoken = [one for one in self.said if self._visitor_spoke(one)]
        return all(of_cases.get(one) == len(self.said[one]) for one in spoken)

    def _visitor_spoke(self, own_id: str) -> bool:
        shelf = self.account.store.messages_of[own_id]
        return any(not one.machine and (one.content or "").strip() for one in shelf)

    def audit(self) -> Audit:
        return audit(self.account, self.organisation)

    def early(self) -> list[str]:
        """Cases after whose last word somebody spoke before the quiet period was over."""
        return [one.conversation_id for one in self.organisation.made if self._silence(one) < QUIET_SECONDS]

    def unread(self) -> list[str]:
        """Cases that lack, when they are made, what had been said a while before."""
        return [one.conversation_id for one in self.organisation.made if self._next(one) < one.at - _READ_SECONDS]

    def delays(self) -> list[float]:
        """Seconds from the end of the quiet period, by Cody's whole seconds, to the case."""
        last = [(one, self.seconds[one.conversation_id][one.messages - 1]) for one in self.organisation.made]
        return sorted(one.at - second - QUIET_SECONDS for one, second in last)

    def _silence(self, one: _Made) -> float:
        return self._next(one) - self.said[one.conversation_id][one.messages - 1]

    def _next(self, one: _Made) -> float:
        """When the first message that the case lacked was said."""
        return next(iter(self.said[one.conversation_id][one.messages :]), math.inf)


def measure(corpus: Path | None = None) -> Iterator[Figure]:
    conversations = read_corpus(corpus) if corpus else _generated()
    lines = planned(conversations)
    day = _Day()
    day.organisation.set_up_fields()
    for bot in dict.fromkeys(one["bot_id"] for one in conversations):
        day.account.add_bot(bot, bot_id=bot, at=time.time() - 10**7)
    with SimulatorServer([day.account, day.organisation]) as server, installation_at(server, **_SETTINGS) as at:
        at.start_workers()
        at.start_beat()
        took = _live(at, server, day, lines)
        asked = list(server.journal.entries)
    yield from _traffic(day, lines, took)
    yield from _verdict(day)
    yield from _cost(day, asked)


def _generated() -> list[CorpusConversation]:
    """Without those that end with an empty answer: it may still be filled for ten seconds, which are not sped up."""
    made = [one for one in generate(_GENERATED, seed=1) if len(one["messages"]) <= _MOST_MESSAGES]
    return [one for one in made if not (one["messages"] and _is_empty_answer(one["messages"][-1]))]


def _is_empty_answer(message: CorpusMessage) -> bool:
    return message["machine"] and not (message["content"] or "").strip() and not message["failed_responding"]


def _live(at: Installation, server: SimulatorServer, day: _Day, lines: list[Line]) -> float:
    """Says it all, and polls as often as beat would at that speed: it cannot tick more than once a second.

    Returns the seconds from the first word to the last.
    """
    began = time.monotonic()
    with at.celery() as app:
        place = 0
        for tick in itertools.count():
            moment = began + tick * POLL_SECONDS
            while place < len(lines) and began + lines[place].at < moment:
                time.sleep(max(0.0, began + lines[place].at - time.monotonic()))
                upto = bisect_right(lines, time.monotonic() - began, key=lambda line: line.at)
                server.run(partial(day.say, lines[place:upto]))
                place = upto
            time.sleep(max(0.0, moment - time.monotonic()))
            app.send_task("cody2zoho.fetch_conversations", queue="ticks", expires=60)
            at.check()
            is_over = moment - began > lines[-1].at + _PATIENCE_SECONDS
            if is_over or (place == len(lines) and tick % 10 == 0 and server.run(day.is_told)):
                return lines[-1].at
    raise AssertionError("count() never ends")


def _traffic(day: _Day, lines: list[Line], seconds: float) -> Iterator[Figure]:
    yield Figure("conversations", len(day.account.store.conversations))
    yield Figure("messages", len(day.account.store.messages))
    yield Figure("from the first word to the last", seconds, "s")
    yield Figure("chats at once, most", most_at_once(lines))


def _verdict(day: _Day) -> Iterator[Figure]:
    found = day.audit()
    yield Figure("cases", found.cases, "", found.expected, "at least")
    yield Figure("  early: somebody spoke within the quiet period", len(day.early()), "", 0)
    yield Figure("  not whole when they were made", len(day.unread()), "", 0)
    yield Figure("  missing", len(found.missing), "", 0)
    yield Figure("  twice, or of nobody's words", len(found.duplicates) + len(found.unexpected), "", 0)
    yield Figure("  words missing", len(found.words_missing), "", 0)


def _cost(day: _Day, asked: list[Entry]) -> Iterator[Figure]:
    cases, delays = len(day.organisation.made), day.delays()
    made_at = {one.conversation_id: one.at for one in day.organisation.made}
    reads = [(query["conversation_id"][0], one.at) for one in asked if "conversation_id" in (query := _query(one))]
    before = sum(1 for own_id, at in reads if at < made_at.get(own_id, math.inf))
    pages = sum(math.ceil(one.messages / 10) for one in day.organisation.made)
    yield Figure("follow-ups", sum(1 for one in asked if one.kind == "PUT /crm/v8/Cases/{id}"))
    yield Figure("requests to Cody per case, until it is made", before / cases)
    yield Figure("  of which pages that it holds", pages / cases)
    yield Figure("  afterwards, for later words", (len(reads) - before) / cases)
    yield Figure(
        "requests to Zoho per case, later words included", sum(1 for one in asked if one.simulator == "zoho") / cases
    )
    yield Figure("quiet to case, median", delays[len(delays) // 2], "s")
    yield Figure("  99 of 100", delays[int(len(delays) * 0.99)], "s")


def _query(one: Entry) -> dict[str, list[str]]:
    return parse_qs(one.path.partition("?")[2])
