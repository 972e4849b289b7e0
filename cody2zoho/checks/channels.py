"""Whether somebody would be told of an alert."""

from collections.abc import Iterator

from cody2zoho.alerts import Channel, is_known
from cody2zoho.checks.finding import Finding, Level
from cody2zoho.services import Services

#: Of channels that have a setting of their own.
_SETTINGS = {
    "google chat": "SUPPORT_GOOGLE_CHAT",
    "slack": "CRM_ALERT_SLACK_WEBHOOK",
    "pagerduty": "CRM_ALERT_PAGERDUTY_KEY",
    "e-mail": "ALERT_SMTP_URL or CRM_ALERT_EMAIL_TO",
    "error webhook": "ERROR_ALERT_WEBHOOK",
}


def findings(services: Services) -> Iterator[Finding]:
    """Nothing is sent, and no address shown: it is a credential."""
    known = services.alerts.channels
    if not known:
        mend = "write ALERT_URLS, or one of the other settings of alerts"
        yield Finding("Alerts", Level.WARNING, "nobody is told: no channel is set", mend)
    for channel in known:
        if is_known(channel):
            words = f"{channel.name} is told of {_levels(channel)}; `cody2zoho alerts test` tries it"
            yield Finding("Alerts", Level.OK, words)
        else:
            mend = f"correct {_setting(channel)}; https://github.com/caronc/apprise/wiki says how addresses are written"
            yield Finding("Alerts", Level.WARNING, f"{channel.name} has an address that nobody understands", mend)


def _levels(channel: Channel) -> str:
    if channel.name == "error webhook":
        return "errors that repeat"
    return ", ".join(sorted(level.lower() for level in channel.levels)) or "everything"


def _setting(channel: Channel) -> str:
    _, _, number = channel.name.partition(" ")
    return _SETTINGS.get(channel.name, f"entry {number} of ALERT_URLS")
