"""`cody2zoho backup`: what the ledger knows, into a file and back."""

import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from redis.exceptions import RedisError

from cody2zoho import configuration
from cody2zoho.backup import guards, making, regular, restoring, sealing, shelf
from cody2zoho.backup.container import Header
from cody2zoho.backup.making import Made
from cody2zoho.backup.place import Place
from cody2zoho.backup.shelf import Item
from cody2zoho.cli import asking
from cody2zoho.cli import backup_view as view
from cody2zoho.cli.local import services_at_hand
from cody2zoho.errors import Cody2ZohoError, ConfigurationError, Damaged
from cody2zoho.services import Services

_key_file = click.option(
    "--key-file", type=click.Path(path_type=Path), help="File it is encrypted with; else as the settings say, or asked."
)
_from = click.option("--from", "address", default="", help="Folder or container; else BACKUP_TO.")
_yes = click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
_json = click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")


@click.group()
def backup() -> None:
    """Back up what the ledger knows, and put it back; docs/backup.md has all of it."""


@backup.command()
@click.option("--to", "address", default="", help="Folder, azure://container/prefix or https://…; else BACKUP_TO.")
@click.option("--name", default="", help="Else the moment at which it is made.")
@click.option(
    "--encrypt/--no-encrypt", "is_encrypted", default=None, help="Else where a passphrase or a key file is set."
)
@_key_file
@_json
def create(address: str, name: str, is_encrypted: bool | None, key_file: Path | None, as_json: bool) -> None:
    """Make a backup while everything goes on, and read it once more."""
    with services_at_hand() as services:
        place = shelf.place_of(address, services.settings)
        secret = _secret_to_close(services, key_file, is_encrypted=is_encrypted)
        with making.alone(services, "backup"):
            made = _made(services, place, name, secret)
        is_filled = services.ledger.is_open()
        if is_filled:
            regular.keep(services, made)
    view.show_made(made, as_json=as_json)
    if not is_filled:
        click.secho("The ledger is not filled from Zoho yet: it holds what was known so far.", fg="yellow", err=True)


@backup.command()
@_json
def nightly(as_json: bool) -> None:
    """Make one and let the oldest go, as at BACKUP_AT."""
    with services_at_hand() as services:
        try:
            made, removed = regular.back_up(services)
        except Cody2ZohoError as error:
            if not as_json:
                raise
            view.print_failure(str(error))
            sys.exit(1)
    view.show_made(made, as_json=as_json, removed=removed)


@backup.command("list")
@_from
@click.option("--check", "wholly", is_flag=True, help="Read every byte of each.")
@_json
def list_(address: str, wholly: bool, as_json: bool) -> None:
    """Show which backups there are; exit code 1 where one is damaged."""
    place = shelf.place_of(address, configuration.provisional())
    found = shelf.shown(place, wholly=wholly)
    view.show_list(found, place.address, as_json=as_json)
    if any(one.wrong for one in found):
        sys.exit(1)


@backup.command()
@click.argument("file", metavar="NAME")
@_from
@_key_file
@_json
def verify(file: str, address: str, key_file: Path | None, as_json: bool) -> None:
    """Read every byte of a backup, and every line."""
    item = shelf.item_of(file, address, configuration.provisional())
    header, totals = item.check()
    guards.check_version(header, item.name)
    is_opened = _opened(item, header, key_file)
    _warn_of_open(header, item.name, key_file)
    view.show_verified(item, header, totals, is_opened=is_opened, as_json=as_json)


