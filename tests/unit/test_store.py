"""The connection to Redis, through which everything that is remembered goes."""

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
import redis
from redis.exceptions import ReadOnlyError

from cody2zoho.ledger.records import Held, State
from cody2zoho.models import Conversation
from cody2zoho.telemetry import counters
from relay import Relay, relayed

CONVERSATION = Conversation("Jw9R1NVTVgkK", "support", 1_755_000_157)

#: The first answer to a request that holds this is lost on its way.
LOST = b"Jw9R1NVTVgkK"


@pytest.fixture
def lossy(redis_address: str) -> Iterator[Relay]:
    def connect() -> socket.socket:
        redis_side = socket.socket(socket.AF_UNIX)
        redis_side.connect(redis_address.removeprefix("unix://").partition("?")[0])
        return redis_side

    with relayed(connect, LOST) as relay:
        yield relay


def test_a_claim_whose_answer_was_lost_is_ours_and_counts_once(plugged, lossy: Relay) -> None:
    near = plugged().ledger
    near.add_new([CONVERSATION])
    # Redis knows the script by now: the one request that is left is the claim itself.
    near.claim("another")
    claim = plugged(redis_url=f"redis://127.0.0.1:{lossy.port}/0").ledger.claim(CONVERSATION.id)
    assert lossy.lost == 1
    assert (claim.was, claim.attempts, claim.lapses) == ("claimed", 1, 0)
    assert near.counts()[State.WORKING] == 1
    assert near.created(claim, Held("4876", 2, "digest"))


def test_a_case_of_which_the_answer_was_lost_is_told_and_counts_once(plugged, lossy: Relay) -> None:
    services = plugged()
    services.ledger.add_new([CONVERSATION])
    claim, held = services.ledger.claim(CONVERSATION.id), Held("4876", 2, "digest")
    # Redis knows the script by now.
    assert not services.ledger.park(replace(claim, owner="another"), "no")
    assert plugged(redis_url=f"redis://127.0.0.1:{lossy.port}/0").ledger.created(claim, held)
    assert lossy.lost == 1
    assert not services.ledger.created(replace(claim, owner="another"), held)
    assert counters.read(services.store, services.settings.redis_key_prefix)["conversations_total|created"] == 1
    assert services.ledger.counts()[State.CREATED] == 1


def test_a_part_of_which_the_answer_was_lost_counts_as_one_case(plugged, lossy: Relay) -> None:
    services = plugged()
    services.ledger.add_new([CONVERSATION])
    claim = services.ledger.claim(CONVERSATION.id)
    # Redis knows the script by now.
    services.ledger.hold(replace(claim, owner="another"), Held("4876"))
    assert plugged(redis_url=f"redis://127.0.0.1:{lossy.port}/0").ledger.hold(claim, Held("4876", 2, "digest"))
    assert lossy.lost == 1
    prefix = services.settings.redis_key_prefix
    assert counters.read(services.store, prefix)["conversations_total|created"] == 1
    assert services.store.llen(f"{prefix}metrics:latest") == 1


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
