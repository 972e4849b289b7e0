"""What a task meets is told as what it is."""

from collections.abc import Iterator

import pytest
from celery import Celery
from kombu.exceptions import OperationalError
from redis import exceptions

from cody2zoho.errors import Cody2ZohoError, Transient
from cody2zoho.telemetry import listen, listeners
from cody2zoho.telemetry.events import Event, TaskFailed
from cody2zoho.worker import observers


@pytest.fixture
def heard() -> Iterator[list[Event]]:
    told: list[Event] = []
    listen(told.append)
    yield told
    listeners.remove(told.append)


def fail_with(error: Exception) -> None:
    """A task that meets it, as ours are made."""
    assert observers.SIGNS

    def work() -> None:
        raise error

    Celery(set_as_current=False).task(work, name="work", throws=(Cody2ZohoError,)).apply()


@pytest.mark.parametrize(
    "error", [exceptions.ConnectionError(), exceptions.TimeoutError(), exceptions.ReadOnlyError(), OperationalError()]
)
def test_a_redis_that_is_away_is_no_defect_of_the_tasks_under_way(heard, error: Exception) -> None:
    fail_with(error)
    assert heard == []


def test_what_a_task_foresees_is_no_defect(heard) -> None:
    fail_with(Transient("no"))
    assert heard == []


@pytest.mark.parametrize("error", [exceptions.ResponseError("WRONGTYPE"), ValueError("Anna's words")])
def test_what_nobody_foresaw_is_told_by_its_kind_and_without_its_words(heard, error: Exception) -> None:
    fail_with(error)
    [told] = heard
    assert told == TaskFailed("work", type(error).__name__, told.place)
    assert str(error) not in told.place
