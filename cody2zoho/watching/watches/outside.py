"""Whether Cody and Zoho are as we need them."""

from collections.abc import Iterator

from cody2zoho.alerts.alert import API_FAILURE, AUTH_ISSUE, DATA_MISMATCH, SYSTEM_ERROR, Alert, Level
from cody2zoho.ledger.records import State
from cody2zoho.reconcile import nightly
from cody2zoho.services import Services
from cody2zoho.text.times import span
from cody2zoho.watching import monitor, sentinel

#: It is renewed with 15 minutes left, every 5 minutes: twice that was in vain.
_TOKEN_SECONDS = 420

#: So long after a start that has happened, even where it began with a token that had ended meanwhile.
_RENEWED_SECONDS = 600


def apis(services: Services) -> Iterator[Alert]:
    found, blocks = monitor.health(services), services.blocks.current()
    for api, words in found.items():
        is_told = any(what.split()[0] == api for what in blocks)
        if not is_told and words != "ok" and not words.startswith(monitor.NOT_ASKED):
            message = f"{api.capitalize()} does not answer as it should: {words}"
            yield Alert(f"apis:{api}", Level.HIGH, API_FAILURE, message, details={"api": api.capitalize()})


def token(services: Services) -> Iterator[Alert]:
    left = services.tokens.seconds_left()
    is_first_start = left is None and not services.ledger.counts()[State.CREATED]
    if is_first_start or "zoho" in services.blocks.current():
        # Nobody has asked for one yet; or it is told that Zoho gives none.
        return
    is_new = services.shared_clock() - sentinel.watched_since(services, "token") < _RENEWED_SECONDS
    if (left or 0) < _TOKEN_SECONDS and not is_new:
        words = f"ends in {span(left)}" if left else "has ended"
        message = f"Zoho's access token {words}, and was not renewed"
        yield Alert("token", Level.HIGH, AUTH_ISSUE, message, details={"api": "Zoho", "seconds_left": round(left or 0)})


def credits_left(services: Services) -> Iterator[Alert]:
    budget = services.limits.now().budget
    if budget.remaining is None or not budget.allowance:
        return
    percent = 100 * budget.remaining / budget.allowance
    if percent < services.settings.alert_credits_percent:
        level = Level.CRITICAL if budget.is_exhausted else Level.HIGH
        message = f"{max(0, budget.remaining)} of {budget.allowance} of Zoho's API credits are left"
        details = {
            "api": "Zoho",
            "remaining": budget.remaining,
            "allowance": budget.allowance,
            "per_day": budget.per_day,
        }
        yield Alert("credits", level, API_FAILURE, message, details=details)


def discrepancy(services: Services) -> Iterator[Alert]:
    figures = nightly.latest(services)
    off = sum(figures.get(name, 0) for name in ("missing", "duplicate", "unrecorded"))
    percent = 100 * off / max(1, figures.get("cases", 0))
    if off and percent > services.settings.alert_discrepancy_percent:
        message = f"{percent:.1f}% of the cases in Zoho do not match the ledger"
        details = {"affected_count": off, "discrepancy": f"{percent:.1f}%"}
        yield Alert("discrepancy", Level.MEDIUM, DATA_MISMATCH, message, details=details)


def feed(services: Services) -> Iterator[Alert]:
    settings = services.settings
    for bot in settings.bots:
        words = (
            services.feed.words(bot)
            if bot and (settings.conversation_quiet_seconds or settings.follow_up_hours)
            else ""
        )
        if words.startswith("not in use:"):
            message = f"Cody's list of all messages is {words} (bot {bot})"
            yield Alert(f"feed:{bot}", Level.LOW, SYSTEM_ERROR, message, details={"api": "Cody", "bot": bot})
