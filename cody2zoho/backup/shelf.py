"""The backups of one place: which there are, whether they are whole, and which may go."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cody2zoho.backup import blobs
from cody2zoho.backup.container import Header, Reader, Totals, ended, headed
from cody2zoho.backup.folder import Folder
from cody2zoho.backup.place import SUFFIX, Entry, Place
from cody2zoho.errors import ConfigurationError, Damaged, Permanent
from cody2zoho.settings import Settings

_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Item:
    """One backup by its name, wherever it lies."""

    place: Place
    name: str

    def check(self) -> tuple[Header, Totals]:
        """Read every byte. Raises Damaged."""
        with self.place.opened(self.name) as source:
            reader = Reader(source, self.name)
            reader.check()
        return reader.header, reader.totals


@dataclass(frozen=True)
class Shown:
    """A backup as it is listed; `wrong` says what is the matter with it, and then there may be no header or totals."""

    entry: Entry
    header: Header | None = None
    totals: Totals | None = None
    wrong: str = ""

    @property
    def made_at(self) -> float:
        return self.header.made_at if self.header else self.entry.written_at


def place_of(address: str, settings: Settings) -> Place:
    """A folder or a container; where none is named, that of BACKUP_TO."""
    address = address or settings.backup_to or str(Path(settings.state_dir) / "backups")
    if address.startswith(("azure://", "https://")):
        return blobs.of(address, settings.backup_azure_connection_string.get_secret_value())
    if "://" in address:
        raise ConfigurationError(
            [f"{address.partition('://')[0]}:// is no place for backups: write a folder, azure:// or https://."]
        )
    return Folder(Path(address))


def item_of(file: str, address: str, settings: Settings) -> Item:
    """A backup by its path, its whole address, or its name where backups are."""
    folder, _, name = file.rpartition("/")
    if address or not folder:
        return Item(place_of(address, settings), with_suffix(file))
    return Item(place_of(folder, settings), with_suffix(name))


def with_suffix(name: str) -> str:
    return name if name.endswith(SUFFIX) else f"{name}{SUFFIX}"


def shown(place: Place, *, wholly: bool = False) -> list[Shown]:
    """All that is there, the newest first: by their two ends, or `wholly`, by every byte."""
    found = [_shown(place, entry, wholly=wholly) for entry in place.entries()]
    return sorted(found, key=lambda one: one.made_at, reverse=True)


def _shown(place: Place, entry: Entry, *, wholly: bool) -> Shown:
    def part(offset: int, length: int) -> bytes:
        return place.part(entry.name, offset, length)

    header = None
    try:
        header = headed(part, entry.size, entry.name)
        totals = Item(place, entry.name).check()[1] if wholly else ended(part, entry.size, entry.name)
    except Damaged as error:
        return Shown(entry, header, wrong=str(error))
    except Permanent as error:
        # One that nobody may read, or that Azure has archived, must neither hide the others nor go for that.
        return Shown(entry, wrong=str(error))
    return Shown(entry, header, totals)


def superfluous(place: Place, now: float, *, keep: int, keep_days: float, zoho: str) -> list[Shown]:
    """What may go: neither among the `keep` newest that are good, nor younger than so many days.

    The newest that can be read to its last byte stays in any case, and so does what another installation has made, and
    whatever has no header that we can read: another program's, or a newer version's.
    """
    ours = [one for one in shown(place) if one.header and one.header.zoho == zoho]
    good = [one for one in ours if not one.wrong]
    kept = {one.entry.name for one in good[:keep]}
    kept |= {one.entry.name for one in ours if now - one.made_at < keep_days * _DAY_SECONDS}
    if last := _last_good(place, good):
        kept.add(last)
    elif good:
        # None of them is whole, and who looks may want to see why.
        return []
    return [one for one in ours if one.entry.name not in kept]


def _last_good(place: Place, newest_first: Iterable[Shown]) -> str:
    for one in newest_first:
        try:
            Item(place, one.entry.name).check()
        except (Damaged, Permanent):
            continue
        return one.entry.name
    return ""
