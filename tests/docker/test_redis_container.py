"""`cody2zoho redis start --container` with an engine: made, stopped, started again, and what it knew is there."""

from collections.abc import Iterator

import pytest
import redis
from click.testing import CliRunner, Result

import docker
from cody2zoho import configuration
from cody2zoho.cli import main
from cody2zoho.processes import container
from cody2zoho.processes.ports import free_port


@pytest.fixture
def engine(docker_client: docker.DockerClient) -> Iterator[docker.DockerClient]:
    """Without a container of this name, which would be the developer's own; and without one afterwards."""
    names = [one.name for one in docker_client.containers.list(all=True)]
    volumes = [one.name for one in docker_client.volumes.list()]
    if container.NAME in names or container.VOLUME in volumes:
        pytest.skip(f"there is a {container.NAME} or its volume, which is not the test's to touch")
    yield docker_client
    docker_client.containers.get(container.NAME).remove(force=True)
    docker_client.volumes.get(container.VOLUME).remove()


def call(*words: str) -> Result:
    configuration.settings.cache_clear()
    return CliRunner().invoke(main, ("redis", *words))


def test_what_it_knew_is_there_after_stop_and_start(
    engine: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"redis://:a%20word@127.0.0.1:{free_port()}/0"
    monkeypatch.setenv("REDIS_URL", address)
    started = call("start")
    assert started.exit_code == 0, started.output
    with redis.Redis.from_url(address) as client:
        client.set("known", "still")
    assert call("start").stdout.startswith("Redis runs already")
    assert call("restart").exit_code == 0
    assert call("stop").exit_code == 0
    assert call("start").exit_code == 0
    with redis.Redis.from_url(address) as client:
        assert client.get("known") == b"still"
    # As docker-compose.yml has it: nothing to mend.
    assert call("health").stdout.startswith("100 of 100\n")
    command_line = engine.containers.get(container.NAME).top()["Processes"]
    assert "a word" not in str(command_line)
