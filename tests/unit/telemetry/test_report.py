"""What happens is told once, to all who listen, and never at the work's expense."""

import logging
from collections.abc import Iterator
from dataclasses import fields

import pytest

from cody2zoho import telemetry
from cody2zoho.telemetry import listen, report
from cody2zoho.telemetry.events import CaseCreated, Event, LedgerBehind, ReconcileCompleted


@pytest.fixture(autouse=True)
def _nobody_listens() -> Iterator[None]:
    yield
    telemetry.listeners.clear()
    telemetry.told.clear()


def test_an_event_is_a_line_of_the_log_with_its_fields(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    report(CaseCreated("4876", messages=3, attempts=1, redacted={"email": 2}))
    [line] = caplog.records
    assert (line.message, line.levelname) == ("case_created", "INFO")
    assert (line.case, line.messages, line.redacted_email) == ("4876", 3, 2)
    assert not hasattr(line, "contact")


def test_every_listener_hears_it_as_it_was_reported() -> None:
    heard: list[Event] = []
    listen(heard.append)
    event = LedgerBehind()
    report(event)
    assert heard == [event]


def test_a_listener_that_fails_is_told_of_once_and_stops_neither_the_work_nor_the_next_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(_: Event) -> None:
        raise ConnectionError("a customer's words")

    heard: list[Event] = []
    listen(broken)
    listen(heard.append)
    report(LedgerBehind())
    report(LedgerBehind())
    assert len(heard) == 2
    [failed] = [line for line in caplog.records if line.message == "telemetry_failed"]
    assert "ConnectionError" in failed.what
    assert "words" not in str(vars(failed))


def test_a_comparison_that_found_something_off_is_a_warning() -> None:
    assert ReconcileCompleted(cases=5, missing=0, duplicate=0, unrecorded=0).level == logging.INFO
    assert ReconcileCompleted(cases=5, missing=0, duplicate=1, unrecorded=0).level == logging.WARNING


def test_no_field_of_an_event_is_one_that_a_log_record_has_of_its_own() -> None:
    own = {*vars(logging.makeLogRecord({})), "message", "asctime"}
    taken = {f"{one.name}: {each.name}" for one in Event.__subclasses__() for each in fields(one) if each.name in own}
    assert taken == set()
