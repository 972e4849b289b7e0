"""The way to Redis, step by step, so that the one that fails names what to mend.

Keys, below the prefix:
    probe:<random>  string  written, read and deleted; gone after a minute where we were killed
"""

import secrets
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import redis
from redis.connection import parse_url
from redis.exceptions import (
    AuthenticationError,
    ClusterDownError,
    InvalidResponse,
    MovedError,
    ReadOnlyError,
    RedisError,
)

from cody2zoho.entra import NoToken
from cody2zoho.errors import Cody2ZohoError
from cody2zoho.settings import Settings
from cody2zoho.tending.server import is_withheld, withheld

#: Pings that the percentiles are of.
PINGS = 100

#: A certificate that ends sooner deserves a warning.
_CERTIFICATE_DAYS = 14

#: What the probe leaves where it is killed goes by itself.
_PROBE_SECONDS = 60


class Broken(Cody2ZohoError):
    """A step that failed: the rest of the way cannot be gone."""

    def __init__(self, words: str, remedy: str) -> None:
        super().__init__(words)
        self.remedy = remedy


@dataclass(frozen=True)
class Step:
    """One step: whether it was passed, in words, how long it took; what to do where it failed, or soon will."""

    name: str
    is_passed: bool
    words: str
    milliseconds: float
    remedy: str = ""


@dataclass(frozen=True)
class _Way:
    settings: Settings
    client: redis.Redis
    #: As redis-py reads the address.
    parts: dict[str, Any]

    @property
    def host(self) -> str:
        return str(self.parts.get("host", "localhost"))

    @property
    def port(self) -> int:
        return int(self.parts.get("port", 6379))

    @property
    def socket(self) -> str:
        return str(self.parts.get("path", ""))

    @property
    def is_secure(self) -> bool:
        return self.settings.redis_address.startswith("rediss://")


def steps(settings: Settings, client: redis.Redis, clock: Callable[[], float] = time.perf_counter) -> Iterator[Step]:
    """Each step as soon as it is done; the first that fails is the last."""
    parts = parse_url(settings.redis_address)  # type: ignore[no-untyped-call]
    way = _Way(settings, client, dict(parts))
    for name, take in _STEPS.items():
        began = clock()
        try:
            words, remedy = take(way)
        except Broken as broken:
            yield Step(name, False, str(broken), _since(began, clock), broken.remedy)
            return
        except RedisError as error:
            yield Step(name, False, _in_words(error), _since(began, clock), _remedy(error))
            return
        if words:
            yield Step(name, True, words, _since(began, clock), remedy)


def percentile(sorted_values: list[float], per_cent: float) -> float:
    """Of values in order, the one that so many per cent do not exceed."""
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * per_cent / 100))]


def pings(client: redis.Redis, count: int, clock: Callable[[], float] = time.perf_counter) -> list[float]:
    """Milliseconds of each, in order of length."""
    taken = []
    for _ in range(count):
        began = clock()
        client.ping()
        taken.append((clock() - began) * 1000)
    return sorted(taken)


