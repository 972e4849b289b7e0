"""State that another version of us wrote: newer is refused, older is brought up to date, and looked at before."""

from collections.abc import Iterator

from cody2zoho.errors import ConfigurationError
from cody2zoho.ledger.records import SCHEMA
from cody2zoho.services import Services
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import StateUpgraded

_PER_STEP = 500


def check(services: Services) -> None:
    """Raise ConfigurationError where a newer version wrote the state: it may mean what we would misread."""
    found = services.ledger.schema()
    if found > SCHEMA:
        raise ConfigurationError(
            [
                f"Redis holds state of version {found}, written by a newer cody2zoho, and this one knows version "
                f"{SCHEMA}: update it, or write another REDIS_KEY_PREFIX"
            ]
        )


def bring_up(services: Services) -> None:
    """From version 1: what is finished goes into its bucket. Nothing is lost if it is interrupted: it begins anew."""
    check(services)
    if services.ledger.schema() == SCHEMA:
        return
    moved = sum(services.ledger.pack(ids) for ids in _all_by_themselves(services))
    # What a poll notes before the first filling looks like version 1, and is none.
    if moved:
        report(StateUpgraded(SCHEMA, moved))


def _all_by_themselves(services: Services) -> Iterator[list[str]]:
    """Ids of conversations that stand outside the buckets."""
    prefix = f"{services.settings.redis_key_prefix}conversation:"
    found: list[str] = []
    for key in services.store.scan_iter(match=f"{prefix}*", count=1_000, _type="hash"):
        if str(key).startswith(f"{prefix}finished:"):
            continue
        found.append(str(key).removeprefix(prefix))
        if len(found) >= _PER_STEP:
            yield found
            found = []
    yield found
