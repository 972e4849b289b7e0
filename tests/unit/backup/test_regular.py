"""The backup that a worker makes by itself: good, told, and never in the place of the last good one."""

import pytest

from chats import chat, work
from cody2zoho.backup import making, regular
from cody2zoho.backup.folder import Folder
from cody2zoho.errors import Cody2ZohoError, ConfigurationError, Transient
from cody2zoho.schedule import beat_entries
from cody2zoho.watching.watches import kept


@pytest.fixture
def nightly(plugged, tmp_path, account):
    worker = plugged(backup_at="02:40", backup_to=str(tmp_path / "b"), backup_keep=2)
    chat(account)
    work(worker)
    return worker


def test_it_is_made_read_once_more_and_the_oldest_go(nightly, clock, tmp_path, caplog) -> None:
    caplog.set_level("INFO")
    for _ in range(4):
        assert "1 conversations" in regular.back_up(nightly)
        clock.now += 86_400
    assert len(Folder(tmp_path / "b").entries()) == 2
    assert caplog.text.count("backup_completed") == 4
    known = regular.latest(nightly)
    assert (known["conversations"], float(known["at"])) == ("1", clock.now - 86_400)
    assert list(kept.backup(nightly)) == []


def test_one_that_fails_is_told_and_does_not_hide_the_last_good_one(nightly, clock, plugged, caplog) -> None:
    regular.back_up(nightly)
    clock.now += 60
    broken = plugged(backup_at="02:40", backup_to="nowhere://b")
    with pytest.raises(ConfigurationError):
        regular.back_up(broken)
    assert "backup_failed" in caplog.text
    known = regular.latest(nightly)
    assert ("at" in known, "is no place for backups" in known["failed"]) == (True, True)
    clock.now += 27 * 3_600
    [alert] = kept.backup(nightly)
    assert "The last good backup is 27 hours old: nowhere:// is no place" in alert.message
    clock.now += 1
    regular.back_up(nightly)
    assert "failed" not in regular.latest(nightly)
    assert list(kept.backup(nightly)) == []


def test_it_closes_with_what_the_settings_say(nightly, plugged, tmp_path) -> None:
    (tmp_path / "key").write_bytes(bytes(range(32)))
    regular.back_up(plugged(backup_to=str(tmp_path / "c"), backup_key_file=str(tmp_path / "key")))
    [entry] = Folder(tmp_path / "c").entries()
    assert b"AES-256-GCM" in (tmp_path / "c" / entry.name).read_bytes()


def test_of_a_ledger_that_is_not_filled_none_is_made(nightly, tmp_path) -> None:
    nightly.ledger.close()
    with pytest.raises(Transient, match="nothing whole to back up"):
        regular.back_up(nightly)
    assert not (tmp_path / "b").exists()


def test_while_one_is_put_back_none_is_made(nightly, folder) -> None:
    nightly.ledger.begin_restoring("mark")
    with pytest.raises(Cody2ZohoError, match="is being put back"):
        making.create(nightly, folder)


def test_beat_asks_for_it_only_where_it_is_wanted(nightly, plugged) -> None:
    entry = beat_entries(nightly.settings)["backup"]
    assert (entry["task"], str(entry["schedule"])) == ("cody2zoho.backup", "<crontab: 40 2 * * * (m/h/dM/MY/d)>")
    assert "backup" not in beat_entries(plugged().settings)


def test_who_wants_none_is_told_of_none(plugged) -> None:
    assert list(kept.backup(plugged())) == []
