"""All that is looked at by itself: each check a small function, its threshold a setting."""

from collections.abc import Iterator

from redis.exceptions import RedisError

from cody2zoho.alerts import Alert, Level
from cody2zoho.errors import Cody2ZohoError
from cody2zoho.services import Services
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import CheckFailed, TaskFailed
from cody2zoho.watching import tracker
from cody2zoho.watching.watches import errors, kept, outside, silence, work
from cody2zoho.watching.watches.check import Check

_CRITICAL, _HIGH, _MEDIUM, _LOW = ((level,) for level in Level)

CHECKS = (
    Check(
        "apis",
        _HIGH,
        "",
        "Cody and Zoho answer, and accept our credentials.",
        "Look at its status page; work goes on by itself when it answers again",
        outside.apis,
        is_quick=False,
    ),
    Check(
        "blocked",
        (*_CRITICAL, *_HIGH),
        "",
        "Nothing is blocked.",
        "`cody2zoho status` shows what to mend; `cody2zoho doctor` looks afresh",
        work.blocked,
    ),
    Check(
        "late",
        _HIGH,
        "MAX_SYNC_AGE_HOURS",
        "No conversation has been due for longer than MAX_SYNC_AGE_HOURS.",
        "`cody2zoho why` with its id says what keeps it; `cody2zoho status` shows what is blocked",
        work.late,
    ),
    Check(
        "queue",
        _HIGH,
        "ALERT_QUEUE_MINUTES",
        "What is due is handed out within ALERT_QUEUE_MINUTES.",
        "Start more workers; an API's pause or used up credits, which `cody2zoho status` shows, pass by",
        work.queue,
    ),
    Check(
        "broker",
        _HIGH,
        "ALERT_QUEUE_MINUTES",
        "No message stands first in one of Celery's queues for ALERT_QUEUE_MINUTES.",
        "Start workers that take from this queue, without `-Q`; restart those that stand still",
        work.broker,
    ),
    Check(
        "polls",
        _HIGH,
        "ALERT_POLL_MINUTES",
        "Each bot's list was read within ALERT_POLL_MINUTES.",
        "Look for `poll_failed` in the log, and whether worker and beat run",
        work.polls,
    ),
    Check(
        "silence",
        _MEDIUM,
        "ALERT_SILENT_HOURS",
        "Cases come in as in the weeks before, or came within ALERT_SILENT_HOURS.",
        "Ask the bot something; if no case comes of it, look at CODY_BOT_ID. On a holiday nothing has to be done",
        silence.silence,
    ),
    Check(
        "token",
        _HIGH,
        "",
        "Zoho's access token is renewed in time.",
        "Look for `token_refresh_failed` in the log, and whether worker and beat run",
        outside.token,
    ),
    Check(
        "credits",
        (*_CRITICAL, *_HIGH),
        "ALERT_CREDITS_PERCENT",
        "More than ALERT_CREDITS_PERCENT of Zoho's API credits are left.",
        "Buy credits, or stop what else uses them; they come back a day after they were spent",
        outside.credits_left,
    ),
    Check(
        "parked",
        _MEDIUM,
        "",
        "Nothing is parked.",
        "`cody2zoho parked` shows the causes; mend them, then `cody2zoho retry --all`",
        work.parked,
    ),
    Check(
        "error_rate",
        _HIGH,
        "ALERT_ERROR_THRESHOLD",
        "At most ALERT_ERROR_THRESHOLD percent fail in 24 hours.",
        "`reason` of `case_postponed` and `poll_failed` in the log names the cause; look at the API it names",
        errors.error_rate,
    ),
    Check(
        "consecutive_errors",
        _HIGH,
        "ALERT_CONSECUTIVE_ERRORS",
        "Fewer than ALERT_CONSECUTIVE_ERRORS attempts have failed since the last that succeeded.",
        "`reason` of `case_postponed` and `conversation_parked` in the log names the cause",
        errors.consecutive,
    ),
    Check(
        "error",
        _CRITICAL,
        "ERROR_ALERT_THRESHOLD",
        "No error repeats ERROR_ALERT_THRESHOLD times.",
        "Look for the event it names in the log; docs/monitoring.md says what it means",
        errors.repeated,
    ),
    Check(
        "sync_rate",
        _HIGH,
        "ALERT_SYNC_RATE_PERCENT",
        "ALERT_SYNC_RATE_PERCENT of what was due MAX_SYNC_AGE_HOURS ago is a case.",
        "`cody2zoho status` shows what is parked or blocked; where nothing is, start more workers",
        work.sync_rate,
        is_quick=False,
    ),
    Check(
        "discrepancy",
        _MEDIUM,
        "ALERT_DISCREPANCY_PERCENT",
        "Zoho and the ledger match, but for ALERT_DISCREPANCY_PERCENT.",
        "Run `cody2zoho reconcile`",
        outside.discrepancy,
    ),
    Check(
        "backup",
        _MEDIUM,
        "ALERT_BACKUP_HOURS",
        "Where BACKUP_AT is set, the last good backup is younger than ALERT_BACKUP_HOURS.",
        "Look for `backup_failed` in the log, mend what it names, and run `cody2zoho backup create`",
        kept.backup,
    ),
    Check(
        "feed",
        _LOW,
        "",
        "Cody's list of all messages is in use.",
        "Nothing has to be done: conversations are looked at one by one, and later words arrive later",
        outside.feed,
    ),
)


def look(services: Services, *, only_quick: bool = False) -> Iterator[tuple[Check, list[Alert] | None]]:
    """What each check finds; None where it could not tell. Raises and resolves alerts on the way."""
    for check in CHECKS:
        if only_quick and not check.is_quick:
            continue
        found = looked(check, services)
        if found is not None:
            services.alerts.judge(check.name, found)
        yield check, found


def looked(check: Check, services: Services) -> list[Alert] | None:
    """What one check finds, with what to do; None where it could not tell."""
    try:
        return [check.with_remedy(alert) for alert in check.look(services)]
    except (Cody2ZohoError, RedisError) as error:
        report(CheckFailed(check.name, str(error) if isinstance(error, Cody2ZohoError) else type(error).__name__))
        return None
    except Exception as error:  # noqa: BLE001 - a fault of ours in one check must not silence the others
        report(TaskFailed(f"check {check.name}", type(error).__name__, tracker.place_of(error.__traceback__)))
        return None
