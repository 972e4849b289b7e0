"""A ledger that knows a conversation in every state, and backups of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chats import chat, work
from cody2zoho.backup import making, restoring, sealing, shelf
from cody2zoho.backup.folder import Folder
from cody2zoho.backup.making import Made
from cody2zoho.backup.restoring import Rehearsal
from cody2zoho.ledger.records import State
from cody2zoho.services import Services
from cody2zoho.sync import polling
from keeping import IDS


@pytest.fixture
def worker(plugged) -> Services:
    return plugged(follow_up_hours=24)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "backups")


@pytest.fixture
def back_up(worker: Services, folder: Folder) -> Callable[..., Made]:
    def back_up(name: str = "one", secret: sealing.Secret | None = None) -> Made:
        return making.create(worker, folder, name=name, secret=secret)

    return back_up


@pytest.fixture
def put_back(worker: Services, folder: Folder) -> Callable[..., Rehearsal]:
    def put_back(name: str = "one", *, merged: bool = False, secret: sealing.Secret | None = None) -> Rehearsal:
        item = shelf.Item(folder, f"{name}.backup")
        rehearsal = restoring.rehearse(item, lambda _: secret, worker)
        restoring.restore(rehearsal, worker, merged=merged, told=lambda _: None)
        return rehearsal

    return put_back


@pytest.fixture
def lived(account, worker: Services, clock) -> dict[str, str]:
    """What the ledger says of a conversation in each state, by its id."""
    chat(account, "CreatedOne11")
    account.add_conversation(bot_id="support", conversation_id="EmptyOne1111", at=account.now() - 90_000)
    work(worker)
    for one in ("WaitingOne11", "WorkingOne11", "ParkedOne111", "Dismissed111", "GoneOne11111", "ForgottenOne"):
        chat(account, one)
    polling.poll(worker)
    worker.ledger.later(worker.ledger.claim("WaitingOne11"), 600, "Zoho is away")
    worker.ledger.claim("WorkingOne11")
    worker.ledger.park(worker.ledger.claim("ParkedOne111"), "Zoho minds a field")
    worker.ledger.park(worker.ledger.claim("Dismissed111"), "Zoho minds a field")
    worker.ledger.dismiss("Dismissed111")
    worker.ledger.let_go(worker.ledger.claim("GoneOne11111"), State.GONE)
    worker.ledger.forget("ForgottenOne")
    return {one: str(found.state) for one, found in worker.ledger.looked_up(IDS).items()}
