"""A backup goes back into Redis: all of it is read before anything is touched, and Zoho has the last word.

1. `rehearse` reads the whole backup, so that a byte that is not as it was written is found before anything is lost, and
   compares it with what Redis knows.
2. `restore` closes the ledger with a mark that no worker takes away, drops what was there, unless it is `merged`, and
   puts back what the backup has. Whatever it does may be done again: a restore that dies half-way leaves the ledger
   closed, and the next one mends it.
3. The mark goes. The ledger is closed still, as a new one is: the next worker fills it from Zoho (`rebuild.py`) before
   it makes anything, so that a case made after the backup is known, and the unique field refuses the rest.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cody2zoho import rebuild, upgrade
from cody2zoho.backup import guards, sealing
from cody2zoho.backup.catalogue import PLACES, REST, UNITED
from cody2zoho.backup.container import Header, Reader, Seal
from cody2zoho.backup.making import WAIT_SECONDS, alone
from cody2zoho.backup.shelf import Item
from cody2zoho.backup.snapshot import Snapshot, batched
from cody2zoho.errors import ConfigurationError, Damaged, Transient
from cody2zoho.ledger.records import State, digest_of
from cody2zoho.services import Services
from cody2zoho.sync import erasure

_PER_CALL = 250

#: Polls, sweeps, comparisons and fillings wait until it is done.
_LOCKS = ("backup", "rebuild", "fetch", "sweep", "reconcile")

#: So begins the mark of a restore that drops nothing.
_MERGED = "merged "

#: So begin hashes whose fields tell of one thing: merged, what is there stays whole. A run's end is none of another's.
_WHOLE = ("backfill", "feed", "poll:", "metrics:reconcile")


@dataclass
class Figures:
    """Conversations by state: what the backup has, what Redis has now, and what a restore makes of it."""

    backup: dict[str, int] = field(default_factory=dict)
    now: dict[str, int] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)
    #: Known to both: by the state that Redis has.
    both: dict[str, int] = field(default_factory=dict)
    #: Of those, the ones whose state differs.
    moved: int = 0
    #: In the backup, but a person has erased them since: they stay away.
    barred: int = 0
    #: Erased when the backup was made, and Redis does not know it.
    bars: int = 0

    @property
    def lost(self) -> dict[str, int]:
        """Known to Redis alone, by state."""
        left = {state: count - self.both.get(state, 0) for state, count in self.now.items()}
        return {state: count for state, count in left.items() if count > 0 and state != State.FORGOTTEN}


@dataclass(frozen=True)
class Rehearsal:
    """What was read of a backup, and what it would change."""

    item: Item
    header: Header
    seal: Seal | None
    figures: Figures
    forgotten: dict[str, str]
    #: The backfill that was under way, or the last one.
    run: str = ""


def rehearse(item: Item, secret_for: Callable[[dict[str, Any]], sealing.Secret], services: Services) -> Rehearsal:
    """Read all of it, and touch nothing. Raises Damaged."""
    with item.place.opened(item.name) as source:
        reader = Reader(source, item.name)
        guards.check_version(reader.header, item.name)
        sealed = reader.header.sealed
        seal = sealing.opened(sealed, secret_for(sealed), item.name) if sealed else None
        figures = Figures(now=_now(services))
        forgotten: dict[str, str] = {}
        run = ""
        for some in batched(map(json.loads, reader.lines(seal)), _PER_CALL):
            conversations = [line for line in some if line["is"] in ("open", "finished")]
            _compare(conversations, figures, services)
            for line in some:
                if line.get("key") == "forgotten":
                    forgotten |= dict(line["value"])
                elif line.get("key") == "backfill":
                    run = dict(line["value"]).get("run", run)
    figures.bars = len(forgotten.keys() - _bars(services))
    return Rehearsal(item, reader.header, seal, figures, forgotten, run)


def read_through(item: Item, seal: Seal | None) -> None:
    """Every line of it. Raises Damaged."""
    with item.place.opened(item.name) as source:
        for line in Reader(source, item.name).lines(seal):
            json.loads(line)


def restore(
    rehearsal: Rehearsal,
    services: Services,
    *,
    merged: bool,
    told: Callable[[int], None],
    wait_seconds: float = WAIT_SECONDS,
) -> int:
    """Put it back; returns how many conversations. `told` how many lines are done, from time to time.

    Raises Transient where, after so long, something else is still at work.
    """
    with alone(services, *_LOCKS, wait_seconds=wait_seconds):
        check(services, merged=merged)
        if merged:
            upgrade.bring_up(services)
        mark = f"{_MERGED if merged else ''}{secrets.token_hex(8)}"
        services.ledger.begin_restoring(mark)
        if not merged:
            _drop(services)
        _put(services, "zset", "forgotten", list(rehearsal.forgotten.items()), "", is_kept=True)
        bars, barred, restored = _bars(services), set(), 0
        for number, some in enumerate(batched(_lines(rehearsal), _PER_CALL), start=1):
            lines = [(json.loads(text), text) for text in some]
            restored += _put_back(lines, mark, rehearsal, services, merged=merged)
            barred |= _barred((line for line, _ in lines), bars)
            told(number * _PER_CALL)
        if merged and rehearsal.forgotten:
            # Erased when the backup was made, and found again since Redis was lost.
            barred |= _barred(map(json.loads, Snapshot(services.store, _prefix(services)).lines()), bars)
        for one in barred:
            erasure.forget(services, one)
        services.ledger.end_restoring()
        services.blocks.lift(rebuild.RESTORE)
        # A pause that ended while the backup was made: what it had put aside goes on.
        services.paused.bring_back()
    return restored


def check(services: Services, *, merged: bool) -> None:
    """Raise ConfigurationError where a newer version wrote the state, or half of another is to be added to."""
    upgrade.check(services)
    half = services.ledger.restoring()
    if merged and half and not half.startswith(_MERGED):
        raise ConfigurationError(["A backup was put back by half, in the place of all: restore one without --merge."])


def _lines(rehearsal: Rehearsal) -> Iterator[str]:
    """Once more from the beginning, and checked once more."""
    with rehearsal.item.place.opened(rehearsal.item.name) as source:
        reader = Reader(source, rehearsal.item.name)
        if reader.header != rehearsal.header:
            raise Damaged(f"{rehearsal.item.name} was changed while it was read. Nothing of it is used.")
        yield from reader.lines(rehearsal.seal)


def _put_back(
    some: list[tuple[dict[str, Any], str]], mark: str, rehearsal: Rehearsal, services: Services, *, merged: bool
) -> int:
    conversations: list[tuple[str, str]] = []
    for line, text in some:
        if line["is"] in ("open", "finished"):
            conversations.append((line["id"], text))
        elif line["key"] != "forgotten" and not (merged and _is_of_another_run(line, rehearsal, services)):
            is_kept = merged or line["key"] in UNITED
            _put(services, line["is"], line["key"], line["value"], line.get("until", ""), is_kept=is_kept)
    new = services.ledger.put_back(mark, conversations)
    if new < 0:
        raise Transient("Redis was wiped, or another backup was restored, in the midst of it: restore once more.")
    return new


def _is_of_another_run(line: dict[str, Any], rehearsal: Rehearsal, services: Services) -> bool:
    """What was to be done of a backfill that is not the one that Redis knows; that one's own line comes before."""
    if line["key"] != "backfill:todo":
        return False
    return (services.store.hget(f"{_prefix(services)}backfill", "run") or "") != rehearsal.run


