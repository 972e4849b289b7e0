"""`cody2zoho azure status`, `logs`, `restart` and `delete`."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from clouds import Cloud
from cody2zoho.cli.azure import azure
from cody2zoho.cloud import az
from cody2zoho.cloud.place import Resource
from cody2zoho.cloud.removal import in_order

DOCS = Path(__file__).parents[3] / "docs"
COMMANDS_PAGE = (DOCS / "commands.md").read_text()
AZURE_PAGE = (DOCS / "azure.md").read_text()


def test_status_shows_every_role_and_ends_well(cloud: Cloud) -> None:
    cloud.first()
    done = cloud.azure("status")

    assert done.exit_code == 0, done.output
    lines = [line.split() for line in done.output.splitlines()]
    assert ["worker", "running", "1", "of", "1", "registry.example/cody2zoho:1.0.0"] in lines
    assert [line[0] for line in lines[:5]] == ["worker", "beat", "flower", "ops", "redis"]


def test_status_as_json_is_for_scripts(cloud: Cloud) -> None:
    cloud.first("--allow", "203.0.113.7")
    told = json.loads(cloud.azure("status", "--json").output)

    assert (told["well"], told["redis"][0]["kind"]) == (True, "managed")
    assert {one["role"]: one["is_open"] for one in told["apps"]} == {
        "worker": False,
        "beat": False,
        "flower": True,
        "ops": True,
    }


def test_status_ends_with_1_while_a_role_does_not_run(cloud: Cloud) -> None:
    cloud.first()
    cloud.has(replicas={"cody2zoho-beat": 0})
    done = cloud.azure("status")

    assert done.exit_code == 1
    assert "beat    running   0 of 1" in done.output


def test_a_revision_that_cannot_start_is_seen(cloud: Cloud) -> None:
    cloud.first()
    state = cloud.state
    for one in state["resources"].values():
        if one["name"] == "cody2zoho-worker":
            one["app"]["properties"]["latestRevisionName"] = "cody2zoho-worker--new"
    cloud.has(**state)
    done = cloud.azure("status")

    assert done.exit_code == 1
    assert "worker  starting" in done.output


def test_status_goes_on_until_it_is_stopped(cloud: Cloud) -> None:
    cloud.first()
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "cody2zoho", "azure", "status", "-g", "support", "--watch", "1", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stdin=theirs, text=True) as process:
        assert process.stdout
        seen = [json.loads(process.stdout.readline())["well"] for _ in range(2)]
        process.send_signal(signal.SIGINT)
    os.close(ours)
    os.close(theirs)

    assert (seen, process.returncode) == ([True, True], 130)


def test_what_is_not_there_is_said(cloud: Cloud) -> None:
    missing = cloud.azure("status")

    assert (missing.exit_code, "There is no cody2zoho in resource group support" in missing.output) == (1, True)


def test_logs_are_those_of_the_role(cloud: Cloud, capfd: pytest.CaptureFixture[str]) -> None:
    cloud.first()
    assert cloud.azure("logs", "beat", "--tail", "7", "--system").exit_code == 0

    assert "7 lines of cody2zoho-beat (system)" in capfd.readouterr().out


def test_logs_of_what_is_not_there_are_refused(cloud: Cloud) -> None:
    cloud.first()
    refused = cloud.azure("logs", "redis")

    assert (refused.exit_code, "did not succeed" in refused.output) == (1, True)


def test_restart_is_of_all_roles_or_of_those_that_are_named(cloud: Cloud) -> None:
    cloud.first()
    assert cloud.azure("restart", "beat").output == "restarted beat\n"
    assert cloud.state["restarted"] == ["cody2zoho-beat"]

    cloud.azure("restart")
    assert cloud.state["restarted"][1:] == [f"cody2zoho-{role}" for role in ("worker", "beat", "flower", "ops")]


def test_what_was_restarted_is_said_where_another_role_is_missing(cloud: Cloud) -> None:
    cloud.first()
    cloud.has(resources={id_: one for id_, one in cloud.state["resources"].items() if one["name"] != "cody2zoho-beat"})
    refused = cloud.azure("restart")

    assert refused.exit_code == 1
    assert refused.output.startswith("restarted worker\nAzure refuses")


def test_delete_takes_all_of_ours_and_nothing_else(cloud: Cloud) -> None:
    cloud.first()
    others = {"id": "/other", "name": "somebody-elses", "type": "Microsoft.Web/sites", "tags": None}
    cloud.has(resources={**cloud.state["resources"], "/other": others})
    done = cloud.azure("delete", "--yes")

    assert done.exit_code == 0, done.output
    assert cloud.names == {"somebody-elses"}
    assert "What is lost" in done.output


def test_nothing_is_deleted_that_a_deployment_would_make_anew(cloud: Cloud) -> None:
    cloud.first()
    cloud.is_deploying()
    refused = cloud.azure("delete", "--yes")

    assert (refused.exit_code, "delete when it has ended" in refused.output) == (1, True)
    assert "deleted" not in cloud.state


def test_delete_asks_twice(cloud: Cloud) -> None:
    cloud.first()
    for typed in ("n\n", "y\nsomething\n"):
        code, said = cloud.at_a_terminal("delete", typed=typed)
        assert (code, "Nothing was done." in said, "cody2zoho-worker" in cloud.names) == (1, True, True)

    code, said = cloud.at_a_terminal("delete", typed="y\ncody2zoho\n")
    assert (code, cloud.names) == (0, set()), said


def test_delete_without_a_terminal_wants_to_be_told(cloud: Cloud) -> None:
    cloud.first()
    refused = cloud.azure("delete")

    assert (refused.exit_code, "add --yes" in refused.output) == (2, True)
    assert "cody2zoho-worker" in cloud.names


def test_nothing_is_deleted_before_what_needs_it() -> None:
    kinds = [
        "Microsoft.OperationalInsights/workspaces",
        "Microsoft.App/managedEnvironments",
        "Microsoft.Cache/redisEnterprise",
        "Microsoft.App/containerApps",
        "Microsoft.Insights/components",
    ]
    ordered = [one.type for one in in_order([Resource(kind, "x", kind) for kind in kinds])]

    assert ordered == [kinds[3], kinds[2], kinds[1], kinds[4], kinds[0]]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("ERROR: (Code) It is wrong.\nCode: X", "(Code) It is wrong. Code: X"),
        ('{"error": {"message": "outer", "details": [{"message": "{\\"message\\": \\"inner\\"}"}]}}', "inner"),
        ("ERROR: see https://example/x?sig=secret now", "see https://example/x now"),
    ],
)
def test_what_azure_says_becomes_one_line(said: str, words: str) -> None:
    assert az.refusal_words(said) == words


def commands() -> dict[str, click.Command]:
    """Those of this group, but not those of groups within it."""
    context = click.Context(azure)
    found = {name: azure.get_command(context, name) for name in azure.list_commands(context)}
    return {name: one for name, one in found.items() if one and not isinstance(one, click.Group)}


def options(command: click.Command) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts if option.startswith("-")}


@pytest.mark.parametrize("name", commands())
def test_every_command_is_documented_with_every_option(name: str) -> None:
    text = COMMANDS_PAGE.partition(f"\n## `cody2zoho azure {name}`\n")[2].partition("\n## ")[0]
    documented = set(re.findall(r"^\| `(--[\w-]+)` \|", text, re.MULTILINE))

    assert documented == options(commands()[name]) - {"-g", "--resource-group", "--name", "--subscription"}


def test_every_command_that_the_page_gives_can_be_given() -> None:
    given = re.findall(r"cody2zoho azure (\w+)([^\n`]*)", AZURE_PAGE)

    assert {name for name, _ in given} <= set(azure.list_commands(click.Context(azure)))
    assert {name for name, _ in given} >= set(commands())
    for name, words in ((name, words) for name, words in given if name in commands()):
        # What stands behind three blanks is said about it.
        asked = re.findall(r"(?<!\S)-[\w-]+", words.partition("   ")[0])
        assert set(asked) - options(commands()[name]) == set(), f"azure {name}{words}"
