"""What is reckoned for Prometheus at the moment of the scrape, and the words a stranger reads about it."""

from collections import Counter as Tally
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cody2zoho import __version__
from cody2zoho.ledger.blocks import STOPS_WORK
from cody2zoho.ledger.paused import ALL
from cody2zoho.ledger.records import State
from cody2zoho.ops import charts
from cody2zoho.ops.situation import Situation
from cody2zoho.settings import Settings

#: A value, or values by their labels; None, and nothing is told.
Values = Mapping[tuple[str, ...], float] | float | None

#: For how many hours, the present one included.
_WINDOWS = {"24h": 24, "30d": 30 * 24}

#: What a reason to park begins with; whatever else it says, Zoho or Cody refuses the conversation.
_CAUSES = {"Its worker died": "workers died", "Tried for": "tried too long"}
_REFUSED, _BEYOND = "refused", "not looked at"

#: Settings that say from when on something is an alert; rules of Prometheus compare with these, not with their own.
_THRESHOLDS = (
    "max_sync_age_hours",
    "alert_poll_minutes",
    "alert_error_threshold",
    "alert_discrepancy_percent",
    "alert_credits_percent",
)


@dataclass(frozen=True)
class Gauge:
    """Its name lacks `cody2zoho_`, which all begin with."""

    name: str
    help: str
    value: Callable[[Situation], Values]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChosenGauge:
    """One for which it matters what the operator has chosen."""

    name: str
    help: str
    value: Callable[[Situation, Settings], Values]
    labels: tuple[str, ...]


def _thresholds(_: Situation, settings: Settings) -> Values:
    return {(name.upper(),): float(getattr(settings, name)) for name in _THRESHOLDS}


