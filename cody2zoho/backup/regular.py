"""What `cody2zoho backup nightly` does: a backup, read once more, in the place of the oldest."""

from cody2zoho.backup import known, making, shelf
from cody2zoho.backup.making import Made
from cody2zoho.errors import Cody2ZohoError, Transient
from cody2zoho.services import Services

#: A row of empty backups would push out the good ones.
_NOT_FILLED = "The ledger is not filled from Zoho yet: there is nothing whole to back up."


def back_up(services: Services) -> tuple[Made, int]:
    """Make one where BACKUP_TO says, and keep BACKUP_KEEP; returns it, and how many went."""
    try:
        if not services.ledger.is_open():
            raise Transient(_NOT_FILLED)
        place = shelf.place_of("", services.settings)
        with making.alone(services, "backup"):
            made = making.create(services, place, secret=making.secret_of(services.settings))
            made.item.check()
            keep(services, made)
            return made, _prune(services, made)
    except Cody2ZohoError as error:
        known.note_failure(services, str(error))
        raise


def keep(services: Services, made: Made) -> None:
    """Let `status` and the check know of it; it was written, and read once more."""
    facts: dict[str, str | int] = {
        "at": made.header.made_at,
        "name": made.item.name,
        "to": made.item.place.address,
        "conversations": made.totals.conversations,
        "bytes": made.size,
        "seconds": f"{made.seconds:.1f}",
    }
    known.keep(services, facts)


def _prune(services: Services, made: Made) -> int:
    """Never the new one, which looks old where the clock was ahead before."""
    settings = services.settings
    place = shelf.place_of("", settings)
    old = shelf.superfluous(
        place, services.clock(), keep=settings.backup_keep, keep_days=0, zoho=making.zoho_of(settings)
    )
    going = [one.entry.name for one in old if one.entry.name != made.item.name]
    for name in going:
        place.delete(name)
    return len(going)
