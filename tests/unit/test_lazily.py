"""A group of commands imports a module only when its command is used."""

import subprocess
import sys

from click.testing import CliRunner

from cody2zoho.cli.lazily import Lazily


class Group(Lazily):
    table = (("why", "why", "Tell the life of one conversation."), ("logs", "logs", "Show the latest log lines."))


def test_the_help_of_a_group_lists_its_commands_with_their_sentences() -> None:
    shown = CliRunner().invoke(Group("group"), ["--help"]).output

    assert "why   Tell the life of one conversation." in shown
    assert "logs  Show the latest log lines." in shown


def test_a_command_is_found_in_its_module() -> None:
    shown = CliRunner().invoke(Group("group"), ["why", "--help"])

    assert shown.exit_code == 0
    assert "Usage: group why" in shown.output


def test_a_command_that_is_not_there_is_refused() -> None:
    refused = CliRunner().invoke(Group("group"), ["wyh"])

    assert refused.exit_code == 2
    assert "No such command 'wyh'" in refused.output


def test_help_imports_none_of_the_commands() -> None:
    code = (
        "import sys\n"
        "from cody2zoho.cli.azure import azure\n"
        "azure(['--help'], standalone_mode=False)\n"
        "print(sorted(name for name in sys.modules if name.startswith('cody2zoho.cli.azure_')))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert run.stdout.splitlines()[-1] == "[]"
