"""How fast it answers what we ask of it, and how busy it is meanwhile.

What it writes it deletes; where it was killed that goes by itself after a minute.

Keys, below the prefix:
    probe:<random>       string  what is written and read
    probe:<random>:hash  hash    like a claimed conversation
    probe:<random>:zset  zset    like the agenda
"""

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import cycle
from typing import Any

import redis

from cody2zoho.errors import Refused
from cody2zoho.tending.connectivity import percentile
from cody2zoho.tending.looking_on import Slow, slowest_lately
from cody2zoho.tending.server import Server, read

#: What is written goes by itself where we are killed.
_PROBE_SECONDS = 60

#: Like a claim: a few keys of one slot, read and written in one round trip.
_SCRIPT = """
redis.call('HSET', KEYS[1], 'state', 'working', 'owner', ARGV[1])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return redis.call('HGETALL', KEYS[1])
"""

#: Of one pipeline, as a poll or a look at many conversations sends it.
_IN_ONE = 50


@dataclass(frozen=True)
class Latency:
    """Milliseconds of one operation."""

    operation: str
    count: int
    half: float
    most: float
    worst: float


@dataclass(frozen=True)
class Beat:
    """What the server did in one span of the measuring."""

    second: float
    commands_per_second: float
    half: float
    used: int


@dataclass(frozen=True)
class Measured:
    seconds: float
    latencies: list[Latency]
    beats: list[Beat]
    #: Of all clients, ours included; None where INFO is refused.
    commands_per_second: float | None
    kilobytes_per_second: float | None
    hit_rate: float | None
    fragmentation: float | None
    #: The commands that took most of the server's time since its start: name, share in per cent, microseconds a call.
    busiest: list[tuple[str, float, float]]
    slow: list[Slow]
    refusals: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def measure(
    client: redis.Redis, prefix: str, address: str, seconds: float, clock: Callable[[], float] = time.perf_counter
) -> Measured:
    """For so many seconds, one operation after the other, over one connection. Raises RedisError."""
    before, began = read(client, address), clock()
    taken: dict[str, list[float]] = {name: [] for name in _OPERATIONS}
    beats = list(_measured(client, prefix, taken, seconds, clock))
    after, lasted = read(client, address), clock() - began
    slow, refusals = _slow(client, prefix, after)
    return Measured(
        seconds=lasted,
        latencies=[_latency(name, sorted(values)) for name, values in taken.items() if values],
        beats=beats,
        commands_per_second=_grown(before, after, lasted, "total_commands_processed"),
        kilobytes_per_second=_grown(before, after, lasted * 1000, "total_net_input_bytes", "total_net_output_bytes"),
        hit_rate=after.hit_rate,
        fragmentation=after.number("mem_fragmentation_ratio") or None,
        busiest=_busiest(after),
        slow=slow,
        refusals=tuple(dict.fromkeys((*before.refusals, *refusals))),
    )


def _measured(
    client: redis.Redis, prefix: str, taken: dict[str, list[float]], seconds: float, clock: Callable[[], float]
) -> Iterator[Beat]:
    """All operations in turn; a beat each tenth of the time."""
    name = f"{prefix}probe:{secrets.token_hex(8)}"
    began = clock()
    try:
        seen, looked, pings_seen = read(client, ""), began, 0
        for operation in cycle(_OPERATIONS):
            start = clock()
            if start - began >= seconds and all(taken.values()):
                break
            _OPERATIONS[operation](client, name)
            taken[operation].append((clock() - start) * 1000)
            if start - looked >= seconds / 10:
                now = read(client, "")
                rate = _grown(seen, now, start - looked, "total_commands_processed") or 0.0
                lately = sorted(taken["ping"][pings_seen:]) or [0.0]
                yield Beat(start - began, rate, percentile(lately, 50), now.used)
                seen, looked, pings_seen = now, start, len(taken["ping"])
    finally:
        client.unlink(name, f"{name}:hash", f"{name}:zset")


def _set(client: redis.Redis, name: str) -> Any:
    return client.set(name, "x" * 100, ex=_PROBE_SECONDS)


def _script(client: redis.Redis, name: str) -> Any:
    keys_and_words = (f"{name}:hash", f"{name}:zset", "owner", str(time.time()), str(_PROBE_SECONDS))
    return client.eval(_SCRIPT, 2, *keys_and_words)


def _pipeline(client: redis.Redis, name: str) -> Any:
    with client.pipeline(transaction=False) as pipe:
        for _ in range(_IN_ONE):
            pipe.get(name)
        return pipe.execute()


_OPERATIONS: dict[str, Callable[[redis.Redis, str], Any]] = {
    "ping": lambda client, _: client.ping(),
    "write": _set,
    "read": lambda client, name: client.get(name),
    "script, as a claim": _script,
    f"{_IN_ONE} reads in one": _pipeline,
}


def _latency(name: str, taken: list[float]) -> Latency:
    return Latency(name, len(taken), percentile(taken, 50), percentile(taken, 99), taken[-1])


def _grown(before: Server, after: Server, seconds: float, *names: str) -> float | None:
    if not after.is_told:
        return None
    return sum(after.number(name) - before.number(name) for name in names) / seconds


def _busiest(server: Server, count: int = 5) -> list[tuple[str, float, float]]:
    total = sum(float(one.get("usec", 0)) for one in server.commands.values()) or 1.0
    rows = [
        (name, 100 * float(one["usec"]) / total, float(one["usec_per_call"])) for name, one in server.commands.items()
    ]
    return sorted(rows, key=lambda row: -row[1])[:count]


def _slow(client: redis.Redis, prefix: str, server: Server) -> tuple[list[Slow], tuple[str, ...]]:
    try:
        return slowest_lately(client, prefix, 10), server.refusals
    except Refused as refusal:
        return [], (*server.refusals, str(refusal))
