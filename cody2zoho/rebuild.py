"""A ledger that is new, or was lost, or came back old, is filled from Zoho before anything is created.

Zoho's unique field would refuse every duplicate anyway; but one request for each case there is, instead of one for
2,000, would cost the day's allowance. A first start adopts in the same way what was there before.

Keys, outside the prefix:
    processed_conversation:<id>  the earlier product's mark on a conversation that it made a case of
"""

import math
from collections.abc import Iterator

from cody2zoho import upgrade
from cody2zoho.errors import AccessRevoked, Blocked, NotSetUp, Permanent, Transient
from cody2zoho.http import time_limit
from cody2zoho.ledger.blocks import PROBE_SECONDS
from cody2zoho.ledger.keys import conversation_of, since_of
from cody2zoho.ledger.records import Held, State
from cody2zoho.limits import locks
from cody2zoho.services import Services
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import LedgerBehind, LedgerRebuilt, RebuildPostponed
from cody2zoho.zoho.cases import Keyed

EARLIER = "processed_conversation:"

#: A younger case may still lack the notes that its worker was about to add when Redis was lost. It is not adopted:
#: the next poll finds its conversation, the insert is refused, and the case gets what it lacks.
SETTLED_SECONDS = 3_600

_LOST = "Redis was wiped or restored while the ledger was being filled"


def ensure(services: Services) -> bool:
    """Whether the ledger can be trusted, now that it was filled if need be. Only one worker at a time fills it."""
    if services.ledger.is_open():
        return True
    with locks.alone(services.store, f"{services.settings.redis_key_prefix}lock:rebuild") as alone:
        if not alone or not _may_ask(services):
            return False
        try:
            with time_limit(services.settings.task_budget_seconds):
                return services.ledger.is_open() or _filled(services)
        except Blocked as error:
            services.blocks.put(error.what, str(error))
        except Permanent as error:
            # Zoho will not be asked like this: without a mend no case can be made.
            services.blocks.put(NotSetUp.what, str(error))
        except Transient as error:
            # Each tick of each worker tries again.
            if services.blocks.may_probe("rebuild", PROBE_SECONDS):
                report(RebuildPostponed(str(error)))
    return False


def _may_ask(services: Services) -> bool:
    """While Zoho is blocked one try a minute, as with cases: at every tick it would cost the day's credits."""
    is_blocked = services.blocks.current().keys() & {AccessRevoked.what, NotSetUp.what}
    return not is_blocked or services.blocks.may_probe("work", PROBE_SECONDS)


def _filled(services: Services) -> bool:
    upgrade.bring_up(services)
    # Without either guard nothing would notice a second case, which is worse than one without its notes.
    is_guarded = services.key_field.is_unique() or services.settings.zoho_enable_duplicate_check
    made_before = services.clock() - SETTLED_SECONDS if is_guarded else math.inf
    cases = adopted = 0
    filled_to = services.ledger.filled_to()
    for page in services.cases.keyed_pages(filled_to, made_before):
        cases += len(page)
        adopted += services.ledger.adopt((conversation_of(case.key), str(_held(case))) for case in page)
        _look_again(page, services)
        if page:
            before, filled_to = filled_to, page[-1].case_id
            if not services.ledger.keep_filled_to(before, filled_to):
                raise Transient(_LOST)
    earlier = services.ledger.adopt((one, "") for one in _done_by_the_earlier_product(services))
    if not services.ledger.open(filled_to):
        raise Transient(_LOST)
    services.blocks.lift("zoho", "zoho set-up")
    report(LedgerRebuilt(cases, adopted, earlier))
    return True


def _held(case: Keyed) -> Held:
    return Held(case.case_id, since=since_of(case.key))


def _look_again(page: list[Keyed], services: Services) -> None:
    """At young cases, whose conversations may have gone on while the ledger was lost, one after the other."""
    settings = services.settings
    since = services.clock() - 3_600 * settings.follow_up_hours
    young = [conversation_of(case.key) for case in page if case.made_at > since]
    # Half of Cody's limit is left to what is new.
    apart_seconds = 2 * 60 / (settings.cody_requests_per_minute or 60)
    services.ledger.look_again(young, settings.conversation_quiet_seconds, apart_seconds)


def _done_by_the_earlier_product(services: Services) -> Iterator[str]:
    for key in services.store.scan_iter(match=f"{EARLIER}*", count=1_000):
        yield str(key).removeprefix(EARLIER)


def check(services: Services) -> None:
    """Close the ledger where Zoho's newest case is one it has never heard of: then it came back with an old state."""
    newest = services.cases.newest_key()
    if newest is None or not services.ledger.is_open():
        return
    conversation_id = conversation_of(newest)
    known = services.ledger.about(conversation_id)
    # One that was tried may have made its case already, and wait for its notes; one that has its case for later words.
    state = known.get("state")
    is_older = state == State.CREATED and int(known.get("since", 0)) < since_of(newest)
    if state is None or is_older or (state == State.WAITING and not known.get("first_try") and "case" not in known):
        report(LedgerBehind())
        services.ledger.close()
