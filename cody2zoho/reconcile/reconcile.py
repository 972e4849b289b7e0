"""Cody against Zoho against the ledger: what each has that the others lack, and what mends itself on request.

1. Cody's lists, down to the line, with the ledger's word for each conversation.
2. Zoho's cases with a conversation id.
3. What does not match, one by one.

In this order a case that is made meanwhile is never taken for a missing one. Nothing is ever deleted in Zoho.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from cody2zoho.errors import RateLimited, Transient
from cody2zoho.http import Answer
from cody2zoho.ledger.records import Held, Known, State
from cody2zoho.limits.credits import lane
from cody2zoho.limits.permits import patient
from cody2zoho.models import Conversation
from cody2zoho.rebuild import SETTLED_SECONDS
from cody2zoho.reconcile import mismatches
from cody2zoho.reconcile.comparison import Comparison, comparison
from cody2zoho.reconcile.mismatches import Missing, Orphan, Unrecorded, noted
from cody2zoho.services import Services
from cody2zoho.settings.formats import since

#: Not known to the ledger, and no wonder.
_UNPOLLED = "unpolled"

#: Seconds to wait after each passing fault in a row: hours of reading are not given up for one of them.
_WAITS = (2, 4, 8, 16, 32, 60)

#: A pause that an API asks for is waited for. Credits that come back tomorrow are not.
_LONGEST_WAIT_SECONDS = 960

#: A younger conversation may not have been polled yet.
_YOUNG_SECONDS = 600


@dataclass
class Report:
    """What was found; `unclear` counts cases of conversations older than the line, or of none."""

    conversations: int = 0
    cases: int = 0
    waiting: int = 0
    parked: int = 0
    missing: list[Missing] = field(default_factory=list)
    duplicates: dict[str, list[str]] = field(default_factory=dict)
    orphaned: list[Orphan] = field(default_factory=list)
    unrecorded: list[Unrecorded] = field(default_factory=list)
    #: Of the unrecorded, those whose case may still lack its notes.
    unsettled: list[Missing] = field(default_factory=list)
    unclear: int = 0

    @property
    def all_is_well(self) -> bool:
        return not (self.missing or self.duplicates or self.orphaned or self.unrecorded)

    @property
    def figures(self) -> dict[str, int]:
        return {
            "cases": self.cases,
            "missing": len(self.missing),
            "duplicate": len(self.duplicates),
            "orphaned": len(self.orphaned),
            "unrecorded": len(self.unrecorded),
        }


def reconcile(
    services: Services, tell: Callable[[str], None] = lambda _: None, sleep: Callable[[float], None] = time.sleep
) -> Report:
    """Compare all three. Raises what Cody or Zoho raise: half a comparison would be a false alarm.

    It takes what the work leaves of Cody's limit, however long that takes.
    """
    insistence = Insistence(sleep)
    permit = insistence.of(patient(services.cody.permit, sleep=sleep))
    crm = replace(services.crm, in_turn=insistence.of(services.crm.in_turn))
    cody, cases = replace(services.cody, permit=permit), replace(services.cases, crm=crm)
    with lane("reconcile"):
        # Now, and not after hours of reading at Cody.
        services.limits.credits.check()
        return _compared(replace(services, cody=cody, cases=cases), tell)


@dataclass
class Insistence:
    """Asks again after a passing fault, once anything was answered. Only for what is read, which has no effect.

    A 429 comes here from Zoho alone: Cody's are waited for by `patient`, below, from the first request on.
    """

    sleep: Callable[[float], None]
    has_begun: bool = False

    def of(self, ask: Callable[..., Answer]) -> Callable[..., Answer]:
        def asked(*about: Any, **more: Any) -> Answer:
            for seconds in _WAITS if self.has_begun else ():
                wait = 0.0
                try:
                    answer = ask(*about, **more)
                    if answer.status != 429 and answer.status < 500:
                        return answer
                except Transient as error:
                    wait = error.retry_after_seconds or 0 if isinstance(error, RateLimited) else 0
                    if wait > _LONGEST_WAIT_SECONDS:
                        raise
                self.sleep(max(wait, seconds))
            answer = ask(*about, **more)
            self.has_begun = True
            return answer

        return asked


def _compared(services: Services, tell: Callable[[str], None]) -> Report:
    line = services.places.line_or(since(services.settings.sync_since, services.clock()))
    report, began = Report(), services.clock()
    with comparison() as compared:
        for bot in services.settings.bots:
            tell(f"reading the conversations of {bot or 'all bots'}")
            _note_conversations(services, bot, line, compared)
        # History that became cases lies before the line, where Cody is not read.
        compared.believe((one, known.since) for one, known in services.ledger.all_created() if known.case_id)
        tell("reading the cases")
        for page in services.cases.keyed_pages():
            compared.hold((case.case_id, case.key) for case in page)
        if len(compared.strays()) > mismatches.MOST_ASKED:
            _note_latest(services, max(line, int(began) - _YOUNG_SECONDS), compared)
        tell("looking at what does not match")
        compared.note_believed(State.CREATED)
        report.cases = compared.cases()
        report.orphaned, report.unclear = mismatches.orphans(services, line, compared)
        report.missing = list(mismatches.missing(services, compared))
        report.duplicates = compared.duplicates()
        report.unrecorded = mismatches.unrecorded(services, compared)
        settled_before = services.clock() - SETTLED_SECONDS
        report.unsettled = mismatches.unsettled(services, report.unrecorded, settled_before)
        report.conversations = compared.count()
        report.waiting = compared.count(State.WAITING, State.WORKING, _UNPOLLED)
        report.parked = compared.count(State.PARKED)
    return report


def repair(report: Report, services: Services) -> tuple[int, int]:
    """Queue what is missing, note what the ledger does not know; returns how many of each.

    Looking took long: what a poll, a worker or a person has done about one of them meanwhile stands.
    """
    queued = sum(services.ledger.again(one.conversation, one.was) for one in report.missing + report.unsettled)
    unsettled = {one.conversation.id for one in report.unsettled}
    held = ((one.conversation_id, str(Held(one.case_id, since=one.since))) for one in report.unrecorded)
    return queued, services.ledger.adopt(pair for pair in held if pair[0] not in unsettled)


def _note_latest(services: Services, line: int, compared: Comparison) -> None:
    """What began while Cody was read, which may have taken hours: not all strays are asked about one by one."""
    for bot in services.settings.bots:
        for page in services.cody.conversations_since(bot, line):
            compared.note((one.id, _UNPOLLED, 0) for one in page)


def _note_conversations(services: Services, bot: str | None, line: int, compared: Comparison) -> None:
    settings, place = services.settings, services.places.place(bot or "all", line)
    young = services.clock() - max(_YOUNG_SECONDS, 2 * settings.poll_interval_seconds)

    def as_known(one: Conversation, known: dict[str, Known]) -> tuple[str, str, int]:
        on_its_way = place.offset > 0 and place.known_to < one.created_at <= place.top
        if one.id not in known and (one.created_at > young or on_its_way):
            return one.id, _UNPOLLED, 0
        return noted(one.id, known.get(one.id))

    for page in services.cody.conversations_since(bot, line):
        known = services.ledger.looked_up([one.id for one in page])
        compared.note(as_known(one, known) for one in page)
