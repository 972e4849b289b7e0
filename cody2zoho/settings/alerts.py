"""Who is told when something is wrong, and from when on."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, SecretStr, ValidationInfo, field_validator

from cody2zoho.settings import formats
from cody2zoho.settings.setting import setting

LEVELS = ("CRITICAL", "HIGH", "MEDIUM", "LOW")

#: What a channel of ALERT_URLS may be told of beside levels.
DIGEST = "DIGEST"

_CHANNEL = re.compile(r"(?:([a-z]+(?:,[a-z]+)*)=)?([a-z][a-z0-9+]*://\S+)", re.IGNORECASE)


def tagged(value: str) -> list[tuple[frozenset[str], str]]:
    """The levels, none where all are meant, and the address of each channel. Raises ValueError, without an address."""
    found = []
    for number, part in enumerate(value.split(), start=1):
        written = _CHANNEL.fullmatch(part)
        if not written or not _is_address(written[2]):
            raise ValueError(f"has no address as its entry number {number}; write critical,high=slack://… or json://…")
        levels = frozenset(filter(None, (written[1] or "").upper().split(",")))
        if unknown := sorted(levels - {*LEVELS, DIGEST}):
            raise ValueError(f"has no level named {unknown[0].lower()}; write critical, high, medium, low or digest")
        found.append((levels, written[2]))
    return found


def _is_address(value: str) -> bool:
    """Whether it can be taken apart: half of an IPv6 address, or a port of letters, cannot."""
    try:
        return urlsplit(value).port != -1
    except ValueError:
        # apprise writes other things there, which nobody takes apart.
        return not value.lower().startswith("http")


def _channels(value: SecretStr) -> SecretStr:
    tagged(value.get_secret_value())
    return value


def _web_address(value: SecretStr) -> SecretStr:
    address = value.get_secret_value()
    if address and not (re.fullmatch(r"https?://[^/\s]+\S*", address) and _is_address(address)):
        raise ValueError("is not a web address; write one that begins with https://")
    return value


def _mail_server(value: SecretStr) -> SecretStr:
    if value.get_secret_value() and not re.fullmatch(r"mailtos?://[^/\s]+\S*", value.get_secret_value()):
        raise ValueError("is not a mail server; write one such as mailtos://user:password@smtp.example.com")
    return value


_Channels = Annotated[SecretStr, AfterValidator(_channels)]
_Webhook = Annotated[SecretStr, AfterValidator(_web_address)]
_MailServer = Annotated[SecretStr, AfterValidator(_mail_server)]
_NONE = SecretStr("")


class Alerting(BaseModel):
    """Channels, each for its levels, and how often they are used."""

    alert_urls: _Channels = setting(
        _NONE,
        "Channels that are told of alerts, with blanks between several: any address that apprise knows, or a webhook "
        "that gets JSON; critical,high= before one keeps it to these levels, digest= to the daily digest.",
    )
    support_google_chat: _Webhook = setting(_NONE, "Webhook of a Google Chat space that is told of every alert.")
    crm_alert_pagerduty_key: SecretStr = setting(
        _NONE, "Integration key of PagerDuty (Events v2), for critical and high alerts."
    )
    crm_alert_slack_webhook: _Webhook = setting(_NONE, "Webhook of a Slack channel, for high and medium alerts.")
    alert_smtp_url: _MailServer = setting(
        _NONE, "Mail server for CRM_ALERT_EMAIL_TO, as mailtos://user:password@smtp.example.com."
    )
    crm_alert_email_to: str = setting(
        "", "E-mail addresses, with commas, for medium and low alerts; they need ALERT_SMTP_URL."
    )
    error_alert_webhook: _Webhook = setting(_NONE, "Webhook that is told of errors that repeat, with their context.")
    heartbeat_url: _Webhook = setting(
        _NONE, "Address that is asked for every minute while all goes well, so that somebody elsewhere notices silence."
    )
    alert_cooldown_minutes: float = setting(
        60, "Minutes in which an alert that comes back is not told again.", ge=0, le=10_080
    )

    digest_at: formats.TimeOfDay = setting(
        "08:00", "Time of day, in TIME_ZONE, of the daily digest; never = none is sent."
    )

    @field_validator("crm_alert_email_to")
    @classmethod
    def _can_be_sent(cls, value: str, info: ValidationInfo) -> str:
        server = info.data.get("alert_smtp_url", _NONE)
        if value and not server.get_secret_value():
            raise ValueError("needs a mail server: write ALERT_SMTP_URL")
        return value
