"""Two commands on one state folder: one waits for the other, and says who is in the way."""

import threading
from pathlib import Path

import pytest

from cody2zoho.cli.local import UP, alone
from cody2zoho.errors import ConfigurationError


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        ("a command", "a command", "Another cody2zoho command runs on "),
        ("a command", UP, "Another cody2zoho command runs on "),
        (UP, UP, "`cody2zoho up` runs already on "),
        (UP, "a command", "`cody2zoho up` runs on .*, and its Redis does not answer"),
    ],
)
def test_who_is_in_the_way_is_named(tmp_path: Path, first: str, second: str, says: str) -> None:
    refused = pytest.raises(ConfigurationError, match=says)
    with alone(tmp_path, first), refused, alone(tmp_path, second, wait_seconds=0.2):
        pass
    with alone(tmp_path, second) as is_alone:
        assert is_alone


def test_a_command_shares_with_up_as_soon_as_its_redis_answers(tmp_path: Path) -> None:
    answers = threading.Event()
    with alone(tmp_path, UP):
        threading.Timer(0.3, answers.set).start()
        with alone(tmp_path, "a command", shares=answers.is_set) as is_alone:
            assert not is_alone


def test_the_redis_of_a_command_that_may_end_any_moment_is_not_shared(tmp_path: Path) -> None:
    refused = pytest.raises(ConfigurationError)
    with alone(tmp_path, "a command"), refused, alone(tmp_path, "a command", lambda: True, wait_seconds=0.2):
        pass


def test_a_command_goes_on_when_the_other_has_ended(tmp_path: Path) -> None:
    ended, began = threading.Event(), threading.Event()

    def other() -> None:
        with alone(tmp_path, "a command"):
            began.set()
            ended.wait(0.3)

    threading.Thread(target=other).start()
    assert began.wait(30)
    with alone(tmp_path, "a command") as is_alone:
        assert is_alone
