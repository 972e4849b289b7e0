"""`cody2zoho azure logs`."""

import click

from cody2zoho.cli.azure_place import place_of, placed
from cody2zoho.cloud.az import Az
from cody2zoho.cloud.place import ROLES


@click.command()
@click.argument("role", type=click.Choice([*ROLES, "redis"]), default="worker")
@placed
@click.option("--tail", type=click.IntRange(0, 300), default=20, show_default=True, help="So many of the latest lines.")
@click.option("--follow", is_flag=True, help="Go on with new ones, until Ctrl-C.")
@click.option("--system", is_flag=True, help="What Azure says about the containers, instead of what they say.")
def logs(role: str, resource_group: str, name: str, subscription: str, tail: int, follow: bool, system: bool) -> None:
    """Show the latest log lines of a role, as Azure has them."""
    az = Az(subscription)
    place = place_of(az, resource_group, name)
    # Azure has its own lines as JSON only.
    kind = ("--type", "system", "--format", "json") if system else ("--type", "console", "--format", "text")
    az.show(
        "containerapp", "logs", "show", "--name", place.app(role), "--resource-group", resource_group,
        "--tail", str(tail), *kind, *(("--follow",) if follow else ()),
    )  # fmt: skip
