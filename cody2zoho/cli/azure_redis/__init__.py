"""`cody2zoho azure redis`: what Azure knows of Redis there, and what it does with it."""

import click

from cody2zoho.cli.azure_redis import changes, looks


class _InOrder(click.Group):
    """Lists its commands as they were added: looks first."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_InOrder)
def redis() -> None:
    """See and administer Redis in Azure: Azure Cache for Redis, or Azure Managed Redis.

    Which instance: --name, or the one that REDIS_URL leads to. What lies in Redis itself shows `cody2zoho redis`.
    """


for _command in (
    looks.show,
    looks.health,
    looks.watch,
    looks.show_metrics,
    looks.show_alerts,
    looks.diagnostics,
    looks.logs,
    changes.keys,
    changes.regenerate_key,
    changes.reboot,
    changes.export,
    changes.import_,
    changes.start,
    changes.stop,
):
    redis.add_command(_command)
