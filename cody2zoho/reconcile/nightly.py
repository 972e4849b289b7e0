"""The ledger against Zoho, every night: the cheap half of `reconcile`, and the figures of the latest comparison.

Cody is left out: at its 60 requests a minute 100,000 conversations take two hours, and the sweep compares them with
the ledger all day long. Only a few conversations whose case is missing are asked for there: a person who has both
erased wants no warning every night. 100,000 cases take 51 requests to Zoho. Whether a case is an orphan only Cody can
tell.

Keys, below the prefix:
    metrics:reconcile  hash  the latest comparison: at (s), cases, missing, duplicate, unrecorded, orphaned if known
"""

from cody2zoho.errors import Cody2ZohoError
from cody2zoho.http import time_limit
from cody2zoho.ledger.records import State
from cody2zoho.limits.credits import lane
from cody2zoho.reconcile import mismatches
from cody2zoho.reconcile.comparison import comparison
from cody2zoho.services import Services
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import ReconcileCompleted, ReconcileFailed


def compare(services: Services) -> dict[str, int]:
    """How many cases the ledger believes in and Zoho lacks, and the other way round; logged and kept."""
    try:
        with time_limit(services.settings.task_budget_seconds), lane("reconcile"):
            figures = _figures(services)
    except Cody2ZohoError as error:
        report(ReconcileFailed(str(error)))
        raise
    report(ReconcileCompleted(**figures))
    keep(services, figures)
    return figures


def keep(services: Services, figures: dict[str, int]) -> None:
    """Let `status` and the metrics show them."""
    facts = {"at": int(services.clock()), **figures}
    with services.store.pipeline() as pipe:
        pipe.delete(_key(services))
        pipe.hset(_key(services), items=[part for pair in facts.items() for part in pair])
        pipe.execute()


def latest(services: Services) -> dict[str, int]:
    """The figures of the latest comparison, with its time; empty before the first."""
    return {str(name): int(value) for name, value in services.store.hgetall(_key(services)).items()}


def _figures(services: Services) -> dict[str, int]:
    """The ledger is read first, so that a case made meanwhile is not taken for a missing one."""
    with comparison() as compared:
        # Cases that only the earlier product knows carry no conversation id: Zoho cannot tell whether they are there.
        compared.note(
            (one, State.CREATED, known.since) for one, known in services.ledger.all_created() if known.case_id
        )
        for page in services.cases.keyed_pages():
            compared.hold((case.case_id, case.key) for case in page)
        mismatches.place_strays(services, compared)
        return {
            "cases": compared.cases(),
            "missing": len(compared.missing(State.CREATED)) - mismatches.erased(services, compared),
            "duplicate": len(compared.duplicates()),
            "unrecorded": len(mismatches.unrecorded(services, compared)),
        }


def _key(services: Services) -> str:
    return f"{services.settings.redis_key_prefix}metrics:reconcile"
