"""Redis without a password: azure-identity itself, a stand-in of the endpoint it asks, and a Redis with users."""

import asyncio
import gc
import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
import redis
from celery import Celery
from click.testing import CliRunner
from flower.utils import broker
from kombu import Connection
from pydantic import SecretStr

from cody2zoho import configuration, entra, store
from cody2zoho.cli import main
from cody2zoho.errors import ConfigurationError
from cody2zoho.settings import Settings
from cody2zoho.worker import flower
from identity import OID, Identity, identity
from relay import relayed

NEEDED = {
    "CODY_API_KEY": "a-key",
    "CODY_BOT_ID": "all",
    "ZOHO_CLIENT_ID": "1000.ID",
    "ZOHO_CLIENT_SECRET": "a-secret",
    "ZOHO_REFRESH_TOKEN": "1000.a.token",
}


@pytest.fixture
def azure(store: redis.Redis, redis_address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Identity]:
    """A machine in Azure, and its Redis."""
    for name in [name for name in os.environ if name.startswith(("AZURE_", "MSI_", "IDENTITY_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("REDIS_URL", redis_address)
    monkeypatch.setenv("REDIS_AUTH", "entra")
    entra.provider.cache_clear()
    with identity(store) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server
    entra.provider.cache_clear()
    store.execute_command("ACL", "DELUSER", OID)


@pytest.fixture
def settings(azure: Identity) -> Settings:
    return configuration.provisional()


def logins(administrator: redis.Redis) -> int:
    return int(administrator.info("commandstats").get("cmdstat_auth", {}).get("calls", 0))


def connections(administrator: redis.Redis) -> set[int]:
    """Those that are logged in as the machine."""
    return {int(one["id"]) for one in administrator.client_list() if one["user"] == OID}


def test_a_client_is_who_the_machine_is(settings: Settings, azure: Identity, store: redis.Redis) -> None:
    ours = connect(settings)
    assert ours.acl_whoami() == OID
    assert len(azure.given) >= 1
    ours.close()


def connect(settings: Settings) -> redis.Redis:
    return store.connect(settings)


def on_socket(redis_address: str) -> socket.socket:
    side = socket.socket(socket.AF_UNIX)
    side.connect(redis_address.removeprefix("unix://").partition("?")[0])
    return side


def test_each_new_token_is_told_to_every_open_connection_of_every_client(
    settings: Settings, azure: Identity, store: redis.Redis
) -> None:
    near, far = connect(settings), connect(settings)
    near.ping()
    far.ping()
    before, told = connections(store), logins(store)
    entra.provider().renew()
    assert logins(store) == told + 2
    assert connections(store) == before
    assert (near.acl_whoami(), far.acl_whoami()) == (OID, OID)
    near.close()
    far.close()


def test_a_connection_in_use_logs_in_anew_when_it_is_given_back(
    settings: Settings, azure: Identity, store: redis.Redis
) -> None:
    ours = connect(settings)
    pool = ours.connection_pool
    busy = pool.get_connection()
    busy.send_command("PING")
    assert busy.read_response() == "PONG"
    told = logins(store)
    entra.provider().renew()
    assert logins(store) == told
    pool.release(busy)
    assert logins(store) == told + 1
    ours.close()


def test_an_idle_connection_that_was_cut_keeps_no_other_from_the_new_token(
    settings: Settings, azure: Identity, store: redis.Redis, redis_address: str
) -> None:
    with relayed(lambda: on_socket(redis_address), b"never", 1) as relay:
        ours = connect(settings.model_copy(update={"redis_url": SecretStr(f"redis://127.0.0.1:{relay.port}/0")}))
        pool = ours.connection_pool
        cut, idle, busy = (pool.get_connection() for _ in range(3))
        pool.release(cut)
        pool.release(idle)
        relay.words = b"AUTH"
        entra.provider().renew()
        told = logins(store)
        pool.release(busy)
        assert (relay.lost, logins(store)) == (1, told + 1)
        assert len(connections(store)) == 3
        ours.close()


def test_a_token_that_is_not_new_is_told_to_nobody(settings: Settings, azure: Identity, store: redis.Redis) -> None:
    provider, told = entra.Provider(Always(azure)), []

    class Pool:
        def hear(self, token: object) -> None:
            told.append(token)

    pool = Pool()
    provider.on_next(pool.hear)
    provider.renew()
    provider.renew()
    assert len(told) == 1


class Always:
    """A credential whose token does not change, as azure-identity's cache."""

    def __init__(self, azure: Identity) -> None:
        self._token = azure.token()["access_token"]

    def get_token(self, scope: str) -> "Always":
        assert scope == entra.SCOPE
        return self

    @property
    def token(self) -> str:
        return str(self._token)


def test_it_asks_again_before_the_end_and_soon_where_there_was_none(azure: Identity) -> None:
    provider = entra.Provider(Always(azure))
    assert 3_340 < provider.renew() <= 3_360
    azure.is_out_of_order = True
    assert entra.provider().renew() == 15


def test_a_renewal_that_failed_is_not_the_last(settings: Settings, azure: Identity, store: redis.Redis) -> None:
    ours = connect(settings)
    ours.ping()
    azure.is_out_of_order = True
    told = logins(store)
    entra.provider().renew()
    assert logins(store) == told
    azure.is_out_of_order = False
    entra.provider().renew()
    assert logins(store) == told + 1
    ours.close()


def test_a_client_that_is_gone_is_forgotten(settings: Settings, azure: Identity, store: redis.Redis) -> None:
    for _ in range(5):
        connect(settings).ping()
    gc.collect()
    last = connect(settings)
    last.ping()
    assert len(entra.provider()._pools) == 1
    told = logins(store)
    entra.provider().renew()
    assert logins(store) == told + 1
    last.close()


def test_a_connection_that_azure_cut_comes_back_with_a_token_that_holds(
    settings: Settings, azure: Identity, store: redis.Redis
) -> None:
    ours = connect(settings)
    ours.ping()
    azure.end()
    assert ours.acl_whoami() == OID
    ours.close()


def test_without_a_token_redis_is_away_and_the_command_says_why(azure: Identity) -> None:
    azure.is_out_of_order = True
    shown = CliRunner().invoke(main, ["redis", "status"])
    assert shown.exit_code == 1
    assert shown.stderr.startswith("Entra ID gives no token (")
    assert "give this machine an identity" in shown.stderr


def test_connectivity_says_that_there_is_no_token_and_who_gives_one(azure: Identity) -> None:
    azure.is_out_of_order = True
    shown = CliRunner().invoke(main, ["redis", "connectivity"])
    assert shown.exit_code == 1
    assert "✗ login: Entra ID gives no token (" in shown.stdout
    assert "→ give this machine an identity, or sign in with `az login`" in shown.stdout


def test_celerys_broker_is_who_the_machine_is(settings: Settings, azure: Identity, our_broker, store) -> None:
    with Connection(settings.celery_address) as connection:
        queue = connection.SimpleQueue("ticks")
        queue.put({"a": 1})
        assert queue.get(timeout=5).payload == {"a": 1}
        told, known = logins(store), connections(store)
        assert known
        entra.provider().renew()
        assert logins(store) > told
        assert connections(store) == known
        queue.close()


def test_celerys_results_are_who_the_machine_is(settings: Settings, azure: Identity, store: redis.Redis) -> None:
    app = Celery("any", backend=settings.celery_address, broker="memory://")
    assert app.backend.client.acl_whoami() == OID


def test_flowers_queues_are_asked_for_as_who_the_machine_is(
    settings: Settings, azure: Identity, store: redis.Redis, redis_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is changed for good in Flower's own process is changed back here.
    monkeypatch.setattr(broker.Redis, "_get_redis_client_args", broker.Redis._get_redis_client_args)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    flower.prepare(settings.model_copy(update={"flower_basic_auth": SecretStr("a:b")}))
    store.rpush("cases", "a message")

    with relayed(lambda: on_socket(redis_address), b"never", 0) as relay:
        asked = broker.Redis(f"redis://127.0.0.1:{relay.port}/0")
        assert asyncio.run(asked.queues(["cases"])) == [{"name": "cases", "messages": 1}]
    assert len(azure.given) == 1


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"REDIS_URL": "rediss://:word@cache.redis.azure.net:10000/0"}, "has no password: take the login out"),
        ({"REDIS_HOST": "cache.redis.azure.net", "REDIS_PASSWORD": "word", "REDIS_SSL": "true"}, "has no password"),
        ({"REDIS_URL": "redis://cache.redis.azure.net:6379/0"}, "sends a token, which needs TLS"),
        ({"REDIS_HOST": "cache.redis.azure.net"}, "sends a token, which needs TLS"),
        ({"REDIS_AUTH": "kerberos"}, 'REDIS_AUTH "kerberos" is wrong'),
    ],
)
def test_what_does_not_go_with_it_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], says: str
) -> None:
    monkeypatch.setenv("REDIS_AUTH", "entra")
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as refused:
        configuration.provisional()
    assert says in str(refused.value)
    assert "word@" not in str(refused.value)


def test_who_does_not_want_it_loads_nothing_for_it() -> None:
    code = "import sys, cody2zoho.celery; print({'azure', 'jwt', 'msal'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, **NEEDED}
    )
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    "given",
    [
        {"REDIS_URL": "rediss://cache.redis.azure.net:10000/0"},
        {"REDIS_HOST": "cache.redis.azure.net", "REDIS_SSL": "true"},
        {"REDIS_URL": "redis://localhost:6379/0"},
        {"REDIS_URL": "rediss://cache.redis.azure.net:10000/0", "REDIS_PASSWORD": "only-on-this-network"},
    ],
)
def test_what_goes_with_it_is_taken(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    for name, value in {"REDIS_AUTH": "entra", **given}.items():
        monkeypatch.setenv(name, value)
    settings = configuration.provisional()
    assert settings.redis_has_login
    assert settings.celery_address.endswith("credential_provider=cody2zoho.entra.provider")
