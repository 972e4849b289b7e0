"""`cody2zoho backfill`: it says what it will cost, asks, shows how far it is, and ends it on request."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner, Result

from chats import chat, work
from cody2zoho import configuration
from cody2zoho.backfill import batches
from cody2zoho.cli import main
from cody2zoho.cli.backfill import _pace, _shown
from cody2zoho.ledger.history import FIGURES, Run

DAY = 86_400


@pytest.fixture
def worker(account, plugged):
    worker = plugged(sync_since="30d")
    chat(account)
    work(worker)
    return worker


@pytest.fixture
def run(worker, server, redis_address, monkeypatch: pytest.MonkeyPatch):
    """The command line, in this process, against the simulators."""
    for name, value in {
        "SIMULATORS_URL": server.url,
        "REDIS_KEY_PREFIX": "{cody2zoho}:",
        "REDIS_URL": redis_address,
        "CODY_BOT_ID": "support",
    }.items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> Result:
        configuration.settings.cache_clear()
        return CliRunner().invoke(main, ["backfill", *words])

    return run


@pytest.fixture
def history(account) -> list[str]:
    return [chat(account, ago=90 * DAY + 60 * number) for number in range(120)]


def test_a_dry_run_says_what_it_would_cost_and_touches_nothing(history, store, server, worker, run) -> None:
    before, zoho = sorted(store.keys()), server.journal["zoho"].requests
    shown = run("--dry-run")
    assert shown.exit_code == 0
    assert "120 conversations from before" in shown.output
    for cost in ("120  requests to Cody", "2  requests to Zoho", "12  of Zoho's API credits", "at the least"):
        assert cost in shown.output
    assert sorted(key for key in map(str, store.scan_iter()) if "limit:" not in key) == [
        key for key in before if "limit:" not in key
    ]
    assert server.journal["zoho"].requests == zoho


def test_without_a_terminal_it_begins_only_with_yes(history, worker, run) -> None:
    refused = run()
    assert refused.exit_code == 2
    assert "There is nobody to ask" in refused.output
    assert worker.history.latest() is None
    begun = run("--yes")
    assert begun.exit_code == 0
    assert "It is under way" in begun.output
    assert worker.history.latest().left == 120


def test_one_under_way_is_shown_and_not_begun_anew(history, worker, run) -> None:
    run("--yes")
    batches.work(0, worker)
    assert run().exit_code == 0
    assert worker.history.latest().done == 100
    refused = run("--limit", "5")
    assert refused.exit_code == 2
    assert "A backfill is under way" in refused.output


def test_status_shows_how_far_it_is_and_what_became_of_it(history, worker, run) -> None:
    run("--yes")
    batches.work(0, worker)

    def status(*words: str) -> str:
        return CliRunner().invoke(main, ["status", *words]).output

    assert "backfill under way" in status()
    assert "100 of 120 conversations: " in status()
    assert json.loads(status("--json"))["backfill"]["left"] == 20
    batches.work(0, worker)
    batches.work(0, worker)
    assert "backfill ended" in status()


def test_stop_ends_it_and_says_how_far_it_came(history, worker, run) -> None:
    run("--yes")
    batches.work(0, worker)
    assert "Ended with 100 of 120 done" in run("--stop").output
    assert worker.history.latest().is_over
    nothing = run("--stop")
    assert nothing.exit_code == 1
    assert "No backfill is under way." in nothing.output


def test_bounds_are_dates_or_ages(history, worker, run) -> None:
    late = run("--dry-run", "--since", "1d").output
    assert "There is no history" in late
    assert "(SYNC_SINCE) comes by itself" in late
    assert "120 conversations" in run("--dry-run", "--until", "1d").output
    assert "no history" in run("--dry-run", "--until", "2020-01-01").output
    wrong = run("--since", "yesterday")
    assert wrong.exit_code == 2
    assert "is neither a date nor an age" in wrong.output


def test_an_empty_bound_of_a_script_takes_not_all_history(history, worker, run) -> None:
    refused = run("--yes", "--since", "")
    assert refused.exit_code == 2
    assert "an empty date would be all of history" in refused.output
    assert worker.history.latest() is None


def test_bounds_that_leave_nothing_between_them_are_refused(history, worker, run) -> None:
    refused = run("--dry-run", "--since", "5d", "--until", "90d")
    assert refused.exit_code == 2
    assert "--since is not before --until" in refused.output


def test_where_polls_take_all_history_there_is_none(account, store, history, plugged, run) -> None:
    store.flushall()
    work(plugged())
    assert "SYNC_SINCE is empty" in run("--dry-run").output


def test_a_ledger_that_is_not_filled_is_asked_for_nothing(history, worker, run) -> None:
    worker.ledger.close()
    refused = run("--yes")
    assert refused.exit_code == 1
    assert "The ledger is not filled from Zoho yet" in refused.output
    assert worker.history.latest() is None


def at(done: int, **more) -> Run:
    figures = {**dict.fromkeys(FIGURES, 0), "made": done, "cody": done, "zoho": 1, "credits": 10}
    return replace(Run("x", 1_000, 1_060, 120, 120 - done, figures), **more)


def test_it_is_watched_until_its_end() -> None:
    seen = iter([at(0), at(60), at(120, ended_at=1_100)])
    assert _shown(lambda: next(seen), look_seconds=0).is_over


def test_rate_cost_and_time_left_are_told_and_why_it_rests() -> None:
    assert _pace(at(60), still=False) == "60 a minute, about 60 seconds left; 60+1 requests, 10 credits"
    resting = at(60, rests="Zoho asks for a pause (429)", rest_seconds=300)
    assert _pace(resting, still=True).startswith("rests for 5 minutes: Zoho asks for a pause (429)")
    assert _pace(at(0), still=True).startswith("nothing moves: do worker and beat run")


def test_where_silences_split_conversations_history_is_refused(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVERSATION_SPLIT_HOURS", "24")
    refused = run("--yes")
    assert refused.exit_code == 2
    assert "Backfill splits no conversation" in refused.output
