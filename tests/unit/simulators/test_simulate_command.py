"""`simulate` fills both simulators, says where they are, and stops when it is told to."""

import gzip
import json
import signal
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest

from cody2zoho.simulators.command import build_cody, introduction
from cody2zoho.simulators.corpus import CorpusError
from cody2zoho.simulators.generator import BOTS

PROGRAM = (
    "from cody2zoho.simulators.command import simulate; simulate(conversations=3, echo=lambda t: print(t, flush=True))"
)


def corpus(path: Path, count: int) -> Path:
    lines = [
        json.dumps({"id": f"c{number}", "name": None, "bot_id": "b", "created_at": number, "messages": []})
        for number in range(count)
    ]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


def test_without_a_corpus_two_bots_share_the_generated_conversations() -> None:
    cody = build_cody(None, None, 1, 60)

    assert list(cody.store.bots) == list(BOTS)
    assert len(cody.store.conversations) == 240


def test_a_corpus_is_taken_whole_or_as_far_as_asked(tmp_path: Path) -> None:
    path = corpus(tmp_path / "corpus.gz", 5)

    assert list(build_cody(path, None, 1, None).store.conversations) == ["c0", "c1", "c2", "c3", "c4"]
    assert list(build_cody(path, 2, 1, None).store.conversations) == ["c0", "c1"]


def test_a_broken_corpus_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken").write_text("{")

    with pytest.raises(CorpusError, match="broken, line 1: "):
        build_cody(tmp_path / "broken", None, 1, None)


def test_the_introduction_names_address_contents_and_credentials() -> None:
    cody = build_cody(None, 3, 1, None)

    text = introduction("http://127.0.0.1:8800", cody)

    assert "  SIMULATORS_URL=http://127.0.0.1:8800" in text.splitlines()
    assert f"  CODY_BOT_ID={','.join(BOTS)}" in text.splitlines()
    assert "3 conversations" in text


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order(stop: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        url = program.stdout.readline().split()[-1]
        connection = HTTPConnection(url.removeprefix("http://"), timeout=10)
        connection.request("GET", "/control/health")
        assert connection.getresponse().status == 200
        program.send_signal(stop)
        # The idle connection is still open.
        assert program.wait(timeout=10) == 0
        connection.close()
