"""Messages on their way out: webhooks by ourselves, everything else by apprise.

apprise takes 0.8 s and 57 MB to load, and its own JSON webhook knows no nested `details`: so it is loaded only for
what needs it. An instance of it waits 5.5 s between two messages, so each message has its own.
"""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import accumulate
from typing import Any
from urllib.parse import quote

from cody2zoho.alerts.alert import Level, Notice
from cody2zoho.alerts.board import Board
from cody2zoho.alerts.channels import ERRORS, Channel, Form
from cody2zoho.errors import Cody2ZohoError, Transient
from cody2zoho.http import Api
from cody2zoho.limits import locks
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import AlertNotDelivered

_WEBHOOK = Api("The webhook", 5, 10, "webhook")

#: For all that waits for a channel; the rest waits for the next minute. A task that took much longer would be hung.
_LONGEST_SECONDS = 60.0

#: For one message by apprise.
_APPRISE_SECONDS = 15

#: Google Chat takes 4,096 characters.
_LONGEST_TEXT = 3_500

#: What stands between two alerts of one message, and who tells each of them.
_APART = 100

#: As apprise colours them.
_KINDS = {"raised": "warning", "resolved": "success"}

_SEVERITIES = {Level.CRITICAL: "critical", Level.HIGH: "error", Level.MEDIUM: "warning", Level.LOW: "info"}


def send_waiting(board: Board, longest_seconds: float = _LONGEST_SECONDS) -> int:
    """Empty all outboxes; returns how many messages are left. After so long no further one is begun.

    Each channel has a thread and a lock of its own, so that one that fails, or hangs, never delays another.
    """
    waiting = [channel for channel in board.channels if board.waiting(channel)]
    if not waiting:
        return 0
    with ThreadPoolExecutor(len(waiting), "channel") as threads:
        return sum(threads.map(partial(_emptied_alone, board, time.monotonic() + longest_seconds), waiting))


def _emptied_alone(board: Board, ends_at: float, channel: Channel) -> int:
    """By one process at a time; whoever comes second leaves it to the first."""
    with locks.alone(board.store, f"{board.prefix}lock:alerts:{channel.id}") as alone:
        return _emptied(board, ends_at, channel) if alone else 0


def _emptied(board: Board, ends_at: float, channel: Channel) -> int:
    notices = board.waiting(channel)
    sent = 0
    while notices and not (sent and time.monotonic() > ends_at):
        some = notices[: 1 if channel.is_for_each else _fitting(notices)]
        if reason := refusal(channel, some):
            report(AlertNotDelivered(channel.name, reason))
            break
        board.taken(channel, len(some))
        # Whoever has one more meanwhile leaves it to us.
        notices, sent = notices[len(some) :] or board.waiting(channel), sent + len(some)
    return len(notices)


def _fitting(notices: list[Notice]) -> int:
    """How many, from the first on, go into one message as a whole; at least one, which is cut if need be."""
    lengths = accumulate(len(notice.text) + _APART for notice in notices)
    return max(1, sum(length <= _LONGEST_TEXT for length in lengths))


def refusal(channel: Channel, notices: list[Notice]) -> str:
    """Send one message, now; returns why it was not taken, without an address, or nothing."""
    try:
        send(channel, notices)
    except Cody2ZohoError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - a fault of apprise must not silence the other channels
        return type(error).__name__
    return ""


def is_known(channel: Channel) -> bool:
    """Whether its address can be used at all; nobody is asked."""
    if channel.form not in (Form.APPRISE, Form.PAGERDUTY):
        return True
    import apprise  # noqa: PLC0415

    _hush()
    return apprise.Apprise.instantiate(channel.address) is not None


def send(channel: Channel, notices: list[Notice]) -> None:
    """One message, now. Raises Cody2ZohoError where it was not taken."""
    match channel.form:
        case Form.JSON:
            _post(channel, {**notices[0].as_json(), "environment": channel.environment})
        case Form.ERROR:
            _post(channel, {**_as_error(notices[0]), "environment": channel.environment})
        case Form.TEXT:
            _post(channel, {"text": _text(channel, notices)})
        case Form.APPRISE:
            _by_apprise(channel, channel.address, notices)
        case Form.PAGERDUTY:
            _by_apprise(channel, _to_pagerduty(channel, notices[0]), notices)


def _text(channel: Channel, notices: list[Notice]) -> str:
    return _cut("\n\n".join(f"{_sender(channel)} {notice.text}" for notice in notices))


def _sender(channel: Channel) -> str:
    """Two installations may tell the same people."""
    return f"[cody2zoho {channel.environment}]"


def _cut(text: str) -> str:
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
    action, key = "resolve" if notice.is_over else "trigger", f"{_sender(channel)} {notice.alert.key}"
    facts = f"severity={_SEVERITIES[notice.alert.level]}&action={action}&dedup={quote(key, safe='')}"
    return f"{channel.address}{'&' if '?' in channel.address else '?'}{facts}"


def _by_apprise(channel: Channel, address: str, notices: list[Notice]) -> None:
    import apprise  # noqa: PLC0415

    _hush()
    courier = apprise.Apprise()
    if not courier.add(address):
        raise Transient("apprise does not know this address")
    for one in courier:
        # Else a service that takes less at once refuses it each time, and all that waits behind it.
        one.overflow_mode = apprise.OverflowMode.SPLIT
    kinds = {_KINDS.get(notice.status, "info") for notice in notices}
    is_one = len(notices) == 1
    if not courier.notify(
        title=f"{_sender(channel)} {notices[0].title if is_one else f'{len(notices)} alerts'}",
        body=_cut(notices[0].rest or notices[0].title) if is_one else _text(channel, notices),
        notify_type=kinds.pop() if len(kinds) == 1 else "warning",
        body_format="text",
        timeout=_APPRISE_SECONDS,
    ):
        raise Transient("The channel did not take the alert")


def _hush() -> None:
    """Its lines hold addresses."""
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
