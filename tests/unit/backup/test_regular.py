"""The backup that a worker makes by itself: good, told, and never in the place of the last good one."""

import sys
from pathlib import Path

import pytest

from chats import chat, work
from cody2zoho.backup import known, making, nightly, regular
from cody2zoho.backup.folder import Folder
from cody2zoho.errors import Cody2ZohoError, ConfigurationError, Transient
from cody2zoho.schedule import beat_entries
from cody2zoho.watching.watches import kept


@pytest.fixture
def worker(plugged, tmp_path, account):
    worker = plugged(backup_at="02:40", backup_to=str(tmp_path / "b"), backup_keep=2)
    chat(account)
    work(worker)
    return worker


def test_it_is_made_read_once_more_and_the_oldest_go(worker, clock, tmp_path) -> None:
    for days in range(4):
        made, removed = regular.back_up(worker)
        assert (made.totals.conversations, removed) == (1, int(days > 1))
        clock.now += 86_400
    assert len(Folder(tmp_path / "b").entries()) == 2
    latest = known.latest(worker)
    assert (latest["conversations"], float(latest["at"])) == ("1", clock.now - 86_400)
    assert list(kept.backup(worker)) == []


def test_one_that_fails_is_told_and_does_not_hide_the_last_good_one(worker, clock, plugged) -> None:
    regular.back_up(worker)
    clock.now += 60
    broken = plugged(backup_at="02:40", backup_to="nowhere://b")
    with pytest.raises(ConfigurationError):
        regular.back_up(broken)
    latest = known.latest(worker)
    assert ("at" in latest, "is no place for backups" in latest["failed"]) == (True, True)
    clock.now += 27 * 3_600
    [alert] = kept.backup(worker)
    assert "The last good backup is 27 hours old: nowhere:// is no place" in alert.message
    clock.now += 1
    regular.back_up(worker)
    assert "failed" not in known.latest(worker)
    assert list(kept.backup(worker)) == []


def test_it_closes_with_what_the_settings_say(worker, plugged, tmp_path) -> None:
    (tmp_path / "key").write_bytes(bytes(range(32)))
    regular.back_up(plugged(backup_to=str(tmp_path / "c"), backup_key_file=str(tmp_path / "key")))
    [entry] = Folder(tmp_path / "c").entries()
    assert b"AES-256-GCM" in (tmp_path / "c" / entry.name).read_bytes()


def test_two_of_one_second_are_in_nobodys_way(worker, folder) -> None:
    """Of two installations that keep theirs in one folder, at the same time of day."""
    for _ in range(2):
        making.create(worker, folder).item.check()
    assert len(folder.entries()) == 2


def test_of_a_ledger_that_is_not_filled_none_is_made(worker, tmp_path) -> None:
    worker.ledger.close()
    with pytest.raises(Transient, match="nothing whole to back up"):
        regular.back_up(worker)
    assert not (tmp_path / "b").exists()


def test_while_one_is_put_back_none_is_made(worker, folder) -> None:
    worker.ledger.begin_restoring("mark")
    with pytest.raises(Cody2ZohoError, match="is being put back"):
        making.create(worker, folder)


def test_beat_asks_for_it_only_where_it_is_wanted(worker, plugged) -> None:
    entry = beat_entries(worker.settings)["backup"]
    assert (entry["task"], str(entry["schedule"])) == ("cody2zoho.backup", "<crontab: 40 2 * * * (m/h/dM/MY/d)>")
    assert "backup" not in beat_entries(plugged().settings)


def test_who_wants_none_is_told_of_none(plugged) -> None:
    assert list(kept.backup(plugged())) == []


def prints(words: str, code: int = 0) -> tuple[str, ...]:
    return (sys.executable, "-c", f"import sys, time; {words}; sys.exit({code})")


def test_a_worker_has_it_made_by_a_process_of_its_own(
    worker, server, redis_address, tmp_path, monkeypatch, caplog
) -> None:
    caplog.set_level("INFO")
    for name, value in {
        "SIMULATORS_URL": server.url,
        "REDIS_KEY_PREFIX": "{cody2zoho}:",
        "REDIS_URL": redis_address,
        "CODY_BOT_ID": "support",
        "BACKUP_TO": str(tmp_path / "b"),
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }.items():
        monkeypatch.setenv(name, value)
    assert ": 1 conversations, " in nightly.run(worker)
    [completed] = [record for record in caplog.records if record.message == "backup_completed"]
    assert (completed.conversations, completed.removed) == (1, 0)
    monkeypatch.setenv("BACKUP_TO", "nowhere://b")
    with pytest.raises(Transient, match="nowhere:// is no place for backups"):
        nightly.run(worker)
    assert "nowhere://" in known.latest(worker)["failed"]


def test_what_that_process_did_not_mean_to_say_is_not_passed_on(worker, caplog) -> None:
    with pytest.raises(Transient, match="ended with exit code 3") as failed:
        nightly.run(worker, prints("print('a customer said')", 3))
    assert "customer" not in str(failed.value) + caplog.text
    assert "backup_failed" in caplog.text
    assert "ended with exit code 3" in known.latest(worker)["failed"]


def test_the_new_one_stays_also_where_the_clock_was_ahead(worker, clock, tmp_path) -> None:
    for _ in range(2):
        regular.back_up(worker)
        clock.now += 86_400
    clock.now -= 30 * 86_400
    made, removed = regular.back_up(worker)
    assert made.item.name in {entry.name for entry in Folder(tmp_path / "b").entries()}
    assert removed == 0


def test_one_that_takes_too_long_is_ended(worker, plugged) -> None:
    hasty = plugged(task_budget_seconds=0.2)
    with pytest.raises(Transient, match=r"not done after 0\.2 s"):
        nightly.run(hasty, prints("time.sleep(60)"))
    assert "not done" in known.latest(worker)["failed"]
