"""The doctor says whether somebody would be told, and shows no address."""

import pytest

from cody2zoho.checks import Finding, Level, all_checks


def found(worker) -> list[Finding]:
    return [one for one in all_checks(worker) if one.about == "Alerts"]


def test_every_channel_is_named_with_what_it_is_told_of(plugged) -> None:
    chosen = {
        "alert_urls": "critical,high=json://somewhere https://relay/hook",
        "crm_alert_pagerduty_key": "0123456789abcdef0123456789abcdef",
        "error_alert_webhook": "https://relay/errors",
    }
    told = found(plugged(**chosen))
    assert {one.level for one in told} == {Level.OK}
    assert [one.words.partition(";")[0] for one in told] == [
        "error webhook is told of errors that repeat",
        "pagerduty is told of critical, high",
        "url 1 is told of critical, high",
        "url 2 is told of everything",
    ]


@pytest.mark.parametrize(
    ("chosen", "name", "setting"),
    [
        ({"alert_urls": "json://fine bogus://secret-hush@host"}, "url 2", "entry 2 of ALERT_URLS"),
        ({"alert_urls": "slack://secret-hush"}, "url 1", "entry 1 of ALERT_URLS"),
        (
            {"crm_alert_slack_webhook": "https://hooks.slack.com/services/secret-hush"},
            "slack",
            "CRM_ALERT_SLACK_WEBHOOK",
        ),
        ({"support_google_chat": "https://chat.googleapis.com/secret-hush"}, "google chat", "SUPPORT_GOOGLE_CHAT"),
    ],
)
def test_an_address_that_nobody_understands_is_named_without_it(
    plugged, caplog, capfd, chosen: dict[str, str], name: str, setting: str
) -> None:
    [told] = [one for one in found(plugged(**chosen)) if one.level is not Level.OK]
    assert (told.level, told.words) == (Level.WARNING, f"{name} has an address that nobody understands")
    assert told.mend.startswith(f"correct {setting};")
    assert "hush" not in f"{told} {caplog.text} {capfd.readouterr()}"


def test_no_channel_is_a_warning(plugged) -> None:
    [told] = found(plugged())
    assert (told.level, told.words) == (Level.WARNING, "nobody is told: no channel is set")


def test_channels_are_looked_at_though_redis_is_away(plugged) -> None:
    worker = plugged(alert_urls="json://somewhere", redis_url="unix:///nowhere/at/all")
    assert [one.level for one in found(worker)] == [Level.OK]
