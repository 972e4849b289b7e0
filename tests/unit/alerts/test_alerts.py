"""What is wrong is told once, to whom it concerns, and once more when it is over."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Thread

import pytest

from cody2zoho import configuration
from cody2zoho.alerts import Alert, Channel, Level, refusal, send_waiting
from cody2zoho.alerts.alert import Notice
from cody2zoho.alerts.channels import Form, channels, who_takes
from cody2zoho.settings import Settings
from waiting import eventually
from webhook import Webhook, hanging, webhook

REFUSED = Alert("blocked:zoho", Level.CRITICAL, "auth issue", "zoho is blocked", "Renew it", {"blocked": "zoho"})
LATE = Alert("late", Level.HIGH, "system error", "A conversation waits", "Start a worker", {"hours": 3})


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as server:
        yield server


@pytest.fixture
def board(plugged, hook):
    return plugged(alert_urls=hook.url).alerts


def told(hook: Webhook) -> list[tuple[str, str]]:
    return [(one["status"], one["key"]) for one in hook.got]


def test_an_alert_arrives_once_as_documented_and_its_end_once_too(board, hook, clock) -> None:
    for _ in range(3):
        board.judge("blocked", [REFUSED])
        assert send_waiting(board) == 0
    clock.now += 300
    for _ in range(3):
        board.judge("blocked", [])
        send_waiting(board)

    assert hook.got[0] == {
        "timestamp": "2025-10-09 08:53:20 UTC",
        "script": "monitor",
        "level": "ERROR",
        "error_type": "auth issue",
        "message": "zoho is blocked",
        "details": {"blocked": "zoho"},
        "status": "raised",
        "severity": "CRITICAL",
        "key": "blocked:zoho",
        "remedy": "Renew it",
        "environment": "production",
    }
    assert told(hook) == [("raised", "blocked:zoho"), ("resolved", "blocked:zoho")]
    assert hook.got[1]["message"] == "Resolved after 5 minutes: zoho is blocked"
    assert hook.got[1]["level"] == "INFO"


def test_many_workers_and_a_restart_make_one_message(plugged, hook) -> None:
    def work(_: int) -> None:
        worker = plugged(alert_urls=hook.url).alerts
        worker.judge("blocked", [REFUSED])
        send_waiting(worker)

    with ThreadPoolExecutor(8) as workers:
        list(workers.map(work, range(16)))
    send_waiting(plugged(alert_urls=hook.url).alerts)

    assert told(hook) == [("raised", "blocked:zoho")]


def test_one_that_comes_and_goes_is_told_again_only_after_the_cool_down(board, hook, clock) -> None:
    for _ in range(5):
        board.judge("late", [LATE])
        board.judge("late", [])
        clock.now += 60
    board.judge("late", [LATE])
    send_waiting(board)
    assert told(hook) == [("raised", "late"), ("resolved", "late")]

    clock.now += 3_600
    board.judge("late", [LATE])
    send_waiting(board)
    assert told(hook)[2:] == [("raised", "late")]


def test_one_that_grows_worse_is_told_at_once(board, hook) -> None:
    board.judge("late", [LATE])
    board.judge("late", [Alert("late", Level.CRITICAL, "system error", "It waits for a day", "Start a worker")])
    send_waiting(board)
    assert [one["severity"] for one in hook.got] == ["HIGH", "CRITICAL"]


def test_all_who_were_told_of_it_are_told_that_it_is_over(plugged, hook) -> None:
    with webhook() as pager:
        board = plugged(alert_urls=f"high={hook.url} critical={pager.url}").alerts
        board.judge("late", [LATE])
        board.judge("late", [replace(LATE, level=Level.CRITICAL)])
        board.judge("late", [LATE])
        board.judge("late", [])
        send_waiting(board)
        assert [(one["status"], one["severity"]) for one in hook.got] == [("raised", "HIGH"), ("resolved", "HIGH")]
        assert [(one["status"], one["severity"]) for one in pager.got] == [("raised", "CRITICAL"), ("resolved", "HIGH")]


def test_the_latest_messages_are_kept_for_whoever_asks(board) -> None:
    for number in range(150):
        board.judge("late", [replace(LATE, key=f"late:{number}")])
    assert [one.as_json()["key"] for one in board.latest(2)] == ["late:148", "late:149"]
    assert [one.status for one in board.latest(2)] == ["resolved", "raised"]
    assert len(board.latest()) == 200


def test_what_is_kept_of_a_message_names_no_conversation(board, store) -> None:
    board.judge("late", [replace(LATE, details={"conversation": "Qz3dWnA91Lke"})])
    board.judge("late", [])
    send_waiting(board)
    assert len(board.latest()) == 2
    kept = [store.lrange(key, 0, -1) for key in store.keys("*alerts*") if store.type(key) == "list"]
    assert "Qz3dWnA91Lke" not in str([*kept, store.hgetall(f"{board.prefix}alerts:raised")])


def test_a_channel_that_hangs_delays_no_other(plugged, hook) -> None:
    """Not one of the same sending, and not those of the next."""
    with hanging() as (address, is_over):
        board = plugged(alert_urls=f"{address} {hook.url}").alerts
        board.judge("late", [LATE])
        sending = Thread(target=send_waiting, args=[board])
        sending.start()
        eventually(lambda: told(hook) == [("raised", "late")])
        # Whoever brought that is on his way.
        eventually(lambda: not board.store.exists(f"{board.prefix}lock:alerts:{board.channels[1].id}"))
        board.judge("blocked", [REFUSED])
        second = Thread(target=send_waiting, args=[board])
        second.start()
        eventually(lambda: told(hook) == [("raised", "late"), ("raised", "blocked:zoho")])
        assert sending.is_alive()
        is_over.set()
        sending.join(20)
        second.join(20)


def test_what_is_told_while_a_channel_is_being_emptied_goes_with_the_rest(plugged, hook) -> None:
    board = plugged(alert_urls=hook.url).alerts
    hook.may_answer.clear()
    board.judge("late", [LATE])
    sending = Thread(target=send_waiting, args=[board])
    sending.start()
    eventually(lambda: hook.got)
    board.judge("blocked", [REFUSED])
    send_waiting(board)
    assert told(hook) == [("raised", "late")]
    hook.may_answer.set()
    sending.join(20)
    assert told(hook) == [("raised", "late"), ("raised", "blocked:zoho")]


def test_a_slow_channel_gets_the_rest_later(plugged, hook) -> None:
    """Its thread comes to an end long before the worker would take the task for hung."""
    board = plugged(alert_urls=hook.url).alerts
    for number in range(4):
        board.tell(Notice(LATE, "test", number), board.channels)
    assert send_waiting(board, longest_seconds=0) == 3
    assert len(hook.got) == 1
    assert send_waiting(board) == 0
    assert len(hook.got) == 4


def test_a_fault_that_nobody_foresaw_is_the_channels_own(plugged, hook) -> None:
    board = plugged(alert_urls=hook.url).alerts
    board.channels.insert(0, Channel("odd", "http://[hush/hook", Form.JSON))
    board.judge("late", [LATE])
    assert send_waiting(board) == 1
    assert told(hook) == [("raised", "late")]
    assert refusal(board.channels[0], board.waiting(board.channels[0])) == "ValueError"


def test_what_a_channel_does_not_take_waits_for_it_and_holds_up_no_other(plugged, hook, caplog) -> None:
    with webhook() as broken:
        broken.status = 500
        board = plugged(alert_urls=f"{broken.url}?key=hush {hook.url}").alerts
        board.judge("late", [LATE])
        assert send_waiting(board) == 1
        board.judge("late", [])
        assert send_waiting(board) == 2
        broken.status = 200
        assert send_waiting(board) == 0

        assert told(broken) == told(hook) == [("raised", "late"), ("resolved", "late")]
    [first, *_] = [one for one in caplog.records if one.message == "alert_not_delivered"]
    assert first.levelno == logging.WARNING
    assert vars(first)["reason"] == "The webhook did not take the alert (500)"
    assert "hush" not in str([vars(one) for one in caplog.records])


def test_what_a_wrong_address_did_not_take_comes_once_it_is_corrected(plugged, hook) -> None:
    board = plugged(support_google_chat=f"{hook.url[:-4]}").alerts
    hook.status = 404
    board.judge("late", [LATE])
    assert send_waiting(board) == 1
    hook.status = 200
    hook.got.clear()
    assert send_waiting(plugged(support_google_chat=hook.url).alerts) == 0
    assert len(hook.got) == 1


def test_what_is_raised_at_the_same_moment_is_one_message_in_a_chat(plugged, hook) -> None:
    board = plugged(support_google_chat=hook.url).alerts
    board.judge("blocked", [REFUSED])
    board.judge("late", [LATE])
    send_waiting(board)

    [message] = hook.got
    assert list(message) == ["text"]
    assert "zoho is blocked" in message["text"]
    assert "A conversation waits" in message["text"]
    assert "→ Renew it" in message["text"]


@pytest.mark.parametrize(
    ("level", "names"),
    [
        (Level.CRITICAL, ["pagerduty", "url 1"]),
        (Level.HIGH, ["pagerduty", "slack"]),
        (Level.MEDIUM, ["e-mail", "slack"]),
        (Level.LOW, ["e-mail"]),
    ],
)
def test_levels_go_where_they_belong(level: Level, names: list[str]) -> None:
    known = channels(
        settings(
            crm_alert_pagerduty_key="k",
            crm_alert_slack_webhook="http://relay/x",
            crm_alert_email_to="ops@example.com",
            alert_smtp_url="mailtos://u:p@smtp.example.com",
            alert_urls="critical=json://somewhere",
        )
    )
    assert sorted(one.name for one in who_takes(Alert("x", level, "", "", ""), known)) == names


def test_what_no_channel_of_its_level_takes_goes_to_all() -> None:
    known = channels(settings(crm_alert_slack_webhook="http://relay/x", error_alert_webhook="http://relay/e"))
    assert [one.name for one in who_takes(REFUSED, known)] == ["slack"]
    error = Alert("error:x", Level.CRITICAL, "", "", "")
    assert [one.name for one in who_takes(error, known)] == ["error webhook", "slack"]


def settings(**chosen: str) -> Settings:
    needed = {"cody_api_key": "k", "zoho_client_id": "i", "zoho_client_secret": "s", "zoho_refresh_token": "r"}
    return Settings(**{**needed, "cody_bot_id": "b", **chosen})


def test_apprise_delivers_what_is_no_webhook(plugged, hook) -> None:
    board = plugged(alert_urls=hook.url.replace("http://", "json://")).alerts
    board.judge("late", [LATE])
    assert send_waiting(board) == 0
    [message] = hook.got
    assert (message["title"], message["type"]) == ("[cody2zoho production] ⚠️ HIGH: A conversation waits", "warning")
    assert message["message"] == "hours: 3\n→ Start a worker"
    board.tell(Notice(LATE, "digest", 0, body="• Waiting: 3"), board.channels)
    assert send_waiting(board) == 0
    assert (hook.got[1]["type"], hook.got[1]["message"]) == ("info", "• Waiting: 3")


def test_an_address_that_apprise_does_not_know_is_said_without_it(plugged, caplog) -> None:
    board = plugged(alert_urls="bogus://secret-token@x").alerts
    board.judge("late", [LATE])
    assert send_waiting(board) == 1
    assert "apprise does not know this address" in str([vars(one) for one in caplog.records])
    assert "secret-token" not in str([vars(one) for one in caplog.records])


@pytest.mark.parametrize(
    "chosen",
    [
        {"support_google_chat": "https://chat.googleapis.com/v1/spaces/AAA/messages?key=K&token=T"},
        {"crm_alert_slack_webhook": "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"},
        {"crm_alert_pagerduty_key": "0123456789abcdef0123456789abcdef"},
        {"crm_alert_email_to": "a@example.com,b@example.com", "alert_smtp_url": "mailtos://u:p@smtp.example.com"},
    ],
)
def test_apprise_knows_the_addresses_of_the_named_channels(chosen: dict[str, str]) -> None:
    import apprise

    [channel] = channels(settings(**chosen))
    assert channel.form in (Form.APPRISE, Form.PAGERDUTY)
    assert apprise.Apprise.instantiate(channel.address)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ALERT_URLS", "slack", "has no address as its entry number 1"),
        ("ALERT_URLS", "json://x urgent=json://hush", "has no level named urgent"),
        ("ALERT_URLS", "json://x http://[hush/hook", "has no address as its entry number 2"),
        ("SUPPORT_GOOGLE_CHAT", "hush", "is not a web address"),
        ("SUPPORT_GOOGLE_CHAT", "https://host:hush/", "is not a web address"),
        ("ALERT_SMTP_URL", "smtp://hush", "is not a mail server"),
        ("CRM_ALERT_EMAIL_TO", "ops@example.com", "needs a mail server"),
    ],
)
def test_a_wrong_channel_is_said_at_the_start_and_no_address_shown(monkeypatch, name, value, says) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(configuration.ConfigurationError) as raised:
        configuration.settings()
    [sentence] = [one for one in raised.value.sentences if one.startswith(f"{name} ")]
    assert says in sentence
    assert "hush" not in sentence


def test_the_command_that_shows_settings_hides_every_channel(monkeypatch) -> None:
    monkeypatch.setenv("ALERT_URLS", "https://hooks.example.com/services/hush/hush-hush-hush-hush")
    [shown] = [one for one in configuration.origins() if one.name == "ALERT_URLS"]
    assert shown.value == "…hush"


def test_a_test_message_is_beside_all_state(board, hook) -> None:
    board.tell(Notice(LATE, "test", 0), board.channels)
    send_waiting(board)
    assert told(hook) == [("test", "late")]
    assert board.raised() == []
