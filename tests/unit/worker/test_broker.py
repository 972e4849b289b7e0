"""Messages go through Redis without a new client for each."""

from collections.abc import Iterator

import pytest
import redis
from celery import Celery
from kombu import Connection
from kombu.simple import SimpleQueue


@pytest.fixture
def app(redis_address: str, our_broker: None) -> Iterator[Celery]:
    app = Celery("test", broker=redis_address.replace("unix://", "redis+socket://"), set_as_current=False)
    yield app
    app.close()


@pytest.fixture
def connection(app: Celery) -> Iterator[Connection]:
    with app.connection_for_write() as connection:
        yield connection


def client_of(connection: Connection) -> redis.Redis:
    with connection.default_channel.conn_or_acquire() as client:
        return client


def said(queue: SimpleQueue, word: str) -> str:
    """What arrives when this is sent."""
    queue.put(word)
    message = queue.get(timeout=5)
    message.ack()
    return message.payload


def test_one_client_sends_all_messages(connection) -> None:
    client = client_of(connection)
    with connection.SimpleQueue("letters") as queue:
        assert [said(queue, word) for word in ("first", "second")] == ["first", "second"]
    assert client_of(connection) is client


def test_after_a_lost_connection_the_client_is_another(connection) -> None:
    client = client_of(connection)
    connection.default_channel._disconnect_pools()
    assert client_of(connection) is not client
    with connection.SimpleQueue("letters") as queue:
        assert said(queue, "third") == "third"
