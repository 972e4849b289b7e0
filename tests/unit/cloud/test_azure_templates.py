"""The Bicep files fit together: no compiler of Bicep is to be had where the tests run, so this is looked at here."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pycep import BicepParser

from cody2zoho.cloud.templates import main_template

FOLDER = Path(__file__).parents[3] / "docker" / "azure"
TEMPLATES = sorted(FOLDER.rglob("*.bicep"))


@cache
def parsed(path: Path) -> dict[str, Any]:
    return BicepParser().parse(text=path.read_text())


def inner(config: dict[str, Any]) -> dict[str, Any]:
    """What is made, without the `if` or the `for` around it."""
    while "config" in config and ("loop_type" in config or "condition" in config):
        config = config["config"]
    return config


def modules() -> Iterator[tuple[str, Path, dict[str, Any]]]:
    """Each use of a module: who uses it, which it is, and what it is given."""
    for path in TEMPLATES:
        for name, one in (parsed(path).get("modules") or {}).items():
            given = inner(one["config"]).get("params", {})
            yield f"{path.name}: {name}", (path.parent / one["detail"]["path"]).resolve(), given


def code(path: Path) -> str:
    """The text without comments and without what stands in quotes, but for what is filled in there."""
    text = re.sub(r"(?m)(^|\s)//.*$", "", path.read_text())
    filled_in = " ".join(re.findall(r"\$\{([^}]*)\}", text))
    return re.sub(r"'(?:[^'\\]|\\.)*'", "''", text) + filled_in


def test_the_template_is_found_in_a_working_copy() -> None:
    assert main_template() == FOLDER / "main.bicep"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_each_template_can_be_read(path: Path) -> None:
    assert parsed(path)


def test_each_module_is_given_what_it_declares_no_more_and_no_less() -> None:
    assert len(list(modules())) > 10
    for who, path, given in modules():
        declared = parsed(path)["parameters"]
        needed = {
            name
            for name, one in declared.items()
            if one["default"] is None and not re.search(rf"^param {name} \w+\?", path.read_text(), re.MULTILINE)
        }
        assert (who, needed - set(given)) == (who, set())
        assert (who, set(given) - set(declared)) == (who, set())


def test_each_module_is_used() -> None:
    assert {path for _, path, _ in modules()} == {path for path in TEMPLATES if path.name != "main.bicep"}


def test_each_output_that_is_asked_for_is_there() -> None:
    for path in TEMPLATES:
        for module, output in re.findall(r"\b(\w+)\.outputs\.(\w+)", path.read_text()):
            file = (path.parent / parsed(path)["modules"][module]["detail"]["path"]).resolve()
            assert output in parsed(file)["outputs"], f"{path.name}: {module}.outputs.{output}"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_what_is_declared_is_used(path: Path) -> None:
    declared = [*parsed(path)["parameters"], *(parsed(path).get("variables") or {})]
    unused = [name for name in declared if len(re.findall(rf"\b{name}\b", code(path))) < 2]

    assert unused == []


def test_each_file_that_is_loaded_is_there_and_each_query_is_loaded() -> None:
    loaded = set()
    for path in TEMPLATES:
        for name in re.findall(r"loadTextContent\('([^']+)'\)", path.read_text()):
            file = (path.parent / name).resolve()
            assert file.is_file(), f"{path.name}: {name}"
            loaded.add(file)

    assert loaded == set(FOLDER.rglob("*.kql"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_resource_that_takes_tags_is_found_again_by_them(path: Path) -> None:
    """What carries no tag is never deleted by `azure delete`."""
    parts = re.compile(r"roleAssignments|databases|/secrets|/storages|queryPacks/queries|fileServices|shares")
    for name, one in (parsed(path).get("resources") or {}).items():
        if not one["existing"] and not parts.search(one["type"]):
            assert "tags" in inner(one["config"]), f"{path.name}: {name}"


def test_there_is_exactly_one_beat_and_always_a_worker() -> None:
    given = {who.partition(": ")[2]: params for who, _, params in modules() if who.startswith("apps.bicep")}

    assert (given["beat"]["minReplicas"], given["beat"]["maxReplicas"]) == (1, 1)
    assert given["worker"]["maxReplicas"] == "maxWorkers"
    assert "minReplicas: kedaReachesRedis ? 1 : maxWorkers" in (FOLDER / "modules" / "apps.bicep").read_text()


def test_nobody_outside_reaches_anything_unless_an_address_is_allowed() -> None:
    text = (FOLDER / "modules" / "apps.bicep").read_text()

    assert text.count("ingress: {") == 2
    assert text.count("external: !empty(allowedRanges)") == 2
    assert text.count("ipSecurityRestrictions: allowed") == 2
    assert "allowInsecure: true" not in text


def test_the_apps_are_told_which_identity_is_theirs() -> None:
    assert "clientId: vault.outputs.clientId" in (FOLDER / "main.bicep").read_text()
    assert "{ name: 'AZURE_CLIENT_ID', value: clientId }" in (FOLDER / "modules" / "apps.bicep").read_text()


def test_keda_looks_at_the_queue_that_cases_wait_in() -> None:
    celery = (FOLDER.parents[1] / "celeryconfig.py").read_text()
    text = (FOLDER / "modules" / "apps.bicep").read_text()
    assert '"cody2zoho.create_case": {"queue": "cases"}' in celery
    assert '"global_keyprefix": _settings.redis_key_prefix' in celery
    assert '"priority_steps": [0]' in celery
    assert "listName: '${redisKeyPrefix}cases'" in text


def test_commands_and_probes_are_those_of_the_image() -> None:
    apps = (FOLDER / "modules" / "apps.bicep").read_text()
    dockerfile = (FOLDER.parent / "Dockerfile").read_text()
    for command in set(re.findall(r"command: \['([\w-]+)'", apps)):
        assert command.removeprefix("cody2zoho-") in re.findall(r"for name in ([\w ]+);", dockerfile)[0].split()
    assert "8081" in (FOLDER.parent / "probed.sh").read_text()
    assert set(re.findall(r"port: (\d+)", apps)) == {"8081", "5555", "8080"}


def test_the_image_can_be_built_in_azures_registry() -> None:
    """It builds without BuildKit, which knows more."""
    dockerfile = (FOLDER.parent / "Dockerfile").read_text()

    assert not re.search(r"^(COPY|ADD|RUN) --(?!from)|<<", dockerfile, re.MULTILINE)


def test_no_template_names_a_secret_or_an_image_that_moves() -> None:
    for path in TEMPLATES:
        assert ":latest" not in path.read_text()
        assert not re.search(r"(?i)(password|key|token): '[^$'{]+'", path.read_text()), path.name


def test_secret_values_are_kept_out_of_azures_records() -> None:
    for path in TEMPLATES:
        for name in ("secretValues", "password", "insightsConnection"):
            if name in parsed(path)["parameters"]:
                assert re.search(rf"@secure\(\)\nparam {name} ", path.read_text()), f"{path.name}: {name}"
