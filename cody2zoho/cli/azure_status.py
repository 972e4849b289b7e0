"""`cody2zoho azure status`."""

import json
import sys
import time
from collections.abc import Iterator

import click

from cody2zoho.cli.azure_place import place_of, placed
from cody2zoho.cloud import running
from cody2zoho.cloud.az import Az
from cody2zoho.cloud.choice import kind_of
from cody2zoho.cloud.place import Place


@click.command()
@placed
@click.option("--watch", type=click.FloatRange(1), metavar="SECONDS", help="Again and again, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def status(resource_group: str, name: str, subscription: str, watch: float | None, as_json: bool) -> None:
    """Show what runs in Azure and where it answers; exit code 1 unless all of it does."""
    az = Az(subscription)
    place = place_of(az, resource_group, name)
    seen = _shown(az, place, as_json=as_json)
    while watch:
        time.sleep(watch)
        seen = _shown(az, place, as_json=as_json)
    if not seen.is_well:
        sys.exit(1)


def _shown(az: Az, place: Place, *, as_json: bool) -> running.Running:
    seen = running.look(az, place)
    if as_json:
        click.echo(json.dumps(seen.as_json()))
    else:
        show(seen)
    return seen


def show(seen: running.Running) -> None:
    """The apps, Redis, and the addresses."""
    if not seen.apps:
        click.echo("No role is there yet: deploy again.", err=True)
    for app in seen.apps:
        line = f"{app.role:<8}{_state(app):<10}{_replicas(app):<10}{app.image}"
        click.secho(line, fg=None if app.is_well else "red")
    for one in seen.redis:
        if kind_of(one) != "container":
            click.echo(f"{'redis':<8}{kind_of(one):<10}{'':<10}{one.name}")
    click.echo("\n".join(["", *_addresses(seen)]))


def _state(app: running.App) -> str:
    return app.state.lower() if app.revision == app.ready_revision else "starting"


def _replicas(app: running.App) -> str:
    return f"{app.replicas} of {app.most}"


def _addresses(seen: running.Running) -> Iterator[str]:
    logins = {"ops": ("status page", "ops-token"), "flower": ("Flower", "flower-basic-auth")}
    for app in seen.apps:
        if app.role in logins and app.address:
            what, secret = logins[app.role]
            whom = "" if app.is_open else "   (only from inside; `--allow ADDRESS` opens it)"
            yield f"{what:<13}{app.address}{whom}"
            asked = f"az keyvault secret show --vault-name {seen.place.vault} --name {secret} --query value -o tsv"
            yield f"{'its login':<13}{asked}"
