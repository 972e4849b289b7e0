"""What beat asks for reaches the channels."""

from threading import Thread

import pytest

from cody2zoho import configuration, services
from cody2zoho.limits import locks
from cody2zoho.simulators.faults import Fault
from cody2zoho.simulators.server import SimulatorServer
from cody2zoho.worker import tasks


@pytest.fixture
def worker(server: SimulatorServer, redis_address: str, store, monkeypatch):
    monkeypatch.setenv("SIMULATORS_URL", server.url)
    monkeypatch.setenv("REDIS_URL", redis_address)
    services.services.cache_clear()
    configuration.settings.cache_clear()
    yield services.services()
    services.services().store.close()
    services.services.cache_clear()


def test_the_rare_look_waits_for_the_quick_one(worker, server) -> None:
    server.faults.add(Fault("503", simulator="zoho", path="/crm/*"))
    found: list[dict[str, int]] = []
    with locks.alone(worker.store, f"{worker.settings.redis_key_prefix}lock:watch"):
        rare = Thread(target=lambda: found.append(tasks.monitor_health()))
        rare.start()
        assert tasks.watch() == {}
    rare.join(30)
    assert found[0]["apis"] == 1
    assert found[0]["blocked"] == 0