@backup.command()
@click.argument("file", metavar="NAME")
@_from
@_key_file
@click.option("--merge", "is_merged", is_flag=True, help="Only add what Redis does not know.")
@click.option("--dry-run", "is_rehearsal", is_flag=True, help="Show what would change, and touch nothing.")
@click.option("--while-running", is_flag=True, help="Although workers run; they stop making cases at once.")
@click.option("--from-elsewhere", is_flag=True, help="Although it is of another installation.")
@click.option("--no-copy", is_flag=True, help="Do not back up first what is there now.")
@_yes
@_json
def restore(
    file: str,
    address: str,
    key_file: Path | None,
    is_merged: bool,
    is_rehearsal: bool,
    while_running: bool,
    from_elsewhere: bool,
    no_copy: bool,
    is_sure: bool,
    as_json: bool,
) -> None:
    """Put a backup in the place of what Redis knows."""
    with services_at_hand() as services:
        item = shelf.item_of(file, address, services.settings)
        asked: list[sealing.Secret] = []

        def secret_for(sealed: dict[str, Any]) -> sealing.Secret:
            asked.append(_secret_to_open(sealed, item.name, key_file))
            return asked[-1]

        rehearsal = restoring.rehearse(item, secret_for, services)
        restoring.check(services, merged=is_merged)
        if not as_json:
            view.show_changes(rehearsal, is_merged=is_merged)
        _warn_of_open(rehearsal.header, item.name, key_file)
        refusal = _refusal(rehearsal.header, services, while_running=while_running, from_elsewhere=from_elsewhere)
        if is_rehearsal:
            view.end_rehearsal(rehearsal, str(refusal or ""), is_merged=is_merged, as_json=as_json)
            return
        if refusal:
            raise refusal
        _ask("Put it back?" if is_merged else "Replace what Redis knows by it?", is_sure=is_sure)
        copy = None if no_copy or is_merged else _copied(services, *asked)
        restored = _restored(rehearsal, services, merged=is_merged)
    if as_json:
        view.print_changes(rehearsal, is_merged=is_merged, restored=restored, copy=copy.item.name if copy else "")
    else:
        view.show_restored(restored, copy)


@backup.command()
@click.argument("file", metavar="NAME")
@_from
@_yes
def delete(file: str, address: str, is_sure: bool) -> None:
    """Delete a backup."""
    item = shelf.item_of(file, address, configuration.provisional())
    one = next((one for one in shelf.shown(item.place) if one.entry.name == item.name), None)
    if one is None:
        raise ConfigurationError([f"There is no backup {item.name} in {item.place.address}."])
    view.show_going([one])
    _ask("Delete it? This cannot be undone", is_sure=is_sure)
    item.place.delete(item.name)
    click.echo(f"{item.name} is deleted.")


@backup.command()
@_from
@click.option("--keep", type=click.IntRange(1), help="So many of the newest stay; else BACKUP_KEEP.")
@click.option("--keep-days", type=click.FloatRange(0), default=0.0, help="And whatever is younger.")
@_yes
def prune(address: str, keep: int | None, keep_days: float, is_sure: bool) -> None:
    """Delete old backups of this installation, never the last good one."""
    with services_at_hand() as services:
        settings, now = services.settings, services.clock()
    place = shelf.place_of(address, settings)
    old = shelf.superfluous(
        place, now, keep=keep or settings.backup_keep, keep_days=keep_days, zoho=making.zoho_of(settings)
    )
    if not old:
        click.echo("Nothing has to go.")
        return
    view.show_going(old)
    _ask(f"Delete {'it' if len(old) == 1 else f'these {len(old)}'}? This cannot be undone", is_sure=is_sure)
    for one in old:
        place.delete(one.entry.name)
    click.echo(f"{len(old)} deleted.")


def _made(services: Services, place: Place, name: str, secret: sealing.Secret | None) -> Made:
    """Written, and read once more."""
    made = making.create(services, place, name=name, secret=secret)
    made.item.check()
    return made


def _copied(services: Services, *secrets: sealing.Secret) -> Made | None:
    """What is there now, in case the wrong backup was named, closed as that one is; half a restore is no loss."""
    known = any(services.ledger.counts().values())
    if not known or services.ledger.restoring():
        return None
    with making.alone(services, "backup"):
        place = shelf.place_of("", services.settings)
        secret = making.secret_of(services.settings) or next(iter(secrets), None)
        return _made(services, place, making.named("before-restore", services.clock()), secret)


