"""`cody2zoho backup`, as an operator calls it."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from chats import chat, work
from cody2zoho.backup import known, making, restoring
from cody2zoho.backup.container import Header, Totals, written
from cody2zoho.backup.folder import Folder
from cody2zoho.backup.shelf import Item
from cody2zoho.cli.backup import _restored
from cody2zoho.errors import ConfigurationError
from cody2zoho.ledger.records import SCHEMA, State
from cody2zoho.sync import polling
from keeping import PREFIX, state

KEY = bytes(range(40))


@pytest.fixture
def filled(account, worker):
    """One conversation with its case, one that is parked."""
    chat(account, "CreatedOne11")
    work(worker)
    parked = chat(account, "ParkedOne111")
    polling.poll(worker)
    worker.ledger.park(worker.ledger.claim(parked), "Zoho minds a field")
    return worker


def test_created_listed_verified_deleted(filled, run, tmp_path: Path) -> None:
    made = run("backup", "create", "--name", "first", "--to", str(tmp_path / "b"))
    assert made.exit_code == 0
    assert made.output.splitlines()[0] == str(tmp_path / "b" / "first.backup")
    assert "2 conversations, 1 KB, not encrypted, in " in made.output
    listed = run("backup", "list", "--from", str(tmp_path / "b"))
    head, row = listed.output.splitlines()
    assert head.split() == ["name", "made", "(UTC)", "size", "conversations", "format", "encrypted"]
    assert row.split()[0] == "first.backup"
    assert row.split()[-5:] == ["1", "KB", "2", "1", "no"]
    verified = run("backup", "verify", str(tmp_path / "b" / "first.backup"))
    assert verified.exit_code == 0
    assert "first.backup is intact" in verified.output
    assert "1 parked" in verified.output
    assert run("backup", "delete", "first", "--from", str(tmp_path / "b"), "--yes").exit_code == 0
    assert "There is no backup in" in run("backup", "list", "--from", str(tmp_path / "b")).output


def test_a_machine_without_credentials_and_redis_lists_verifies_and_deletes(
    filled, run, tmp_path: Path, monkeypatch
) -> None:
    (tmp_path / "key").write_bytes(KEY)
    monkeypatch.setenv("BACKUP_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("BACKUP_TO", str(tmp_path / "b"))
    assert run("backup", "create", "--name", "first").exit_code == 0
    monkeypatch.delenv("SIMULATORS_URL")
    monkeypatch.delenv("CODY_BOT_ID")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    assert run("backup", "create").exit_code == 2
    assert "first.backup" in run("backup", "list").output
    assert json.loads(run("backup", "verify", "first", "--json").output)["opened"] is True
    assert run("backup", "delete", "first", "--yes").output.endswith("first.backup is deleted.\n")


def test_scripts_read_json(filled, run) -> None:
    made = json.loads(run("backup", "create", "--name", "first", "--json").output)
    assert (made["name"], made["conversations"], made["encrypted"]) == ("first.backup", 2, False)
    [listed] = json.loads(run("backup", "list", "--json", "--check").output)
    assert (listed["name"], listed["intact"], listed["states"]) == ("first.backup", True, {"parked": 1, "created": 1})
    assert json.loads(run("backup", "verify", "first", "--json").output)["opened"] is True
    changes = json.loads(run("backup", "restore", "first", "--dry-run", "--json").output)
    assert (changes["backup"], changes["lost"]) == ({"parked": 1, "created": 1}, {})
    done = json.loads(run("backup", "restore", "first", "--yes", "--json").output)
    assert (done["restored"], done["replaced"]) == (2, {"parked": 1, "created": 1})
    assert done["copy"].startswith("before-restore-")


def test_a_rehearsal_shows_the_figures_of_the_restore_and_touches_nothing(account, filled, run) -> None:
    run("backup", "create", "--name", "first")
    chat(account, "CameLater111")
    polling.poll(filled)
    filled.ledger.retry("ParkedOne111")
    before = state(filled.store)
    rehearsed = run("backup", "restore", "first", "--dry-run")
    assert state(filled.store) == before
    assert filled.ledger.is_open()
    assert rehearsed.exit_code == 0
    table = [line.split() for line in rehearsed.output.splitlines()[2:6]]
    assert table == [
        ["backup", "Redis", "now", "added", "known", "to", "both", "lost"],
        ["waiting", "0", "2", "0", "1", "1"],
        ["created", "1", "1", "0", "1", "0"],
        ["parked", "1", "0", "0", "0", "0"],
    ]
    assert "0 are added, 2 replaced; 1 of these change their state." in rehearsed.output
    assert "1 that only Redis knows are dropped" in rehearsed.output
    done = run("backup", "restore", "first", "--yes")
    assert done.output.startswith(rehearsed.output.partition("\n")[0][:20])
    assert rehearsed.output.splitlines()[2:] == done.output.splitlines()[2 : len(rehearsed.output.splitlines())]
    assert "2 conversations are put back." in done.output
    assert filled.ledger.counts()[State.WAITING] == 0
    assert not filled.ledger.is_open()


def test_a_rehearsal_is_refused_where_the_restore_would_be(filled, run) -> None:
    run("backup", "create", "--name", "first")
    filled.store.hset(f"{PREFIX}ledger", "schema", SCHEMA + 1)
    for last in ("--dry-run", "--yes"):
        refused = run("backup", "restore", "first", last)
        assert (refused.exit_code, "written by a newer cody2zoho" in refused.output) == (2, True)


def test_what_was_there_before_is_kept_and_can_be_put_back_too(account, filled, run) -> None:
    run("backup", "create", "--name", "first")
    chat(account, "CameLater111")
    polling.poll(filled)
    run("backup", "restore", "first", "--yes")
    assert not filled.ledger.looked_up(["CameLater111"])
    [copy] = [one["name"] for one in json.loads(run("backup", "list", "--json").output) if "before" in one["name"]]
    assert run("backup", "restore", copy, "--yes", "--no-copy").exit_code == 0
    assert filled.ledger.looked_up(["CameLater111"])["CameLater111"].state is State.WAITING


@pytest.mark.parametrize("words", [("restore", "first"), ("delete", "first"), ("prune", "--keep", "1")])
def test_without_a_terminal_and_yes_nothing_is_done(filled, run, words: tuple[str, ...]) -> None:
    for name in ("first", "second"):
        run("backup", "create", "--name", name)
    before = state(filled.store)
    refused = run("backup", *words)
    assert refused.exit_code == 2
    assert "there is no terminal to answer at: add --yes" in refused.output
    assert state(filled.store) == before
    assert len(json.loads(run("backup", "list", "--json").output)) == 2


def test_while_workers_live_it_is_refused_unless_they_are_paused_or_it_is_meant(filled, run) -> None:
    run("backup", "create", "--name", "first")
    filled.store.zadd(f"{PREFIX}signs:workers", {"celery@here": filled.store.time()[0]})
    refused = run("backup", "restore", "first", "--yes")
    assert refused.exit_code == 1
    assert "Workers would change what is put back (1 at work: celery@here)" in refused.output
    assert filled.ledger.is_open()
    assert run("backup", "restore", "first", "--yes", "--while-running").exit_code == 0
    filled.paused.pause(None, "")
    assert run("backup", "restore", "first", "--yes").exit_code == 0


def test_a_rehearsal_beside_workers_says_that_they_stand_against_it(filled, run) -> None:
    run("backup", "create", "--name", "first")
    filled.store.zadd(f"{PREFIX}signs:workers", {"celery@here": filled.store.time()[0]})
    rehearsed = run("backup", "restore", "first", "--dry-run")
    assert (rehearsed.exit_code, "1 at work: celery@here" in rehearsed.stderr) == (0, True)
    assert "0 are added, 2 replaced" in rehearsed.output
    told = json.loads(run("backup", "restore", "first", "--dry-run", "--json").output)
    assert "1 at work: celery@here" in told["refused"]


class Interrupted(Folder):
    """Somebody presses Ctrl-C when it is read for the second time."""

    def opened(self, name: str):
        if any(self.path.glob("read once")):
            raise KeyboardInterrupt
        (self.path / "read once").touch()
        return super().opened(name)


def test_who_interrupts_a_restore_is_told_what_that_means(filled, folder, back_up, capsys) -> None:
    back_up()
    rehearsal = restoring.rehearse(Item(Interrupted(folder.path), "one.backup"), None, filled)
    with pytest.raises(KeyboardInterrupt):
        _restored(rehearsal, filled, merged=False)
    assert "the ledger is closed: restore once more" in capsys.readouterr().err
    with pytest.raises(ConfigurationError):
        _restored(rehearsal, filled, merged=True)
    # Of what another one has left it was told already.
    assert capsys.readouterr().err == ""


def test_what_is_being_worked_on_is_waited_for(account, filled, run) -> None:
    one = chat(account)
    polling.poll(filled)
    filled.ledger.claim(one)
    filled.paused.pause(None, "")
    run("backup", "create", "--name", "first")
    refused = run("backup", "restore", "first", "--yes")
    assert refused.exit_code == 1
    assert "1 conversation is being worked on" in refused.output


def test_a_backup_of_another_installation_is_refused_unless_it_is_meant(
    filled, run, folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("backup", "create", "--name", "first")
    monkeypatch.setenv("CODY_BOT_ID", "sales")
    refused = run("backup", "restore", "first", "--yes")
    assert refused.exit_code == 1
    assert "it is of other bots: support. --from-elsewhere takes it" in refused.output
    assert run("backup", "restore", "first", "--yes", "--from-elsewhere").exit_code == 0


def test_of_real_and_simulated_apis_and_of_another_client_of_zoho_it_is_told(filled, run, plugged) -> None:
    real = plugged(zoho_client_id="1000.ANOTHER", cody_api_url="https://getcody.ai/api/v1")
    making.create(real, Folder(Path(".state/backups")), name="real")
    refused = run("backup", "restore", "real", "--yes")
    assert "it is of real APIs, and these are simulated; it is of another client or data centre" in refused.output


def test_a_newer_state_is_refused(filled, run, folder, monkeypatch: pytest.MonkeyPatch) -> None:
    header = Header(1, "9.9", 7, making.zoho_of(filled.settings), ("support",))
    folder.write("newer.backup", written(header, ['{"is":"what nobody knows yet"}'], Totals()))
    refused = run("backup", "restore", str(folder.path / "newer"), "--yes")
    assert refused.exit_code == 1
    assert "newer.backup holds state of version 7, written by cody2zoho 9.9" in refused.output


def test_a_changed_or_short_file_is_refused_before_anything_is_touched(filled, run) -> None:
    run("backup", "create", "--name", "first")
    path = Path(".state/backups/first.backup")
    whole, before = path.read_bytes(), state(filled.store)
    for bad in (whole[:-1], whole[:400], whole[:500] + b"\0" + whole[501:]):
        path.write_bytes(bad)
        for words in (("restore", "first", "--yes"), ("verify", "first")):
            refused = run("backup", *words)
            assert refused.exit_code == 1
            assert "Nothing of it is used" in refused.output
    assert state(filled.store) == before
    assert run("backup", "list", "--check").exit_code == 1


def test_encrypted_with_a_passphrase_of_the_settings(filled, run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKUP_PASSPHRASE", "correct horse battery")
    assert "encrypted" in run("backup", "create", "--name", "first").output
    assert b"CreatedOne11" not in Path(".state/backups/first.backup").read_bytes()
    assert run("backup", "restore", "first", "--yes").exit_code == 0
    monkeypatch.setenv("BACKUP_PASSPHRASE", "another passphrase")
    refused = run("backup", "restore", "first", "--yes")
    assert (refused.exit_code, "not the key it was closed with" in refused.output) == (1, True)
    monkeypatch.delenv("BACKUP_PASSPHRASE")
    refused = run("backup", "restore", "first", "--yes")
    assert (refused.exit_code, "no terminal to ask for a passphrase" in refused.output) == (2, True)
    assert "it is encrypted, and was not opened" in run("backup", "verify", "first").output


def test_encrypted_with_a_key_file(filled, run, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(KEY)
    made = run("backup", "create", "--name", "first", "--key-file", str(tmp_path / "key"), "--json")
    assert json.loads(made.output)["encrypted"] is True
    assert "name it with --key-file" in run("backup", "restore", "first", "--yes").output
    assert run("backup", "restore", "first", "--yes", "--key-file", str(tmp_path / "key")).exit_code == 0
    # What was there before lies in none that anybody may read.
    assert {one["encrypted"] for one in json.loads(run("backup", "list", "--json").output)} == {True}
    (tmp_path / "key").write_bytes(KEY[::-1])
    assert run("backup", "verify", "first", "--key-file", str(tmp_path / "key")).exit_code == 1


def test_the_secret_of_the_right_kind_opens_it_where_both_are_set(
    filled, run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKUP_PASSPHRASE", "correct horse battery")
    run("backup", "create", "--name", "first")
    (tmp_path / "key").write_bytes(KEY)
    monkeypatch.setenv("BACKUP_KEY_FILE", str(tmp_path / "key"))
    assert json.loads(run("backup", "verify", "first", "--json").output)["opened"] is True
    assert run("backup", "restore", "first", "--dry-run").exit_code == 0
    monkeypatch.delenv("BACKUP_PASSPHRASE")
    assert json.loads(run("backup", "verify", "first", "--json").output)["opened"] is False


def test_an_open_one_in_the_place_of_an_encrypted_one_is_noticed(filled, run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("backup", "create", "--name", "first")
    assert "is not encrypted" not in run("backup", "verify", "first").stderr
    monkeypatch.setenv("BACKUP_PASSPHRASE", "correct horse battery")
    for words in (("verify", "first"), ("restore", "first", "--dry-run"), ("verify", "first", "--key-file", "key")):
        assert "first.backup is not encrypted, though a key is at hand" in run("backup", *words).stderr


def test_asked_for_encryption_without_a_key_nothing_is_written_in_the_open(filled, run) -> None:
    refused = run("backup", "create", "--encrypt")
    assert (refused.exit_code, "BACKUP_PASSPHRASE" in refused.output) == (2, True)
    assert not list(Path().glob(".state/backups/*"))


@pytest.mark.parametrize("name", ["../first", "a b", ".hidden", "-x"])
def test_a_name_is_a_name(filled, run, name: str) -> None:
    refused = run("backup", "create", f"--name={name}")
    assert (refused.exit_code, "letters, digits, dots" in refused.output) == (2, True)


def test_pruned_by_number(filled, run) -> None:
    for name in ("a", "b", "c"):
        run("backup", "create", "--name", name)
    assert "2 deleted." in run("backup", "prune", "--keep", "1", "--yes").output
    assert len(json.loads(run("backup", "list", "--json").output)) == 1
    assert "Nothing has to go." in run("backup", "prune", "--keep", "1").output


def test_the_status_tells_of_the_latest(filled, run) -> None:
    run("backup", "create", "--name", "first")
    assert "last backup " in run("status").output
    assert json.loads(run("status", "--json").output)["backup"]["conversations"] == "2"
    known.note_failure(filled, "The disk is full.")
    assert "first.backup; one after it failed: The disk is full." in run("status").output


def test_of_a_ledger_that_is_not_filled_it_says_so(filled, run) -> None:
    filled.ledger.close()
    made = run("backup", "create")
    assert (made.exit_code, "not filled from Zoho yet" in made.output) == (0, True)
    # The alert waits for a good one.
    assert known.latest(filled) == {}


def typed(words: list[str], answers: bytes, environment: dict[str, str]) -> tuple[int, str]:
    """What a person sees who types these at a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "cody2zoho", *words]
    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, start_new_session=True
    ) as one:
        os.close(theirs)
        os.write(ours, answers)
        assert one.stdout
        said = one.stdout.read().decode()
    os.close(ours)
    return one.returncode, said


def test_at_a_terminal_it_asks(filled, run, server, redis_address: str) -> None:
    run("backup", "create", "--name", "first")
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    before = state(filled.store)
    code, said = typed(["backup", "restore", "first"], b"n\n", environment)
    assert (code, "Replace what Redis knows by it?" in said, "Nothing was done." in said) == (1, True, True)
    assert state(filled.store) == before
    code, said = typed(["backup", "restore", "first"], b"y\n", environment)
    assert (code, "2 conversations are put back." in said) == (0, True)
