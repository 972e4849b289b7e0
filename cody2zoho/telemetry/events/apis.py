"""What Cody and Zoho answer."""

import logging
from dataclasses import dataclass

from cody2zoho.telemetry.events.event import Event


@dataclass(frozen=True)
class ApiCall(Event):
    """One request; `status` 0 where no answer came, `bytes` of its body."""

    severity = logging.DEBUG
    #: `cody`, `zoho`, `zoho_accounts`, `application_insights`, or `webhook` of alerts and HEARTBEAT_URL.
    api: str
    method: str
    status: int
    seconds: float
    bytes: int
    #: Host and path, without ids and query.
    address: str | None = None


@dataclass(frozen=True)
class RateLimitHit(Event):
    """A 429; None where the API does not say for how long."""

    severity = logging.DEBUG
    api: str
    retry_after: float | None


@dataclass(frozen=True)
class ApiPaused(Event):
    severity = logging.WARNING
    api: str
    seconds: int


@dataclass(frozen=True)
class TokenRefresh(Event):
    """Zoho was asked for an access token."""

    success: bool
    seconds: float


@dataclass(frozen=True)
class TokenRefreshFailed(Event):
    severity = logging.WARNING
    reason: str


@dataclass(frozen=True)
class HealthCheckFailed(Event):
    severity = logging.WARNING
    api: str
    reason: str
