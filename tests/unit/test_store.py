"""The connection to Redis, through which everything that is remembered goes."""

import socket
from collections.abc import Iterator
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest
import redis
from redis.exceptions import ReadOnlyError

from cody2zoho.models import Conversation
from cody2zoho.records import Held, State

CONVERSATION = Conversation("Jw9R1NVTVgkK", "support", 1_755_000_157)

#: The first answer to a request that holds this is lost on its way.
LOST = b"Jw9R1NVTVgkK"


class _Lossy(ThreadingTCPServer):
    daemon_threads = True
    redis = ""
    has_lost = False


class _Way(BaseRequestHandler):
    """A connection to Redis, one request after the other."""

    server: _Lossy

    def handle(self) -> None:
        with socket.socket(socket.AF_UNIX) as redis_side:
            redis_side.connect(self.server.redis)
            while request := self.request.recv(65_536):
                redis_side.sendall(request)
                answer = redis_side.recv(65_536)
                if LOST in request and not self.server.has_lost:
                    self.server.has_lost = True
                    return
                self.request.sendall(answer)


@pytest.fixture
def lossy(redis_address: str) -> Iterator[_Lossy]:
    with _Lossy(("127.0.0.1", 0), _Way) as server:
        server.redis = redis_address.removeprefix("unix://").partition("?")[0]
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_claim_whose_answer_was_lost_is_ours_and_counts_once(plugged, lossy: _Lossy) -> None:
    near = plugged().ledger
    near.add_new([CONVERSATION])
    # Redis knows the script by now: the one request that is left is the claim itself.
    near.claim("another")
    claim = plugged(redis_url=f"redis://127.0.0.1:{lossy.server_address[1]}/0").ledger.claim(CONVERSATION.id)
    assert lossy.has_lost
    assert (claim.was, claim.attempts, claim.lapses) == ("claimed", 1, 0)
    assert near.counts()[State.WORKING] == 1
    assert near.created(claim, Held("4876", 2, "digest"))


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