def _name(way: _Way) -> tuple[str, str]:
    if way.socket:
        return "", ""
    try:
        found = socket.getaddrinfo(way.host, way.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        # The latter of a name with two dots side by side.
        raise Broken(
            f"nobody knows the host {way.host}",
            "correct the host in REDIS_URL or REDIS_HOST; of a private endpoint, link its DNS zone to this network",
        ) from None
    addresses = sorted({str(one[4][0]) for one in found})
    return "" if addresses == [way.host] else f"{way.host} is {', '.join(addresses)}", ""


def _connection(way: _Way) -> tuple[str, str]:
    where = way.socket or f"port {way.port}"
    try:
        _open(way).close()
    except OSError as error:
        raise Broken(
            f"nobody answers at {where}: {error.strerror or 'no answer in time'}",
            "start Redis (`cody2zoho redis start`), or correct REDIS_URL; look for a firewall in between",
        ) from None
    return f"{where} takes connections", ""


def _encryption(way: _Way) -> tuple[str, str]:
    if not way.is_secure:
        return "", ""
    if way.parts.get("ssl_cert_reqs") == "none":
        return "encrypted, but the certificate is not checked", "take ssl_cert_reqs=none out of REDIS_URL"
    context = _context(way.parts)
    try:
        with _open(way) as plain, context.wrap_socket(plain, server_hostname=way.host) as wrapped:
            return _of_certificate(wrapped.getpeercert() or {}, str(wrapped.version()))
    except ssl.SSLCertVerificationError as error:
        raise Broken(
            f"the certificate is not accepted: {error.verify_message}",
            "use the host that the certificate names; of an authority of your own add ssl_ca_certs=FILE to REDIS_URL",
        ) from None
    except OSError:
        raise Broken(
            "there is no TLS at this port", "write redis:// for rediss://, or the port of TLS (Azure: 6380 or 10000)"
        ) from None


def _context(parts: dict[str, Any]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=parts.get("ssl_ca_certs"))
        if parts.get("ssl_certfile"):
            context.load_cert_chain(parts["ssl_certfile"], parts.get("ssl_keyfile"), parts.get("ssl_password"))
    except OSError as error:
        why = "it holds none, or not the key to it" if isinstance(error, ssl.SSLError) else error.strerror
        raise Broken(
            f"a file with a certificate cannot be read: {why}",
            "correct ssl_ca_certs, ssl_certfile and ssl_keyfile in REDIS_URL",
        ) from None
    context.check_hostname = str(parts.get("ssl_check_hostname", True)).lower() != "false"
    return context


def _of_certificate(certificate: dict[str, Any], version: str) -> tuple[str, str]:
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    days = (ends - datetime.now(UTC)).days
    remedy = "renew it before then" if days < _CERTIFICATE_DAYS else ""
    return f"{version}, certificate good until {ends:%Y-%m-%d} ({days} days)", remedy


def _login(way: _Way) -> tuple[str, str]:
    way.client.ping()
    try:
        return f"accepted as {way.client.acl_whoami()!s}", ""
    except redis.ResponseError as error:
        if is_withheld(error):
            return "accepted", ""
        raise


def _round_trip(way: _Way) -> tuple[str, str]:
    taken = pings(way.client, PINGS)
    middle, worst = percentile(taken, 50), percentile(taken, 99)
    return f"half of {PINGS} pings within {middle:.2f} ms, 99 % within {worst:.2f} ms", ""


def _key(way: _Way) -> tuple[str, str]:
    """Written, read and deleted, under our prefix."""
    key, value = f"{way.settings.redis_key_prefix}probe:{secrets.token_hex(8)}", secrets.token_hex(8)
    way.client.set(key, value, ex=_PROBE_SECONDS)
    read, deleted = way.client.get(key), way.client.delete(key)
    if read != value or not deleted:
        raise Broken(
            "a key that was written could not be read again", "let REDIS_URL name the server that takes writes"
        )
    return "a key was written, read and deleted", ""


def _script(way: _Way) -> tuple[str, str]:
    key = f"{way.settings.redis_key_prefix}probe:script"
    way.client.eval("redis.call('TIME') return redis.call('EXISTS', KEYS[1])", 1, key)
    return "scripts run", ""


_STEPS: dict[str, Callable[[_Way], tuple[str, str]]] = {
    "DNS": _name,
    "connection": _connection,
    "TLS": _encryption,
    "login": _login,
    "round trip": _round_trip,
    "read and write": _key,
    "script": _script,
}


def _open(way: _Way) -> socket.socket:
    seconds = way.settings.redis_connect_timeout
    if not way.socket:
        return socket.create_connection((way.host, way.port), seconds)
    plain = socket.socket(socket.AF_UNIX)
    plain.settimeout(seconds)
    plain.connect(way.socket)
    return plain


def _since(began: float, clock: Callable[[], float]) -> float:
    return (clock() - began) * 1000


def _in_words(error: RedisError) -> str:
    if _is_refused(error):
        return "the login is refused"
    if isinstance(error, ReadOnlyError):
        return "this is a replica, which takes no writes"
    if isinstance(error, MovedError | ClusterDownError):
        return "this is a node of a cluster, and not the one for our keys"
    if is_withheld(error):
        return str(withheld(str(error).partition("'")[2].partition("'")[0].upper() or "a command we need"))
    return str(error) if isinstance(error, NoToken) else f"failed with {type(error).__name__}"


def _remedy(error: RedisError) -> str:
    if _is_refused(error):
        return "correct the login in REDIS_URL, or REDIS_USERNAME and REDIS_PASSWORD; for Entra ID, REDIS_AUTH"
    if isinstance(error, ReadOnlyError):
        return "let REDIS_URL name the master"
    if isinstance(error, MovedError | ClusterDownError):
        return "name the one address for all nodes; in Azure, choose a policy without a cluster, or Enterprise"
    if is_withheld(error):
        return "let our user have all commands but the dangerous ones, on all keys below REDIS_KEY_PREFIX"
    if isinstance(error, NoToken):
        return "give this machine an identity, or sign in with `az login`"
    if type(error) in (redis.ConnectionError, InvalidResponse):
        return (
            "this port may want TLS (write rediss:// for redis://), or be no Redis's; else look into the log of Redis"
        )
    return "look into the log of Redis; `cody2zoho redis health` may say more"


def _is_refused(error: RedisError) -> bool:
    return isinstance(error, AuthenticationError) or "noauth" in str(error).lower()
