"""A backup is made: from the snapshot of what Redis knows to a file, without holding more than a block of it."""

import re
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cody2zoho import __version__, upgrade
from cody2zoho.backup import sealing
from cody2zoho.backup.container import Header, Totals, written
from cody2zoho.backup.place import Place
from cody2zoho.backup.shelf import Item, with_suffix
from cody2zoho.backup.snapshot import Snapshot
from cody2zoho.errors import ConfigurationError, Transient
from cody2zoho.ledger.records import SCHEMA
from cody2zoho.limits import locks
from cody2zoho.services import Services
from cody2zoho.settings import Settings

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


#: How long a command waits for whoever is in the way.
WAIT_SECONDS = 10.0


@dataclass(frozen=True)
class Made:
    item: Item
    header: Header
    totals: Totals
    size: int
    seconds: float


@contextmanager
def alone(services: Services, *names: str, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Nobody else has these locks. Raises Transient where somebody does."""
    with ExitStack() as stack:
        for name in names:
            key = f"{services.settings.redis_key_prefix}lock:{name}"
            if not stack.enter_context(locks.alone(services.store, key, wait_seconds=wait_seconds)):
                raise Transient(f"Something else is at work (lock:{name}): try again when it has ended.")
        yield


def create(services: Services, place: Place, *, name: str = "", secret: sealing.Secret | None = None) -> Made:
    """Write one, beside all work, for who is `alone`. Raises ConfigurationError where there is one of this name."""
    if name and not _NAME.fullmatch(name):
        raise ConfigurationError(["The name of a backup has letters, digits, dots, dashes and underscores only."])
    if services.ledger.restoring():
        raise ConfigurationError(["A backup is being put back, or was by half: there is nothing whole to back up."])
    upgrade.bring_up(services)
    now, began = services.clock(), time.monotonic()
    seal, facts = sealing.new(secret) if secret else (None, None)
    header = Header(
        made_at=int(now),
        version=__version__,
        schema=SCHEMA,
        zoho=zoho_of(services.settings),
        bots=tuple(bot or "all" for bot in services.settings.bots),
        is_simulated=services.settings.uses_simulators,
        sealed=facts,
    )
    snapshot = Snapshot(services.store, services.settings.redis_key_prefix)
    name = with_suffix(name or named("cody2zoho", now))
    size = place.write(name, written(header, _whole(snapshot, services), snapshot.totals, seal))
    return Made(Item(place, name), header, snapshot.totals, size, time.monotonic() - began)


def named(what: str, now: float) -> str:
    """A name that is in the way of no other of the same second, also of another installation."""
    return f"{what}-{datetime.fromtimestamp(now, UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _whole(snapshot: Snapshot, services: Services) -> Iterator[str]:
    """All lines. What Redis lost in the midst of it would be missing in what looks like a good backup."""
    opened_at = services.ledger.opened_at()
    yield from snapshot.lines()
    if services.ledger.opened_at() != opened_at or services.ledger.restoring():
        raise Transient("Redis was wiped, restored or filled anew while it was backed up: make the backup again.")


def secret_of(settings: Settings, *, is_file: bool | None = None) -> sealing.Secret | None:
    """What the settings close backups with, the one of this kind where it is given; None where they say nothing."""
    if settings.backup_key_file and is_file is not False:
        return sealing.of_file(Path(settings.backup_key_file))
    passphrase = settings.backup_passphrase.get_secret_value()
    return sealing.of_passphrase(passphrase) if passphrase and not is_file else None


def zoho_of(settings: Settings) -> str:
    """Tells one client of Zoho from another, and names none."""
    whole = f"{settings.accounts_url}\0{settings.zoho_client_id}"
    return sha256(whole.encode()).hexdigest()[:16]
