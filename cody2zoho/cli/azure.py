"""`cody2zoho azure`."""

import click

from cody2zoho.cli.lazily import Lazily


class _Azure(Lazily):
    #: A command, the module below `cody2zoho.cli` that it lies in, and what it does.
    table = (("redis", "azure_redis", "See and administer Redis in Azure, by Azure's own libraries."),)


@click.group(cls=_Azure)
def azure() -> None:
    """Run all of it in Azure Container Apps, and look after it there."""
