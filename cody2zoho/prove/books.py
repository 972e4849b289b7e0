"""Our own books, read only to be compared: the ledger, the agenda, the queues."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import redis

from cody2zoho.ledger.ledger import Ledger
from cody2zoho.ledger.records import State
from cody2zoho.prove.scale import LEASE_SECONDS, PREFIX, VISIBILITY_SECONDS

#: States in which something is still to be done; nobody may end up parked because of a passing fault.
_OPEN = (State.WAITING, State.WORKING, State.PARKED)

_DUE_AT_MOST = 1_000


class Books:
    """Raises RedisError while Redis is away."""

    def __init__(self, store: redis.Redis) -> None:
        self._store = store
        self._ledger = Ledger(store, PREFIX, LEASE_SECONDS)

    def knows(self, conversations: Sequence[str]) -> bool:
        """Whether the ledger has all of them: one that was wiped and not yet filled again has nothing to do either."""
        return len(self._ledger.looked_up(conversations)) == len(conversations)

    def work_is_done(self) -> bool:
        """Whether no conversation waits, is worked on, or is on its way to a worker."""
        counts = self._ledger.counts()
        return not any(counts[state] for state in (State.WAITING, State.WORKING)) and not self._queued("cases")

    def left_behind(self) -> list[str]:
        """A sentence for each kind of thing that should have been finished and is not."""
        return list(self._left_behind())

    def _left_behind(self) -> Iterator[str]:
        for state, count in self._ledger.counts().items():
            if count < 0 or (state in _OPEN and count):
                yield f"{count} conversations are {state.value}"
        for parked in self._ledger.parked():
            yield f"{parked.conversation_id} is parked: {parked.reason}"
        if due := self._ledger.due(_DUE_AT_MOST, _DUE_AT_MOST, VISIBILITY_SECONDS).ids:
            yield f"{len(due)} conversations are due in the agenda: {', '.join(due[:5])}"
        for queue in ("cases", "ticks"):
            if count := self._queued(queue):
                yield f"{count} messages lie in the queue {queue}"
        if count := self._unanswered():
            yield f"{count} messages were taken and never answered"

    def messages_are_gone(self) -> bool:
        return not (self._queued("cases") or self._queued("ticks") or self._unanswered())

    def disagreements(
        self, conversations: Sequence[str], cases: Mapping[str, Sequence[str]], deleted: Collection[str]
    ) -> list[str]:
        """Where the ledger and Zoho do not name the same case.

        Of a conversation that was deleted while its case was being made, the ledger may know nothing.
        """
        found = {one: self._ledger.about(one) for one in conversations}
        return [
            f"{one}: the ledger says {about.get('state', 'nothing')} {about.get('case', '')}, "
            f"Zoho has {', '.join(cases.get(one, ())) or 'no case'}"
            for one, about in found.items()
            if not _agree(about, cases.get(one, ())) and not (one in deleted and "case" not in about)
        ]

    def known(self) -> int:
        """Conversations in any state."""
        return sum(self._ledger.counts().values())

    def about(self, conversation_id: str) -> dict[str, str]:
        return self._ledger.about(conversation_id)

    def _queued(self, queue: str) -> int:
        return int(self._store.llen(f"{PREFIX}{queue}"))

    def _unanswered(self) -> int:
        return int(self._store.hlen(f"{PREFIX}unacked"))


def _agree(about: Mapping[str, str], cases: Sequence[str]) -> bool:
    if about.get("state") != State.CREATED:
        return not cases
    return list(cases) == [about.get("case")]
