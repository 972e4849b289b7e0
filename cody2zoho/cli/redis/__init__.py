"""`cody2zoho redis …`: Redis looked after, wherever it is."""

import sys
from typing import Any

import click
from redis.exceptions import (
    AuthenticationError,
    ClusterDownError,
    MovedError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

from cody2zoho.cli.redis import flushing, judging, looking, measuring, running
from cody2zoho.entra import NoToken
from cody2zoho.tending.server import is_withheld


class _Commands(click.Group):
    """Says what is wrong with Redis in a sentence of its own, where one is known."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OutOfMemoryError:
            raise
        except RedisError as error:
            if sentence := _sentence(error):
                click.echo(sentence, err=True)
                sys.exit(1)
            raise

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """In the order in which they are added."""
        return list(self.commands)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """With whole sentences."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(limit=200)) for name, one in self.commands.items()])


def _sentence(error: RedisError) -> str:
    """Of what the rest of the command line does not tell apart; empty where it does well enough."""
    if isinstance(error, NoToken):
        return f"{error}: give this machine an identity, or sign in with `az login`."
    if isinstance(error, AuthenticationError) or "NOAUTH" in str(error):
        return "Redis refuses the login: correct the one in REDIS_URL, or REDIS_USERNAME and REDIS_PASSWORD."
    if isinstance(error, ReadOnlyError):
        return "This Redis is a replica, which takes no writes: let REDIS_URL name the master."
    if isinstance(error, MovedError | ClusterDownError):
        return "This Redis is a node of a cluster, and not the one for our keys: name its one address for all nodes."
    if isinstance(error, ResponseError) and is_withheld(error):
        return (
            "This Redis refuses a command or a key that is needed here: let our user have all commands but the "
            "dangerous ones, on all keys in question."
        )
    return ""


@click.group(cls=_Commands)
def redis() -> None:
    """Start, look at, measure, judge and empty Redis, wherever it is."""


for _one in (
    running.start,
    running.stop,
    running.restart,
    looking.status,
    looking.info,
    looking.keys,
    flushing.flush,
    looking.monitor,
    looking.slowlog,
    measuring.connectivity,
    measuring.performance,
    judging.health,
    judging.report,
    judging.watch,
):
    redis.add_command(_one)
