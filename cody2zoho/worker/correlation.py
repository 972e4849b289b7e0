"""The same ids on every line that a request or a task causes, also on Celery's own and in the tasks that it starts."""

from typing import Any

from celery import signals

from cody2zoho import logs

#: Of a message, and the field of a line.
REQUEST_ID = "request_id"


@signals.before_task_publish.connect
def _take_along(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Whoever asked for this asked for what it causes."""
    asker = logs.current().get(REQUEST_ID)
    if asker and headers is not None:
        headers[REQUEST_ID] = asker


@signals.task_prerun.connect
def _began(task_id: str, task: Any, args: Any, **_: Any) -> None:
    """Before, and until after, what Celery says of it: `Task … raised unexpected` is written when it is over."""
    fields = {"task": task.name.removeprefix("cody2zoho."), "task_id": task_id}
    if args:
        fields["conversation"] = str(args[0])
    if asker := task.request.get(REQUEST_ID):
        fields[REQUEST_ID] = str(asker)
    logs.begin(**fields)


@signals.task_postrun.connect
def _ended(**_: Any) -> None:
    logs.begin()
