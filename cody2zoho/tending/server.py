"""What a Redis says of itself: one INFO, read into facts; whatever kind of Redis it is, and whatever it withholds.

A provider such as Azure, or an access rule, takes commands away: CONFIG, MONITOR, now and then INFO itself. Each that
is asked for in vain is told in one sentence, and the rest goes on.
"""

from dataclasses import dataclass, field
from typing import Any

import redis
from redis.exceptions import AuthenticationError, MovedError, NoPermissionError, ResponseError

from cody2zoho.errors import Refused

#: How a Redis says that a command is not for us: no permission, renamed or unknown, not in this edition.
_WITHHELD = ("noperm", "unknown command", "unknown subcommand", "not allowed", "not supported", "unsupported")


def ask(client: redis.Redis, *words: str | int, as_bytes: bool = False) -> Any:
    """The answer to a command, as bytes where it may hold any. Raises Refused where this Redis does not let us ask."""
    # What counts for redis-py is that the option is there, not what it says.
    options = {"NEVER_DECODE": True} if as_bytes else {}
    try:
        return client.execute_command(*words, **options)  # type: ignore[no-untyped-call]
    except ResponseError as error:
        if is_withheld(error):
            raise withheld(str(words[0])) from None
        raise


def is_withheld(error: Exception) -> bool:
    is_other = isinstance(error, MovedError | AuthenticationError)
    return not is_other and (
        isinstance(error, NoPermissionError) or any(words in str(error).lower() for words in _WITHHELD)
    )


def withheld(command: str) -> Refused:
    return Refused(f"This Redis refuses {command}: its provider or its access rules took the command away")


@dataclass(frozen=True)
class Server:
    """One look at it. Of what INFO does not tell, the figures are 0 and the words empty."""

    address: str
    info: dict[str, Any]
    keys: int
    #: Microseconds a call, and calls, of each command since the server's start.
    commands: dict[str, dict[str, Any]]
    #: One sentence for each thing that was asked in vain.
    refusals: tuple[str, ...] = field(default=())

    @property
    def is_told(self) -> bool:
        """Whether INFO could be read at all."""
        return bool(self.info)

    @property
    def name(self) -> str:
        if "valkey_version" in self.info:
            return f"Valkey {self.info['valkey_version']}"
        return f"Redis {self.version or '(version unknown)'}"

    @property
    def version(self) -> str:
        """That of the Redis it is, or is compatible with."""
        return str(self.info.get("redis_version", ""))

    @property
    def role(self) -> str:
        return {"slave": "replica"}.get(self.text("role"), self.text("role"))

    @property
    def is_cluster(self) -> bool:
        return bool(self.number("cluster_enabled"))

    @property
    def used(self) -> int:
        """Bytes."""
        return int(self.number("used_memory"))

    @property
    def limit(self) -> int:
        """Bytes it may use; 0 where nothing but the machine bounds it."""
        return int(self.number("maxmemory"))

    @property
    def policy(self) -> str:
        return self.text("maxmemory_policy")

    @property
    def keeps_every_write(self) -> bool:
        return bool(self.number("aof_enabled"))

    @property
    def hit_rate(self) -> float | None:
        """Per cent of the keys asked for that were there, since its start."""
        asked = self.number("keyspace_hits") + self.number("keyspace_misses")
        return 100 * self.number("keyspace_hits") / asked if asked else None

    @property
    def without_expiry(self) -> int:
        """Keys of all databases that stay until somebody deletes them."""
        spaces = [one for name, one in self.info.items() if name.startswith("db") and isinstance(one, dict)]
        return sum(int(one.get("keys", 0)) - int(one.get("expires", 0)) for one in spaces)

    def number(self, name: str) -> float:
        value = self.info.get(name, 0)
        return float(value) if isinstance(value, int | float) else 0.0

    def text(self, name: str) -> str:
        return str(self.info.get(name, ""))


def read(client: redis.Redis, address: str) -> Server:
    """Look at it once, in three round trips. Raises RedisError where it does not answer."""
    refusals: list[str] = []
    info = _asked(client, refusals, "INFO") or {}
    commands = _asked(client, refusals, "INFO", "commandstats") if info else {}
    return Server(
        address=address,
        info=info,
        keys=int(_asked(client, refusals, "DBSIZE") or 0),
        commands={name.removeprefix("cmdstat_"): one for name, one in commands.items() if isinstance(one, dict)},
        refusals=tuple(refusals),
    )


def _asked(client: redis.Redis, refusals: list[str], *words: str) -> Any:
    """None where it is refused."""
    try:
        return ask(client, *words)
    except Refused as refusal:
        refusals.append(str(refusal))
        return None
