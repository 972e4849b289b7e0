"""`cody2zoho prove` as a customer runs it: a slice of the chaos suite, and the proof that it can fail."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from processes import end_all, playing, working_in

from cody2zoho.prove.nemesis import FAULTS
from waiting import eventually

Prove = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a run makes its temporary folder; all that it starts works in there."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


@pytest.fixture
def prove(folder: Path, tmp_path: Path) -> Iterator[Prove]:
    started: list[subprocess.Popen[str]] = []

    def start(*options: object) -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "cody2zoho", "prove", *map(str, options)],
                # A shell that points elsewhere changes nothing.
                env={
                    **os.environ,
                    "TMPDIR": str(folder),
                    "REDIS_URL": "redis://127.0.0.1:1/0",
                    "CODY_BOT_ID": "nobody",
                },
                cwd=tmp_path,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()
    end_all(folder)


def results(process: "subprocess.Popen[str]") -> list[dict[str, Any]]:
    out, err = process.communicate(timeout=240)
    assert err == ""
    found = json.loads(out)
    assert found["ok"] == (process.returncode == 0) == all(run["ok"] for run in found["runs"])
    runs: list[dict[str, Any]] = found["runs"]
    return runs


def test_one_case_a_conversation_whatever_breaks(prove: Prove, folder: Path) -> None:
    [run] = results(prove("--json", "--seed", 5, "--seconds", 7, "--conversations", 100, "--within", 120))
    assert run["broken"] == []
    assert run["conversations"] == run["cases"] > 60
    assert (run["lost"], run["extra"]) == (0, 0)
    assert run["faults"]
    assert run["recovery_seconds"] is not None
    assert working_in(folder) == []
    assert list(folder.iterdir()) == []


def test_without_the_unique_field_the_proof_fails_and_leaves_the_evidence(prove: Prove, folder: Path) -> None:
    process = prove(
        *("--seed", 3, "--seconds", 4, "--conversations", 60, "--within", 10),
        *("--without", "unique-field", "--only", "cut-insert"),
    )
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "seed 3\n" in out
    assert "✗ nothing is made twice: " in out
    assert ", 0 lost, 0 extra" not in out
    [kept] = folder.iterdir()
    assert str(kept) in out
    evidence = json.loads((kept / "evidence.json").read_text())
    [twice] = [one for one in evidence["broken"] if one["promise"] == "nothing is made twice"]
    assert evidence["seen"]["audit"]["duplicates"][0] in twice["sentence"]
    assert evidence["ledger"]
    assert "POST /crm/v8/Cases  (the client did not get it)" in (kept / "requests.log").read_text()
    assert {"worker.log", "worker2.log", "beat.log", "beat2.log", "redis.log"} <= {
        log.name for log in (kept / "logs").iterdir()
    }
    assert working_in(folder) == []


def test_with_a_lease_of_an_hour_the_proof_fails(prove: Prove) -> None:
    options = ["--seconds", 4, "--conversations", 150, "--within", 6, "--without", "lease", "--only", "kill-workers"]
    [run] = results(prove("--json", "--seed", 2, *options))
    assert not run["ok"]
    # A worker may have been killed between the insert and the note of it, so that a case is there all the same.
    assert "the work ends in time" in {one["promise"] for one in run["broken"]}


@pytest.mark.parametrize("role", ["worker", "beat"])
def test_ctrl_c_at_any_moment_leaves_nothing(prove: Prove, folder: Path, role: str) -> None:
    process = prove("--seconds", 60)
    eventually(lambda: playing(role, folder))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "Stopped.\n")
    assert working_in(folder) == []
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process end with its parent")
def test_killing_it_leaves_no_process(prove: Prove, folder: Path) -> None:
    process = prove("--seconds", 60)
    eventually(lambda: playing("beat", folder))
    process.kill()
    eventually(lambda: working_in(folder) == [])


def test_every_fault_is_listed_in_words(prove: Prove) -> None:
    process = prove("--list")
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert [line.split()[0] for line in out.splitlines()] == list(FAULTS)


def test_an_unknown_fault_is_refused_with_those_there_are(prove: Prove) -> None:
    process = prove("--only", "gravity")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "'gravity' is not one of 'kill-worker'" in err
