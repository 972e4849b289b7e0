"""`cody2zoho azure deploy`."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from cody2zoho.cli import asking, azure_status
from cody2zoho.cli.azure_place import placed
from cody2zoho.cloud import chosen, running
from cody2zoho.cloud.az import Az
from cody2zoho.cloud.choice import Choice, There, look
from cody2zoho.cloud.deploying import Deploying
from cody2zoho.cloud.place import Place
from cody2zoho.cloud.plan import Plan, plan
from cody2zoho.errors import ConfigurationError, NotSetUp, Refused

_LOST = """
{name} is deleted with all it knows: which conversations wait, are parked or paused, and which
were forgotten. One that was forgotten and is still at Cody gets a case again. No case in Zoho is lost, and none is
made twice: the ledger is filled from Zoho before any is made. `cody2zoho backup create` keeps a copy.
"""

_HOW = {"y": "use", "n": "recreate", "s": "skip"}


@click.command()
@placed
@click.option("--location", envvar="AZURE_REGION", default="", help="Where in the world; needed the first time.")
@click.option("--image", default="", help="Image with its tag; otherwise that of the latest deployment.")
@click.option("--build", "builds", is_flag=True, help="Build the image of this working copy, in a registry of its own.")
@click.option("--env-file", type=click.Path(path_type=Path), default=".env", show_default=True, help="Its settings go.")
@click.option("--redis", type=click.Choice(["use", "recreate", "skip"]), help="What becomes of the Redis there is.")
@click.option("--redis-kind", type=click.Choice(["managed", "cache", "container"]), help="Which Redis; managed.")
@click.option("--redis-sku", default="", help="Its size, such as Balanced_B1 or C1.")
@click.option("--allow", "allowed", multiple=True, metavar="ADDRESS", help="May open Flower and the status page.")
@click.option("--close", "closes", is_flag=True, help="Nobody outside may open them any more.")
@click.option("--alert-email", "emails", multiple=True, metavar="ADDRESS", help="Gets mail from Azure's own alerts.")
@click.option("--skip-login", is_flag=True, help="Never sign in; fail where nobody is.")
@click.option("--force-token-refresh", "renews_token", is_flag=True, help="Sign in to Zoho anew first.")
@click.option("--force-settings", "forces_settings", is_flag=True, help="Write every secret anew, changed or not.")
@click.option("--what-if", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
def deploy(
    resource_group: str,
    name: str,
    subscription: str,
    skip_login: bool,
    renews_token: bool,
    what_if: bool,
    is_sure: bool,
    **options: Any,
) -> None:
    """Make all of it in Azure, or bring what is there up to date; may be repeated at any time."""
    choice = Choice(**options)
    if not (what_if or is_sure):
        asking.must_ask("Deploying")
    az = Az(subscription)
    account = _signed_in(az, may_ask=not skip_login)
    if renews_token:
        _renew_token(choice.env_file, is_real=not what_if)
    written = chosen.read(choice.env_file)
    place = Place(resource_group, name, account["id"])
    there = look(az, place)
    if there.is_under_way and not what_if:
        raise Refused(f"Azure is still at another deployment of {name}: deploy again when it has ended.")
    choice = replace(choice, redis=_redis(choice, there, is_sure=is_sure or what_if))
    planned = plan(place, choice, written, there, _deployer(az, account))
    if sentences := list(_lacks(planned, choice)):
        raise ConfigurationError(sentences)
    _show(place, planned, written, account["name"])
    deploying = Deploying(az, place, click.echo)
    if what_if:
        _preview(deploying, planned, there, recreates=choice.redis == "recreate")
        return
    _ask(place, choice, there, is_sure=is_sure)
    _deploy(deploying, planned, there, choice)
    click.echo()
    azure_status.show(running.look(az, place))
    click.echo("\n`cody2zoho azure status` shows whether all of it runs; `cody2zoho azure logs worker` what it does.")


def _deploy(deploying: Deploying, planned: Plan, there: There, choice: Choice) -> None:
    deploying.prepare(planned, there)
    if choice.builds:
        image = deploying.build(planned, there, Path.cwd())
        planned = replace(planned, parameters={**planned.parameters, "image": image})
    if choice.redis == "recreate":
        deploying.delete_redis(there)
    deploying.deploy(planned)


def _signed_in(az: Az, *, may_ask: bool) -> dict[str, Any]:
    try:
        return az.account()
    except NotSetUp:
        if not may_ask or not sys.stdin.isatty():
            raise
        az.show("login")
        return az.account()


def _renew_token(env_file: Path, *, is_real: bool) -> None:
    """As `cody2zoho auth login` does, which writes the new token into `.env` of the present folder."""
    if env_file.resolve() != Path(".env").resolve():
        raise ConfigurationError(
            ["--force-token-refresh writes into .env of this folder, and --env-file names another."]
        )
    if not is_real:
        click.echo("You would sign in to Zoho anew first; the new refresh token would go into the vault.")
        return
    if subprocess.run([sys.executable, "-m", "cody2zoho", "auth", "login"], check=False).returncode:
        raise Refused(
            "Signing in to Zoho did not succeed; nothing was deployed. `cody2zoho auth login` has options for it; "
            "after it --force-token-refresh is not needed."
        )


def _deployer(az: Az, account: dict[str, Any]) -> tuple[str, str]:
    """Who may read the vault: its id in Entra, and what it is. Not every pipeline may ask for its own."""
    who = account["user"]
    words = ("signed-in-user", "show") if who["type"] == "user" else ("sp", "show", "--id", who["name"])
    try:
        return str(az.ask("ad", *words)["id"]), "User" if who["type"] == "user" else "ServicePrincipal"
    except (Refused, NotSetUp) as refused:
        click.echo(f"You get no right to read the vault, for Entra does not tell who you are: {refused}", err=True)
        return "", ""


def _redis(choice: Choice, there: There, *, is_sure: bool) -> Any:
    if choice.redis or not there.redis:
        return choice.redis
    if is_sure:
        return "use"
    click.echo(f"Redis {there.redis[0].name} is there ({there.redis_kind}).")
    click.echo("  Y  use it: recommended, and nothing is lost")
    click.echo("  N  recreate it: what it knows is lost")
    click.echo("  S  skip it: it is left alone, which is quicker")
    answer = click.prompt("What about it?", type=click.Choice(list(_HOW), case_sensitive=False), default="y")
    return _HOW[answer.lower()]


def _lacks(planned: Plan, choice: Choice) -> Iterator[str]:
    if not planned.parameters["location"]:
        yield "The first time --location says where in the world, such as westeurope."
    if not (planned.parameters["image"] or choice.builds):
        yield "The first time --image names the image, or --build has one built of this working copy."


def _show(place: Place, planned: Plan, written: chosen.Chosen, subscription: str) -> None:
    click.echo(
        f"{place.name} in resource group {place.resource_group}, {planned.parameters['location']} ({subscription})"
    )
    for line in planned.changes or ("no setting and no secret differs from the latest deployment",):
        click.echo(f"  {line}")
    if written.stays:
        click.echo(f"  not taken along, for it holds for this machine only: {', '.join(written.stays)}")


def _preview(deploying: Deploying, planned: Plan, there: There, *, recreates: bool) -> None:
    if recreates and there.redis:
        click.echo(_LOST.format(name=there.redis[0].name))
    if there.location:
        deploying.preview(planned)
    else:
        click.echo("The resource group is not there yet: all of it would be made.")


def _ask(place: Place, choice: Choice, there: There, *, is_sure: bool) -> None:
    if choice.redis == "recreate" and there.redis:
        click.echo(_LOST.format(name=there.redis[0].name))
        asking.go_on_if(is_sure or click.prompt("Type the name of the installation to recreate Redis") == place.name)
    asking.go_on_if(is_sure or click.confirm("Deploy? It takes from one minute to half an hour", default=True))
