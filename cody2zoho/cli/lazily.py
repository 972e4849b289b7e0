"""Groups of commands whose modules are imported when a command is used, so that `--help` is quick."""

from importlib import import_module

import click


class Lazily(click.Group):
    """A group that finds each command `name` in the module of this table, as an attribute of the same name.

    Subclasses fill `table`: the command's name, the last part of its module below `cody2zoho.cli`, one sentence.
    """

    table: tuple[tuple[str, str, str], ...] = ()

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return [name for name, _, _ in self.table]

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        for known, module, _ in self.table:
            if known == name:
                command: click.Command = getattr(import_module(f"cody2zoho.cli.{module}"), name)
                return command
        return None

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, _, sentence in self.table])
