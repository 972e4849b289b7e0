"""Redis, the simulators and the shipped image as containers, by pytest-celery; a fresh set for each test.

pytest-celery's fixtures are taken by name: those below replace its own worker image, its matrix of brokers
and what it believes about addresses.
"""

import gc
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from containers import CONVERSATIONS, IMAGE, REDIS_IMAGE, Flower, Redis, Web, Worker
from pytest_celery import CeleryBackendCluster, CeleryBrokerCluster, RedisTestBackend, RedisTestBroker
from pytest_docker_tools import container, fxtr

import docker

NETWORK = "{default_pytest_celery_network.name}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("docker")


@pytest.fixture(scope="session")
def docker_client() -> Iterator[docker.DockerClient]:
    """pytest-docker-tools' own fixture, by name: every container, network and volume goes through it."""
    client = _engine()
    if client is None:
        _cannot("no Docker engine answers")
    for image in (IMAGE, REDIS_IMAGE):
        try:
            client.images.get(image)
        except docker.errors.ImageNotFound:
            _cannot(f"the image {image} is not here: `docker compose build && docker compose pull redis`")
    yield client
    client.close()


def _engine() -> docker.DockerClient | None:
    with warnings.catch_warnings():
        # docker-py leaves an open socket to the garbage collector when no engine answers.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            client = docker.from_env(timeout=60)
            client.ping()
        except docker.errors.DockerException:
            client = None
        gc.collect()
    return client


def _cannot(reason: str) -> NoReturn:
    """A laptop may lack Docker; where the tier is required, as in CI, that is a failure."""
    if os.environ.get("REQUIRE_DOCKER") == "1":
        pytest.fail(f"{reason}; docker tier NOT run", pytrace=False)
    pytest.skip(f"{reason}; docker tier NOT run")


simulators = container(
    image=IMAGE,
    command=f"cody2zoho simulate --host 0.0.0.0 --port 8800 --requests-per-minute 0 --conversations {CONVERSATIONS}",
    ports={"8800/tcp": None},
    network=NETWORK,
    wrapper_class=Web,
    timeout=60,
)


@pytest.fixture
def default_redis_broker_cls() -> type[Redis]:
    return Redis


# The class fixture above decides image and command; the class of the object is fixed in the plugin.
default_redis_broker = container(
    image="{default_redis_broker_image}",
    ports=fxtr("default_redis_broker_ports"),
    environment=fxtr("default_redis_broker_env"),
    network=NETWORK,
    wrapper_class=Redis,
    timeout=60,
    command=fxtr("default_redis_broker_command"),
)


@pytest.fixture
def celery_broker_cluster(celery_redis_broker: RedisTestBroker) -> Iterator[CeleryBrokerCluster]:
    """Redis alone; the plugin's set of brokers has another order in each xdist process."""
    cluster = CeleryBrokerCluster(celery_redis_broker)
    yield cluster
    cluster.teardown()


@pytest.fixture
def celery_backend_cluster(default_redis_broker: Redis) -> Iterator[CeleryBackendCluster]:
    """The same Redis keeps the results."""
    cluster = CeleryBackendCluster(RedisTestBackend(default_redis_broker))
    yield cluster
    cluster.teardown()


@pytest.fixture
def default_worker_container_cls() -> type[Worker]:
    return Worker


@pytest.fixture
def default_worker_env(default_redis_broker: Redis, simulators: Web) -> dict[str, str]:
    """No credential; leases so short that a test can wait for them."""
    return {
        "REDIS_URL": default_redis_broker.url,
        "SIMULATORS_URL": f"http://{simulators.attrs['Config']['Hostname']}:8800",
        "TASK_BUDGET_SECONDS": "8",
        "LEASE_SECONDS": "10",
        "VISIBILITY_TIMEOUT_SECONDS": "12",
    }


default_worker_container = container(
    image=IMAGE,
    environment=fxtr("default_worker_env"),
    network=NETWORK,
    wrapper_class=Worker,
    timeout=60,
    command=fxtr("default_worker_command"),
)


flower = container(
    image=IMAGE,
    command=["cody2zoho-flower"],
    # As in the demo, for somebody who copied a template and filled in nothing. It starts without Redis, too.
    environment={
        "FLOWER_BASIC_AUTH": "your_flower_login_here",
        "FLOWER_ADDRESS": "0.0.0.0",
        "SIMULATORS_URL": "http://simulators:8800",
    },
    ports={"5555/tcp": None},
    network=NETWORK,
    wrapper_class=Flower,
    timeout=60,
)
