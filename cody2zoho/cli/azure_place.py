"""Where the commands of `cody2zoho azure` find an installation."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from cody2zoho.cloud.az import Az
from cody2zoho.cloud.place import Place

Command = TypeVar("Command", bound=Callable[..., Any])


def placed(command: Command, *, always: bool = True) -> Command:
    """Adds the options that say where; the earlier product's variables count too."""
    for option in (
        click.option("--subscription", default="", help="Id or name; the one that `az` has chosen."),
        click.option(
            "--name",
            envvar="AZURE_CONTAINER_APP_NAME",
            default="cody2zoho",
            show_default=True,
            help="What it is called.",
        ),
        click.option(
            "--resource-group", "-g", envvar="AZURE_RESOURCE_GROUP", required=always, help="Where it is, or shall be."
        ),
    ):
        command = option(command)
    return command


def place_of(az: Az, resource_group: str, name: str) -> Place:
    """The installation in the subscription that `az` asks about. Raises NotSetUp where nobody is signed in."""
    return Place(resource_group, name, az.account()["id"])
