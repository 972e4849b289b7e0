"""A sign of life to somebody elsewhere, who tells when it stays away: the death of all of this tells nothing itself."""

from cody2zoho.alerts import Level
from cody2zoho.errors import Cody2ZohoError, Transient
from cody2zoho.http import Api
from cody2zoho.services import Services
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import HeartbeatFailed

_ELSEWHERE = Api("HEARTBEAT_URL", 5, 10, "webhook")


def send(services: Services) -> None:
    """Once a minute, unless something critical is raised: then silence tells it, also where no channel does."""
    address = services.settings.heartbeat_url.get_secret_value()
    if not address or any(one.alert.level is Level.CRITICAL for one in services.alerts.raised()):
        return
    try:
        answer = _ELSEWHERE.send("GET", address)
        if answer.status >= 400:
            raise Transient(f"HEARTBEAT_URL answered {answer.status}")
    except Cody2ZohoError as error:
        report(HeartbeatFailed(str(error)))
