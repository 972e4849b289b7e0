"""The connection to Redis, through which everything that is remembered goes."""

import pytest
import redis
from redis.exceptions import ReadOnlyError

from cody2zoho.models import Conversation

CONVERSATION = Conversation("Jw9R1NVTVgkK", "support", 1_755_000_157)


def test_a_connection_that_leads_to_a_mere_replica_is_given_up(plugged, store: redis.Redis) -> None:
    """After a failover it would stay, and refuse every write; a new one leads to the new master."""
    worker = plugged()
    before = worker.store.client_id()
    store.replicaof("127.0.0.1", 1)
    try:
        with pytest.raises(ReadOnlyError):
            worker.ledger.open()
        with pytest.raises(ReadOnlyError):
            worker.ledger.add_new([CONVERSATION])
    finally:
        store.replicaof("NO", "ONE")
    assert worker.store.client_id() != before
    assert worker.ledger.add_new([CONVERSATION]) == [CONVERSATION.id]
