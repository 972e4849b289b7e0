"""The demo as a user runs it: a command, its words, its exit code, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest
from processes import end_all, playing, working_in

from cody2zoho.simulators.generator import KINDS, generate
from waiting import eventually

#: Some more than there are kinds.
CONVERSATIONS = len(KINDS) + 12

Demo = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the demo makes its temporary folder; all that it starts works in there."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


@pytest.fixture
def demo(folder: Path, tmp_path: Path) -> Iterator[Demo]:
    started: list[subprocess.Popen[str]] = []

    def start(*options: str, **variables: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "TMPDIR": str(folder), **variables}
        command = [sys.executable, "-m", "cody2zoho", "demo", "--latency", "0", *options]
        started.append(
            subprocess.Popen(
                command,
                env=environment,
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


def child(folder: Path, role: str) -> psutil.Process:
    """The demo's child that plays this role."""
    return eventually(lambda: playing(role, folder))[0]


def test_as_json_it_says_that_every_conversation_is_one_case_whatever_the_callers_shell_says(
    demo: Demo, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("CODY_API_KEY=of-the-developer\nREDIS_KEY_PREFIX=developer:\n")
    hostile = {
        "CODY_BOT_ID": "nobody",
        "ZOHO_REFRESH_TOKEN": "1000.real",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
        "FLOWER_URL_PREFIX": "elsewhere",
        "http_proxy": "http://127.0.0.1:1",
    }
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("".join(json.dumps(one) + "\n" for one in generate(30, seed=5)))
    process = demo("--json", "--corpus", "corpus.jsonl", "--conversations", "20", "--workers", "2", **hostile)
    out, err = process.communicate(timeout=120)
    summary = json.loads(out)
    assert (process.returncode, err, summary["ok"], summary["problems"]) == (0, "", True, [])
    assert summary["conversations"] == 20
    assert summary["cases"] == summary["with_something_said"] > 0
    assert summary["duplicates"] == summary["missing"] == summary["words_missing"] == summary["errors"] == []
    assert 0 < summary["seconds_to_first_case"] <= summary["seconds"]
    assert summary["requests_to_cody"] > 0 < summary["requests_to_zoho"]
    assert list(folder.iterdir()) == []


def test_what_is_not_done_in_time_is_said_and_fails(demo: Demo) -> None:
    process = demo("--json", "--timeout", "1", "--conversations", "1000")
    summary = json.loads(process.communicate(timeout=120)[0])
    assert process.returncode == 1
    assert not summary["ok"]
    assert summary["missing"]
    assert "Not all was done" in summary["problems"][0]


@pytest.mark.parametrize(("name", "word"), [("worker", "worker"), ("simulators", "simulate")])
def test_a_killed_process_fails_it_with_its_last_words(demo: Demo, folder: Path, name: str, word: str) -> None:
    process = demo("--conversations", "1000")
    child(folder, "flower")
    child(folder, word).kill()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"{name} was killed by SIGKILL; its last words:" in err
    assert "Traceback" not in err
    assert working_in(folder) == []


@pytest.mark.parametrize("moment", ["simulate", "flower"])
def test_ctrl_c_ends_it_at_any_moment_and_leaves_nothing(demo: Demo, folder: Path, moment: str) -> None:
    process = demo("--conversations", "1000")
    child(folder, moment)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "Stopped.\n")
    assert working_in(folder) == []
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process end with its parent")
def test_killing_it_leaves_no_process(demo: Demo, folder: Path) -> None:
    process = demo("--conversations", "1000")
    child(folder, "flower")
    process.kill()
    eventually(lambda: working_in(folder) == [])


def test_kept_it_runs_on_with_all_cases_made_until_ctrl_c_which_is_no_failure(demo: Demo, folder: Path) -> None:
    process = demo("--keep", "--conversations", str(CONVERSATIONS))
    assert process.stderr
    lines = iter(process.stderr.readline, "")
    assert any("All of it runs until Ctrl-C" in line for line in lines)
    page = next(line for line in lines if "status" in line).split()[-1]
    # Everybody shows within five seconds that he lives.
    eventually(lambda: "All is well." in urlopen(page, timeout=10).read().decode())
    assert "/tasks (login demo:" in next(line for line in lines if "Flower" in line)
    child(folder, "worker")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert f"conversations         {CONVERSATIONS}\n" in out
    assert "✓ Every conversation with something said is one case, every word is there." in out
    assert working_in(folder) == []


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"id": "a"}\n', "line 1: the conversation has no 'name'"),
        ("", "holds no conversation"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_broken_corpus_is_one_sentence_before_anything_starts(
    demo: Demo, folder: Path, tmp_path: Path, content: str | None, problem: str
) -> None:
    if content is not None:
        (tmp_path / "corpus.jsonl").write_text(content)
    process = demo("--corpus", "corpus.jsonl")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert problem in err
    assert len(err.splitlines()) == 1
    assert list(folder.iterdir()) == []
