"""`cody2zoho azure restart`."""

import click

from cody2zoho.cli.azure_place import place_of, placed
from cody2zoho.cloud import running
from cody2zoho.cloud.az import Az
from cody2zoho.cloud.place import ROLES


@click.command()
@click.argument("roles", type=click.Choice([*ROLES, "redis"]), nargs=-1, metavar="[ROLE]...")
@placed
def restart(roles: tuple[str, ...], resource_group: str, name: str, subscription: str) -> None:
    """Restart roles, all but Redis where none is named; nothing is lost, and work goes on by itself."""
    az = Az(subscription)
    for role in running.restart(az, place_of(az, resource_group, name), roles or ROLES):
        click.echo(f"restarted {role}")
