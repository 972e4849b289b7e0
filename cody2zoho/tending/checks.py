"""Every check of Redis's health, and what its trouble takes off a score of 100."""

from cody2zoho.alerts import Level
from cody2zoho.errors import Refused
from cody2zoho.tending.connectivity import percentile
from cody2zoho.tending.sample import Check, Sample, Trouble
from cody2zoho.tending.server import Server


def _told(seen: Sample, name: str) -> Server:
    """Where INFO has that line; what a provider's own Redis leaves out is neither well nor ill."""
    if not seen.server.is_told:
        raise Refused("INFO is refused, which would tell")
    if name not in seen.server.info:
        raise Refused(f"INFO leaves out {name}, which would tell")
    return seen.server


def _role(seen: Sample) -> Trouble | None:
    if _told(seen, "role").role == "replica":
        return Trouble(Level.CRITICAL, 50, "It is a replica, which takes no writes")
    if seen.server.number("loading"):
        return Trouble(Level.CRITICAL, 50, "It is still reading its data")
    return None


def _version(seen: Sample) -> Trouble | None:
    numbers = [int(part) for part in _told(seen, "redis_version").version.split(".")[:2] if part.isdigit()]
    if numbers and numbers < [6]:
        return Trouble(Level.HIGH, 30, f"{seen.server.name} is too old: what we ask of it came with Redis 6")
    if numbers and numbers < [6, 2]:
        return Trouble(Level.LOW, 2, f"{seen.server.name} gets no more corrections from its makers")
    return None


def _policy(seen: Sample) -> Trouble | None:
    policy = _told(seen, "maxmemory_policy").policy
    if policy == "noeviction":
        return None
    if seen.server.limit:
        return Trouble(Level.HIGH, 30, f"maxmemory-policy is {policy}: when full it throws our keys away")
    return Trouble(Level.MEDIUM, 10, f"maxmemory-policy is {policy}, which throws keys away once there is a limit")


def _memory(seen: Sample) -> Trouble | None:
    server = _told(seen, "maxmemory")
    if not server.limit:
        return None
    share = 100 * server.used / server.limit
    if share >= 95:
        return Trouble(Level.CRITICAL, 40, f"{share:.0f} % of its memory is used: full, it takes nothing new")
    if share >= 80:
        return Trouble(Level.HIGH, 20, f"{share:.0f} % of its memory is used")
    return None


def _limited(seen: Sample) -> Trouble | None:
    if _told(seen, "maxmemory").limit:
        return None
    return Trouble(Level.LOW, 2, "maxmemory is not set: when the machine is full the kernel kills it")


def _evicted(seen: Sample) -> Trouble | None:
    count = int(_told(seen, "evicted_keys").number("evicted_keys"))
    if not count:
        return None
    return Trouble(Level.HIGH, 25, f"{count} keys were thrown away for want of memory since its start")


def _persistence(seen: Sample) -> Trouble | None:
    server = _told(seen, "aof_enabled")
    if server.keeps_every_write:
        return None
    # The second is of Redis before 7, and -1 where there was none.
    if server.number("rdb_saves") or server.info.get("rdb_last_bgsave_time_sec", -1) >= 0:
        return Trouble(Level.MEDIUM, 10, "It has snapshots but no append-only file: the latest writes are lost")
    return Trouble(
        Level.MEDIUM, 15, "It keeps no append-only file, and made no snapshot since its start: it may come back empty"
    )


def _disk(seen: Sample) -> Trouble | None:
    failing = [
        what
        for what, name in (
            ("append-only file", "aof_last_write_status"),
            ("append-only file's rewrite", "aof_last_bgrewrite_status"),
            ("snapshot", "rdb_last_bgsave_status"),
        )
        if _told(seen, "aof_last_write_status").text(name) not in ("ok", "")
    ]
    if not failing:
        return None
    return Trouble(Level.CRITICAL, 30, f"The last write of the {' and the '.join(failing)} failed")


def _connections(seen: Sample) -> Trouble | None:
    server = _told(seen, "connected_clients")
    most, now = server.number("maxclients"), server.number("connected_clients")
    if most and now >= 0.8 * most:
        return Trouble(Level.HIGH, 15, f"{now:.0f} of {most:.0f} possible connections are in use")
    if rejected := int(server.number("rejected_connections")):
        return Trouble(Level.MEDIUM, 10, f"{rejected} connections were turned away since its start")
    return None


def _blocked(seen: Sample) -> Trouble | None:
    count = int(_told(seen, "blocked_clients").number("blocked_clients"))
    if count <= 100:
        return None
    return Trouble(Level.LOW, 5, f"{count} clients wait in a blocking command; of us each worker is one")


def _replication(seen: Sample) -> Trouble | None:
    server = _told(seen, "role")
    states = [value for name, value in server.info.items() if name.startswith("slave") and isinstance(value, dict)]
    lags = [float(one.get("lag", 0)) for one in states]
    if any(one.get("state") != "online" for one in states) or max(lags, default=0) > 10:
        return Trouble(Level.MEDIUM, 10, "A replica lags behind by more than ten seconds: a failover would lose that")
    return None


