"""What needs a person: seen by cause, begun anew or dismissed, one, a group or all."""

import json
import os
import pty
import subprocess
import sys

import pytest
from click.testing import CliRunner, Result

from cody2zoho import configuration
from cody2zoho.cli import main
from cody2zoho.ledger.ledger import Ledger
from cody2zoho.ledger.records import State
from cody2zoho.models import Conversation

LONG = "Zoho refuses Short: it is longer than 5 characters"
BIN = "Case 5725767000000100115 of this conversation lies in Zoho's recycle bin"


@pytest.fixture
def ledger(plugged) -> Ledger:
    """Seven parked for one reason, one for another, and one that waits."""
    ledger = plugged().ledger
    ids = [f"conversation{number}" for number in range(9)]
    ledger.add_new([Conversation(one, "support", 1_755_000_157) for one in ids])
    for number, one in enumerate(ids[:8]):
        ledger.park(ledger.claim(one), LONG if number < 7 else BIN)
    return ledger


@pytest.fixture
def run(ledger, server, redis_address, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SIMULATORS_URL", server.url)
    monkeypatch.setenv("REDIS_URL", redis_address)
    # The keys of `plugged`, not those of what is only simulated.
    monkeypatch.setenv("REDIS_KEY_PREFIX", "{cody2zoho}:")

    def run(*words: str) -> Result:
        configuration.settings.cache_clear()
        return CliRunner().invoke(main, words)

    return run


def test_parked_ones_are_shown_by_cause_the_largest_group_first(run) -> None:
    shown = run("parked")
    assert shown.exit_code == 1
    assert shown.output.splitlines()[0] == f"7 × {LONG}"
    assert "conversation0 conversation1" in shown.output
    assert "and 2 more" in shown.output
    assert f"1 × {BIN}" in shown.output


def test_json_has_every_id(run) -> None:
    groups = json.loads(run("parked", "--json").stdout)
    assert groups == {LONG: [f"conversation{number}" for number in range(7)], BIN: ["conversation7"]}


def test_retry_lets_one_begin_anew(run, ledger) -> None:
    assert run("retry", "conversation3").output == "conversation3 waits again\n"
    assert ledger.counts()[State.PARKED] == 7
    assert "conversation3" in ledger.due(10, 10, 300).ids
    claim = ledger.claim("conversation3")
    assert (bool(claim.owner), claim.attempts) == (True, 1)
    assert "reason" not in ledger.about("conversation3")


def test_retry_by_cause_leaves_other_causes(run, ledger) -> None:
    assert run("retry", "--cause", "longer than 5").exit_code == 0
    assert [one.conversation_id for one in ledger.parked()] == ["conversation7"]


def test_retry_all_and_then_nothing_is_parked(run, ledger) -> None:
    assert run("retry", "--all").exit_code == 0
    shown = run("parked")
    assert (shown.exit_code, shown.output) == (0, "Nothing is parked.\n")
    assert ledger.counts()[State.WAITING] == 9


def test_a_dismissed_one_gets_no_case_and_never_comes_up_again(run, ledger) -> None:
    assert run("dismiss", "conversation7").exit_code == 0
    assert ledger.claim("conversation7").was == State.DISMISSED
    assert "conversation7" not in ledger.due(100, 100, 300).ids
    assert ledger.counts()[State.DISMISSED] == 1


@pytest.mark.parametrize(
    ("words", "left"), [(["--all"], 0), (["--cause", "longer than 5"], 1), (["--cause", "longer", "--all"], 8)]
)
def test_many_are_dismissed_only_by_who_means_it(run, ledger, words: list[str], left: int) -> None:
    refused = run("dismiss", *words)
    assert refused.exit_code == 2
    assert ledger.counts()[State.PARKED] == 8
    assert (run("dismiss", *words, "--yes").exit_code == 0) == (left < 8)
    assert ledger.counts()[State.PARKED] == left


@pytest.mark.parametrize(("answer", "code", "left"), [("n", 1, 8), ("y", 0, 1)])
def test_of_a_group_it_says_how_many_and_asks(run, ledger, answer: str, code: int, left: int) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    program = [sys.executable, "-m", "cody2zoho", "dismiss", "--cause", "longer than 5"]
    done = subprocess.run(program, check=False, stdin=theirs, capture_output=True, text=True, timeout=60)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == code, done.stderr
    assert "Dismiss 7 of the parked, so that they get no case, now or later?" in done.stdout + done.stderr
    assert ledger.counts()[State.PARKED] == left


@pytest.mark.parametrize("command", ["retry", "dismiss"])
def test_what_is_not_parked_stays_as_it_is(run, ledger, command: str) -> None:
    result = run(command, "conversation8", "conversation0", "never-seen")
    assert result.exit_code == 1
    assert "conversation8 is not parked" in result.output
    assert "never-seen is not parked" in result.output
    assert ledger.about("conversation8")["state"] == State.WAITING
    assert ledger.about("never-seen") == {}


@pytest.mark.parametrize("words", [[], ["conversation0", "--all"], ["--cause", "x", "--all"]])
def test_it_wants_one_way_of_choosing(run, words: list[str]) -> None:
    assert run("retry", *words).exit_code == 2


@pytest.mark.parametrize("command", ["retry", "dismiss"])
@pytest.mark.parametrize("cause", ["", "  "])
def test_an_empty_cause_moves_nothing(run, ledger, command: str, cause: str) -> None:
    result = run(command, "--cause", cause)
    assert result.exit_code == 2
    assert "--cause is empty" in result.output
    assert ledger.counts()[State.PARKED] == 8


def test_a_cause_that_fits_nothing_is_said(run) -> None:
    result = run("dismiss", "--cause", "something else")
    assert (result.exit_code, result.output) == (1, "Nothing was parked that fits.\n")
