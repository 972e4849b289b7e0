"""Where the ledger, the queue and the results are."""

from functools import cached_property
from urllib.parse import quote

from pydantic import BaseModel, SecretStr

from cody2zoho.settings import formats
from cody2zoho.settings.setting import setting


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
        path, _, query = self.redis_address.removeprefix("unix://").partition("?")
        if not self.redis_address.startswith("unix://"):
            return self.redis_address
        login, at, path = path.rpartition("@")
        return f"redis+socket://{login}{at}{path}?{query.replace('db=', 'virtual_host=')}"

    def _address_of_parts(self) -> str:
        password = quote(self.redis_password.get_secret_value(), safe="")
        login = f"{quote(self.redis_username, safe='')}:{password}@" if self.redis_username or password else ""
        scheme = "rediss" if self.redis_ssl else "redis"
        return f"{scheme}://{login}{self.redis_host}:{self.redis_port}/{self.redis_db}"

    @property
    def redis_timeout(self) -> float:
        """Seconds; redis-py knows one time-out for reading and writing."""
        return max(self.redis_read_timeout, self.redis_write_timeout)
