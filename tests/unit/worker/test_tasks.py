"""What Celery writes of a task that fails."""

import pytest
from celery import Celery
from celery.app.trace import build_tracer

from cody2zoho.errors import Transient
from cody2zoho.worker.tasks import Wordless

WORDS = "My card is 4111 1111 1111 1111 \ud83d"


def not_encoded() -> None:
    WORDS.encode()


def a_number_of_no_number() -> None:
    int(WORDS)


def in_the_midst_of_another() -> None:
    try:
        not_encoded()
    except UnicodeError:
        raise KeyError(WORDS) from None


def typed() -> None:
    raise Transient("Zoho is out of order (500)")


def logged(work, caplog: pytest.LogCaptureFixture) -> str:
    """All that stands in the log after a task that does this."""
    app = Celery(set_as_current=False, broker="memory://")

    @app.task(name="work", base=Wordless, ignore_result=True)
    def task(conversation_id: str) -> None:
        work()

    build_tracer("work", task, app=app)("an-id", ("Qz3d",), {}, {"id": "an-id", "task": "work", "hostname": "here"})
    return caplog.text


@pytest.mark.parametrize("work", [not_encoded, a_number_of_no_number, in_the_midst_of_another])
def test_an_error_nobody_foresaw_tells_its_kind_and_place_and_no_customers_words(work, caplog) -> None:
    told = logged(work, caplog)
    assert "raised unexpected: " in told
    assert "Error()" in told
    assert f"in {work.__name__}" in told
    assert "My card" not in told
    assert "4111" not in told


def test_an_error_of_our_own_keeps_its_words(caplog) -> None:
    assert "Zoho is out of order (500)" in logged(typed, caplog)
