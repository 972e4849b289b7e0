"""What is counted, and which event adds to it.

Names and units are as Prometheus wants them (https://prometheus.io/docs/practices/naming/). Labels have few values,
which we choose: never an id, nor a text that anybody else wrote.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatch

from cody2zoho.telemetry.events import (
    ApiCall,
    BackfillBatchCompleted,
    CaseFollowedUp,
    CasePostponed,
    CleanedUp,
    CodyPollCompleted,
    ConversationProcessed,
    Event,
    PollFailed,
    RateLimitHit,
    TokenRefresh,
)

#: An amount to add to a field.
Amount = tuple[str, float]


@dataclass(frozen=True)
class Counter:
    """A number that only grows."""

    name: str
    help: str
    labels: tuple[str, ...] = ()

    def add(self, amount: float, *values: str) -> Amount:
        return self.field(*values), amount

    def field(self, *values: str) -> str:
        """Where it stands in the hash of all counters."""
        return "|".join((self.name, *values))


@dataclass(frozen=True)
class Histogram(Counter):
    """How many observations were at most so large, each counted in one bucket only, and the sum of all."""

    #: Upper bounds, the largest last; what is above all of them counts as `+Inf`.
    bounds: tuple[float, ...] = ()

    def observe(self, value: float, *values: str) -> Iterator[Amount]:
        yield self.field(*values, self.bucket(bisect_left(self.bounds, value))), 1
        yield self.field(*values, "sum"), value

    def bucket(self, number: int) -> str:
        return f"{self.bounds[number]:g}" if number < len(self.bounds) else "+Inf"


_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_DELAYS = (1, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 86_400)

#: Counted by the ledger's own scripts, each once.
CONVERSATIONS = Counter(
    "conversations_total", "Conversations that came in (seen), and which ends they found, each counted once.", ("what",)
)
FOLLOW_UPS = Counter("case_follow_ups_total", "Cases brought up to date with what was said later.")
POSTPONEMENTS = Counter("case_postponements_total", "Attempts that met a passing fault, and are tried again.")
PROCESSING = Histogram(
    "conversation_processing_seconds",
    "How long an attempt at one conversation took, by what it came to.",
    ("outcome",),
    _SECONDS,
)
DELAY = Histogram(
    "case_delay_seconds",
    "Time from the moment a conversation was due, its quiet period over and itself found, to its case.",
    (),
    _DELAYS,
)
REQUESTS = Counter(
    "api_requests_total", "Requests by API and HTTP status; none where no answer came.", ("api", "status")
)
REQUEST_SECONDS = Histogram(
    "api_request_duration_seconds", "How long requests took, answered or not, by API.", ("api",), _SECONDS
)
RESPONSE_BYTES = Counter("api_response_bytes_total", "Bytes of the answers that APIs gave.", ("api",))
RATE_LIMITS = Counter("rate_limit_hits_total", "How often an API asked us to pause.", ("api",))
TOKEN_REFRESHES = Counter(
    "token_refreshes_total", "How often Zoho was asked for an access token, by outcome.", ("outcome",)
)
POLLS = Counter("polls_total", "Polls of Cody for new conversations, by outcome.", ("outcome",))
POLL_SECONDS = Histogram("poll_duration_seconds", "How long a poll of all bots together took.", (), _SECONDS)
BACKFILLED = Counter("backfilled_cases_total", "Cases of earlier conversations made by a backfill, many with one call.")
CLEANED_UP = Counter("cleaned_up_total", "What dead workers left behind and was cleaned up.", ("what",))

#: All there are, in the order in which they are shown.
COUNTERS: tuple[Counter, ...] = (
    CONVERSATIONS,
    FOLLOW_UPS,
    POSTPONEMENTS,
    PROCESSING,
    DELAY,
    REQUESTS,
    REQUEST_SECONDS,
    RESPONSE_BYTES,
    RATE_LIMITS,
    TOKEN_REFRESHES,
    POLLS,
    POLL_SECONDS,
    BACKFILLED,
    CLEANED_UP,
)


@singledispatch
def amounts(event: Event) -> Iterator[Amount]:  # noqa: ARG001 - most events are not counted
    """What this event adds to which fields. Cases are not among it: the ledger counts those, each once."""
    yield from ()


@amounts.register
def _(event: ConversationProcessed) -> Iterator[Amount]:
    yield from PROCESSING.observe(event.seconds, event.outcome)
    if event.delay_seconds is not None:
        yield from DELAY.observe(event.delay_seconds)


@amounts.register
def _(event: CaseFollowedUp) -> Iterator[Amount]:  # noqa: ARG001 - that it happened is what counts
    yield FOLLOW_UPS.add(1)


@amounts.register
def _(event: CasePostponed) -> Iterator[Amount]:  # noqa: ARG001
    yield POSTPONEMENTS.add(1)


@amounts.register
def _(event: ApiCall) -> Iterator[Amount]:
    yield REQUESTS.add(1, event.api, str(event.status or "none"))
    yield from REQUEST_SECONDS.observe(event.seconds, event.api)
    yield RESPONSE_BYTES.add(event.bytes, event.api)


@amounts.register
def _(event: RateLimitHit) -> Iterator[Amount]:
    yield RATE_LIMITS.add(1, event.api)


@amounts.register
def _(event: TokenRefresh) -> Iterator[Amount]:
    yield TOKEN_REFRESHES.add(1, "success" if event.success else "failure")


@amounts.register
def _(event: CodyPollCompleted) -> Iterator[Amount]:
    yield POLLS.add(1, "completed")
    yield from POLL_SECONDS.observe(event.seconds)


@amounts.register
def _(event: PollFailed) -> Iterator[Amount]:  # noqa: ARG001
    yield POLLS.add(1, "failed")


@amounts.register
def _(event: BackfillBatchCompleted) -> Iterator[Amount]:
    yield BACKFILLED.add(event.made)


@amounts.register
def _(event: CleanedUp) -> Iterator[Amount]:
    yield CLEANED_UP.add(event.count, event.what)
