"""Prometheus and Alertmanager themselves, with the files under docker/monitoring, beside a real ops process."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from processes import tethered

from chats import chat
from cody2zoho.processes.ports import free_port
from tools import tool
from waiting import eventually
from webhook import Webhook, webhook

FOLDER = Path(__file__).parents[2] / "docker" / "monitoring"
TOKEN = "a-token-of-the-operator"

OPS = """
import uvicorn
from cody2zoho import configuration
from cody2zoho.ops import app, serving
uvicorn.run(app.create(serving.own(configuration.settings())), host="127.0.0.1", port={port}, log_level="warning")
"""


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as server:
        yield server


@pytest.fixture
def ports() -> dict[str, int]:
    return {name: free_port() for name in ("ops:8080", "alertmanager:9093", "localhost:9090")}


Run = Callable[..., None]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    started: list[subprocess.Popen[bytes]] = []

    def run(*words: str, **chosen: str) -> None:
        with (tmp_path / f"{Path(words[0]).name}.log").open("wb") as log:
            environment = {**os.environ, **chosen}
            started.append(subprocess.Popen(tethered(*words), stdout=log, stderr=log, env=environment, cwd=tmp_path))

    yield run
    for process in reversed(started):
        process.terminate()
        process.wait(30)


@pytest.fixture
def prometheus(run, ports, tmp_path: Path) -> str:
    """Its address. All is as in the container but for the places, and that nobody has half an hour."""
    program = tool("prometheus")
    (tmp_path / "ops.token").write_text(TOKEN)
    config = (FOLDER / "prometheus.yml").read_text().replace("/tmp/ops.token", str(tmp_path / "ops.token"))
    for place, port in ports.items():
        config = config.replace(place, f"127.0.0.1:{port}")
    quick = config.replace("interval: 15s", "interval: 1s").replace("timeout: 5s", "timeout: 1s")
    (tmp_path / "prometheus.yml").write_text(quick)
    rules = (FOLDER / "rules.yml").read_text()
    for patience in ("for: 1m", "for: 2m", "for: 3m"):
        rules = rules.replace(patience, "for: 1s")
    (tmp_path / "rules.yml").write_text(rules)
    address = f"127.0.0.1:{ports['localhost:9090']}"
    data = f"--storage.tsdb.path={tmp_path / 'prometheus-data'}"
    # What it tells before it has found Alertmanager would else be told again after a minute only.
    soon = "--rules.alert.resend-delay=1s"
    run(program, f"--config.file={tmp_path / 'prometheus.yml'}", data, soon, f"--web.listen-address={address}")
    return f"http://{address}"


@pytest.fixture
def alertmanager(run, ports, hook, tmp_path: Path) -> str:
    program, address = tool("alertmanager", "prometheus-alertmanager"), f"127.0.0.1:{ports['alertmanager:9093']}"
    routes = (FOLDER / "alertmanager.yml").read_text().replace("30s", "1s").replace("5m", "1s").replace("1m", "1s")
    (tmp_path / "routes.yml").write_text(routes)
    chosen = {
        "ALERTMANAGER_ROUTES": str(tmp_path / "routes.yml"),
        "ALERTMANAGER_CONFIG": str(tmp_path / "alertmanager.yml"),
        "ALERTMANAGER_WEBHOOK": hook.url,
        "ALERTMANAGER_PAGERDUTY_KEY": "0123456789abcdef",
        "ALERTMANAGER_PAGERDUTY_URL": hook.url + "/pagerduty",
        "ALERTMANAGER_WATCHDOG_URL": hook.url + "/watchdog",
    }
    data = f"--storage.path={tmp_path / 'alertmanager-data'}"
    script = str(FOLDER / "alertmanager.sh")
    run("/bin/sh", script, program, data, f"--web.listen-address={address}", "--cluster.listen-address=", **chosen)
    log = tmp_path / "sh.log"
    eventually(lambda: "Listening" in log.read_text() or "failed to parse templates" in log.read_text())
    if "failed to parse templates" in log.read_text():
        pytest.skip("Debian's Alertmanager has to be installed: it looks for its templates in /usr/share/prometheus")
    return f"http://{address}"


def told(hook: Webhook, path: str, status: str) -> set[str]:
    got = [one for at, one in zip(hook.paths, hook.got, strict=True) if at == path]
    return {alert["labels"]["alertname"] for one in got for alert in one["alerts"] if alert["status"] == status}


def asked(address: str) -> Any:
    with urlopen(address, timeout=5) as answer:
        return json.load(answer)["data"]


def up(prometheus: str) -> dict[str, str]:
    try:
        found = asked(f"{prometheus}/api/v1/targets")["activeTargets"]
    except OSError:
        return {}
    return {one["labels"]["job"]: one["health"] for one in found}


def test_without_a_worker_alertmanager_is_told_and_that_it_is_over_once_one_works(
    account, organisation, start, ports, hook, alertmanager, prometheus
) -> None:
    start("-c", OPS.format(port=ports["ops:8080"]), OPS_TOKEN=TOKEN)
    eventually(lambda: set(up(prometheus).values()) == {"up"}, 60)
    assert set(up(prometheus)) == {"cody2zoho", "prometheus", "alertmanager"}
    rules = [one for group in asked(f"{prometheus}/api/v1/rules")["groups"] for one in group["rules"]]
    assert {one["health"] for one in rules} <= {"ok", "unknown"}
    eventually(lambda: "ticks" in told(hook, "/hook", "firing"), 60)
    eventually(lambda: "watchdog" in told(hook, "/hook/watchdog", "firing"), 60)
    eventually(lambda: '"severity":"critical"' in "".join(hook.raw), 60)
    assert any("no worker or no beat runs" in body for body in hook.raw)
    chat(account)
    worker, beat = start("worker"), start("beat")
    eventually(lambda: "ticks" in told(hook, "/hook", "resolved"), 60)
    eventually(lambda: len(organisation.cases) == 1, 60)
    created = "cody2zoho_conversations_total%7Bwhat=%22created%22%7D"
    found = eventually(lambda: asked(f"{prometheus}/api/v1/query?query={created}")["result"], 30)
    assert found[0]["value"][1] == "1"
    assert (beat.end(), worker.end()) == (0, 0)


def test_with_another_token_prometheus_gets_nothing_and_says_so(start, ports, hook, alertmanager, prometheus) -> None:
    start("-c", OPS.format(port=ports["ops:8080"]), OPS_TOKEN="another")
    eventually(lambda: up(prometheus).get("cody2zoho") == "down", 60)
    eventually(lambda: "scrape" in told(hook, "/hook", "firing"), 60)
    # All else only follows from it.
    assert told(hook, "/hook", "firing") <= {"scrape"}


@pytest.mark.parametrize("name", ["prometheus.yml", "rules.yml"])
def test_promtool_finds_no_fault(name: str) -> None:
    kind = "rules" if name == "rules.yml" else "config"
    words = [tool("promtool"), "check", kind, *(["--syntax-only"] if kind == "config" else []), str(FOLDER / name)]
    subprocess.run(words, check=True, capture_output=True, timeout=60)
