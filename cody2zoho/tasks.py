"""When, how often and how many times; what happens is in the pipeline."""

import logging
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

from celery import Task, shared_task
from celery.exceptions import CeleryError
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from cody2zoho import batches, locks, logs, monitor, nightly, pipeline, polling, summary
from cody2zoho.errors import Cody2ZohoError
from cody2zoho.services import services
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import PollingCycleCompleted

log = logging.getLogger(__name__)


#: A process that finishes several in so short a time sends for all of them at once: a look for each was 6 % of its CPU.
_NEXT_SECONDS = 0.05


class _Sent:
    """When this process looked last what may come next."""

    at = 0.0


@contextmanager
def _wordless() -> Iterator[None]:
    """Celery writes an error nobody foresaw into its log and to Flower: its words may be a customer's.

    Its kind and the traceback remain. A text that cannot be encoded stands in its error as a whole.
    """
    try:
        yield
    except (Cody2ZohoError, CeleryError, OperationalError, RedisError, OSError):
        raise
    except Exception as error:
        one: BaseException | None = error
        while one:
            one.args = ()
            one = one.__cause__ or one.__context__
        raise


class Traced(Task):
    """Puts the task's id, and the conversation's, on every log line it causes, and a customer's words on none."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        named = {"conversation": str(args[0])} if args else {}
        with (
            logs.context(task=self.name.removeprefix("cody2zoho."), task_id=self.request.id or "", **named),
            _wordless(),
        ):
            return super().__call__(*args, **kwargs)


# What became of it stands in the ledger; storing it once more was 7 % of a case's CPU.
@shared_task(
    bind=True,
    base=Traced,
    name="cody2zoho.create_case",
    throws=(Cody2ZohoError,),
    max_retries=None,
    ignore_result=True,
)
def create_case(self: Task, conversation_id: str) -> str:
    """Make the case of one conversation; a short wait is Celery's retry, a long one the agenda's."""
    outcome = pipeline.create_case(conversation_id, services())
    _send_next()
    if outcome.retry_in_seconds is not None:
        raise self.retry(countdown=outcome.retry_in_seconds, exc=Cody2ZohoError(outcome.words))
    return outcome.words


@shared_task(base=Traced, name="cody2zoho.fetch_conversations")
def fetch_conversations() -> str:
    """Poll Cody, then send one task for each conversation that is due."""
    began = time.monotonic()
    with _alone("fetch") as alone:
        if not alone:
            return "the last poll is still running"
        found = polling.poll(services())
    sent = _send_due()
    known, seconds = found.conversations - found.new, time.monotonic() - began
    report(PollingCycleCompleted(found.conversations, sent, known, found.failed, seconds))
    return f"{found}; {sent} sent"


# Every few seconds: in Flower it would push everything else out of the history.
@shared_task(base=Traced, name="cody2zoho.dispatch_due", send_events=False)
def dispatch_due() -> str:
    """Send one task for each conversation that is due."""
    return f"{_send_due()} sent"


@shared_task(base=Traced, name="cody2zoho.sweep_conversations")
def sweep_conversations() -> str:
    """One step through all pages, for what the polls may have missed."""
    with _alone("sweep") as alone:
        return str(polling.sweep(services())) if alone else "the last step is still running"


@shared_task(base=Traced, name="cody2zoho.reconcile", throws=(Cody2ZohoError,))
def reconcile() -> dict[str, int] | str:
    """Compare the ledger with Zoho."""
    with _alone("reconcile") as alone:
        return nightly.compare(services()) if alone else "the last comparison is still running"


# As often as `dispatch_due`, and mostly for nothing.
@shared_task(base=Traced, name="cody2zoho.backfill", send_events=False)
def backfill() -> str:
    """Begin batches of history, where there is any; each sends the next."""
    places = batches.places(services())
    for place in places:
        backfill_batch.delay(place=place)
    return f"{len(places)} batches sent"


@shared_task(base=Traced, name="cody2zoho.backfill_batch", throws=(Cody2ZohoError,))
def backfill_batch(*, place: int) -> str:
    """Up to 100 conversations of long ago become cases with one call to Zoho."""
    batch = batches.work(place, services())
    if batch.goes_on:
        # Should that fail, the next tick does it.
        with suppress(OperationalError):
            backfill_batch.delay(place=place)
    return str(batch)


@shared_task(base=Traced, name="cody2zoho.refresh_token", throws=(Cody2ZohoError,))
def refresh_token() -> str:
    """Renew Zoho's access token well before it ends."""
    return f"{monitor.refresh_token(services()):.0f} s left"


@shared_task(base=Traced, name="cody2zoho.monitor_health")
def monitor_health() -> dict[str, str]:
    """Ask both APIs whether they accept us."""
    return monitor.health(services())


@shared_task(base=Traced, name="cody2zoho.business_summary")
def business_summary() -> dict[str, int]:
    """Tell how many conversations are in which state, totals and rates."""
    return summary.tell(services())


def _send_next() -> None:
    """Whoever finishes one sends what may come in its place. Should that fail, the next tick does it."""
    if time.monotonic() < _Sent.at + _NEXT_SECONDS:
        return
    _Sent.at = time.monotonic()
    with suppress(RedisError, OperationalError):
        _send(pipeline.ready(services()))


def _send_due() -> int:
    sent = 0
    while conversation_ids := pipeline.ready(services()):
        _send(conversation_ids)
        sent += len(conversation_ids)
    return sent


def _send(conversation_ids: list[str]) -> None:
    for conversation_id in conversation_ids:
        create_case.delay(conversation_id)


def _alone(what: str) -> AbstractContextManager[bool]:
    """Whether no other worker is at it."""
    return locks.alone(services().store, f"{services().settings.redis_key_prefix}lock:{what}")
