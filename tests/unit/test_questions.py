"""Whoever is asked by a command can stop it, and the exit code says so."""

import click
import pytest

from cody2zoho.cli import _Commands


class _Asking(_Commands):
    """The program, with one command that asks."""

    def get_command(self, _ctx: click.Context, _name: str) -> click.Command:
        return click.Command("ask", callback=lambda: click.confirm("Go on?"))


@pytest.mark.parametrize("ending", [KeyboardInterrupt, EOFError])
def test_ctrl_c_at_a_question_ends_as_ctrl_c_does_anywhere(monkeypatch, capsys, ending) -> None:
    def typed(_question: str) -> str:
        raise ending

    monkeypatch.setattr("click.termui.visible_prompt_func", typed)
    with pytest.raises(SystemExit) as ended:
        _Asking().main(["ask"], prog_name="cody2zoho")

    assert ended.value.code == 130
    assert capsys.readouterr().err.splitlines()[-1] == "Stopped."
