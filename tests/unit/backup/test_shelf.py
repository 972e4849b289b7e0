"""Which backups there are, which of them are whole, and which may go."""

import os
from hashlib import sha256

import pytest

from cody2zoho.backup import making, shelf
from cody2zoho.backup.container import Header, Totals, written
from cody2zoho.backup.folder import Folder
from cody2zoho.errors import Permanent

DAY = 86_400

#: More than what is looked at from either end.
LINES = [sha256(bytes([number % 256, number // 256])).hexdigest() for number in range(1_500)]


@pytest.fixture
def shelve(worker, folder, clock):
    """Writes a backup that was made so many days ago."""

    def shelve(name: str, days: float, zoho: str = "") -> None:
        zoho = zoho or making.zoho_of(worker.settings)
        header = Header(int(clock.now - days * DAY), "1", 2, zoho, ("support",))
        folder.write(f"{name}.backup", written(header, LINES, Totals()))
        os.utime(folder.path / f"{name}.backup", (header.made_at, header.made_at))

    return shelve


def damage(folder, name: str) -> None:
    """In its midst, which neither end shows."""
    path = folder.path / f"{name}.backup"
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)


def going(worker, folder, clock, **rule: float) -> list[str]:
    zoho = making.zoho_of(worker.settings)
    chosen = {"keep": 1, "keep_days": 0} | rule
    return [one.entry.name.removesuffix(".backup") for one in shelf.superfluous(folder, clock.now, zoho=zoho, **chosen)]


def test_the_newest_stay_and_the_young(worker, folder, clock, shelve) -> None:
    for days in range(6):
        shelve(f"day{days}", days)
    assert going(worker, folder, clock, keep=2) == ["day2", "day3", "day4", "day5"]
    assert going(worker, folder, clock, keep=1, keep_days=3.5) == ["day4", "day5"]
    assert going(worker, folder, clock, keep=9) == []


def test_the_last_good_one_never_goes(worker, folder, clock, shelve) -> None:
    for days in range(4):
        shelve(f"day{days}", days)
    for name in ("day0", "day1"):
        damage(folder, name)
    assert going(worker, folder, clock, keep=1) == ["day1", "day3"]


def test_where_none_is_good_none_goes(worker, folder, clock, shelve) -> None:
    for days in range(3):
        shelve(f"day{days}", days)
        damage(folder, f"day{days}")
    assert going(worker, folder, clock) == []


def test_what_was_cut_short_takes_no_place_of_a_good_one(worker, folder, clock, shelve) -> None:
    for days in range(3):
        shelve(f"day{days}", days)
    path = folder.path / "day0.backup"
    path.write_bytes(path.read_bytes()[:-30])
    os.utime(path, (clock.now, clock.now))
    assert going(worker, folder, clock, keep=2) == ["day0"]


def test_those_of_another_installation_stay(worker, folder, clock, shelve) -> None:
    shelve("ours", 1)
    for days in range(3):
        shelve(f"theirs{days}", days, zoho="another")
    assert going(worker, folder, clock) == []


def test_what_another_program_or_a_newer_version_has_written_stays(worker, folder, clock, shelve) -> None:
    shelve("ours", 1)
    newer = b"".join(written(Header(1, "9.9", 7, "whoever", (), format=7), LINES, Totals()))
    for name, content in {"database": b"PGDMP" * 9_000, "newer": newer}.items():
        (folder.path / f"{name}.backup").write_bytes(content)
        os.utime(folder.path / f"{name}.backup", (1, 1))
    assert going(worker, folder, clock) == []
    assert {one.entry.name: bool(one.wrong) for one in shelf.shown(folder)}["database.backup"]


def test_what_is_no_file_is_no_backup_and_hides_none(folder, shelve) -> None:
    shelve("good", 0)
    (folder.path / "folder.backup").mkdir()
    (folder.path / "link.backup").symlink_to("nowhere")
    assert [one.entry.name for one in shelf.shown(folder)] == ["good.backup"]


class Archived(Folder):
    """As Azure is with a blob that was moved to its archive."""

    def part(self, name: str, offset: int, length: int) -> bytes:
        if name == "old.backup" or (name == "torn.backup" and offset):
            raise Permanent("Azure refuses what is asked at azure://backups (BlobArchived).")
        return super().part(name, offset, length)


def test_one_that_nobody_may_read_hides_none_and_stays(worker, folder, clock, shelve) -> None:
    for name, days in {"new": 0, "older": 1, "old": 2, "torn": 3}.items():
        shelve(name, days)
    archive = Archived(folder.path)
    assert {one.entry.name for one in shelf.shown(archive) if one.wrong} == {"old.backup", "torn.backup"}
    assert going(worker, archive, clock) == ["older"]


def test_damage_in_the_midst_is_seen_by_who_reads_all(worker, folder, shelve) -> None:
    shelve("good", 0)
    shelve("bad", 1)
    damage(folder, "bad")
    assert [one.wrong for one in shelf.shown(folder)] == ["", ""]
    wrong = {one.entry.name: one.wrong for one in shelf.shown(folder, wholly=True)}
    assert wrong["good.backup"] == ""
    assert "bad.backup was changed" in wrong["bad.backup"]


def test_what_is_no_backup_is_listed_as_such(folder, shelve) -> None:
    shelve("good", 0)
    assert len((folder.path / "good.backup").read_bytes()) > 32_768
    (folder.path / "holiday.backup").write_bytes(b"a picture" * 100)
    (folder.path / "notes.txt").write_text("not looked at")
    wrong = {one.entry.name: one.wrong for one in shelf.shown(folder)}
    assert wrong == {"good.backup": "", "holiday.backup": "holiday.backup is no backup of cody2zoho."}
