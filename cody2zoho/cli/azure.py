"""`cody2zoho azure`."""

import click

from cody2zoho.cli.lazily import Lazily


class _Azure(Lazily):
    #: A command, the module below `cody2zoho.cli` that it lies in, and what it does.
    table = (
        ("deploy", "azure_deploy", "Make all of it there, or bring it up to date."),
        ("status", "azure_status", "Show what runs there, and where it answers."),
        ("logs", "azure_logs", "Show the latest log lines of a role."),
        ("query", "azure_query", "Ask Application Insights one of the saved queries."),
        ("restart", "azure_restart", "Restart roles; nothing is lost."),
        ("delete", "azure_delete", "Delete all of it; asks twice."),
        ("redis", "azure_redis", "See and administer Redis in Azure, by Azure's own libraries."),
    )


@click.group(cls=_Azure)
def azure() -> None:
    """Run all of it in Azure Container Apps, and look after it there."""