def _restored(rehearsal: restoring.Rehearsal, services: Services, *, merged: bool) -> int:
    """Whoever ends it half-way, by Ctrl-C perhaps, is told what that means."""
    before = services.ledger.restoring()
    try:
        return restoring.restore(rehearsal, services, merged=merged, told=view.tell)
    except BaseException:
        with suppress(RedisError):
            if services.ledger.restoring() not in ("", before):
                click.secho("It is there by half, so the ledger is closed: restore once more.", fg="red", err=True)
        raise


def _refusal(header: Header, services: Services, *, while_running: bool, from_elsewhere: bool) -> Cody2ZohoError | None:
    """Why it must not be put back, unless that is meant."""
    reasons = [] if from_elsewhere else list(guards.foreign(header, services.settings))
    if reasons:
        return Cody2ZohoError(
            f"This backup is of another installation: {'; '.join(reasons)}. --from-elsewhere takes it."
        )
    reasons = [] if while_running else list(guards.at_work(services))
    if reasons:
        return Cody2ZohoError(
            f"Workers would change what is put back ({'; '.join(reasons)}): stop them or `cody2zoho pause`, and wait "
            "15 seconds; --while-running does it all the same."
        )
    return None


def _warn_of_open(header: Header, name: str, key_file: Path | None) -> None:
    """An open one is opened by any key: it might stand in the place of one that is encrypted."""
    settings = configuration.provisional()
    if not header.sealed and (key_file or settings.backup_key_file or settings.backup_passphrase.get_secret_value()):
        click.secho(
            f"{name} is not encrypted, though a key is at hand: whoever may write where it lies may have made it.",
            fg="yellow",
            err=True,
        )


def _secret_to_close(services: Services, key_file: Path | None, *, is_encrypted: bool | None) -> sealing.Secret | None:
    if is_encrypted is False:
        return None
    known = sealing.of_file(key_file) if key_file else making.secret_of(services.settings)
    if known or not is_encrypted:
        return known
    return sealing.of_passphrase(_prompted("Passphrase for the backup", confirmed=True))


def _secret_to_open(sealed: dict[str, Any], name: str, key_file: Path | None) -> sealing.Secret:
    """The one named, else that of the settings where it is of the right kind, else asked for."""
    if key_file:
        return sealing.of_file(key_file)
    wants_file = sealed.get("by") == "key file"
    if known := making.secret_of(configuration.provisional(), is_file=wants_file):
        return known
    if wants_file:
        raise Damaged(f"{name} is encrypted with a key file: name it with --key-file, or in BACKUP_KEY_FILE.")
    return sealing.of_passphrase(_prompted(f"Passphrase of {name}"))


def _opened(item: Item, header: Header, key_file: Path | None) -> bool:
    """Whether its lines could be read as well; where its key is not at hand its bytes have to do."""
    seal = None
    if header.sealed:
        wants_file = header.sealed.get("by") == "key file"
        may_ask = sys.stdin.isatty() and not wants_file
        if not (key_file or may_ask or making.secret_of(configuration.provisional(), is_file=wants_file)):
            return False
        seal = sealing.opened(header.sealed, _secret_to_open(header.sealed, item.name, key_file), item.name)
    restoring.read_through(item, seal)
    return True


def _prompted(question: str, *, confirmed: bool = False) -> str:
    if not sys.stdin.isatty():
        raise click.UsageError(
            "There is no terminal to ask for a passphrase: set BACKUP_PASSPHRASE or BACKUP_KEY_FILE."
        )
    return str(click.prompt(question, hide_input=True, confirmation_prompt=confirmed, err=True))


def _ask(question: str, *, is_sure: bool) -> None:
    if not is_sure:
        asking.must_ask("This")
        asking.go_on_if(click.confirm(question, err=True))
