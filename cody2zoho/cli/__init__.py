"""The command line: `cody2zoho …`.

Exit codes: 0 done, 1 something is wrong and was said, 2 wrong usage, settings or input, 130 Ctrl-C.
"""

import sys
from importlib import import_module
from io import StringIO
from typing import Any

import click
from redis.exceptions import OutOfMemoryError, RedisError

from cody2zoho import __version__
from cody2zoho.errors import Cody2ZohoError, ConfigurationError
from cody2zoho.processes.supervisor import Interrupted

#: Command to module; a module is imported when its command is used, so that `--help` is quick.
_COMMANDS = {
    "demo": "See it work, with simulated Cody and Zoho and nothing to set up.",
    "prove": "Break everything, and see that each conversation is one case all the same.",
    "up": "Run all of it on this machine, with your credentials.",
    "init": "Set it up, question by question, from an empty folder to the first case.",
    "auth": "Sign in to Zoho, and see what the token is worth.",
    "doctor": "Check settings, Redis, Cody and Zoho, and say how to mend what is wrong.",
    "setup": "Make the custom fields in Zoho.",
    "config": "Show the settings in force and where each came from.",
    "worker": "Make cases: one process of as many as you like.",
    "beat": "Tick, so that workers have something to do; one is enough.",
    "ops": "Serve the operations API and the status page.",
    "status": "Show how many conversations are in which state.",
    "monitor": "Make all checks now; the exit code is that of the worst alert.",
    "alerts": "Show what is wrong now; `alerts test` tries every channel.",
    "why": "Tell the life of one conversation, by its id or its case's.",
    "logs": "Show the latest log lines of all processes.",
    "preview": "Show the case of a conversation as it would be made now.",
    "reconcile": "Compare Cody, Zoho and the ledger; mend what needs no person.",
    "backup": "Back up what the ledger knows, and put it back.",
    "pause": "Begin no new case, of one bot or at all.",
    "resume": "Go on with what is paused.",
    "backfill": "Make cases of history, from before SYNC_SINCE, in batches.",
    "parked": "Show what needs a person, grouped by cause.",
    "retry": "Let parked conversations begin anew.",
    "dismiss": "Decide that parked conversations get no case.",
    "forget": "Erase our traces of one conversation, for good.",
    "redis": "Start, look at, measure, judge and empty Redis, wherever it is.",
    "azure": "Run all of it in Azure Container Apps, and look after it there.",
    "telemetry": "Send Application Insights something, and see whether it arrives.",
    "simulate": "Serve a simulated Cody and Zoho on this machine.",
}


#: Where a command does not lie in a module of its name.
_MODULES = {"beat": "worker", "retry": "parked", "dismiss": "parked", "resume": "pause"}


class _Commands(click.Group):
    """Imports a command's module when the command is used, and turns our errors into sentences."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"cody2zoho.cli.{_MODULES.get(name, name)}"), name)
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        # Closed by whoever called us: nobody is there to answer.
        sys.stdin = sys.stdin or StringIO()
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            sys.exit(130)
        except click.Abort:
            # Ctrl-C at a question, or the end of what is typed; the question's line has no end yet.
            click.echo("\nStopped.", err=True)
            sys.exit(130)
        except Interrupted as interrupted:
            sys.exit(interrupted.exit_code)
        except ConfigurationError as error:
            for sentence in error.sentences:
                click.echo(sentence, err=True)
            sys.exit(2)
        except Cody2ZohoError as error:
            click.echo(str(error), err=True)
            sys.exit(1)
        except OutOfMemoryError:
            click.echo("Redis is full: raise its maxmemory.", err=True)
            sys.exit(1)
        except RedisError as error:
            click.echo(f"Redis does not answer ({type(error).__name__}); start it, or correct REDIS_URL.", err=True)
            sys.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="cody2zoho")
def main() -> None:
    """Every conversation of a Cody chatbot becomes exactly one Zoho CRM Case."""
