"""Who asked stands on every line that the asking causes."""

import logging
from collections.abc import Iterator

import pytest
from celery import Celery
from celery.app.trace import build_tracer

from cody2zoho import logs
from cody2zoho.logs.context import Context
from cody2zoho.worker import correlation
from cody2zoho.worker.tasks import Wordless

log = logging.getLogger("cody2zoho.somewhere")


@pytest.fixture(autouse=True)
def _no_trace_is_left() -> Iterator[None]:
    yield
    logs.begin()


@pytest.fixture
def app() -> Celery:
    app = Celery(set_as_current=False, broker="memory://")

    @app.task(name="cody2zoho.second", base=Wordless, ignore_result=True)
    def second(conversation_id: str) -> None:
        log.warning("second_done")

    @app.task(name="cody2zoho.first", base=Wordless, ignore_result=True)
    def first(conversation_id: str) -> None:
        log.warning("first_done")
        second.delay(conversation_id)
        raise KeyError(conversation_id)

    return app


def received(app: Celery) -> dict[str, object]:
    """The headers of the message that was sent last."""
    with app.connection_for_read() as connection:
        queue = connection.SimpleQueue("celery")
        message = queue.get(block=False)
        message.ack()
        return dict(message.headers)


def run(app: Celery, name: str, headers: dict[str, object]) -> None:
    """As a worker does it."""
    build_tracer(name, app.tasks[name], app=app)(str(headers["id"]), ("Qz3d",), {}, {**headers, "hostname": "here"})


def test_the_request_id_goes_through_all_tasks_and_onto_celerys_lines(app: Celery, caplog) -> None:
    caplog.handler.addFilter(Context())
    with logs.context(request_id="r-1"):
        app.tasks["cody2zoho.first"].delay("Qz3d")
    run(app, "cody2zoho.first", received(app))
    run(app, "cody2zoho.second", received(app))
    lines = {
        one.message.split("[")[0]: one
        for one in caplog.records
        if not one.name.startswith(("kombu", "cody2zoho.telemetry"))
    }
    assert list(lines) == ["first_done", "Task cody2zoho.first", "second_done"]
    assert {one.request_id for one in lines.values()} == {"r-1"}
    assert {one.conversation for one in lines.values()} == {"Qz3d"}
    assert [one.task for one in lines.values()] == ["first", "first", "second"]
    assert len({one.task_id for one in lines.values()}) == 2


def test_nothing_of_a_task_is_left_for_the_next(app: Celery) -> None:
    run(app, "cody2zoho.second", {"id": "t-1", "task": "cody2zoho.second", "request_id": "r-1"})
    assert "request_id" not in logs.current()
    assert "conversation" not in logs.current()


def test_what_nobody_asked_for_names_nobody(app: Celery) -> None:
    app.tasks["cody2zoho.second"].delay("Qz3d")
    assert correlation.REQUEST_ID not in received(app)