def _latency(seen: Sample) -> Trouble | None:
    most = percentile(seen.pings, 99)
    if most > 500:
        return Trouble(Level.HIGH, 25, f"A ping takes up to {most:.0f} ms")
    if most > 50:
        return Trouble(Level.MEDIUM, 10, f"A ping takes up to {most:.0f} ms")
    return None


def _slow_commands(seen: Sample) -> Trouble | None:
    if seen.slow is None:
        raise Refused("SLOWLOG is refused, which would tell")
    lately = [one for one in seen.slow if one.second > seen.now - 3600 and one.milliseconds > 100]
    if len(lately) <= 5:
        return None
    return Trouble(Level.LOW, 5, f"{len(lately)} commands of the last hour held it up for more than 100 ms")


def _clock(seen: Sample) -> Trouble | None:
    if seen.apart_seconds <= 5:
        return None
    return Trouble(Level.MEDIUM, 10, f"Its clock and this machine's differ by {seen.apart_seconds:.0f} seconds")


def _fragmentation(seen: Sample) -> Trouble | None:
    ratio, used = _told(seen, "mem_fragmentation_ratio").number("mem_fragmentation_ratio"), seen.server.used
    if ratio <= 1.5 or used < 100_000_000:
        return None
    return Trouble(Level.LOW, 5, f"It takes {ratio:.1f} times the memory that its data needs")


def _keys(seen: Sample) -> Trouble | None:
    more = _told(seen, "redis_version").without_expiry - seen.accounted
    if more <= 10_000:
        return None
    return Trouble(
        Level.MEDIUM, 10, f"About {more:,} keys that never go are more than ours: somebody else's, or other databases'"
    )


def _access(seen: Sample) -> Trouble | None:
    settings = seen.settings
    if settings.redis_is_near or settings.redis_has_login:
        return None
    return Trouble(Level.MEDIUM, 10, "It lets everybody in who reaches it: REDIS_URL has no login")


CHECKS = (
    Check(
        "role",
        "master, and not loading",
        "It takes writes.",
        "Let REDIS_URL name the master; of a managed Redis, its own host name",
        _role,
    ),
    Check("version", "Redis 6.2", "Its version has all we need.", "Move to Redis 7 or 8, or Valkey", _version),
    Check(
        "eviction",
        "noeviction",
        "When full it refuses writes, and throws nothing away.",
        "Set maxmemory-policy to noeviction; in Azure under Advanced settings",
        _policy,
    ),
    Check(
        "memory",
        "80 and 95 % of maxmemory",
        "There is room.",
        "Raise maxmemory or take a larger size; `cody2zoho redis keys` shows what takes it",
        _memory,
    ),
    Check(
        "limit", "maxmemory is set", "Its memory has a limit.", "Set maxmemory to 3/4 of what the machine has", _limited
    ),
    Check(
        "evicted",
        "0 since its start",
        "No key was ever thrown away.",
        "Set maxmemory-policy to noeviction, give it room, then `cody2zoho reconcile`",
        _evicted,
    ),
    Check(
        "persistence",
        "appendonly yes",
        "Every write is kept on disk.",
        "Set appendonly to yes; Azure keeps data from Premium or with persistence of Azure Managed Redis",
        _persistence,
    ),
    Check(
        "disk",
        "the last write was well",
        "What it writes to disk arrives there.",
        "Look whether the disk is full, and into its log",
        _disk,
    ),
    Check(
        "connections",
        "80 % of maxclients; none turned away",
        "It has connections to spare.",
        "Raise maxclients or the size; lower REDIS_MAX_CONNECTIONS, or start fewer workers",
        _connections,
    ),
    Check(
        "blocked",
        "100",
        "Few clients wait in blocking commands.",
        "See who they are with CLIENT LIST; workers that died go by themselves",
        _blocked,
    ),
    Check(
        "replication",
        "10 seconds",
        "Its replicas keep up, where it has any.",
        "Look at the network between them, and at the replica's log",
        _replication,
    ),
    Check(
        "latency",
        "50 and 500 ms for 99 % of pings",
        "It answers quickly.",
        "Bring workers and Redis into one region; `cody2zoho redis performance` shows more",
        _latency,
    ),
    Check(
        "slow",
        "5 in an hour over 100 ms",
        "No command holds it up.",
        "`cody2zoho redis slowlog` names them; another program's KEYS is the usual cause",
        _slow_commands,
    ),
    Check(
        "clock",
        "5 seconds",
        "Its clock is that of this machine.",
        "Keep the clocks of all machines right (NTP)",
        _clock,
    ),
    Check(
        "fragmentation",
        "1.5, above 100 MB",
        "Its memory is not fragmented.",
        "Set activedefrag to yes, or restart it at a quiet hour",
        _fragmentation,
    ),
    Check(
        "keys",
        "10,000 more than ours",
        "No keys pile up that never go.",
        "`cody2zoho redis keys --everything` counts whose they are; give others a Redis of their own",
        _keys,
    ),
    Check(
        "access",
        "a login, unless on this machine",
        "Nobody gets in without a login.",
        "Set a password (requirepass) and write it into REDIS_URL or REDIS_PASSWORD",
        _access,
    ),
)
