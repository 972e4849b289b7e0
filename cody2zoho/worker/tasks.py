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

from cody2zoho import alerts, sentry
from cody2zoho.backfill import batches
from cody2zoho.backup import nightly as backing_up
from cody2zoho.errors import Cody2ZohoError, Transient
from cody2zoho.limits import locks
from cody2zoho.reconcile import nightly
from cody2zoho.services import services
from cody2zoho.sync import pipeline, polling
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import PollingCycleCompleted
from cody2zoho.watching import digest, heartbeat, monitor, sentinel, summary, watches

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


class Wordless(Task):
    """Puts a customer's words on no log line."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with _wordless():
            return super().__call__(*args, **kwargs)


# What became of it stands in the ledger; storing it once more was 7 % of a case's CPU.
@shared_task(
    bind=True,
    base=Wordless,
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


@shared_task(base=Wordless, name="cody2zoho.fetch_conversations")
def fetch_conversations() -> str:
    """Poll Cody, then send one task for each conversation that is due."""
    began = time.monotonic()
    with _alone("fetch") as alone:
        if not alone:
            return "the last poll is still running"
        found = polling.poll(services())
    if found.failed:
        sentry.came("fetch_conversations", services().settings, services().store, is_well=False)
    sent = _send_due()
    known, seconds = found.conversations - found.new, time.monotonic() - began
    report(PollingCycleCompleted(found.conversations, sent, known, found.failed, seconds))
    return f"{found}; {sent} sent"


# Every few seconds: in Flower it would push everything else out of the history.
@shared_task(base=Wordless, name="cody2zoho.dispatch_due", send_events=False)
def dispatch_due() -> str:
    """Send one task for each conversation that is due."""
    return f"{_send_due()} sent"


@shared_task(base=Wordless, name="cody2zoho.sweep_conversations")
def sweep_conversations() -> str:
    """One step through all pages, for what the polls may have missed."""
    with _alone("sweep") as alone:
        return str(polling.sweep(services())) if alone else "the last step is still running"


@shared_task(base=Wordless, name="cody2zoho.reconcile", throws=(Cody2ZohoError,))
def reconcile() -> dict[str, int] | str:
    """Compare the ledger with Zoho."""
    with _alone("reconcile") as alone:
        return nightly.compare(services()) if alone else "the last comparison is still running"


@shared_task(base=Wordless, name="cody2zoho.backup", throws=(Cody2ZohoError,))
def backup() -> str:
    """Make a backup, read it once more, and let the oldest go."""
    return backing_up.run(services())


# As often as `dispatch_due`, and mostly for nothing.
@shared_task(base=Wordless, name="cody2zoho.backfill", send_events=False)
def backfill() -> str:
    """Begin batches of history, where there is any; each sends the next."""
    places = batches.places(services())
    for place in places:
        backfill_batch.delay(place=place)
    return f"{len(places)} batches sent"


@shared_task(base=Wordless, name="cody2zoho.backfill_batch", throws=(Cody2ZohoError,))
def backfill_batch(*, place: int) -> str:
    """Up to 100 conversations of long ago become cases with one call to Zoho."""
    batch = batches.work(place, services())
    if batch.goes_on:
        # Should that fail, the next tick does it.
        with suppress(OperationalError):
            backfill_batch.delay(place=place)
    return str(batch)


@shared_task(base=Wordless, name="cody2zoho.refresh_token", throws=(Cody2ZohoError,))
def refresh_token() -> str:
    """Renew Zoho's access token well before it ends."""
    return f"{monitor.refresh_token(services()):.0f} s left"


@shared_task(base=Wordless, name="cody2zoho.monitor_health")
def monitor_health() -> dict[str, int]:
    """Make all checks, those that ask Cody and Zoho included."""
    return _watched(only_quick=False)


# Every minute: in Flower it would push other things out of the history.
@shared_task(base=Wordless, name="cody2zoho.watch", send_events=False)
def watch() -> dict[str, int]:
    """Make the checks that are quick, and send what waits for a channel."""
    found = _watched(only_quick=True)
    heartbeat.send(services())
    if digest.tell_if_due(services()):
        send_alerts.delay()
    return found


@shared_task(base=Wordless, name="cody2zoho.business_summary")
def business_summary() -> dict[str, int]:
    """Tell how many conversations are in which state, totals and rates."""
    with _alone("summary") as alone:
        return summary.tell(services()) if alone else {}


# What is left after 35 seconds waits for the next minute's tick.
@shared_task(bind=True, base=Wordless, name="cody2zoho.send_alerts", throws=(Cody2ZohoError,), max_retries=3)
def send_alerts(self: Task) -> str:
    """Deliver what waits for any channel."""
    left = alerts.send_waiting(services().alerts)
    if left:
        raise self.retry(countdown=5 * 2**self.request.retries, exc=Transient(f"{left} messages could not be sent yet"))
    return "all sent"


def _watched(*, only_quick: bool) -> dict[str, int]:
    """How many alerts each check has; -1 where it could not tell."""
    sentinel.note_watched(services())
    # The rare look waits for its turn: skipped because the quick one runs, it would be half an hour late.
    with _alone("watch", wait_seconds=0 if only_quick else 30) as alone:
        looks = watches.look(services(), only_quick=only_quick) if alone else ()
        found = {check.name: -1 if alerts is None else len(alerts) for check, alerts in looks}
    if services().alerts.has_waiting():
        send_alerts.delay()
    return found


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


def _alone(what: str, wait_seconds: float = 0) -> AbstractContextManager[bool]:
    """Whether no other worker is at it, after so long."""
    key = f"{services().settings.redis_key_prefix}lock:{what}"
    return locks.alone(services().store, key, wait_seconds=wait_seconds)
