"""`cody2zoho azure delete`."""

import click

from cody2zoho.cli import asking
from cody2zoho.cli.azure_place import place_of, placed
from cody2zoho.cloud import removal
from cody2zoho.cloud.az import Az
from cody2zoho.cloud.choice import is_over, latest
from cody2zoho.cloud.place import Place, resources
from cody2zoho.errors import NotSetUp, Refused

_LOST = """
What is lost: what Redis knows (which conversations wait, are parked, paused or forgotten), logs, events and dashboards,
and every image in a registry that --build made.
What stays: all cases in Zoho, all conversations at Cody, and the resource group. The vault can be had back for 30 days.
"""


@click.command()
@placed
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
def delete(resource_group: str, name: str, subscription: str, is_sure: bool) -> None:
    """Delete all of one installation, and nothing else that is in the resource group; asks twice."""
    az = Az(subscription)
    place = place_of(az, resource_group, name)
    found = removal.in_order(resources(az, place))
    if not is_over(latest(az, place)[1] if found else ""):
        raise Refused(f"Azure is still at a deployment of {name}, which would make it anew: delete when it has ended.")
    if not found:
        raise NotSetUp(f"There is no {name} in resource group {resource_group}; nothing was done.")
    for one in found:
        click.echo(f"{one.type.partition('/')[2]:<28}{one.name}")
    click.echo(_LOST)
    if not is_sure:
        _ask(place, len(found))
    removal.remove(az, found, click.echo)


def _ask(place: Place, count: int) -> None:
    asking.must_ask("Deleting")
    asking.go_on_if(
        click.confirm(f"Delete these {count}?") and click.prompt("Type the name of the installation") == place.name
    )
