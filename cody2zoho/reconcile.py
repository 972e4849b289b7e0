"""Cody against Zoho against the ledger: what each has that the others lack, and what mends itself on request.

1. Cody's lists, down to the line, with the ledger's word for each conversation.
2. Zoho's cases with a conversation id.
3. What does not match, one by one.

In this order a case that is made meanwhile is never taken for a missing one. Nothing is ever deleted in Zoho.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from cody2zoho import mismatches
from cody2zoho.comparison import Comparison, comparison
from cody2zoho.credits import lane
from cody2zoho.mismatches import Missing, Orphan, state_of
from cody2zoho.models import Conversation
from cody2zoho.permits import patient
from cody2zoho.records import Known, State
from cody2zoho.services import Services
from cody2zoho.settings.formats import since

#: Not known to the ledger, and no wonder.
_UNPOLLED = "unpolled"

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
    unrecorded: list[tuple[str, str]] = field(default_factory=list)
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
    waiting = replace(services, cody=replace(services.cody, permit=patient(services.cody.permit, sleep=sleep)))
    with lane("reconcile"):
        return _compared(waiting, tell)


def _compared(services: Services, tell: Callable[[str], None]) -> Report:
    line = services.places.line_or(since(services.settings.sync_since, services.clock()))
    report = Report()
    with comparison() as compared:
        for bot in services.settings.bots:
            tell(f"reading the conversations of {bot or 'all bots'}")
            _note_conversations(services, bot, line, compared)
        tell("reading the cases")
        for page in services.cases.keyed_pages():
            compared.hold((case.case_id, case.key) for case in page)
        tell("looking at what does not match")
        report.cases = compared.cases()
        report.orphaned, report.unclear = mismatches.orphans(services, line, compared)
        report.missing = list(mismatches.missing(services, compared))
        report.duplicates = compared.duplicates()
        report.unrecorded = mismatches.unrecorded(services, compared)
        report.conversations = compared.count()
        report.waiting = compared.count(State.WAITING, State.WORKING, _UNPOLLED)
        report.parked = compared.count(State.PARKED)
    return report


def repair(report: Report, services: Services) -> tuple[int, int]:
    """Queue what is missing, note what the ledger does not know; returns how many of each."""
    queued = sum(services.ledger.again(one.conversation) for one in report.missing)
    return queued, services.ledger.adopt(report.unrecorded)


def _note_conversations(services: Services, bot: str | None, line: int, compared: Comparison) -> None:
    settings, place = services.settings, services.places.place(bot or "all", line)
    young = services.clock() - max(_YOUNG_SECONDS, 2 * settings.poll_interval_seconds)

    def state(one: Conversation, known: dict[str, Known]) -> str:
        on_its_way = place.offset > 0 and place.known_to < one.created_at <= place.top
        if one.id not in known and (one.created_at > young or on_its_way):
            return _UNPOLLED
        return state_of(known.get(one.id))

    for page in services.cody.conversations_since(bot, line):
        known = services.ledger.looked_up([one.id for one in page])
        compared.note((one.id, state(one, known)) for one in page)
