"""What people read: who tells it, and all of it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from cody2zoho.alerts import Alert, Level, Notice, send_waiting
from cody2zoho.alerts.channels import Channel, Form
from cody2zoho.alerts.delivery import _to_pagerduty
from cody2zoho.cli.alerts import _messages
from webhook import Webhook, webhook

LATE = Alert("late", Level.HIGH, "system error", "A conversation waits", "Start a worker", {"hours": 3})


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as server:
        yield server


def test_two_installations_in_one_room_do_not_look_alike(plugged, hook) -> None:
    for name in ("staging", "production"):
        board = plugged(support_google_chat=hook.url, environment=name, redis_key_prefix=f"{{{name}}}:").alerts
        board.judge("late", [LATE])
        send_waiting(board)
    assert [one["text"].partition("\n")[0] for one in hook.got] == [
        "[cody2zoho staging] ⚠️ HIGH: A conversation waits",
        "[cody2zoho production] ⚠️ HIGH: A conversation waits",
    ]


def test_what_is_over_in_one_installation_closes_no_incident_of_another() -> None:
    pager = Channel("pagerduty", "pagerduty://k@events/cody2zoho/monitor", Form.PAGERDUTY, environment="staging")
    raised = _to_pagerduty(pager, Notice(LATE, "raised", 0)).partition("dedup=")[2]
    assert raised == _to_pagerduty(pager, Notice(LATE, "resolved", 0)).partition("dedup=")[2]
    assert raised != _to_pagerduty(replace(pager, environment="production"), Notice(LATE, "raised", 0))


def test_the_incident_that_a_test_opens_is_closed_again() -> None:
    pager = Channel("pagerduty", "pagerduty://k@events/cody2zoho/monitor", Form.PAGERDUTY, environment="staging")
    opened, closed = (_to_pagerduty(pager, one) for one in _messages(pager, Notice(LATE, "test", 0)))
    assert "action=trigger" in opened
    assert closed == opened.replace("action=trigger", "action=resolve")


@pytest.mark.parametrize("scheme", ["http", "json"])
def test_nothing_is_lost_where_more_waits_than_goes_into_one_message(plugged, hook, scheme: str) -> None:
    chosen = {"http": "support_google_chat", "json": "alert_urls"}[scheme]
    board = plugged(**{chosen: hook.url.replace("http", scheme)}).alerts
    keys = [f"late:{number}-" for number in range(60)]
    for key in keys:
        board.judge(key, [replace(LATE, key=key, message=f"{key} {'x' * 150}")])
    assert send_waiting(board) == 0
    told = [one.get("text") or one["message"] for one in hook.got]
    assert [key for key in keys if not any(key in text for text in told)] == []
    assert 2 < len(told) < 10
    assert max(map(len, told)) <= 3_500
