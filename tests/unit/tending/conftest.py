"""Commands of `cody2zoho redis` against the tests' own Redis, as operators call them."""

from collections.abc import Callable, Iterator

import pytest
import redis
from click.testing import CliRunner, Result

from cody2zoho import configuration
from cody2zoho.cli import main
from cody2zoho.settings import Settings

PREFIX = "{cody2zoho}:"

Call = Callable[..., Result]


@pytest.fixture
def call(redis_address: str, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Calls `cody2zoho redis …`; no credential is set, for none is needed."""
    monkeypatch.setenv("REDIS_URL", redis_address)

    def call(*words: str) -> Result:
        configuration.settings.cache_clear()
        return CliRunner().invoke(main, ("redis", *words))

    return call


@pytest.fixture
def limited(store: redis.Redis, redis_address: str, monkeypatch: pytest.MonkeyPatch, call: Call) -> Iterator[Call]:
    """The same as a user who may do nothing dangerous, as Azure's Data Contributor may."""
    store.execute_command("ACL", "SETUSER", "limited", "on", ">word", "~*", "&*", "+@all", "-@dangerous")
    monkeypatch.setenv("REDIS_URL", redis_address.replace("unix://", "unix://limited:word@"))
    yield call
    store.execute_command("ACL", "DELUSER", "limited")


@pytest.fixture
def settings(redis_address: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("REDIS_URL", redis_address)
    return configuration.provisional()


@pytest.fixture
def filled(store: redis.Redis) -> redis.Redis:
    """Some of our keys, and some of others."""
    store.hset(f"{PREFIX}conversation:Jw9R1NVTVgkK", mapping={"state": "waiting", "name": "Ada Lovelace"})
    store.hset(f"{PREFIX}conversation:finished:7", "Qz3d", "c4876")
    store.hset(f"{PREFIX}ledger", mapping={"schema": 2, "open": 1})
    store.set(f"{PREFIX}token:zoho", "1000.secret.token", ex=3000)
    store.hset(f"{PREFIX}metrics:counters", "conversations_total|created", 3)
    store.hset(f"{PREFIX}metrics:states", "waiting", 1)
    store.rpush(f"{PREFIX}cases", "a message")
    store.set("processed_conversation:Abc", "1")
    store.set("somebody:else", "their words")
    return store
