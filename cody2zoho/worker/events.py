"""Celery's task events, which Flower lives on, without the gaps that a pool of threads tears into them.

Celery buffers them, sends the buffer, then clears it: whatever another thread has added meanwhile is lost, and
Flower shows tasks that never end. (celery 5.6.3, `EventDispatcher.flush`; a third of 240 tasks was lost here.)
"""

from celery.app.events import Events
from celery.events.dispatcher import EventDispatcher


class WholeDispatcher(EventDispatcher):
    """Takes out of the buffer what was sent, and nothing else."""

    def flush(self, errors: bool = True, groups: bool = True) -> None:
        super().flush(errors=errors, groups=False)
        if not groups:
            return
        with self.mutex:
            for group, buffered in self._group_buffer.items():
                sent = buffered[:]
                if sent:
                    self._publish(sent, self.producer, f"{group}.multi")
                    del buffered[: len(sent)]


class WholeEvents(Events):
    dispatcher_cls = WholeDispatcher
