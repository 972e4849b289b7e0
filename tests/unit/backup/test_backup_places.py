"""A folder and a container keep the same promises: whole or not there, never over what is there."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from blobs import BlobServer, blob_server
from cody2zoho.backup import making, restoring, shelf
from cody2zoho.backup.blobs import Blobs, of
from cody2zoho.backup.folder import Folder
from cody2zoho.backup.place import Place
from cody2zoho.errors import Cody2ZohoError, ConfigurationError, Permanent, Transient
from cody2zoho.ledger.records import State
from cody2zoho.models import Conversation
from cody2zoho.settings import Settings, simulated_credentials


@pytest.fixture
def storage() -> Iterator[BlobServer]:
    with blob_server() as server:
        yield server


@pytest.fixture(params=["folder", "container"])
def place(request: pytest.FixtureRequest, tmp_path: Path, storage: BlobServer) -> Place:
    return Folder(tmp_path / "b") if request.param == "folder" else of("azure://backups/some/where", storage.connection)


def test_what_is_written_is_there_and_can_be_read_in_parts(place: Place) -> None:
    # More than a block of Azure's has, in pieces that fit nothing.
    chunks = [bytes([number % 251]) * 70_001 for number in range(100)]
    whole = b"".join(chunks)
    assert place.write("one.backup", iter(chunks)) == len(whole)
    [entry] = place.entries()
    assert (entry.name, entry.size) == ("one.backup", len(whole))
    assert place.part("one.backup", 5_000_000, 11) == whole[5_000_000:5_000_011]
    with place.opened("one.backup") as source:
        read = b"".join(iter(lambda: source.read(999_999), b""))
    assert read == whole
    place.delete("one.backup")
    assert place.entries() == []


def test_what_fails_half_way_is_not_there(place: Place) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"x" * 9_000_000
        raise Transient("Redis is away")

    with pytest.raises(Transient, match="Redis is away"):
        place.write("one.backup", chunks())
    assert place.entries() == []
    assert not isinstance(place, Folder) or list(place.path.iterdir()) == []


def test_nothing_is_written_over(place: Place) -> None:
    place.write("one.backup", iter([b"first"]))
    with pytest.raises(ConfigurationError, match=r"There is a backup one\.backup already"):
        place.write("one.backup", iter([b"second"]))
    assert place.part("one.backup", 0, 5) == b"first"


def test_a_container_that_is_not_there_is_said_before_anything_is_read(storage: BlobServer) -> None:
    def chunks() -> Iterator[bytes]:
        raise AssertionError("it was read")
        yield b""

    with pytest.raises(ConfigurationError, match="no such container"):
        of("azure://another", storage.connection).write("one.backup", chunks())


def test_who_was_quicker_is_not_written_over(place: Place) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"the first half, "
        place.write("one.backup", iter([b"quicker"]))
        yield b"the second"

    with pytest.raises(ConfigurationError, match=r"There is a backup one\.backup already"):
        place.write("one.backup", chunks())
    [entry] = place.entries()
    assert place.part("one.backup", 0, entry.size) == b"quicker"


def test_what_is_not_there_is_said(place: Place) -> None:
    for asked in (lambda: place.part("no.backup", 0, 1), lambda: place.delete("no.backup")):
        with pytest.raises(ConfigurationError, match=r"There is no backup no\.backup in "):
            asked()


def test_a_whole_ledger_goes_there_and_back(place: Place, plugged) -> None:
    worker = plugged()
    worker.ledger.add_new(Conversation(f"One{number:09}", "support", 1) for number in range(500))
    made = making.create(worker, place, name="one")
    made.item.check()
    [shown] = shelf.shown(place)
    assert (shown.totals.conversations, shown.wrong) == (500, "")
    worker.store.flushall()
    restoring.restore(restoring.rehearse(made.item, None, worker), worker, merged=False, told=lambda _: None)
    assert worker.ledger.counts()[State.WAITING] == 500


def test_only_the_owner_reads_a_file_even_while_it_is_written(tmp_path: Path) -> None:
    folder, modes = Folder(tmp_path / "new"), []

    def chunks() -> Iterator[bytes]:
        yield b"x"
        modes.extend(stat.S_IMODE(one.stat().st_mode) for one in folder.path.iterdir())

    old = os.umask(0)
    try:
        folder.write("one.backup", chunks())
    finally:
        os.umask(old)
    assert modes == [0o600]
    assert stat.S_IMODE((folder.path / "one.backup").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_what_a_killed_one_left_goes_with_the_next_after_an_hour(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    old, young = tmp_path / ".a.backup.0a1b.part", tmp_path / ".b.backup.0a1b.part"
    for left in (old, young):
        left.write_bytes(b"half")
    os.utime(old, (1, 1))
    folder.write("one.backup", iter([b"whole"]))
    assert sorted(one.name for one in tmp_path.iterdir()) == [".b.backup.0a1b.part", "one.backup"]
    assert [entry.name for entry in folder.entries()] == ["one.backup"]


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Permanent, match=r"The folder of backups .*/file/in cannot be used: Not a directory"):
        Folder(tmp_path / "file" / "in").write("one.backup", iter([b""]))


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        ((403, "AuthorizationFailure"), Permanent, r"lets nobody in|refuses what is asked .*AuthorizationFailure"),
        ((409, "ContainerBeingDeleted"), Cody2ZohoError, "ContainerBeingDeleted|already"),
        ((404, "ContainerNotFound"), ConfigurationError, "no such container"),
        ((400, "InvalidHeaderValue"), Permanent, "InvalidHeaderValue"),
        ((501, "OutOfCapacity"), Transient, r"cannot be reached at azure://backups \(OutOfCapacity\)"),
    ],
)
def test_what_azure_refuses_is_said_without_its_words(
    storage: BlobServer, fault: tuple[int, str], kind: type[Exception], says: str
) -> None:
    storage.fault = fault
    with pytest.raises(kind, match=says) as refused:
        of("azure://backups", storage.connection).entries()
    assert "SECRET" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_storage_account_that_is_away_is_said(storage: BlobServer) -> None:
    away = storage.connection.replace(str(storage.server_address[1]), "9")
    place = of("azure://backups", away)
    with pytest.raises(Transient, match=r"cannot be reached at azure://backups"):
        place.entries()


def test_prefixes_keep_backups_apart(storage: BlobServer) -> None:
    here, below = of("azure://backups/a", storage.connection), of("azure://backups/a/b", storage.connection)
    here.write("one.backup", iter([b"1"]))
    below.write("two.backup", iter([b"2"]))
    assert [entry.name for entry in here.entries()] == ["one.backup"]
    assert [entry.name for entry in below.entries()] == ["two.backup"]
    assert sorted(storage.blobs) == ["a/b/two.backup", "a/one.backup"]


def settings(**chosen: str) -> Settings:
    return Settings(**simulated_credentials("http://127.0.0.1:9"), cody_bot_id="support", **chosen)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("azure://backups", "needs BACKUP_AZURE_CONNECTION_STRING"),
        ("https://one.blob.core.windows.net", "names no container"),
        ("https://one.blob.core.windows.net/c?sig=abc", "must hold no key or signature"),
        ("ftp://somewhere/else", "ftp:// is no place for backups"),
    ],
)
def test_an_address_that_is_none_is_said(address: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as refused:
        shelf.place_of(address, settings())
    assert "sig=abc" not in str(refused.value)


def test_a_connection_string_of_another_account_or_none_is_said(storage: BlobServer) -> None:
    with pytest.raises(ConfigurationError, match="is no connection string"):
        of("azure://backups", "whatever").entries()
    with pytest.raises(ConfigurationError, match="is of another account"):
        of("https://one.blob.core.windows.net/backups", storage.connection).entries()


def test_an_account_is_entered_with_the_identity_of_the_machine() -> None:
    place = shelf.place_of("https://one.blob.core.windows.net/backups/nightly", settings())
    assert place == Blobs("https://one.blob.core.windows.net", "backups", "nightly")
    assert place._client.url == "https://one.blob.core.windows.net/backups"
    assert type(place._client.credential).__name__ == "DefaultAzureCredential"


def test_without_a_place_backups_lie_in_the_state_folder(tmp_path: Path) -> None:
    assert shelf.place_of("", settings()).address == ".state/backups"
    assert shelf.place_of("", settings(backup_to=str(tmp_path))).address == str(tmp_path)


@pytest.mark.parametrize(
    ("file", "address", "where", "name"),
    [
        ("one", "", ".state/backups", "one.backup"),
        ("one.backup", "/elsewhere", "/elsewhere", "one.backup"),
        ("/some/where/one.backup", "", "/some/where", "one.backup"),
        ("./one", "", ".", "one.backup"),
    ],
)
def test_a_backup_is_named_by_its_name_or_its_path(file: str, address: str, where: str, name: str) -> None:
    item = shelf.item_of(file, address, settings())
    assert (item.place.address, item.name) == (where, name)
