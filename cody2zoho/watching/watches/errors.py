"""How much of what is tried fails, over 24 hours and in a row, and which error repeats.

The counters only grow; the difference to how they stood a day ago, or at the last success, is what happened since.

Keys, below the prefix:
    alerts:hours  hash  hour since 1970 -> how the counters of attempts and requests stood at its beginning, as JSON
    alerts:row    hash  succeeded, failed: how many attempts had done so when one was last seen to succeed
"""

import json
from collections import defaultdict
from collections.abc import Iterator

from cody2zoho.alerts.alert import HIGH_ERROR_RATE, SYSTEM_ERROR, Alert, Level
from cody2zoho.services import Services
from cody2zoho.telemetry import counters
from cody2zoho.telemetry.metrics import PROCESSING, REQUESTS
from cody2zoho.watching import tracker

_FAILED = ("postponed", "parked")
_ENDED = ("case", "let go", *_FAILED)
_HOURS = 24

_NAMES = {
    "cases": "Cody and Zoho",
    "cody": "Cody",
    "zoho": "Zoho",
    "zoho_accounts": "Zoho's accounts server",
    "application_insights": "Application Insights",
}

#: Fewer than that have no rate.
_FEWEST = 20


def error_rate(services: Services) -> Iterator[Alert]:
    for what, (tried, failed) in lately(services).items():
        rate = 100 * failed / max(1, tried)
        if tried >= _FEWEST and rate > services.settings.alert_error_threshold:
            message = f"{rate:.1f}% of the {subject(what)} failed in the last 24 hours"
            details = {"affected_count": failed, "error_rate": f"{rate:.1f}%", "api": _NAMES.get(what, what)}
            yield Alert(f"error_rate:{what}", Level.HIGH, HIGH_ERROR_RATE, message, details=details)


def repeated(services: Services) -> Iterator[Alert]:
    settings, now = services.settings, services.shared_clock()
    known = tracker.repeated(services.store, settings.redis_key_prefix, now, settings.error_alert_threshold)
    for kind, count, context in known:
        event = kind.partition("-")[0]
        message = f"The same error {count} times: {event}"
        remedy = f"Look for `{event}` in the log; docs/monitoring.md says what it means"
        details = {"affected_count": count, **context}
        yield Alert(f"error:{kind}", Level.CRITICAL, SYSTEM_ERROR, message, remedy, details, script="sync")


def consecutive(services: Services) -> Iterator[Alert]:
    count = _failed_in_a_row(services)
    if count >= services.settings.alert_consecutive_errors:
        message = f"{count} attempts to make a case have failed, and none has succeeded since"
        yield Alert("consecutive_errors", Level.HIGH, HIGH_ERROR_RATE, message, details={"affected_count": count})


def subject(what: str) -> str:
    """In words, what `lately` tells of."""
    return "attempts to make a case" if what == "cases" else f"requests to {_NAMES.get(what, what)}"


def _failed_in_a_row(services: Services) -> int:
    """Of all workers, as well as looks a minute apart can tell; what fails before a success within it is left out."""
    key = f"{services.settings.redis_key_prefix}alerts:row"
    tried, failed = _totals(counters.read(services.store, services.settings.redis_key_prefix)).get("cases", (0, 0))
    mark = services.store.hgetall(key)
    if mark.get("succeeded") == str(tried - failed):
        return failed - int(mark["failed"])
    services.store.hset(key, mapping={"succeeded": tried - failed, "failed": failed})
    return 0


def lately(services: Services) -> dict[str, tuple[int, int]]:
    """What was tried, and how much of it failed; since the first look, where that is less than a day ago."""
    key, hour = f"{services.settings.redis_key_prefix}alerts:hours", int(services.shared_clock() // 3_600)
    now = _totals(counters.read(services.store, services.settings.redis_key_prefix))
    services.store.hsetnx(key, str(hour), json.dumps(now))
    kept = {int(one): json.loads(str(value)) for one, value in services.store.hgetall(key).items()}
    if old := [str(one) for one in kept if one < hour - _HOURS]:
        services.store.hdel(key, *old)
    before = kept[min(one for one in kept if one >= hour - _HOURS)]
    return {
        what: (tried - before.get(what, (0, 0))[0], failed - before.get(what, (0, 0))[1])
        for what, (tried, failed) in now.items()
    }


def _totals(counted: dict[str, float]) -> dict[str, tuple[int, int]]:
    totals: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for field, amount in counted.items():
        name, *labels = field.split("|")
        if name == PROCESSING.name and labels[0] in _ENDED and labels[1] != "sum":
            _add(totals["cases"], amount, is_failed=labels[0] in _FAILED)
        if name == REQUESTS.name and labels[0] != "webhook":
            _add(totals[labels[0]], amount, is_failed=labels[1] == "none" or labels[1] >= "500")
    return {what: (tried, failed) for what, (tried, failed) in totals.items()}


def _add(total: list[int], amount: float, *, is_failed: bool) -> None:
    total[0] += int(amount)
    total[1] += int(amount) * is_failed
