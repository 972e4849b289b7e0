"""Files of LOG_DIR, which several processes write."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from cody2zoho.configuration import settings as configured
from cody2zoho.errors import ConfigurationError
from cody2zoho.logs import files
from cody2zoho.logs.behind import Behind
from cody2zoho.settings import Settings, simulated_credentials

WRITER = """
import logging, sys
from cody2zoho.logs import files
from cody2zoho.logs.behind import Behind
from cody2zoho.settings import Settings, simulated_credentials

files._LARGEST_BYTES = 60_000
settings = Settings(**simulated_credentials("http://x"), cody_bot_id="all", log_dir="logs")
handler = Behind("files", files.Files(settings))
log = logging.getLogger("cody2zoho.writer")
log.propagate = False
log.setLevel(logging.INFO)
log.addHandler(handler)
for number in range(400):
    log.info("line", extra={"writer": sys.argv[1], "number": number})
handler.close()
"""


def line(message: str, name: str = "cody2zoho.telemetry", **fields: str) -> dict[str, str]:
    return {"message": message, "name": name, **fields}


@pytest.mark.parametrize(
    ("written", "file"),
    [
        (line("case_created", task="create_case"), "sync.log"),
        (line("health_check_failed", task="monitor_health"), "monitor.log"),
        (line("business_metrics_summary"), "monitor.log"),
        (line("check_failed", task="watch"), "monitor.log"),
        (line("token_refresh", task="create_case"), "monitor.log"),
        (line("anything", task="monitor_health"), "monitor.log"),
        (line("alert_sent"), "alerts.log"),
        (line("cleaned_up", task="create_case"), "cleanup.log"),
        (line("odd", name="cody2zoho.alerts.delivery"), "alerts.log"),
    ],
)
def test_every_line_stands_in_the_file_of_its_kind(written: dict[str, str], file: str) -> None:
    assert files.file_of(written) == file


def test_a_line_is_json_with_all_its_fields(tmp_path: Path) -> None:
    settings = Settings(**simulated_credentials("http://x"), cody_bot_id="all", log_dir=str(tmp_path / "new" / "logs"))
    handler = Behind("files", files.Files(settings))
    handler.handle(logging.makeLogRecord({"msg": "case_created", "name": "cody2zoho.x", "levelno": 20, "case": "4876"}))
    handler.close()
    [told] = [json.loads(one) for one in (tmp_path / "new" / "logs" / "sync.log").read_text().splitlines()]
    assert (told["message"], told["case"]) == ("case_created", "4876")


def test_several_processes_write_one_file_and_no_line_is_lost_when_it_turns_over(tmp_path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(number)], cwd=tmp_path) for number in range(3)]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    written = sorted((tmp_path / "logs").glob("sync.log*"))
    lines = [json.loads(one) for path in written for one in path.read_text().splitlines()]
    assert len(written) > 1
    assert len({(one["writer"], one["number"]) for one in lines}) == len(lines) == 1200


def test_a_folder_that_cannot_be_made_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SIMULATORS_URL", "http://x")
    monkeypatch.setenv("LOG_DIR", str(tmp_path / "file" / "logs"))
    with pytest.raises(ConfigurationError, match=r"LOG_DIR .* cannot be written to"):
        configured()
