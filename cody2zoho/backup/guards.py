"""What keeps a backup from being put back, unless a person says that it is meant."""

from collections.abc import Iterator

from cody2zoho.backup.container import Header
from cody2zoho.backup.making import zoho_of
from cody2zoho.errors import Damaged
from cody2zoho.ledger.records import SCHEMA
from cody2zoho.services import Services
from cody2zoho.settings import Settings
from cody2zoho.watching import signs

#: A worker that lives says so every five seconds.
_ALIVE_SECONDS = 15.0


def check_version(header: Header, name: str) -> None:
    """Raise Damaged where a newer program wrote what this one would misread."""
    if header.schema > SCHEMA:
        raise Damaged(
            f"{name} holds state of version {header.schema}, written by cody2zoho {header.version}, and this one knows "
            f"version {SCHEMA}: update it."
        )


def foreign(header: Header, settings: Settings) -> Iterator[str]:
    """In what it is of another installation."""
    if header.is_simulated != settings.uses_simulators:
        yield "it is of simulated APIs" if header.is_simulated else "it is of real APIs, and these are simulated"
    if header.zoho != zoho_of(settings):
        yield "it is of another client or data centre of Zoho"
    ours = {bot or "all" for bot in settings.bots}
    if "all" not in ours and (others := sorted(set(header.bots) - ours)):
        yield f"it is of other bots: {', '.join(others)}"


def at_work(services: Services) -> Iterator[str]:
    """Who works now. While everything is paused workers do no harm, but for what they have in hand."""
    now = services.shared_clock()
    if not services.paused.is_everything():
        seen = signs.read(services.store, services.settings.redis_key_prefix)
        alive = sorted(name for name, at in seen.workers.items() if now - at < _ALIVE_SECONDS)
        if alive:
            yield f"{len(alive)} at work: {', '.join(alive[:3])}{' …' if len(alive) > 3 else ''}"
    in_hand = services.ledger.in_hand()
    if in_hand:
        yield f"{in_hand} {'conversation is' if in_hand == 1 else 'conversations are'} being worked on"
