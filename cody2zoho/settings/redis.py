"""Where the ledger, the queue and the results are."""

from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

from pydantic import BaseModel, SecretStr, ValidationInfo, field_validator

from cody2zoho.settings import formats
from cody2zoho.settings.setting import setting


@dataclass(frozen=True)
class AddressParts:
    """Of an address; a socket has no host."""

    is_secure: bool
    host: str
    port: int
    username: str
    password: str


class Redis(BaseModel):
    """One server for all of it."""

    redis_url: formats.RedisAddress = setting(
        SecretStr(""), "Redis, as redis://, rediss:// or unix:// address; empty = the REDIS_HOST settings."
    )
    redis_host: str = setting("localhost", "Host of Redis, where REDIS_URL is empty.")
    redis_port: int = setting(6379, "Port of Redis.", ge=1, le=65_535)
    redis_db: int = setting(0, "Number of the Redis database.", ge=0)
    redis_username: str = setting("", "User name at Redis.")
    redis_password: SecretStr = setting(SecretStr(""), "Password at Redis.")
    redis_ssl: bool = setting(False, "true: TLS to REDIS_HOST.")
    redis_max_connections: int = setting(50, "Connections to Redis a process may open.", ge=5)
    redis_connect_timeout: float = setting(5, "Seconds to wait for a connection to Redis.", gt=0)
    redis_read_timeout: float = setting(5, "Seconds to wait for an answer of Redis.", gt=1)
    redis_write_timeout: float = setting(
        5, "Seconds to wait until Redis takes a request; the longer of the two applies to both.", gt=1
    )
    redis_key_prefix: str = setting(
        "{cody2zoho}:", "What every key begins with; the braces keep all keys in one slot of a Redis cluster."
    )
    redis_auth: Literal["password", "entra"] = setting(
        "password", "How to log in at Redis: `password`, or `entra` for Azure with Entra ID and without a password."
    )

    @field_validator("redis_auth")
    @classmethod
    def _entra_can_be_used(cls, value: str, info: ValidationInfo) -> str:
        """A password beside it would be ignored; a token must not be sent where everybody can read it."""
        if value != "entra" or "redis_url" not in info.data:
            return value
        parts = urlsplit(info.data["redis_url"].get_secret_value())
        if parts.scheme:
            # Compose always sets REDIS_PASSWORD, for its own Redis; here it counts for nothing.
            has_login, is_secret, host = "@" in parts.netloc, parts.scheme == "rediss", parts.hostname or ""
        else:
            has_login = bool(info.data["redis_username"] or info.data["redis_password"].get_secret_value())
            is_secret, host = info.data["redis_ssl"], info.data["redis_host"]
        if has_login:
            raise ValueError("has no password: take the login out of REDIS_URL, or REDIS_USERNAME and REDIS_PASSWORD")
        if not (is_secret or _is_near(host)):
            raise ValueError("sends a token, which needs TLS: write rediss:// in REDIS_URL, or REDIS_SSL=true")
        if not _is_installed():
            raise ValueError("needs a package that is not installed: pip install 'cody2zoho[azure]'")
        return value

    @cached_property
    def redis_address(self) -> str:
        """One address for the ledger, the broker and the results; certificates are always checked."""
        address = self.redis_url.get_secret_value() or self._address_of_parts()
        if address.startswith("rediss://") and "ssl_cert_reqs=" not in address:
            address += ("&" if "?" in address else "?") + "ssl_cert_reqs=required"
        return address

    @property
    def shown_redis_address(self) -> str:
        """The address without its login, fit to be shown."""
        return formats.without_login(self.redis_address)

    @property
    def celery_address(self) -> str:
        """The same address as Celery writes it: its scheme for a socket is another."""
        address = self.redis_address
        if self.redis_auth == "entra":
            address += ("&" if "?" in address else "?") + "credential_provider=cody2zoho.entra.provider"
        if not address.startswith("unix://"):
            return address
        path, _, query = address.removeprefix("unix://").partition("?")
        login, at, path = path.rpartition("@")
        return f"redis+socket://{login}{at}{path}?{query.replace('db=', 'virtual_host=')}"

    @property
    def redis_address_parts(self) -> AddressParts:
        parts = urlsplit(self.redis_address)
        is_socket = parts.scheme == "unix"
        return AddressParts(
            is_secure=parts.scheme == "rediss",
            host="" if is_socket else parts.hostname or "localhost",
            port=parts.port or 6379,
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )

    @property
    def redis_is_near(self) -> bool:
        """Whether nobody but this machine reaches it by its address."""
        return _is_near(urlsplit(self.redis_address).hostname or "")

    @property
    def redis_has_login(self) -> bool:
        parts = urlsplit(self.redis_address)
        return bool(self.redis_auth == "entra" or parts.password or "password=" in parts.query)

    def _address_of_parts(self) -> str:
        password = quote(self.redis_password.get_secret_value(), safe="")
        login = f"{quote(self.redis_username, safe='')}:{password}@" if self.redis_username or password else ""
        scheme = "rediss" if self.redis_ssl else "redis"
        return f"{scheme}://{login}{self.redis_host}:{self.redis_port}/{self.redis_db}"

    @property
    def redis_timeout(self) -> float:
        """Seconds; redis-py knows one time-out for reading and writing."""
        return max(self.redis_read_timeout, self.redis_write_timeout)


def _is_near(host: str) -> bool:
    """A socket has no host."""
    return host in ("", "localhost", "::1") or host.startswith("127.")


def _is_installed() -> bool:
    """`azure` itself may be there without it."""
    return find_spec("azure") is not None and find_spec("azure.identity") is not None
