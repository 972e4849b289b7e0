"""All that is looked at by itself: each check a small function, its threshold a setting."""

from collections.abc import Iterator

from redis.exceptions import RedisError

from cody2zoho.alerts import Alert
from cody2zoho.errors import Cody2ZohoError
from cody2zoho.services import Services
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import CheckFailed
from cody2zoho.watches import errors, outside, work
from cody2zoho.watches.check import Check

CHECKS = (
    Check("apis", "Cody and Zoho answer, and accept our credentials.", outside.apis, is_quick=False),
    Check("blocked", "Nothing is blocked.", work.blocked),
    Check("late", "No conversation has been due for longer than MAX_SYNC_AGE_HOURS.", work.late),
    Check("queue", "What is due is handed out within ALERT_QUEUE_MINUTES.", work.queue),
    Check("polls", "Each bot's list was read within ALERT_POLL_MINUTES.", work.polls),
    Check("token", "Zoho's access token is renewed in time.", outside.token),
    Check("credits", "More than ALERT_CREDITS_PERCENT of Zoho's API credits are left.", outside.credits_left),
    Check("parked", "Nothing is parked.", work.parked),
    Check("error_rate", "At most ALERT_ERROR_THRESHOLD percent fail in 24 hours.", errors.error_rate),
    Check("error", "No error repeats ERROR_ALERT_THRESHOLD times.", errors.repeated),
    Check("sync_rate", "ALERT_SYNC_RATE_PERCENT of what is due is a case.", work.sync_rate, is_quick=False),
    Check("discrepancy", "Zoho and the ledger match, but for ALERT_DISCREPANCY_PERCENT.", outside.discrepancy),
    Check("feed", "Cody's list of all messages is in use.", outside.feed),
)


def look(services: Services, *, only_quick: bool = False) -> Iterator[tuple[Check, list[Alert] | None]]:
    """What each check finds; None where it could not tell. Raises and resolves alerts on the way."""
    for check in CHECKS:
        if only_quick and not check.is_quick:
            continue
        found = _looked(check, services)
        if found is not None:
            services.alerts.judge(check.name, found)
        yield check, found


def _looked(check: Check, services: Services) -> list[Alert] | None:
    try:
        return list(check.look(services))
    except (Cody2ZohoError, RedisError) as error:
        report(CheckFailed(check.name, str(error) if isinstance(error, Cody2ZohoError) else type(error).__name__))
        return None
