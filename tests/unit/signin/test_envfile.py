"""A value in `.env` is changed, and not another byte of the file."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from dotenv import dotenv_values

from cody2zoho.errors import ConfigurationError
from cody2zoho.settings import envfile

NAME, VALUE = "ZOHO_REFRESH_TOKEN", "1000.new.token"
EXAMPLE = Path(__file__).parents[3] / ".env.example"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "X=new\n"),
        ("A=1", "A=1\nX=new\n"),
        ("A=1\r\n", "A=1\r\nX=new\r\n"),
        ("X=old\nB=2\n", "X=new\nB=2\n"),
        ("X=old", "X=new"),
        ("A=1\r\nX=old\r\n\r\n# end\r\n", "A=1\r\nX=new\r\n\r\n# end\r\n"),
        ("X=old   # keep me\nB=2\n", "X=new   # keep me\nB=2\n"),
        ("X= # keep me\n", "X=new # keep me\n"),
        ("X=old#no-comment\n", "X=new\n"),
        ("X=#no-comment\n", "X=new\n"),
        ("X='old one' # keep me\n", "X='new' # keep me\n"),
        ('X="old $y"\nB="${A}"\n', 'X="new"\nB="${A}"\n'),
        ("  export X = old\n", "  export X = new\n"),
        ("X=\nB=2\n", "X=new\nB=2\n"),
        ("X\nB=2\n", "X=new\nB=2\n"),
        ("X=first\nB=2\nX=last\n", "X=first\nB=2\nX=new\n"),
        ("x=old\n", "x=new\n"),
        ("\ufeffX=old\n", "\ufeffX=new\n"),
        ("A='two\nlines X=no'\nX=old\n", "A='two\nlines X=no'\nX=new\n"),
        ("# first\n#X=default\n# last\n", "# first\n#X=default\nX=new\n# last\n"),
        ("A='two\n#X=no\n'\nB=2\n", "A='two\n#X=no\n'\nB=2\nX=new\n"),
        ("A='two\n#X=no\n'\n\n  #X=default\nB=2\n", "A='two\n#X=no\n'\n\n  #X=default\nX=new\nB=2\n"),
        ("#X=default", "#X=default\nX=new\n"),
        ("not a binding at all\nX=old\n", "not a binding at all\nX=new\n"),
        ("MY_X=other\n", "MY_X=other\nX=new\n"),
    ],
)
def test_only_the_value_in_force_changes(before: str, after: str) -> None:
    assert envfile.changed(before, "X", "new") == after


@pytest.mark.parametrize(
    "value", ["it's", 'say "x"', "a b", "$HOME", "back\\slash", "x # y", "ä", "{p}:", "-", "", "a=b"]
)
@pytest.mark.parametrize("before", ["", "X=old\n", "X='old'\n", 'X="old" # why\n', "#X=default\nY=1\n"])
def test_what_is_written_is_what_is_read(tmp_path: Path, value: str, before: str) -> None:
    file = tmp_path / ".env"
    file.write_text(before)
    envfile.keep({"X": value}, file)
    assert dotenv_values(file)["X"] == value


def test_of_the_example_one_line_changes(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(EXAMPLE.read_bytes())
    envfile.keep({NAME: VALUE, "ZOHO_DATA_CENTER": "eu"}, file)
    before, after = EXAMPLE.read_text().splitlines(), file.read_text().splitlines()
    assert [line for line in after if line not in before] == [f"{NAME}={VALUE}", "ZOHO_DATA_CENTER=eu"]
    assert [line for line in before if line not in after] == [f"{NAME}=your_zoho_refresh_token_here"]
    # Below the line that shows its default.
    assert after[after.index("ZOHO_DATA_CENTER=eu") - 1] == "#ZOHO_DATA_CENTER=com"


def test_nobody_else_may_read_it_afterwards(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=1\n")
    file.chmod(0o644)
    envfile.keep({NAME: VALUE}, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / ".env"
    real.write_text("A=1\n")
    link.symlink_to(real)
    envfile.keep({NAME: VALUE}, link)
    assert link.is_symlink()
    assert real.read_text() == f"A=1\n{NAME}={VALUE}\n"


def test_two_commands_at_once_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("MINE=1\n")
    names = [f"X{number}" for number in range(40)]
    with ThreadPoolExecutor(4) as several:
        list(several.map(lambda name: envfile.keep({name: "1"}, file), names))
    assert dotenv_values(file) == dict.fromkeys(["MINE", *names], "1")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env"]


def test_a_file_in_another_encoding_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes("A=Müller\n".encode("latin-1"))
    with pytest.raises(ConfigurationError, match="not written in UTF-8"):
        envfile.keep({NAME: VALUE}, file)
    assert file.read_bytes() == "A=Müller\n".encode("latin-1")


def test_what_cannot_be_replaced_is_said_and_left_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "missing" / ".env"
    with pytest.raises(ConfigurationError, match=r"cannot be written: .*; nothing in it was changed"):
        envfile.keep({NAME: VALUE}, file)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_root_leaves_the_file_to_its_owner(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=1\n")
    os.chown(file, 4711, 4711)
    envfile.keep({NAME: VALUE}, file)
    assert (file.stat().st_uid, file.stat().st_gid) == (4711, 4711)
