"""Messages on their way out: webhooks by ourselves, everything else by apprise.

apprise takes 0.8 s and 57 MB to load, and its own JSON webhook knows no nested `details`: so it is loaded only for
what needs it. An instance of it waits 5.5 s between two messages, so each message has its own.
"""

import logging
from typing import Any
from urllib.parse import quote

from cody2zoho import locks
from cody2zoho.alerts.alert import Level, Notice
from cody2zoho.alerts.board import Board
from cody2zoho.alerts.channels import ERRORS, Channel, Form
from cody2zoho.errors import Cody2ZohoError, Transient
from cody2zoho.http import Api
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import AlertNotDelivered

_WEBHOOK = Api("The webhook", 5, 10, "webhook", is_secret=True)

#: For one message by apprise, in seconds.
_LONGEST_SECONDS = 15

#: Google Chat takes 4,096 characters.
_LONGEST_TEXT = 3_500

_SEVERITIES = {Level.CRITICAL: "critical", Level.HIGH: "error", Level.MEDIUM: "warning", Level.LOW: "info"}


def send_waiting(board: Board) -> int:
    """Empty all outboxes; returns how many messages are left. A channel that fails does not hold up another."""
    with locks.alone(board.store, f"{board.prefix}lock:alerts") as alone:
        return sum(_emptied(board, channel) for channel in board.channels) if alone else 0


def _emptied(board: Board, channel: Channel) -> int:
    notices = board.waiting(channel)
    size = 1 if channel.is_for_each else max(1, len(notices))
    for number in range(0, len(notices), size):
        try:
            send(channel, notices[number : number + size])
        except Exception as error:  # noqa: BLE001 - a channel that apprise cannot even name must not silence the others
            reason = str(error) if isinstance(error, Cody2ZohoError) else type(error).__name__
            report(AlertNotDelivered(channel.name, reason))
            return len(notices) - number
        board.taken(channel, size)
    return 0


def send(channel: Channel, notices: list[Notice]) -> None:
    """One message, now. Raises Cody2ZohoError where it was not taken."""
    match channel.form:
        case Form.JSON:
            _post(channel, notices[0].as_json())
        case Form.ERROR:
            _post(channel, _as_error(notices[0]))
        case Form.TEXT:
            _post(channel, {"text": _text(notices)})
        case Form.APPRISE:
            _by_apprise(channel.address, notices)
        case Form.PAGERDUTY:
            _by_apprise(_to_pagerduty(channel, notices[0]), notices)


def _text(notices: list[Notice]) -> str:
    text = "\n\n".join(notice.text for notice in notices)
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"


def _post(channel: Channel, body: dict[str, Any]) -> None:
    answer = _WEBHOOK.send("POST", channel.address, json=body)
    if not 200 <= answer.status < 300:
        raise Transient(f"The webhook did not take the alert ({answer.status})")


def _as_error(notice: Notice) -> dict[str, Any]:
    """As the earlier product's error tracker wrote it."""
    plain = notice.as_json()
    named = {name: plain[name] for name in ("timestamp", "severity", "message", "status", "key")}
    kind = notice.alert.key.removeprefix(ERRORS).partition("-")[0]
    return {**named, "error_type": kind, "context": plain["details"], "service": "cody2zoho"}


def _to_pagerduty(channel: Channel, notice: Notice) -> str:
    """Its key lets PagerDuty see that a message is about the same thing, and close it."""
    action = "resolve" if notice.is_over else "trigger"
    facts = f"severity={_SEVERITIES[notice.alert.level]}&action={action}&dedup={quote(notice.alert.key, safe='')}"
    return f"{channel.address}{'&' if '?' in channel.address else '?'}{facts}"


def _by_apprise(address: str, notices: list[Notice]) -> None:
    import apprise  # noqa: PLC0415

    # Its lines hold addresses.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    courier = apprise.Apprise()
    if not courier.add(address):
        raise Transient("apprise does not know this address")
    kind = "success" if all(notice.is_over for notice in notices) else "warning"
    title = notices[0].title if len(notices) == 1 else f"{len(notices)} alerts of cody2zoho"
    if not courier.notify(
        title=title, body=_text(notices), notify_type=kind, body_format="text", timeout=_LONGEST_SECONDS
    ):
        raise Transient("The channel did not take the alert")
