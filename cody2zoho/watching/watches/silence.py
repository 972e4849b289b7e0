"""No cases where there always were some: nothing fails, for nothing comes in.

What is usual is learnt from the same hours, in TIME_ZONE, of the weeks before. A holiday looks the same: so it is told
once a silence, which only a case ends, and once a day at the most.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from math import ceil

from cody2zoho.alerts.alert import DATA_MISMATCH, Alert, Level
from cody2zoho.ledger.blocks import STOPS_WORK
from cody2zoho.ledger.records import State
from cody2zoho.services import Services
from cody2zoho.telemetry import counters
from cody2zoho.text.times import span
from cody2zoho.watching import sentinel
from cody2zoho.watching.watches.work import paused_until

_KEY = "silence"
_HOUR_SECONDS, _WEEK_HOURS, _DAY_SECONDS = 3_600, 7 * 24, 86_400

#: So many weeks before are asked, and so many must be known; the emptiest of them may have been a holiday, too.
_WEEKS, _FEWEST_WEEKS = 4, 3

#: Fewer cases than that may be missing by chance.
_FEWEST = 5


def silence(services: Services) -> Iterator[Alert]:
    """Whole hours count. Where everything is paused or blocked, nobody expects a case."""
    known = counters.hours(services.store, services.settings.redis_key_prefix)
    hour = int(services.shared_clock() // _HOUR_SECONDS)
    made = {at: count for (at, what), count in known.items() if what == State.CREATED and at <= hour}
    if not made:
        return
    begun = ceil(max(sentinel.watched_since(services, _KEY), paused_until(services)) / _HOUR_SECONDS)
    silent = range(max(max(made) + 1, hour - _WEEK_HOURS, begun), hour)
    usual = _usual(made, min(at for at, _ in known), silent, services.settings.zone)
    last_case = datetime.fromtimestamp(max(made) * _HOUR_SECONDS, UTC).strftime("%Y-%m-%d %H:00 UTC")
    if _is_told(services, last_case) or (
        len(silent) >= services.settings.alert_silent_hours and usual >= _FEWEST and _is_news(services)
    ):
        message = f"No case has been made for {span(len(silent) * _HOUR_SECONDS)}, where {usual} are usual"
        details = {"hours": len(silent), "usual": usual, "last_case": last_case}
        yield Alert(_KEY, Level.MEDIUM, DATA_MISMATCH, message, details=details)


def _usual(made: dict[int, int], first: int, hours: range, zone: tzinfo) -> int:
    """Cases in these hours of the weeks before, the emptiest week left out; 0 where too few weeks are known."""
    weeks = [week for week in range(1, _WEEKS + 1) if hours.start - _WEEK_HOURS * week >= first]
    sums = sorted(sum(made.get(_before(hour, week, zone), 0) for hour in hours) for week in weeks)
    return sums[1] if len(sums) >= _FEWEST_WEEKS else 0


def _before(hour: int, weeks: int, zone: tzinfo) -> int:
    """The same hour so many weeks ago, as people there count it: summer time may have ended since."""
    moment = datetime.fromtimestamp(hour * _HOUR_SECONDS, zone) - timedelta(weeks=weeks)
    return int(moment.timestamp() // _HOUR_SECONDS)


def _is_told(services: Services, last_case: str) -> bool:
    """The same silence goes on, though nights have no cases and figures of long ago are forgotten."""
    raised = [one.alert for one in services.alerts.raised() if one.alert.key == _KEY]
    return any(alert.details["last_case"] == last_case for alert in raised)


def _is_news(services: Services) -> bool:
    if services.paused.is_everything() or set(services.blocks.current()) & set(STOPS_WORK):
        return False
    return services.shared_clock() - services.alerts.told_at(_KEY) >= _DAY_SECONDS