def _put(services: Services, kind: str, name: str, value: list[Any], until: str, *, is_kept: bool) -> None:
    """Members of a key; where it `is_kept`, those that are there stay as they are."""
    key = f"{_prefix(services)}{name}"
    was_there = is_kept and services.store.exists(key)
    with services.store.pipeline() as pipe:
        match kind:
            case "hash" if not (was_there and name.startswith(_WHOLE)):
                for part, text in value:
                    pipe.hsetnx(key, part, text) if is_kept else pipe.hset(key, part, text)
            case "zset":
                if value:
                    pipe.zadd(key, dict(value), nx=is_kept)
            case "list":
                if not was_there:
                    pipe.rpush(key, *value)
            case "string":
                pipe.set(key, value[0], nx=is_kept)
        if until and not was_there:
            # One whose time has come goes at once.
            pipe.pexpireat(key, int(until))
        pipe.execute()


def _drop(services: Services) -> None:
    """What the backup has an own version of; queues, tokens, locks and what a person has decided stay."""
    prefix = _prefix(services)
    kept = [one.pattern for one in (*PLACES, *REST) if one.pattern not in UNITED]
    names = [name for name in kept if not name.endswith("*")]
    places = ("agenda", "aside", "parked", "working", "metrics:states")
    services.store.unlink(*(f"{prefix}{name}" for name in (*names, *places)))
    for pattern in ("conversation:*", *(name for name in kept if name.endswith("*"))):
        for keys in batched(services.store.scan_iter(match=f"{prefix}{pattern}", count=2_000), 1_000):
            services.store.unlink(*keys)


def _bars(services: Services) -> set[str]:
    """Digests of ids that a person has erased."""
    return {str(one) for one, _ in services.store.zscan_iter(f"{_prefix(services)}forgotten", count=1_000)}


def _barred(lines: Iterable[dict[str, Any]], bars: set[str]) -> set[str]:
    """Ids that these lines name although they were erased."""
    return {one for line in lines for one in _ids(line) if digest_of(one) in bars} if bars else set()


def _ids(line: dict[str, Any]) -> list[str]:
    """Of the conversations that a line names."""
    match line.get("key"):
        case None:
            return [line["id"]]
        case "backfill:todo" | "strangers":
            return [member.partition(" ")[0] for member, _ in line["value"]]
        case "metrics:latest":
            return [entry.split(" ")[1] for entry in line["value"]]
        case _:
            return []


def _prefix(services: Services) -> str:
    return services.settings.redis_key_prefix


def _now(services: Services) -> dict[str, int]:
    return {state.value: count for state, count in services.ledger.counts().items() if count}


def _compare(lines: list[dict[str, Any]], figures: Figures, services: Services) -> None:
    states = {
        line["id"]: line["record"].partition(" ")[0] if "record" in line else line["fields"]["state"] for line in lines
    }
    # An empty Redis, as after its loss, need not be asked for each.
    known = services.ledger.looked_up(list(states)) if states and figures.now else {}
    for one, state in states.items():
        _count(figures.backup, state)
        found = known.get(one)
        if found is None:
            _count(figures.added, state)
        elif found.state is State.FORGOTTEN:
            figures.barred += 1
        else:
            _count(figures.both, found.state.value)
            figures.moved += found.state.value != state


def _count(counts: dict[str, int], state: str) -> None:
    counts[state] = counts.get(state, 0) + 1
