"""History in batches: up to 100 conversations become cases with one call to Zoho, each as exactly once as any other.

1. A batch takes what is next, and reads it (`skimming.py`).
2. The ledger notes each conversation and gives it to the batch, now that it is to become a case.
3. One insert carries all of them (`bulk.py`).
4. What is settled, or left to the way of all conversations, is struck off.

Whatever dies before 2 is read again by the next batch of the same place, and whatever dies after it comes up when its
lease ends.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import groupby

from cody2zoho import logs
from cody2zoho.backfill.bulk import Bulk
from cody2zoho.backfill.skimming import LEAST_SECONDS, Drafted, Skimming
from cody2zoho.errors import Blocked, Cody2ZohoError, OutOfTurn, Transient
from cody2zoho.http import Answer, time_left, time_limit
from cody2zoho.ledger.blocks import PROBE_SECONDS, STOPS_WORK
from cody2zoho.ledger.history import PLACES, Taken
from cody2zoho.ledger.paused import name_of
from cody2zoho.ledger.records import State
from cody2zoho.limits import locks
from cody2zoho.limits.credits import lane
from cody2zoho.limits.permits import Kind
from cody2zoho.models import Conversation
from cody2zoho.services import Services
from cody2zoho.sync import outcomes
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import BackfillBatchCompleted, CleanedUp

#: Records a call may carry.
PER_CALL = 100

#: The share of a task's time for reading; the rest is for Zoho and the ledger.
READING = 0.6

#: While more of the steady work than this waits for a worker, no batch begins: what batches leave to it would come
#: before what is new.
_MOST_OVERDUE = 10

#: Until it is looked at again whether something else still comes first.
_YIELDS_SECONDS = 5.0

#: Batches in a row whose worker died or hung over the same conversations, before each is looked at by itself.
_MOST_LAPSES = 5

#: What a call that waits in a crowd must find left of the task's time afterwards.
_CALL_SECONDS = 10.0


@dataclass
class Batch:
    """What became of one batch, in words for Flower and for the log."""

    figures: dict[str, int] = field(default_factory=dict)
    words: str = "no history waits"
    goes_on: bool = False

    def __str__(self) -> str:
        counted = ", ".join(f"{count} {name}" for name, count in self.figures.items() if count)
        return f"{self.words}: {counted}" if counted else self.words


def places(services: Services) -> list[int]:
    """Where a batch may begin now; none where there is no history to do."""
    if not services.history.is_under_way():
        return []
    # Two would share what Cody allows, and each of their calls to Zoho would carry half as many. Each takes a thread.
    is_scarce = services.limits.now().cody_starts < PER_CALL or services.settings.worker_concurrency < 2 * PLACES
    wanted = [place for place in range(PLACES) if not (place and is_scarce) or services.history.is_left_at(place)]
    return [place for place in wanted if not services.store.exists(_lock(place, services))]


def work(place: int, services: Services) -> Batch:
    """One batch, unless another works at that place, or something stands in the way."""
    with locks.alone(services.store, _lock(place, services)) as alone:
        if not alone:
            return Batch(words="another batch is at this place")
        if not services.ledger.is_open() or services.blocks.current().keys() & set(STOPS_WORK):
            return Batch(words="nothing can be done now")
        if why := _yields_to(services):
            services.history.rest(_YIELDS_SECONDS, why)
            return Batch(words=why)
        taken = services.history.take(place, PER_CALL)
        if taken is None:
            return Batch()
        if taken.lapses:
            report(CleanedUp("batches", 1))
        with time_limit(services.settings.task_budget_seconds), lane("backfill"):
            return _worked(taken, services)


def _yields_to(services: Services) -> str:
    """What comes before history, or stands in its way; empty where nothing does."""
    if services.settings.conversation_split_hours:
        # It was set while the backfill was under way; a batch makes one case of each conversation.
        return "CONVERSATION_SPLIT_HOURS is set"
    if services.paused.is_everything():
        return "everything is paused"
    return "what is due comes first" if services.ledger.overdue() > _MOST_OVERDUE else ""


def _worked(taken: Taken, services: Services) -> Batch:
    cost = _Cost(services)
    batch = _Work(taken, cost.services)
    try:
        services.limits.credits.check()
        batch.run()
    except (Transient, Blocked) as error:
        batch.fault = error
    except Exception as error:
        # Nobody foresaw it, and it must not repeat at once.
        seconds = outcomes.wait_seconds(services.history.fault() + 3, None)
        services.history.rest(seconds, f"unexpected {type(error).__name__}")
        raise
    finally:
        batch.figures |= cost.figures()
        left = services.history.strike(taken, batch.done, batch.figures)
    if batch.fault:
        _rest(batch.fault, services)
    else:
        services.history.well()
    report(BackfillBatchCompleted(**batch.figures, left=max(0, left)))
    return Batch(batch.figures, f"{max(0, left)} left", goes_on=left > 0 and batch.fault is None)


def _rest(fault: Cody2ZohoError, services: Services) -> None:
    """No batch for a while: longer each time, and never shorter than an API wants."""
    if isinstance(fault, Blocked):
        services.blocks.put(fault.what, str(fault))
        services.history.rest(PROBE_SECONDS, str(fault))
    elif isinstance(fault, OutOfTurn):
        services.history.rest(fault.retry_after_seconds or 1, str(fault))
    elif isinstance(fault, Transient):
        row = services.history.fault()
        services.history.rest(outcomes.wait_seconds(row, fault.retry_after_seconds), str(fault))


class _Cost:
    """Counts what a batch asks for, and asks Cody as who has time."""

    def __init__(self, services: Services) -> None:
        self._cody: list[int] = []
        self._zoho: list[int] = []
        crm = replace(services.crm, in_turn=self._in_turn)
        contacts = replace(services.contacts, crm=crm)
        contact = replace(services.contact, contacts=contacts)
        self._services = services
        self.services = replace(
            services,
            cody=replace(services.cody, permit=self._permit),
            crm=crm,
            cases=replace(services.cases, crm=crm),
            contacts=contacts,
            contact=contact,
            matching=replace(services.matching, contacts=contacts, fixed=contact),
        )

    def figures(self) -> dict[str, int]:
        return {"cody": len(self._cody), "zoho": len(self._zoho), "credits": sum(self._zoho)}

    def _permit(self, send: Callable[[], Answer], kind: Kind, reader: str = "") -> Answer:
        return self._services.cody.permit(
            lambda: self._counted(send, self._cody, 1), Kind.BACK if kind is Kind.START else kind, reader
        )

    def _in_turn(self, send: Callable[[], Answer], cost: int) -> Answer:
        """A call in a crowd waits on, for what was read would be read in vain. Nothing was asked meanwhile."""
        while True:
            try:
                return self._services.crm.in_turn(lambda: self._counted(send, self._zoho, cost), cost)
            except OutOfTurn as wait:
                seconds = wait.retry_after_seconds or 1
                if self._services.limits.patience.is_over or seconds + _CALL_SECONDS > time_left():
                    raise
                self._services.limits.patience.rest(seconds)

    @staticmethod
    def _counted(send: Callable[[], Answer], counted: list[int], cost: int) -> Answer:
        # Of a list, which threads may share.
        counted.append(cost)
        return send()


class _Work:
    """The conversations of one batch on their way; what is `done` by its end is struck off the run."""

    def __init__(self, taken: Taken, services: Services) -> None:
        self.services, self._ledger = services, services.ledger
        self._ahead = deque(taken.conversations)
        self._is_deadly = taken.lapses >= _MOST_LAPSES
        self.done: list[Conversation] = []
        self.figures = {"made": 0, "ordinary": 0, "silent": 0}
        self.fault: Cody2ZohoError | None = None

    def run(self) -> None:
        """Raises Transient or Blocked where the batch has to be tried again."""
        self._leave_out_what_is_settled()
        self._wait_for_what_is_paused()
        while self._is_deadly and self._ahead:
            # The ledger counts how often a worker dies over one.
            self._note([self._ahead[0]], 0)
            self._finish(self._ahead.popleft(), "ordinary")
        reading_ends = time.monotonic() + READING * self.services.settings.task_budget_seconds
        while self._ahead and self._may_read(reading_ends - time.monotonic()):
            skimming = Skimming(self.services, self._ahead)
            with time_limit(reading_ends - time.monotonic()):
                skimming.read()
            self._take_over(skimming)

    def _may_read(self, seconds: float) -> bool:
        return self.fault is None and seconds > LEAST_SECONDS and not self.services.limits.patience.is_over

    def _take_over(self, skimming: Skimming) -> None:
        self.fault = skimming.fault
        for one, seconds in skimming.ordinary:
            self._note([one], seconds)
            self._finish(one, "ordinary")
        for one in skimming.silent:
            self._let_go(one)
        # What stands in a request beside its records counts for all of them.
        for _, alike in groupby(sorted(skimming.drafted, key=_wishes), key=_wishes):
            Bulk(list(alike), self.services, self._finish).file()

    def _finish(self, one: Conversation, what: str) -> None:
        self.done.append(one)
        self.figures[what] += 1

    def _leave_out_what_is_settled(self) -> None:
        """What an earlier batch or anybody else has done; what somebody works on comes up by itself."""
        known = self._ledger.looked_up([one.id for one in self._ahead])
        for one in [one for one in self._ahead if one.id in known and known[one.id].state is not State.WAITING]:
            self._ahead.remove(one)
            self._finish(one, "made" if known[one.id].state is State.CREATED else "ordinary")

    def _wait_for_what_is_paused(self) -> None:
        """Raise OutOfTurn: what was read would be put aside, and be done one by one when it is resumed."""
        bots = {name_of(one.bot_id) for one in self._ahead}
        for pause in self.services.paused.current():
            if pause.what in bots:
                raise OutOfTurn(f"{pause.what} is paused", _YIELDS_SECONDS)

    def _note(self, some: Iterable[Conversation], seconds: float) -> None:
        self._ledger.add_new(some, lambda _: seconds)

    def _let_go(self, one: Conversation) -> None:
        self._note([one], 2 * self._ledger.lease_seconds)
        claim = self._ledger.claim(one.id)
        if claim.owner:
            with logs.context(conversation=one.id):
                outcomes.nothing_said(claim, self.services)
        self._finish(one, "silent")


def _wishes(one: Drafted) -> str:
    return repr(sorted(one.draft.beside.items()))


def _lock(place: int, services: Services) -> str:
    return f"{services.settings.redis_key_prefix}lock:backfill:{place}"
