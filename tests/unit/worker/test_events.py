"""Flower sees every task end."""

from typing import Any

from celery import Celery

from cody2zoho.worker.events import WholeDispatcher


class Busy(WholeDispatcher):
    """Another thread reports a task while a batch is on its way."""

    def __init__(self, **options: Any) -> None:
        self.sent: list[str] = []
        super().__init__(**options)

    def _publish(self, event: list[dict[str, Any]], *_: Any, **__: Any) -> None:
        self.sent += [one["uuid"] for one in event]
        if self.sent == ["first"]:
            self.send("task-succeeded", uuid="meanwhile")


def test_what_is_reported_while_a_batch_is_sent_goes_with_the_next_one() -> None:
    app = Celery(broker="memory://")
    dispatcher = Busy(connection=app.connection_for_write(), app=app, buffer_group=["task"])
    dispatcher.send("task-succeeded", uuid="first")
    dispatcher.flush()
    dispatcher.flush()
    assert dispatcher.sent == ["first", "meanwhile"]
