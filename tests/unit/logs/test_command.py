"""`cody2zoho logs`, as an operator uses it."""

import json
import logging

import pytest
from click.testing import CliRunner, Result

from cody2zoho import configuration
from cody2zoho.cli import main
from cody2zoho.logs import stream
from cody2zoho.logs.behind import Behind


@pytest.fixture
def run(plugged, server, redis_address, monkeypatch: pytest.MonkeyPatch):
    """With two lines of two conversations."""
    handler = Behind("redis", stream.Stream(plugged().settings))
    for conversation, level in (("Qz3d", logging.INFO), ("Jw9R", logging.ERROR)):
        record = logging.makeLogRecord(
            {"name": "cody2zoho.x", "levelno": level, "levelname": logging.getLevelName(level)}
        )
        record.msg, record.conversation = "told", conversation
        handler.handle(record)
    handler.close()
    monkeypatch.setenv("SIMULATORS_URL", server.url)
    monkeypatch.setenv("REDIS_URL", redis_address)
    monkeypatch.setenv("REDIS_KEY_PREFIX", "{cody2zoho}:")

    def run(*words: str) -> Result:
        configuration.settings.cache_clear()
        return CliRunner().invoke(main, ["logs", *words])

    return run


def test_lines_are_shown_with_their_time_and_fields(run) -> None:
    first, second = run().output.splitlines()
    assert first.endswith("INFO    told  conversation=Qz3d")
    assert second.endswith("ERROR   told  conversation=Jw9R")


def test_only_some_are_shown(run) -> None:
    assert "Qz3d" not in run("--level", "error").output
    assert "Jw9R" not in run("--conversation", "Qz3d").output
    assert "Qz3d" not in run("--limit", "1").output


def test_json_has_one_object_a_line(run) -> None:
    assert [json.loads(line)["conversation"] for line in run("--json").output.splitlines()] == ["Qz3d", "Jw9R"]
