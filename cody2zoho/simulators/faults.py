"""What can go wrong between a client and a simulator, by rule or by script.

=========== =================================== ============================================
action      what the client sees                with `when="after"`
=========== =================================== ============================================
429         throttled, `retry_after` optional   the work was done all the same
500         the simulator's own JSON error      the work was done all the same
502 503 504 an HTML page of a proxy             the work was done all the same
login       302 to /login                       the work was done all the same
cut         the connection ends, no answer      the work was done all the same
slow        the answer `seconds` late           the work is done at once, the answer is late
garble      a body that is no JSON              (always after)
truncate    the first half of the body          (always after)
drip        the body in ten pieces in `seconds` (always after)
=========== =================================== ============================================
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Literal

from .wire import Reply, Request

Action = Literal["429", "500", "502", "503", "504", "login", "cut", "slow", "garble", "truncate", "drip"]
PAGE_TITLES = {502: "502 Bad Gateway", 503: "503 Service Unavailable", 504: "504 Gateway Time-out"}
#: Each far end has its own words for the same trouble.
BODIES: dict[tuple[str, int], dict[str, Any]] = {
    ("cody", 429): {"message": "Too Many Attempts."},
    ("cody", 500): {"message": "Server Error"},
    ("zoho", 429): {
        "code": "TOO_MANY_REQUESTS",
        "details": {},
        "message": "You have made too many requests",
        "status": "error",
    },
    ("zoho", 500): {"code": "INTERNAL_ERROR", "details": {}, "message": "Internal Server Error", "status": "error"},
}


@dataclass(frozen=True)
class Fault:
    """One rule. It strikes requests that match, all of them or as many as `rate`, `nth` and `times` allow."""

    action: Action
    #: Name of a simulator; None is every one.
    simulator: str | None = None
    method: str | None = None
    #: A pattern as in a shell, `*` included, over the path without its query.
    path: str = "*"
    #: Share of the matching requests, drawn with `seed`.
    rate: float = 1.0
    #: Only the nth matching request, counted from 1.
    nth: int | None = None
    #: Strikes at most so often.
    times: int | None = None
    seed: int = 0
    #: For `slow` and `drip`.
    seconds: float = 1.0
    #: Seconds in the `Retry-After` of a 429 or 503; None sends none.
    retry_after: int | None = None
    when: Literal["before", "after"] = "before"

    def matches(self, simulator: str, request: Request) -> bool:
        return (
            self.simulator in (None, simulator)
            and self.method in (None, request.method)
            and fnmatchcase(request.path, self.path)
        )

    @property
    def prevents(self) -> bool:
        """Whether the work is left undone."""
        return self.when == "before" and self.action not in ("slow", "garble", "truncate", "drip")


@dataclass
class Rule:
    """A fault and how often it was met."""

    fault: Fault
    matched: int = 0
    struck: int = 0
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.fault.seed)

    def strikes(self) -> bool:
        """Counts one matching request and says whether it is struck."""
        self.matched += 1
        # Drawn for every match, so that the same seed strikes the same requests whatever the other limits.
        drawn = self.dice.random() < self.fault.rate
        due = self.fault.nth in (None, self.matched)
        left = self.fault.times is None or self.struck < self.fault.times
        self.struck += drawn and due and left
        return drawn and due and left


@dataclass
class Event:
    """A scripted moment: something happens once `countdown` matching requests have been answered."""

    #: A rule of which only the pattern counts.
    where: Fault
    countdown: int
    happening: Callable[[], object]


class Faults:
    """The rules in force, in the order in which they were added."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self.rules = [Rule(fault) for fault in faults]
        self._events: list[Event] = []

    def add(self, fault: Fault) -> None:
        self.rules.append(Rule(fault))

    def clear(self) -> None:
        self.rules.clear()
        self._events.clear()

    def after(
        self,
        count: int,
        happening: Callable[[], object],
        *,
        simulator: str | None = None,
        method: str | None = None,
        path: str = "*",
    ) -> None:
        """Calls `happening` right after the work of the `count`-th matching request from now on."""
        self._events.append(Event(Fault("slow", simulator, method, path), count, happening))

    def striking(self, simulator: str, request: Request) -> list[Fault]:
        """The faults that this request meets; asking counts."""
        met = [rule for rule in self.rules if rule.fault.matches(simulator, request)]
        return [rule.fault for rule in met if rule.strikes()]

    def worked(self, simulator: str, request: Request) -> None:
        """Tells that the work of a request is done; sets off the events that waited for it."""
        for event in [event for event in self._events if event.where.matches(simulator, request)]:
            event.countdown -= 1
            if event.countdown == 0:
                self._events.remove(event)
                event.happening()


def answer_of(fault: Fault, simulator: str) -> Reply | None:
    """The answer that takes the place of the simulator's own; None when the fault leaves it alone."""
    if fault.action == "login":
        return Reply(302, b"", {"Location": "/login", "Content-Type": "text/html; charset=UTF-8"})
    if not fault.action.isdecimal():
        return None
    status = int(fault.action)
    page = Reply.html(status, PAGE_TITLES[status]) if status in PAGE_TITLES else _own_error(status, simulator)
    if fault.retry_after is None:
        return page
    return replace(page, headers={**page.headers, "Retry-After": str(fault.retry_after)})


def _own_error(status: int, simulator: str) -> Reply:
    return Reply.json(status, BODIES.get((simulator, status), {"message": "simulated"}), pretty=simulator == "cody")


def damaged(fault: Fault, reply: Reply) -> Reply:
    """The reply as it arrives: half of it, or no JSON any more."""
    if fault.action == "truncate":
        return replace(reply, body=reply.body[: len(reply.body) // 2])
    if fault.action == "garble":
        return replace(reply, body=b"\xff\xfe{" + reply.body[1:].replace(b'"', b"'"))
    return reply
