"""The keys of a Redis by kind, by SCAN: KEYS would hold up every worker of a big one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import redis

from cody2zoho.tending.kinds import EARLIER_MARKS, FOREIGN, KINDS, OTHER, Kind, kind_of
from cody2zoho.tending.server import is_withheld, withheld

#: Keys that SCAN looks at in one round trip, in a fraction of a millisecond.
_AT_ONCE = 1_000

#: Memory of a kind is told from so many of its keys.
_SAMPLED = 50

_ORDER = {kind.name: place for place, kind in enumerate((*KINDS, OTHER, EARLIER_MARKS, FOREIGN))}

#: What stands for every character in a pattern of SCAN, if it is not to stand for itself.
_SPECIAL = "\\*?[]"


@dataclass(frozen=True)
class Key:
    #: Fit to be shown.
    name: str
    type: str
    #: Seconds until it goes by itself; None where it stays.
    seconds_left: float | None


@dataclass
class Found:
    """What there is of one kind; its bytes are told from a sample, None where Redis does not tell."""

    kind: Kind
    count: int = 0
    names: list[str] = field(default_factory=list)
    bytes: int | None = None


@dataclass(frozen=True)
class Look:
    """All kinds of which there is something, as KINDS has them, and what was asked in vain."""

    kinds: list[Found]
    refusals: tuple[str, ...]

    @property
    def count(self) -> int:
        return sum(found.count for found in self.kinds)

    @property
    def bytes(self) -> int | None:
        known = [found.bytes for found in self.kinds if found.bytes is not None]
        return sum(known) if known else None


def names(client: redis.Redis, pattern: str) -> Iterator[str]:
    """Each key that fits, once or, while Redis grows, twice. Raises Refused.

    Those of other programs may be any bytes; what is no text is kept so that `raw` has it back.
    """
    try:
        for name in client.scan_iter(match=pattern, count=_AT_ONCE, NEVER_DECODE=True):
            yield name.decode("utf-8", "surrogateescape")
    except redis.ResponseError as error:
        if is_withheld(error):
            raise withheld("SCAN") from None
        raise


def raw(name: str) -> bytes:
    """As Redis knows it."""
    return name.encode("utf-8", "surrogateescape")


def fit_to_be_shown(name: str) -> str:
    """A key of somebody else may hold what moves the cursor of a terminal."""
    return "".join(sign if sign.isprintable() else "".join(f"\\x{byte:02x}" for byte in raw(sign)) for sign in name)


def below(prefix: str, pattern: str = "*") -> str:
    """A pattern of SCAN for what stands below a prefix, whatever its characters."""
    return "".join(f"\\{sign}" if sign in _SPECIAL else sign for sign in prefix) + pattern


def look(
    client: redis.Redis, prefix: str, pattern: str, kept: int = 0, tell: Callable[[str], object] = lambda _: None
) -> Look:
    """Count by kind what fits, keep so many names of each, and sample its memory. `tell` hears how far it is."""
    kinds: dict[str, Found] = {}
    for number, name in enumerate(names(client, pattern), 1):
        kind = kind_of(name, prefix)
        found = kinds.setdefault(kind.name, Found(kind))
        found.count += 1
        if len(found.names) < max(kept, _SAMPLED):
            found.names.append(name)
        if number % 100_000 == 0:
            tell(f"counting: {number:,} keys so far")
    ordered = sorted(kinds.values(), key=lambda found: _ORDER[found.kind.name])
    refusals = _weigh(client, ordered)
    for found in ordered:
        del found.names[kept:]
    return Look(ordered, refusals)


def _weigh(client: redis.Redis, kinds: list[Found]) -> tuple[str, ...]:
    for found in kinds:
        sample = found.names[:_SAMPLED]
        with client.pipeline(transaction=False) as pipe:
            for name in sample:
                pipe.memory_usage(raw(name))
            weights = pipe.execute(raise_on_error=False)
        if refused := next((one for one in weights if isinstance(one, Exception)), None):
            if is_withheld(refused):
                return (str(withheld("MEMORY")),)
            raise refused
        known = [int(one) for one in weights if one]
        found.bytes = round(sum(known) / len(known) * found.count) if known else None
    return ()


def details(client: redis.Redis, chosen: list[str]) -> list[Key]:
    """Type and time left of each; one that went meanwhile is left out, and one that our user may not look at."""
    asked = iter(chosen)
    keys: list[Key] = []
    while some := list(islice(asked, 500)):
        with client.pipeline(transaction=False) as pipe:
            for name in some:
                pipe.type(raw(name))
                pipe.pttl(raw(name))
            answers = pipe.execute(raise_on_error=False)
        if wrong := next((one for one in answers if isinstance(one, Exception) and not is_withheld(one)), None):
            raise wrong
        pairs = zip(some, answers[::2], answers[1::2], strict=True)
        keys += [
            Key(fit_to_be_shown(name), kind, None if left < 0 else left / 1000)
            for name, kind, left in pairs
            if kind != "none" and not isinstance(kind, Exception)
        ]
    return keys
