"""Promises of docker-compose.yml with its overlays, alone and together: networks, limits, releases, secrets."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import combinations
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from cody2zoho import __version__, configuration
from cody2zoho.processes.ports import free_port
from cody2zoho.settings import Settings

ROOT = Path(__file__).parents[2]
OVERLAYS = ("secrets", "monitoring", "graylog")
OURS = {"worker", "beat", "flower", "ops"}
COMBINATIONS = [chosen for count in range(len(OVERLAYS) + 1) for chosen in combinations(OVERLAYS, count)]
together = pytest.mark.parametrize("overlays", COMBINATIONS, ids=lambda chosen: "+".join(chosen) or "alone")

#: What somebody has written into .env who uses all of it.
WRITTEN = {"OPS_TOKEN": "o" * 24, "GRAFANA_PASSWORD": "word", "GRAYLOG_PASSWORD": "word", "SECRETS_DIR": "/secrets"}


def file_of(overlay: str) -> Path:
    return ROOT / "docker" / overlay / "docker-compose.yml"


def files(overlays: tuple[str, ...]) -> list[Path]:
    return [ROOT / "docker-compose.yml", *map(file_of, overlays)]


def merged(overlays: tuple[str, ...]) -> dict[str, Any]:
    """As compose does it, as far as these files use it: tables by their keys, lists one behind the other."""
    whole: dict[str, Any] = {}
    for path in files(overlays):
        _merge(whole, yaml.safe_load(path.read_text()))
    return whole


def _merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(into.get(key), dict) and isinstance(value, dict):
            _merge(into[key], value)
        elif isinstance(into.get(key), list) and isinstance(value, list) and key != "command":
            into[key] = [*into[key], *[one for one in value if one not in into[key]]]
        else:
            into[key] = deepcopy(value)


def services(overlays: tuple[str, ...] = OVERLAYS) -> dict[str, Any]:
    return dict(merged(overlays)["services"])


every_service = pytest.mark.parametrize("name", services())


@cache
def _has_compose() -> bool:
    there = shutil.which("docker")
    return (
        bool(there)
        and not subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode
    )


@together
def test_compose_understands_every_combination(overlays: tuple[str, ...]) -> None:
    if not _has_compose():
        pytest.skip("docker compose is not here; this combination was NOT checked by it")
    chosen = [word for path in files(overlays) for word in ("-f", str(path))]
    said = subprocess.run(
        ["docker", "compose", "--project-directory", str(ROOT), *chosen, "config", "--format", "json"],
        env={**os.environ, **WRITTEN},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout)["services"]
    mine = {name: one for name, one in services(overlays).items() if "profiles" not in one}
    # So that what the other tests believe of merging is what compose does.
    assert {name: set(one["networks"]) for name, one in found.items()} == {
        name: set(one.get("networks", ["default"])) for name, one in mine.items()
    }
    for name, one in mine.items():
        assert set(one.get("environment", {})) <= set(found[name].get("environment", {}))


@together
def test_nobody_but_our_own_services_reaches_redis(overlays: tuple[str, ...]) -> None:
    whole = merged(overlays)
    [network] = whole["services"]["redis"]["networks"]
    assert whole["networks"][network] == {"internal": True}
    assert {name for name, one in whole["services"].items() if network in one.get("networks", [])} == OURS | {"redis"}
    assert "ports" not in whole["services"]["redis"]


def test_the_stores_of_graylog_are_reached_by_graylog_alone() -> None:
    whole = merged(("graylog",))
    assert whole["networks"]["graylog-store"] == {"internal": True}
    for store in ("mongodb", "opensearch"):
        assert whole["services"][store]["networks"] == ["graylog-store"]
        assert "ports" not in whole["services"][store]
    assert {name for name, one in whole["services"].items() if "graylog-store" in one.get("networks", [])} == {
        "mongodb",
        "opensearch",
        "graylog",
    }


@pytest.mark.parametrize("name", ["prometheus", "alertmanager", "grafana"])
def test_monitoring_reaches_the_figures_and_nothing_else_of_ours(name: str) -> None:
    whole = services(("monitoring",))
    assert whole[name]["networks"] == ["monitoring"]
    assert {one for one in OURS if "monitoring" in whole[one]["networks"]} == {"ops"}


@every_service
def test_what_is_published_is_published_on_loopback_only(name: str) -> None:
    assert all(str(port).startswith("127.0.0.1:") for port in services()[name].get("ports", []))


@every_service
def test_every_service_has_limits_a_log_that_ends_and_no_rights(name: str) -> None:
    one = services()[name]
    assert set(one["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert set(one["logging"]["options"]) == {"max-size", "max-file"}
    assert (one["cap_drop"], one["security_opt"], one["init"]) == (["ALL"], ["no-new-privileges:true"], True)
    assert one.get("read_only") or name in ("graylog", "opensearch")
    assert "privileged" not in one


@every_service
def test_every_service_is_watched_or_ends_by_itself(name: str) -> None:
    one = services()[name]
    if one["healthcheck"].get("disable"):
        assert one["restart"].startswith("on-failure:")
    else:
        assert one["healthcheck"]["test"]
        assert one["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", ["flower", "ops", "simulators"])
def test_a_health_check_of_ours_asks_past_a_proxy(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker gives the proxy of its settings to every container, and a proxy does not reach a container's loopback."""
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    _, program, option, code = services()[name]["healthcheck"]["test"]
    assert (program, option) == ("python", "-c")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Well) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        exec(re.sub(r"(?<=127\.0\.0\.1:)\d+", str(server.server_port), code), {})
        server.shutdown()


