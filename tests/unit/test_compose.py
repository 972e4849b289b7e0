"""Promises of docker-compose.yml and the image that can be read off the files, without Docker.

No YAML parser: the file's top two levels are a line each, and what is asked is on lines of its own.
"""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cody2zoho import __version__
from cody2zoho.http import STOP_SECONDS
from cody2zoho.settings import Settings

ROOT = Path(__file__).parents[2]
COMPOSE = re.sub(r"^ *#.*\n", "", (ROOT / "docker-compose.yml").read_text(), flags=re.MULTILINE)
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()


def blocks(text: str, indent: int) -> dict[str, str]:
    """The text under each key at this depth."""
    parts = re.split(rf"^ {{{indent}}}([\w-]+):", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


TOP = blocks(COMPOSE, 0)
SERVICES = blocks(TOP["services"], 2)
ANCHORS = {re.search(r"&(\S+)", text)[1]: text for text in TOP.values() if "&" in text}  # type: ignore[index]


def whole(name: str) -> str:
    """A service with the anchors it merges."""
    text = SERVICES[name]
    while merged := re.search(r"<<: \*(\S+)", text):
        text = text.replace(merged[0], ANCHORS[merged[1]], 1)
    return text


every_service = pytest.mark.parametrize("name", SERVICES)


def test_there_is_a_service_for_every_role() -> None:
    assert set(SERVICES) == {"redis", "worker", "beat", "flower", "ops", "simulators"}


def test_only_flower_and_the_status_page_are_published_and_only_on_loopback() -> None:
    published = {name: re.findall(r"ports: (.*)", whole(name)) for name in SERVICES}

    assert {name for name, ports in published.items() if ports} == {"flower", "ops"}
    assert published["flower"] == ['["127.0.0.1:${FLOWER_PORT:-5555}:5555"]']
    assert published["ops"] == ['["127.0.0.1:${PORT:-8080}:8080"]']
    assert not re.search(r"network_mode|expose:|privileged", COMPOSE)


@pytest.mark.parametrize("name", ["flower", "ops"])
def test_a_login_that_was_made_up_outlives_the_container(name: str) -> None:
    assert f'volumes: ["{name}:/var/lib/cody2zoho"' in SERVICES[name]
    assert "*own-state" not in SERVICES[name]
    assert f"  {name}:\n" in TOP["volumes"]


@pytest.mark.parametrize("name", ["worker", "ops"])
def test_a_backup_outlives_the_container_and_may_be_written_there(name: str) -> None:
    [(volume, folder)] = re.findall(r"&backups (\S+):(\S+)", COMPOSE)
    assert "*backups]" in SERVICES[name]
    assert f"  {volume}:\n" in f"{TOP['volumes']}\n"
    assert f"BACKUP_TO: ${{BACKUP_TO:-{folder}}}" in ANCHORS["environment"]
    # A new volume takes over the owner of the image's folder.
    assert f"install -d -o cody2zoho -g cody2zoho -m 0700 {folder}\n" in DOCKERFILE


@every_service
def test_every_service_has_a_health_check_and_limits(name: str) -> None:
    assert re.search(r"healthcheck:\s+test:", SERVICES[name])
    assert re.search(r"limits: \{ cpus: .*, memory: .*, pids: \d+ \}", SERVICES[name])


@every_service
def test_every_service_runs_with_the_least_it_needs(name: str) -> None:
    for line in ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "init: true", "restart: "):
        assert line in whole(name)


def test_no_service_is_root() -> None:
    assert "user: redis" in SERVICES["redis"]
    assert re.findall(r"^USER (\S+)$", DOCKERFILE, flags=re.MULTILINE) == ["10001:10001"]


@every_service
def test_every_image_is_of_a_named_release(name: str) -> None:
    [image] = re.findall(r"image: (\S+)", whole(name))

    assert image == f"cody2zoho:{__version__}" or re.fullmatch(r"redis:\d+\.\d+\.\d+-alpine", image)


def test_the_image_is_built_once() -> None:
    assert [name for name, text in SERVICES.items() if "build:" in text] == ["worker"]


def test_workers_can_be_scaled() -> None:
    assert "container_name" not in COMPOSE
    assert "hostname:" not in COMPOSE


def test_a_worker_may_finish_what_it_holds_before_it_is_stopped() -> None:
    [seconds] = re.findall(r"stop_grace_period: (\d+)s", SERVICES["worker"])

    assert int(seconds) > STOP_SECONDS + Settings.model_fields["http_read_timeout_seconds"].default


def test_the_simulators_are_there_for_the_demo_only() -> None:
    assert [name for name, text in SERVICES.items() if "profiles:" in text] == ["simulators"]


@pytest.mark.parametrize("name", ["worker", "beat", "flower", "ops"])
def test_every_role_reads_the_case_file_that_is_mounted(name: str) -> None:
    assert "*case-file" in whole(name)
    assert "target: /etc/cody2zoho.toml" in ANCHORS["case-file"]
    assert "CASES_FILE: /etc/cody2zoho.toml" in ANCHORS["environment"]
    [source] = re.findall(r"source: \$\{CASES_FILE:-(.*)\}", ANCHORS["case-file"])
    assert tomllib.loads((ROOT / source).read_text()) == {}


def test_no_secret_can_get_into_the_image() -> None:
    ignored = (ROOT / ".dockerignore").read_text()

    assert "\n*\n" in ignored
    assert "!.env" not in ignored
    assert not re.search(r"^(COPY|ADD) \.", DOCKERFILE, flags=re.MULTILINE)


def installed(extras: str) -> str:
    """What the image's build asks pip for."""
    [command] = re.findall(r"RUN (python -c '.*?')\s+> requirements.txt", DOCKERFILE.replace("\\\n", ""), re.DOTALL)
    words = [sys.executable, *shlex.split(command)[1:]]
    return subprocess.run(words, env={"EXTRAS": extras}, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_the_image_has_what_settings_may_switch_on_and_can_be_built_without() -> None:
    [default] = re.findall(r'^ARG EXTRAS="(.*)"$', DOCKERFILE, flags=re.MULTILINE)
    whole = installed(default)

    assert all(f"\n{name}" in whole for name in ("celery", "azure-monitor-opentelemetry", "pygelf"))
    assert "azure" not in installed("graylog")
    assert "celery" in installed("")
