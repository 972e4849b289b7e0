"""Who is told of what: each channel with its levels and its form, out of the settings."""

from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from urllib.parse import quote, urlsplit

from cody2zoho.alerts.alert import Alert, Level
from cody2zoho.settings import Settings
from cody2zoho.settings.alerts import DIGEST, tagged

#: Webhooks that apprise knows to fill in. Any other host gets JSON, so that relays, and tests, work too.
_NATIVE = ("chat.googleapis.com", "hooks.slack.com", ".logic.azure.com", ".api.powerplatform.com", "discord.com")

#: What a repeated error's key begins with.
ERRORS = "error:"


class Form(StrEnum):
    JSON = "json"  # a webhook that gets each alert as documented
    ERROR = "error"  # a webhook that gets repeated errors, as the earlier product wrote them
    TEXT = "text"  # a chat's webhook: {"text": …}
    APPRISE = "apprise"  # an address for apprise
    PAGERDUTY = "pagerduty"  # the same, each alert by itself: its key tells PagerDuty what is resolved


@dataclass(frozen=True)
class Channel:
    """The name may be shown, the address not: it is a credential."""

    name: str
    address: str
    form: Form
    levels: frozenset[str] = frozenset()
    #: Which installation it is that tells.
    environment: str = ""

    @property
    def id(self) -> str:
        """The same after a restart, for all workers, and once the address of a setting of its own was corrected.

        Entries of ALERT_URLS change places; so of those it is the address that tells.
        """
        known = f"url {self.address}" if self.name.startswith("url ") else self.name
        return sha256(known.encode()).hexdigest()[:16]

    @property
    def is_for_each(self) -> bool:
        """Whether alerts of the same moment go out one by one, not as one message."""
        return self.form in (Form.JSON, Form.ERROR, Form.PAGERDUTY)

    @property
    def takes_digest(self) -> bool:
        """Whoever is told what is good to know."""
        return not self.levels or not self.levels.isdisjoint({DIGEST, Level.LOW})

    def takes(self, alert: Alert) -> bool:
        if self.form is Form.ERROR:
            return alert.key.startswith(ERRORS)
        return not self.levels or alert.level in self.levels


def channels(settings: Settings) -> list[Channel]:
    """All that are set."""
    found = [
        _named("google chat", settings.support_google_chat.get_secret_value(), Form.TEXT),
        _named("slack", settings.crm_alert_slack_webhook.get_secret_value(), Form.TEXT, Level.HIGH, Level.MEDIUM),
        _named("error webhook", settings.error_alert_webhook.get_secret_value(), Form.ERROR),
    ]
    if key := settings.crm_alert_pagerduty_key.get_secret_value():
        # Events v2 needs no host, but apprise wants to see one.
        address = f"pagerduty://{quote(key, safe='')}@events/cody2zoho/monitor"
        found.append(Channel("pagerduty", address, Form.PAGERDUTY, frozenset({Level.CRITICAL, Level.HIGH})))
    if settings.crm_alert_email_to:
        found.append(Channel("e-mail", _mail(settings), Form.APPRISE, frozenset({Level.MEDIUM, Level.LOW})))
    for number, (levels, address) in enumerate(tagged(settings.alert_urls.get_secret_value()), start=1):
        found.append(Channel(f"url {number}", address, _form(address), levels))
    return [replace(channel, environment=settings.environment) for channel in found if channel.address]


def who_takes(alert: Alert, known: list[Channel]) -> list[Channel]:
    """What no channel of its level takes is told to all: a lone one for other levels is better than silence."""
    general = [channel for channel in known if channel.form is not Form.ERROR]
    fit = [channel for channel in known if channel.takes(alert)]
    return fit if set(fit) & set(general) else [*fit, *general]


def who_takes_digest(known: list[Channel]) -> list[Channel]:
    """As for alerts, what nobody would take goes to all; but it makes no incident, and is no error."""
    readers = [channel for channel in known if channel.form not in (Form.ERROR, Form.PAGERDUTY)]
    return [channel for channel in readers if channel.takes_digest] or readers


def _named(name: str, address: str, form: Form, *levels: Level) -> Channel:
    is_native = form is Form.TEXT and _is_native(address)
    return Channel(name, address, Form.APPRISE if is_native else form, frozenset(levels))


def _form(address: str) -> Form:
    scheme = address.partition("://")[0].lower()
    if scheme == "pagerduty":
        return Form.PAGERDUTY
    return Form.JSON if scheme in ("http", "https") and not _is_native(address) else Form.APPRISE


def _is_native(address: str) -> bool:
    return f".{urlsplit(address).hostname or ''}".endswith(tuple(f".{host.lstrip('.')}" for host in _NATIVE))


def _mail(settings: Settings) -> str:
    server = settings.alert_smtp_url.get_secret_value()
    return f"{server}{'&' if '?' in server else '?'}to={quote(settings.crm_alert_email_to.replace(' ', ''), safe='@,')}"