class _Well(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@every_service
def test_every_image_is_of_one_release(name: str) -> None:
    image = services()[name]["image"]
    assert image == f"cody2zoho:{__version__}" or re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+(-alpine)?", image)


def _asked_of_env(overlay: str) -> Iterator[tuple[str, str]]:
    """Names of what an overlay takes from .env, and what it does without it."""
    text = re.sub(r"^ *#.*$", "", file_of(overlay).read_text(), flags=re.MULTILINE)
    yield from re.findall(r"(?<!\$)\$\{(\w+)(:[?-])", text)


@pytest.mark.parametrize("overlay", ["monitoring", "graylog"])
def test_no_secret_of_an_overlay_reaches_our_own_containers(overlay: str) -> None:
    """Their containers get all of .env, in which Alertmanager's passwords stand."""
    asked = {name for name, _ in _asked_of_env(overlay) if not name.endswith("_PORT")}
    known = {name for field in Settings.model_fields for name in configuration.names(field)}
    assert len(asked - known) >= 1
    for service in OURS:
        environment = services(OVERLAYS)[service]["environment"]
        assert {name: environment.get(name) for name in asked - known} == dict.fromkeys(asked - known, "")


@pytest.mark.parametrize(
    ("overlay", "name"),
    [("monitoring", "OPS_TOKEN"), ("monitoring", "GRAFANA_PASSWORD"), ("graylog", "GRAYLOG_PASSWORD")],
)
def test_a_password_is_wanted_and_never_a_default(overlay: str, name: str) -> None:
    assert (name, ":?") in set(_asked_of_env(overlay))
    assert (name, ":-") not in set(_asked_of_env(overlay))


@pytest.mark.parametrize("name", sorted(OURS | {"redis"}))
def test_a_secret_in_a_file_is_handed_over_and_named(name: str) -> None:
    one = services(("secrets",))[name]
    named = {key: value for key, value in one["environment"].items() if key.endswith("_FILE") and key != "CASES_FILE"}
    assert named == {f"{secret.upper()}_FILE": f"/run/secrets/{secret}" for secret in one["secrets"]}
    assert one["environment"]["REDIS_PASSWORD"] == ""
    for secret in one["secrets"]:
        assert Settings.may_be_in_a_file(secret)


def test_every_secret_of_the_overlay_is_a_file_that_git_and_the_image_leave_out() -> None:
    written = yaml.safe_load(file_of("secrets").read_text())["secrets"]
    assert {name: one["file"] for name, one in written.items()} == {
        name: f"${{SECRETS_DIR:-./docker/secrets}}/{name}" for name in written
    }
    assert "docker/secrets\n" in (ROOT / ".dockerignore").read_text()
    ignored = subprocess.run(
        ["git", "check-ignore", "docker/secrets/cody_api_key", "docker/secrets/docker-compose.yml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if ignored.returncode == 128:
        pytest.skip("this is no working copy of git")
    assert ignored.stdout.split() == ["docker/secrets/cody_api_key"]