def _recent(situation: Situation, settings: Settings) -> Values:
    """As the status page has it."""
    this, found = int(situation.now // 3600), Tally[tuple[str, ...]]()
    for what in ("seen", "created", "parked", "empty", "gone"):
        found[what, "today"] = charts.today(situation, settings.zone, what)
        for window, hours in _WINDOWS.items():
            found[what, window] = sum(situation.hours.get((this - ago, what), 0) for ago in range(hours))
    return found


def _parked(situation: Situation) -> Values:
    """By cause. Only the first are looked at: a scrape costs the same however many there are."""
    found = Tally[tuple[str, ...]]({(cause,): 0 for cause in (*_CAUSES.values(), _REFUSED, _BEYOND)})
    for one in situation.parked:
        causes = (cause for words, cause in _CAUSES.items() if one.reason.startswith(words))
        found[next(causes, _REFUSED),] += 1
    found[_BEYOND,] = max(0, situation.states.get(State.PARKED, 0) - len(situation.parked))
    return found


def _pauses(situation: Situation) -> Values:
    return {(api,): situation.limits.pauses.get(api, 0) for api in ("cody", "zoho")}


def _blocked(situation: Situation) -> Values:
    """Bots together: how many there are is not ours to choose."""
    is_bot = any(what.startswith("bot ") for what in situation.blocked)
    stopped = {what: what in situation.blocked for what in STOPS_WORK}
    return {(what,): float(is_blocked) for what, is_blocked in {**stopped, "bot": is_bot}.items()}


def _successes(situation: Situation) -> Values:
    ages = {(api,): situation.age(api) for api in ("cody", "zoho", "zoho_accounts")}
    return {api: age for api, age in ages.items() if age is not None}


def _raised(situation: Situation) -> Values:
    return Tally((one.alert.key.partition(":")[0], one.alert.level.lower()) for one in situation.raised)


def _compared(situation: Situation) -> Values:
    return {(what,): float(count) for what, count in situation.compared.items() if what != "at"}


GAUGES = (
    Gauge(
        "conversations_in_state",
        "Conversations that are in each state now.",
        lambda s: {(str(state),): count for state, count in s.states.items()},
        ("state",),
    ),
    Gauge(
        "conversations_parked",
        "Conversations that wait for a person, by what keeps them; of the first 50 only.",
        _parked,
        ("cause",),
    ),
    Gauge("conversations_due", "Conversations that are due and that no worker was given yet.", lambda s: s.due),
    Gauge("conversations_aside", "Conversations put aside because a person has paused them.", lambda s: s.aside),
    Gauge(
        "oldest_due_seconds",
        "How long the conversation that is due the longest has not been given to a worker.",
        lambda s: s.oldest_due_seconds,
    ),
    Gauge(
        "oldest_without_case_seconds",
        "How long the conversation that lacks its case for longest has been due to it, tries included.",
        lambda s: s.late_seconds,
    ),
    Gauge(
        "next_look_timestamp_seconds",
        "Unix time at which the next waiting conversation is looked at; nothing while none waits.",
        lambda s: s.waiting[0].at if s.waiting else None,
    ),
    Gauge(
        "queue_messages",
        "Messages in each of Celery's queues, and those that workers hold and have not acknowledged.",
        lambda s: {(queue,): count for queue, count in s.queued.items()},
        ("queue",),
    ),
    Gauge("ledger_filled", "1 once the ledger is filled from Zoho and may be trusted, else 0.", lambda s: s.is_filled),
    Gauge(
        "token_remaining_seconds",
        "How long Zoho's access token is still good for; 0 without one.",
        lambda s: s.token_seconds or 0,
    ),
    Gauge("zoho_credits_used", "Zoho API credits spent in the last 24 hours.", lambda s: s.limits.budget.used),
    Gauge(
        "zoho_credits_remaining",
        "Zoho API credits that are left, where Zoho has said so.",
        lambda s: s.limits.budget.remaining,
    ),
    Gauge(
        "zoho_credits_allowance",
        "Zoho API credits that may be spent in 24 hours, where known.",
        lambda s: s.limits.budget.allowance,
    ),
    Gauge("zoho_calls_in_flight", "Calls to Zoho that are under way now.", lambda s: s.limits.zoho_in_flight),
    Gauge("zoho_calls_limit", "Calls to Zoho that may be under way at once.", lambda s: s.limits.zoho_limit),
    Gauge(
        "cody_requests_per_minute",
        "Requests that were sent to Cody in the last minute.",
        lambda s: s.limits.cody_requests,
    ),
    Gauge(
        "cody_requests_limit",
        "Requests to Cody that are allowed in a minute.",
        lambda s: s.limits.cody_limit,
    ),
    Gauge(
        "api_pause_seconds", "For how long an API still wants to be left alone; 0 while it does not.", _pauses, ("api",)
    ),
    Gauge(
        "blocked",
        "1 while it is broken until a person mends it: the access to Cody or Zoho, the set-up in Zoho, or a bot.",
        _blocked,
        ("what",),
    ),
    Gauge(
        "paused", "1 while a person has paused everything, else 0.", lambda s: any(one.what == ALL for one in s.paused)
    ),
    Gauge("paused_bots", "How many bots a person has paused.", lambda s: sum(one.what != ALL for one in s.paused)),
    Gauge("workers", "Workers that were seen well in the last 30 seconds.", lambda s: len(s.workers)),
    Gauge(
        "beat_last_tick_seconds",
        "Time since beat, which starts all regular work, ticked last.",
        lambda s: s.age("beat"),
    ),
    Gauge("last_poll_seconds", "Time since a poll of Cody was completed last.", lambda s: s.age("poll")),
    Gauge(
        "oldest_list_seconds",
        "Time since the list of a bot's conversations was read last without a fault, of the bot that waits longest.",
        lambda s: s.list_seconds,
    ),
    Gauge("api_last_success_seconds", "Time since an API answered well last.", _successes, ("api",)),
    Gauge(
        "reconcile_cases",
        "What the latest comparison with Zoho found: all cases, and those that are missing, duplicate or unrecorded.",
        _compared,
        ("what",),
    ),
    Gauge(
        "alerts_raised",
        "Alerts that cody2zoho itself has raised and that last, by the check that found them.",
        _raised,
        ("check", "severity"),
    ),
)

CHOSEN = (
    ChosenGauge(
        "info",
        "Always 1; the release, and what this installation is called.",
        lambda _, settings: {(__version__, settings.environment): 1},
        ("version", "environment"),
    ),
    ChosenGauge(
        "conversations_recent",
        "Conversations that came in (seen), or found which end, today, in 24 hours or 30 days, by the hour.",
        _recent,
        ("what", "window"),
    ),
    ChosenGauge(
        "alert_threshold",
        "Settings from which on something is an alert, in the unit of their name.",
        _thresholds,
        ("setting",),
    ),
)
