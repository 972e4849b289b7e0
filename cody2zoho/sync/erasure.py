"""Forgetting one conversation: our own traces of it go, and it gets no case again.

What stays is a digest of its id in the ledger. Cases in Zoho and the conversation at Cody are for a person to delete.
"""

import time
from collections.abc import Callable

from cody2zoho import logs
from cody2zoho.rebuild import EARLIER
from cody2zoho.services import Services

#: Celery's queue of conversations; what a worker has taken from it and not answered yet.
_QUEUE, _TAKEN = "cases", "unacked"

_LOOK_SECONDS = 0.2


def forget(
    services: Services,
    conversation_id: str,
    tell: Callable[[str], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait for the worker that has it, if one has: the case that it is making is then known, and can be named."""
    if services.ledger.forget(conversation_id):
        tell("A worker has it; this waits until it is done.")
    while left := services.ledger.forget(conversation_id):
        sleep(min(left, _LOOK_SECONDS))
    services.store.delete(f"{EARLIER}{conversation_id}")
    services.history.forget(conversation_id)
    services.strangers.forget(conversation_id)
    _take_back_messages(services, conversation_id)
    services.alerts.forget(conversation_id)
    logs.forget(services, conversation_id)


def _take_back_messages(services: Services, conversation_id: str) -> None:
    """A message about it would do nothing; but it names the id. Any message may be lost, so a mistake is harmless."""
    queue, taken = (f"{services.settings.redis_key_prefix}{name}" for name in (_QUEUE, _TAKEN))
    for message in services.store.lrange(queue, 0, -1):
        if conversation_id in message:
            services.store.lrem(queue, 0, str(message))
    for tag, message in services.store.hscan_iter(taken):
        if conversation_id in message:
            services.store.hdel(taken, tag)
