"""`cody2zoho azure redis keys`, `regenerate-key`, `reboot`, `export`, `import`, `start`, `stop`."""

import sys
import time
from urllib.parse import unquote, urlsplit

import click

from cody2zoho import configuration
from cody2zoho.azure_redis.finding import Found
from cody2zoho.cli.azure_redis import view
from cody2zoho.cli.azure_redis.options import (
    BlobAddress,
    as_json_option,
    ask,
    at_instance,
    plain,
    without_sas,
    yes_option,
)
from cody2zoho.errors import Refused

_WHICH = click.Choice(("primary", "secondary"))


@click.command()
@at_instance
@click.option("--show", "is_shown", is_flag=True, help="Whole keys, on a terminal only.")
@as_json_option
def keys(found: Found, is_shown: bool, as_json: bool) -> None:
    """Show its access keys, masked, and which is in use."""
    if is_shown and not sys.stdout.isatty():
        raise click.UsageError("--show writes keys to a terminal only, so that no file or log gets them.")
    _ensure_keys(found)
    every = found.service.keys(found.instance)
    used = _used(found, every)
    shown = {which: key if is_shown else configuration.masked(key) for which, key in every.items()}
    if as_json:
        click.echo(view.as_json({which: {"key": key, "used": which == used} for which, key in shown.items()}))
        return
    rows = [(which, key, "in REDIS_URL" if which == used else "") for which, key in shown.items()]
    for row in view.columns(rows):
        click.echo(row)


@click.command(name="regenerate-key")
@click.argument("which", type=_WHICH)
@at_instance
@yes_option
def regenerate_key(found: Found, which: str, is_sure: bool) -> None:
    """Make a key anew: the old one lets nobody in any more."""
    _ensure_keys(found)
    used = _used(found, found.service.keys(found.instance))
    if used == which:
        other = "secondary" if which == "primary" else "primary"
        click.echo(f"REDIS_URL uses the {which} key: whoever runs with it loses Redis at once, until told the new one.")
        click.echo(f"Without a gap: write the {other} key into REDIS_URL first, start all processes again, then this.")
    else:
        click.echo(f"Whoever uses the {which} key of {found.instance.name} loses Redis at once.")
    ask(found, "Make it anew?", is_sure=is_sure)
    found.service.regenerate(found.instance, which)
    click.echo(f"The {which} key is new: `cody2zoho azure redis keys --show` shows it.")
    click.echo("Tell whoever uses it: REDIS_URL of worker, beat, flower and ops, in .env or Key Vault, and programs")
    click.echo("beside us; then start them again. No case is lost meanwhile: what waits stays in Redis and at Cody.")


@click.command()
@at_instance
@click.option(
    "--nodes", default="all", type=click.Choice(("all", "primary", "secondary")), show_default=True, help="Which."
)
@yes_option
def reboot(found: Found, nodes: str, is_sure: bool) -> None:
    """Reboot its nodes; Azure Managed Redis has no such thing."""
    if found.instance.is_classic:
        _warn_of_reboot(found, nodes)
        ask(found, f"Reboot {found.instance.name} ({nodes})?", is_sure=is_sure)
    found.service.reboot(found.instance, nodes)
    click.echo("Azure reboots it now: `cody2zoho azure redis watch` shows how it comes back.")


def _warn_of_reboot(found: Found, nodes: str) -> None:
    kept = found.instance.persistence
    if kept == "AOF" or (found.instance.has_replica and nodes != "all"):
        click.echo("Redis is away for a moment. Workers wait and reconnect; nothing is lost but what was just written.")
        return
    if kept:
        click.echo(f"What was written since it was last saved is lost ({kept}): Redis comes back as it was then.")
    else:
        click.echo("Everything in it is lost: nothing is kept on disk, and no other node has it.")
    since = " since then" if kept else ""
    click.echo("Workers then fill the ledger anew from Zoho, and no case is made twice. What a person dismissed,")
    click.echo(
        f"paused or had forgotten{since} is not known any more: keep a backup first (`cody2zoho backup create`)."
    )


@click.command()
@at_instance
@click.option(
    "--to",
    "container",
    required=True,
    metavar="BLOB-SAS",
    type=BlobAddress(),
    help="A container of Azure Blob; - asks for it.",
)
@click.option("--prefix", default="", help="What the names of the files begin with; of Azure Cache only.")
def export(found: Found, container: str, prefix: str) -> None:
    """Have Azure write all data to Azure Blob, as RDB.

    It takes minutes.
    """
    if prefix and not found.instance.is_classic:
        raise click.UsageError(f"{found.instance.service} names the files itself: leave out --prefix.")
    named = plain(prefix) or f"cody2zoho-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    click.echo(
        f"Azure exports {found.instance.name} to {without_sas(container)}; Ctrl-C ends only the waiting …", err=True
    )
    found.service.export(found.instance, container, named)
    beginning = f", names begin with {named}" if found.instance.is_classic else ""
    click.echo(f"exported to {without_sas(container)}{beginning}")


@click.command(name="import")
@at_instance
@click.option(
    "--from",
    "blobs",
    required=True,
    multiple=True,
    metavar="BLOB-SAS",
    type=BlobAddress(),
    help="An exported file; - asks for it.",
)
@yes_option
def import_(found: Found, blobs: tuple[str, ...], is_sure: bool) -> None:
    """Have Azure replace all data by an export.

    It takes minutes, in which Redis answers nobody.
    """
    click.echo(f"All data of {found.instance.name} is replaced by that of")
    for blob in blobs:
        click.echo(f"  {without_sas(blob)}")
    click.echo("Leave worker and beat running: they find that the ledger is old and fill it anew from Zoho, and")
    click.echo("no case is made twice. What a person dismissed or paused since that export is not known any more,")
    click.echo("and who was forgotten since then must be forgotten again. See docs/azure-redis.md.")
    ask(found, "Replace it?", is_sure=is_sure, by_name=True)
    click.echo("Azure imports; Ctrl-C ends only the waiting …", err=True)
    found.service.bring_in(found.instance, list(blobs))
    click.echo("imported; `cody2zoho status` shows when the ledger is filled, then run `cody2zoho reconcile`")


@click.command()
def start() -> None:
    """Say what there is instead: Azure has no start."""
    raise Refused(
        "Azure has no start for Redis, because it has no stop: what exists, runs. Does it not answer, see `cody2zoho "
        "azure redis health`; was it deleted, make it anew with `cody2zoho azure deploy`."
    )


@click.command()
def stop() -> None:
    """Say what there is instead: Azure has no stop."""
    raise Refused(
        "Azure has no stop for Redis: it runs, and costs, until it is deleted. To stop the work, run `cody2zoho "
        "pause`; to save the cost, run `cody2zoho backup create`, delete it, and later restore into a new one."
    )


def _ensure_keys(found: Found) -> None:
    if not found.instance.has_keys:
        raise Refused(f"Access keys of {found.instance.name} are switched off: Microsoft Entra ID alone lets in.")


def _used(found: Found, every: dict[str, str]) -> str:
    """Which key REDIS_URL has; empty where it leads elsewhere."""
    address = urlsplit(configuration.provisional().redis_address)
    password = unquote(address.password or "")
    is_here = (address.hostname or "").lower() == found.instance.host.lower()
    return next((which for which, key in every.items() if is_here and key == password), "")
