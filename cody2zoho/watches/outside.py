"""Whether Cody and Zoho are as we need them."""

from collections.abc import Iterator

from cody2zoho import monitor, nightly
from cody2zoho.alerts.alert import API_FAILURE, AUTH_ISSUE, DATA_MISMATCH, SYSTEM_ERROR, Alert, Level
from cody2zoho.records import State
from cody2zoho.services import Services
from cody2zoho.times import span

#: It is renewed with 15 minutes left, every 5 minutes: twice that was in vain.
_TOKEN_SECONDS = 420


def apis(services: Services) -> Iterator[Alert]:
    found, blocks = monitor.health(services), services.blocks.current()
    for api, words in found.items():
        is_told = any(what.split()[0] == api for what in blocks)
        if not is_told and words != "ok" and not words.startswith(monitor.NOT_ASKED):
            message = f"{api.capitalize()} does not answer as it should: {words}"
            remedy = "Look at its status page; work goes on by itself when it answers again"
            yield Alert(f"apis:{api}", Level.HIGH, API_FAILURE, message, remedy, {"api": api.capitalize()})


def token(services: Services) -> Iterator[Alert]:
    left = services.tokens.seconds_left()
    if left is None and not services.ledger.counts()[State.CREATED]:
        # A first start: nobody has asked for one yet.
        return
    if (left or 0) < _TOKEN_SECONDS:
        words = f"ends in {span(left)}" if left else "has ended"
        message = f"Zoho's access token {words}, and was not renewed"
        remedy = "Look for token_refresh_failed in the log, and whether worker and beat run"
        yield Alert("token", Level.HIGH, AUTH_ISSUE, message, remedy, {"api": "Zoho", "seconds_left": round(left or 0)})


def credits_left(services: Services) -> Iterator[Alert]:
    budget = services.limits.now().budget
    if budget.remaining is None or not budget.allowance:
        return
    percent = 100 * budget.remaining / budget.allowance
    if percent < services.settings.alert_credits_percent:
        level = Level.CRITICAL if budget.is_exhausted else Level.HIGH
        message = f"{max(0, budget.remaining)} of {budget.allowance} of Zoho's API credits are left"
        remedy = "Buy credits, or stop what else uses them; they come back a day after they were spent"
        details = {
            "api": "Zoho",
            "remaining": budget.remaining,
            "allowance": budget.allowance,
            "per_day": budget.per_day,
        }
        yield Alert("credits", level, API_FAILURE, message, remedy, details)


def discrepancy(services: Services) -> Iterator[Alert]:
    figures = nightly.latest(services)
    off = sum(figures.get(name, 0) for name in ("missing", "duplicate", "unrecorded"))
    percent = 100 * off / max(1, figures.get("cases", 0))
    if off and percent > services.settings.alert_discrepancy_percent:
        message = f"{percent:.1f}% of the cases in Zoho do not match the ledger"
        details = {"affected_count": off, "discrepancy": f"{percent:.1f}%"}
        yield Alert("discrepancy", Level.MEDIUM, DATA_MISMATCH, message, "Run `cody2zoho reconcile`", details)


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
            remedy = "Nothing has to be done: conversations are looked at one by one, and later words arrive later"
            yield Alert(f"feed:{bot}", Level.LOW, SYSTEM_ERROR, message, remedy, {"api": "Cody", "bot": bot})
