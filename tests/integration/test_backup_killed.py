"""kill -9 in the midst of a backup, or of putting one back: no half of either is ever taken for the whole."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from processes import tethered

from cody2zoho import rebuild
from cody2zoho.backup.folder import Folder
from cody2zoho.ledger.records import State
from cody2zoho.models import Conversation
from cody2zoho.sync import pipeline
from keeping import PREFIX, state
from waiting import eventually

MANY = 20_000

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def worker(plugged):
    """Knows enough that a backup of it takes a while."""
    worker = plugged()
    for first in range(0, MANY, 1_000):
        numbers = range(first, first + 1_000)
        worker.ledger.add_new(Conversation(f"B{number:011}", "support", 1_759_000_000) for number in numbers)
    return worker


@pytest.fixture
def start(worker, server, redis_address: str, tmp_path: Path) -> Iterator[Start]:
    """Begins `cody2zoho backup …` in a process of its own."""
    begun: list[subprocess.Popen[str]] = []
    address = redis_address.replace(
        "unix://", f"unix://{Path(__file__).anchor}" if redis_address[7] == "/" else "unix://"
    )
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "SIMULATORS_URL": server.url,
        "REDIS_KEY_PREFIX": PREFIX,
        "REDIS_URL": address,
        "CODY_BOT_ID": "support",
        "STATE_DIR": str(tmp_path / "state"),
    }

    def start(*words: str) -> "subprocess.Popen[str]":
        command = tethered(sys.executable, "-m", "cody2zoho", "backup", *words)
        begun.append(
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        )
        return begun[-1]

    yield start
    for one in begun:
        one.kill()
        one.communicate(timeout=10)


def ends_well(process: "subprocess.Popen[str]") -> str:
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return said


def test_a_backup_that_is_killed_leaves_none_and_the_next_one_is_whole(worker, start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "state" / "backups"

    def is_half_written() -> bool:
        return any(part.stat().st_size > 1_000 for part in folder.glob(".*.part"))

    killed = start("create", "--name", "one")
    eventually(is_half_written)
    killed.kill()
    killed.wait(10)
    assert Folder(folder).entries() == []
    assert "20000 conversations" in ends_well(start("create", "--name", "one"))
    [listed] = json.loads(ends_well(start("list", "--json", "--check")))
    assert (listed["conversations"], listed["intact"]) == (MANY, True)


def test_a_restore_that_is_killed_leaves_the_ledger_closed_and_the_next_one_mends_it(worker, start: Start) -> None:
    ends_well(start("create", "--name", "one"))
    before = state(worker.store)

    def is_half_done() -> bool:
        return bool(worker.ledger.restoring()) and 0 < worker.ledger.counts()[State.WAITING] < MANY / 2

    killed = start("restore", "one", "--yes", "--no-copy")
    eventually(is_half_done)
    killed.kill()
    killed.wait(10)
    assert worker.ledger.counts()[State.WAITING] < MANY
    # Its locks run out; the mark that it left does not.
    eventually(lambda: not rebuild.ensure(worker) and "restore" in worker.blocks.current())
    assert pipeline.ready(worker) == []
    assert worker.ledger.claim("B00000000000").was == "closed"
    assert "20000 conversations are put back." in ends_well(start("restore", "one", "--yes"))
    assert state(worker.store) == before
    assert not worker.blocks.current()
    assert len(pipeline.ready(worker)) > 0
    assert worker.ledger.is_open()
