"""What a day was like, told once a day at DIGEST_AT, also where nothing happened: silence of the digest is news, too.

It goes the way of alerts, at level INFO, to the channels that are told what is good to know. Figures are of the 24
whole hours before it, or of the moment. What is still wrong is told again here, and nowhere else.
"""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

from cody2zoho.alerts import Alert, Level, Notice
from cody2zoho.alerts.alert import STATUS_UPDATE
from cody2zoho.ledger.records import State
from cody2zoho.services import Services
from cody2zoho.telemetry import counters, report
from cody2zoho.telemetry.events import DigestTold
from cody2zoho.text.times import span
from cody2zoho.watching.watches import errors

_HOURS, _HOUR_SECONDS = 24, 3_600

#: Reasons and alerts that are named; more are counted.
_MOST = 10


def tell_if_due(services: Services) -> bool:
    """Whether it is told now: once a day, by whichever worker looks first. Before a first day is over there is none."""
    now = _local(services)
    day = f"{now:%Y-%m-%d}"
    at = services.settings.digest_at
    if at == "never" or f"{now:%H:%M}" < at or services.alerts.has_digest_of(day):
        return False
    notice = of_now(services)
    is_told = services.alerts.tell_digest(day, notice)
    if is_told:
        figures = notice.alert.details
        report(DigestTold(figures["seen"], figures["cases"], figures["parked"], len(figures["open_alerts"])))
    return is_told


def of_now(services: Services) -> Notice:
    """The digest as it would be told now."""
    figures = _figures(services)
    came, made = _count(figures["seen"], "conversation"), _count(figures["cases"], "case")
    message = f"The 24 hours to {figures['to']}: {came}, {made}; {_open_words(figures)}"
    alert = Alert("digest", Level.LOW, STATUS_UPDATE, message, details=figures)
    return Notice(alert, "digest", services.shared_clock(), body="\n".join(_lines(figures)))


def _figures(services: Services) -> dict[str, Any]:
    """All that it tells, as `details` of the JSON."""
    settings, hour = services.settings, int(services.shared_clock() // _HOUR_SECONDS)
    counts = services.ledger.counts()
    reasons = Counter(one.reason for one in services.ledger.parked())
    budget = services.limits.now().budget
    return {
        "from": _written(services, hour - _HOURS),
        "to": _written(services, hour),
        "time_zone": settings.time_zone,
        **_counted(services, hour),
        "waiting": counts[State.WAITING] + counts[State.WORKING],
        "oldest_due": _oldest_due(services),
        "parked": counts[State.PARKED],
        "parked_reasons": [{"reason": reason, "conversations": many} for reason, many in reasons.most_common(_MOST)],
        "errors": _errors(services),
        "zoho_credits": {"used": budget.used, "remaining": budget.remaining, "forecast": budget.words},
        "blocked": sorted(services.blocks.current()),
        # Why it is paused is a person's words, and stays here.
        "paused": [replace(pause, reason="").words(services.shared_clock()) for pause in services.paused.current()],
        **_alerts(services),
    }


def _written(services: Services, hour: int) -> str:
    """The beginning of an hour since 1970."""
    return f"{datetime.fromtimestamp(hour * _HOUR_SECONDS, services.settings.zone):%Y-%m-%d %H:%M}"


def _counted(services: Services, hour: int) -> dict[str, int]:
    """What came in and what it came to, in the 24 whole hours before."""
    known = counters.hours(services.store, services.settings.redis_key_prefix)

    def of(*whats: str) -> int:
        return sum(count for (at, what), count in known.items() if what in whats and hour - _HOURS <= at < hour)

    ended = (State.EMPTY, State.GONE, State.DISMISSED)
    return {"seen": of("seen"), "cases": of(State.CREATED), "let_go": of(*ended), "newly_parked": of(State.PARKED)}


def _oldest_due(services: Services) -> dict[str, Any] | None:
    seconds, conversation_id, _ = services.ledger.oldest_due(services.settings.max_sync_age_hours)
    return {"conversation": conversation_id, "for": span(seconds)} if conversation_id and seconds >= 1 else None


def _errors(services: Services) -> dict[str, dict[str, Any]]:
    return {
        what: {"tried": tried, "failed": failed, "error_rate": f"{100 * failed / max(1, tried):.1f}%"}
        for what, (tried, failed) in sorted(errors.lately(services).items())
    }


def _alerts(services: Services) -> dict[str, Any]:
    now = services.shared_clock()
    lately = [one for one in services.alerts.latest() if now - one.at < _HOURS * _HOUR_SECONDS]
    return {
        "alerts_raised": sum(one.status == "raised" for one in lately),
        "alerts_resolved": sum(one.is_over for one in lately),
        "alerts": [_told(one) for one in lately[:_MOST]],
        "open_alerts": [
            {
                "key": one.alert.key,
                "severity": one.alert.level.value,
                "for": span(now - one.since),
                "message": one.alert.message,
                "remedy": one.alert.remedy,
            }
            for one in services.alerts.raised()
        ],
    }


def _told(notice: Notice) -> dict[str, str]:
    plain = notice.as_json()
    return {name: plain[name] for name in ("timestamp", "key", "status", "severity", "message")}


def _lines(figures: dict[str, Any]) -> list[str]:
    """The same for people, the worst first."""
    due, parked = figures["oldest_due"], figures["parked"]
    oldest = f"; the oldest has been due for {due['for']} ({due['conversation']})" if due else ""
    return [
        *(
            f"• {one['severity']}, for {one['for']}: {one['message']} → {one['remedy']}"
            for one in figures["open_alerts"]
        ),
        *(f"• Paused: {words}" for words in figures["paused"]),
        f"• Waiting: {figures['waiting']}{oldest}",
        f"• Parked: {parked}" + ("" if parked else ", nothing needs a person"),
        *(f"    {one['conversations']} × {one['reason']}" for one in figures["parked_reasons"]),
        f"• Failed: {_failed(figures['errors'])}",
        f"• Zoho's API credits: {figures['zoho_credits']['used']} used; {figures['zoho_credits']['forecast']}",
        f"• Alerts: {figures['alerts_raised']} raised, {figures['alerts_resolved']} over",
    ]


def _failed(by_what: dict[str, dict[str, Any]]) -> str:
    tried = [
        f"{one['failed']} of {one['tried']} {errors.subject(what)} ({one['error_rate']})"
        for what, one in by_what.items()
        if one["tried"]
    ]
    return "; ".join(tried) or "nothing, for nothing was tried"


def _open_words(figures: dict[str, Any]) -> str:
    count = len(figures["open_alerts"])
    return f"{_count(count, 'alert')} open" if count else "all is well"


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _local(services: Services) -> datetime:
    return datetime.fromtimestamp(services.shared_clock(), services.settings.zone)
