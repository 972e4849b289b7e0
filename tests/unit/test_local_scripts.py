"""The scripts under docker/local call the commands that they name, and nothing else."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

LOCAL = Path(__file__).parents[2] / "docker" / "local"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of which every program only says how it was called."""
    shutil.copytree(LOCAL, tmp_path / "docker" / "local")
    for name in ("bin/make", "bin/docker", ".venv/bin/cody2zoho"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('#!/bin/sh\necho "$(basename "$0") $*" in "$PWD"\n')
        path.chmod(0o755)
    return tmp_path


def run(project: Path, *words: str, cwd: Path = Path("/"), **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [os.path.relpath(project / "docker" / "local" / "cody2zoho.sh", cwd), *words],
        env={"PATH": f"{project / 'bin'}:/usr/bin:/bin", **environment},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("demo --keep", "make demo ARGS=--keep"),
        ("up --workers 2", "make up ARGS=--workers 2"),
        ("start --scale worker=2", "docker compose up -d --scale worker=2"),
        ("stop", "docker compose stop"),
        ("redis-start", "cody2zoho redis start"),
        ("redis-stop --force", "cody2zoho redis stop --force"),
    ],
)
def test_a_word_calls_its_command_in_the_project_wherever_it_is_typed(project: Path, words: str, command: str) -> None:
    assert run(project, *words.split()).stdout == f"{command} in {project}\n"


def test_a_shell_that_looks_for_folders_elsewhere_does_not_lead_it_astray(project: Path) -> None:
    elsewhere = project / "elsewhere"
    (elsewhere / "docker" / "local").mkdir(parents=True)
    assert run(project, "stop", cwd=project, CDPATH=str(elsewhere)).stdout == f"docker compose stop in {project}\n"


@pytest.mark.parametrize("words", [(), ("nonsense",)])
def test_an_unknown_word_is_answered_with_those_there_are(project: Path, words: tuple[str, ...]) -> None:
    result = run(project, *words)
    assert (result.returncode, result.stdout) == (2, "")
    named = {line.split()[1] for line in result.stderr.splitlines()}
    assert named == {"demo", "up", "start", "stop", "redis-start", "redis-stop"}


def test_before_it_is_installed_it_says_how(project: Path) -> None:
    shutil.rmtree(project / ".venv")
    result = run(project, "redis-start")
    assert result.returncode == 2
    assert "`make demo`" in result.stderr


def test_windows_has_the_same_words_but_those_that_need_no_docker() -> None:
    text = (LOCAL / "cody2zoho.cmd").read_bytes().decode("ascii")
    called = dict(re.findall(r'^if "%~1"=="([\w-]+)" (docker compose .*) & exit /b\r$', text, re.MULTILINE))
    assert called == {
        "demo": "docker compose --profile demo up",
        "start": "docker compose up -d",
        "stop": "docker compose stop",
        "redis-start": "docker compose up -d redis",
        "redis-stop": "docker compose stop redis",
    }
    assert set(re.search(r"One of: (.*)\r", text)[1].split()) == set(called)  # type: ignore[index]
    assert text.count("\n") == text.count("\r\n")
    # Or whoever calls it finds himself in another folder.
    assert text.index("\r\nsetlocal\r\n") < text.index("\r\ncd ")
