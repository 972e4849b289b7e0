"""The ledger against Zoho, every night: counted, logged, shown, and Cody is left in peace."""

import json
import logging

import pytest
from celery.schedules import crontab
from click.testing import CliRunner

from chats import KEY, case_of, chat, work
from cody2zoho import configuration
from cody2zoho.cli import main
from cody2zoho.errors import Transient
from cody2zoho.reconcile import nightly
from cody2zoho.schedule import beat_entries
from cody2zoho.settings import Settings
from cody2zoho.simulators.cody import Cody, CodyKnobs
from cody2zoho.simulators.faults import Fault


@pytest.fixture
def worker(plugged):
    return plugged()


@pytest.fixture
def made(account, worker) -> list[str]:
    ids = [chat(account, ago=7_200 + number) for number in range(10)]
    work(worker)
    return ids


def logged(caplog: pytest.LogCaptureFixture) -> logging.LogRecord:
    [record] = [one for one in caplog.records if one.message == "reconcile_completed"]
    return record


def test_where_both_agree_it_is_information(made, worker, server, caplog) -> None:
    caplog.set_level(logging.INFO)
    server.journal.clear()
    figures = nightly.compare(worker)
    assert figures == {"cases": 10, "missing": 0, "duplicate": 0, "unrecorded": 0}
    assert logged(caplog).levelno == logging.INFO
    assert server.journal["cody"].requests == 0
    assert server.journal["zoho"].requests == 1


def test_what_is_off_is_counted_and_a_warning(account, organisation, made, worker, caplog) -> None:
    for one in made[:2]:
        organisation.delete_case(case_of(organisation, one))
    organisation.add_case(**{KEY: made[3]})
    organisation.add_case(**{KEY: "unknownHere1"})
    figures = nightly.compare(worker)
    assert figures == {"cases": 10, "missing": 2, "duplicate": 1, "unrecorded": 1}
    record = logged(caplog)
    assert (record.levelno, vars(record)["missing"]) == (logging.WARNING, 2)
    assert nightly.latest(worker) == {"at": 1_760_000_000, **figures}


def test_what_was_erased_on_both_sides_is_not_missing_every_night(account, organisation, made, worker) -> None:
    for one in made[:2]:
        organisation.delete_case(case_of(organisation, one))
    account.delete_conversation(made[0])
    assert nightly.compare(worker)["missing"] == 1


def test_the_key_of_another_account_makes_nothing_look_erased(
    account, organisation, made, worker, server, clock
) -> None:
    for one in made[:2]:
        organisation.delete_case(case_of(organisation, one))
    server.simulators[0] = other = Cody(clock=clock, knobs=CodyKnobs(requests_per_minute=None))
    other.add_bot("Support", bot_id="support")
    assert nightly.compare(worker)["missing"] == 2


def test_what_cody_cannot_be_asked_about_counts_as_missing(account, organisation, made, worker, server) -> None:
    organisation.delete_case(case_of(organisation, made[0]))
    account.delete_conversation(made[0])
    server.faults.add(Fault("500", path="/api/v1/*"))
    assert nightly.compare(worker)["missing"] == 1


def test_a_case_on_its_way_into_the_ledger_is_no_news(account, organisation, worker, made) -> None:
    """Killed between insert and record: the next attempt finds its case by itself."""
    one = chat(account)
    worker.ledger.add_new([worker.cody.conversation(one)])
    organisation.add_case(**{KEY: one})
    assert nightly.compare(worker)["unrecorded"] == 0


def test_distinct_keys_and_other_capitals_are_recognised(account, organisation, worker) -> None:
    for one in ("aBcDeFgHiJkL", "AbCdEfGhIjKl"):
        chat(account, one)
    typed = chat(account, "QwErTyUiOpAs")
    work(worker)
    organisation.edit_case(case_of(organisation, typed), **{KEY: "qwertyuiopas"})
    assert nightly.compare(worker) == {"cases": 3, "missing": 0, "duplicate": 0, "unrecorded": 0}


def test_a_failed_comparison_keeps_the_last_figures_and_says_so(made, worker, server, caplog) -> None:
    before = nightly.compare(worker)
    server.faults.add(Fault("500", path="/crm/v8/coql"))
    with pytest.raises(Transient):
        nightly.compare(worker)
    assert [one.message for one in caplog.records if one.levelno == logging.WARNING] == ["reconcile_failed"]
    assert nightly.latest(worker)["cases"] == before["cases"]


def test_status_shows_when_and_what(made, organisation, worker, server, redis_address, monkeypatch, clock) -> None:
    monkeypatch.setenv("SIMULATORS_URL", server.url)
    monkeypatch.setenv("REDIS_KEY_PREFIX", "{cody2zoho}:")
    monkeypatch.setenv("REDIS_URL", redis_address)
    configuration.settings.cache_clear()
    assert "reconciled" not in CliRunner().invoke(main, ["status"]).output
    organisation.delete_case(case_of(organisation, made[0]))
    nightly.compare(worker)
    shown = CliRunner().invoke(main, ["status"])
    assert shown.exit_code == 0
    # The command has the real clock, this test one of its own.
    assert "last reconciled " in shown.output
    assert " ago: 1 missing" in shown.output
    assert json.loads(CliRunner().invoke(main, ["status", "--json"]).output)["reconciled"]["missing"] == 1


def settings(**chosen: str) -> Settings:
    needed = {"cody_api_key": "k", "cody_bot_id": "b", "zoho_client_id": "c"}
    return Settings(**{**needed, "zoho_client_secret": "s", "zoho_refresh_token": "t", **chosen})


def test_it_comes_once_a_night_at_the_chosen_time() -> None:
    assert beat_entries(settings())["reconcile"]["schedule"] == crontab("17", "03")
    assert beat_entries(settings(reconcile_at="23:05"))["reconcile"]["schedule"] == crontab("5", "23")
    assert "reconcile" not in beat_entries(settings(reconcile_at="never"))


@pytest.mark.parametrize("wrong", ["3 am", "24:00", "03:60", "3:17", "3"])
def test_what_is_no_time_of_day_is_said(wrong: str) -> None:
    with pytest.raises(ValueError, match="is not a time of day; write one such as 03:17, or never"):
        settings(reconcile_at=wrong)
