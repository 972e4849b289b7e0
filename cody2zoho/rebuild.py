"""A ledger that is new, or was lost, or came back old, is filled from Zoho before anything is created.

Zoho's unique field would refuse every duplicate anyway; but one request for each case there is, instead of one for
2,000, would cost the day's allowance. A first start adopts in the same way what was there before.

Keys, outside the prefix:
    processed_conversation:<id>  the earlier product's mark on a conversation that it made a case of
"""

import logging
from collections.abc import Iterator

from cody2zoho import locks, upgrade
from cody2zoho.errors import Blocked, NotSetUp, Permanent, Transient
from cody2zoho.http import time_limit
from cody2zoho.keys import conversation_of
from cody2zoho.records import State
from cody2zoho.services import Services

log = logging.getLogger(__name__)

EARLIER = "processed_conversation:"

#: A younger case may still lack the notes that its worker was about to add when Redis was lost. It is not adopted:
#: the next poll finds its conversation, the insert is refused, and the case gets what it lacks.
_SETTLED_SECONDS = 3_600


def ensure(services: Services) -> bool:
    """Whether the ledger can be trusted, now that it was filled if need be. Only one worker at a time fills it."""
    if services.ledger.is_open():
        return True
    with locks.alone(services.store, f"{services.settings.redis_key_prefix}lock:rebuild") as alone:
        if not alone:
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
            log.warning("rebuild_postponed", extra={"reason": str(error)})
    return False


def _filled(services: Services) -> bool:
    upgrade.bring_up(services)
    services.key_field.is_unique()
    cases = adopted = 0
    made_before = services.clock() - _SETTLED_SECONDS
    for page in services.cases.keyed_pages(services.ledger.filled_to(), made_before):
        cases += len(page)
        adopted += services.ledger.adopt((conversation_of(key), case_id) for case_id, key in page)
        if page:
            services.ledger.keep_filled_to(page[-1][0])
    earlier = services.ledger.adopt((one, "") for one in _done_by_the_earlier_product(services))
    services.ledger.open()
    services.blocks.lift("zoho", "zoho set-up")
    log.info("ledger_rebuilt", extra={"cases": cases, "adopted": adopted, "earlier": earlier})
    return True


def _done_by_the_earlier_product(services: Services) -> Iterator[str]:
    for key in services.store.scan_iter(match=f"{EARLIER}*", count=1_000):
        yield str(key).removeprefix(EARLIER)


def check(services: Services) -> None:
    """Close the ledger where Zoho's newest case is one it has never heard of: then it came back with an old state."""
    newest = services.cases.newest_key()
    if newest is None or not services.ledger.is_open():
        return
    conversation_id = conversation_of(newest)
    known = services.ledger.looked_up([conversation_id]).get(conversation_id)
    if known is None or known.state is State.WAITING:
        log.warning("ledger_behind")
        services.ledger.close()
