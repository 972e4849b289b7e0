"""What a deployment would make: the template's parameters, and what they change."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from cody2zoho.cloud import secrets
from cody2zoho.cloud.choice import Choice, RedisAction, RedisKind, There
from cody2zoho.cloud.chosen import CASE_FILE, Chosen, secret_name
from cody2zoho.cloud.place import Place
from cody2zoho.cloud.secrets import Writing
from cody2zoho.errors import ConfigurationError

#: Logins that are made by chance where nobody sets them; each keeps the one it has.
_LOGINS = {"FLOWER_BASIC_AUTH": "flower:", "OPS_TOKEN": ""}

_THRESHOLDS = ("ALERT_POLL_MINUTES", "ALERT_ERROR_THRESHOLD", "ALERT_DISCREPANCY_PERCENT")

_LOOPBACK = ("", "localhost", "127.0.0.1", "::1", "redis")


@dataclass(frozen=True)
class Plan:
    """Ready to be deployed."""

    parameters: dict[str, Any]
    #: By name; they never get into `parameters`, which may be shown.
    secret_values: dict[str, str]
    #: A line each.
    changes: tuple[str, ...]


@dataclass(frozen=True)
class _Redis:
    kind: RedisKind | None
    action: RedisAction
    #: What stands in the vault about it, where we know it before Azure does.
    secrets: dict[str, str]
    is_new: bool
    speaks_tls: bool
    #: Whether KEDA finds the queue there; where it does not, all workers always run.
    is_seen: bool


def plan(place: Place, choice: Choice, chosen: Chosen, there: There, deployer: tuple[str, str]) -> Plan:
    """Raises ConfigurationError where something is missing."""
    redis = _redis(place, choice, chosen, there)
    by_chance = _logins(chosen, there)
    case_file = {CASE_FILE: chosen.case_file} if chosen.case_file else {}
    named = {secret_name(name): value for name, value in (chosen.secrets | by_chance).items()}
    writing = secrets.changed(place, named | redis.secrets | case_file, there.secrets, is_forced=choice.forces_settings)
    is_same = not writing.values and not redis.is_new
    parameters = {
        "name": place.name,
        "unique": place.unique,
        "location": _place_in_the_world(place, choice, there),
        "image": choice.image or there.parameter("image", ""),
        "ownRegistry": choice.builds or there.parameter("ownRegistry", False),
        "settings": [{"name": name, "value": value} for name, value in sorted(chosen.settings.items())],
        "secretSettings": [{"setting": name, "secret": secret_name(name)} for name in _in_vault(chosen)],
        "changedSecrets": writing.as_list(),
        "secretsStamp": there.parameter("secretsStamp", "") if is_same else uuid4().hex[:8],
        "hasCaseFile": bool(case_file),
        "redisKind": "none" if redis.action == "skip" else redis.kind,
        "redisSku": choice.redis_sku or _same_sku(redis, there),
        "redisIsNew": redis.is_new,
        "redisTls": redis.speaks_tls,
        "kedaReachesRedis": redis.is_seen,
        "redisKeyPrefix": chosen.redis_key_prefix,
        "maxWorkers": chosen.max_workers,
        "workerConcurrency": chosen.number("WORKER_CONCURRENCY"),
        "allowedRanges": _ranges(choice, there),
        "deployer": deployer[0] or there.parameter("deployer", ""),
        "deployerType": deployer[1] or there.parameter("deployerType", "User"),
        "alertEmails": list(choice.emails) or there.parameter("alertEmails", []),
        "thresholds": {name: chosen.figure(name) for name in _THRESHOLDS},
    }
    return Plan(parameters, writing.values, tuple(_changes(parameters, there, writing)))


def _place_in_the_world(place: Place, choice: Choice, there: There) -> str:
    before = str(there.parameter("location", ""))
    if before and choice.location and _spelt_alike(before) != _spelt_alike(choice.location):
        raise ConfigurationError(
            [f"{place.name} is in {before} and does not move: take --location, or AZURE_REGION, away."]
        )
    return before or choice.location or there.location


def _spelt_alike(location: str) -> str:
    """Azure knows a place as `westeurope` and as `West Europe`."""
    return location.replace(" ", "").lower()


def _in_vault(chosen: Chosen) -> list[str]:
    return sorted({*chosen.secrets, *_LOGINS, "REDIS_URL"})


def _logins(chosen: Chosen, there: There) -> dict[str, str]:
    return {
        name: begin + secrets.by_chance()
        for name, begin in _LOGINS.items()
        if name not in chosen.secrets and secret_name(name) not in there.secrets
    }


def _redis(place: Place, choice: Choice, chosen: Chosen, there: There) -> _Redis:
    is_there = "redis-url" in there.secrets
    if choice.redis == "skip" or (not choice.redis and not choice.redis_kind and _was_elsewhere(there)):
        return _elsewhere(chosen, there) if not there.redis else _skipped(there, is_there)
    kind = choice.redis_kind or there.redis_kind or _remembered_kind(there)
    if there.redis and kind != there.redis_kind and choice.redis != "recreate":
        raise ConfigurationError(
            [f"Redis is of kind {there.redis_kind}, and its data does not move; for {kind} add --redis recreate."]
        )
    is_new = not is_there or choice.redis == "recreate" or not there.redis
    action = choice.redis or "use"
    if kind != "container":
        return _Redis(kind, action, {}, is_new or there.redis_is_unfinished, speaks_tls=True, is_seen=True)
    own = _own_secrets(place) if is_new else {}
    return _Redis(kind, action, own, is_new, speaks_tls=False, is_seen=False)


def _was_elsewhere(there: There) -> bool:
    """Whether the latest deployment took a Redis that is not ours to make: only then its address has our digest."""
    return not there.redis and there.parameter("redisKind", "") == "none" and bool(there.secrets.get("redis-url"))


def _remembered_kind(there: There) -> RedisKind:
    """Of a deployment that did not get as far as making it."""
    kind: RedisKind | Literal["none"] = there.parameter("redisKind", "none")
    return "managed" if kind == "none" else kind


def _same_sku(redis: _Redis, there: There) -> str:
    """Sizes of one kind mean nothing to another."""
    return str(there.parameter("redisSku", "")) if there.redis_kind in (None, redis.kind) else ""


def _skipped(there: There, is_there: bool) -> _Redis:
    if not is_there or (there.redis_is_unfinished and there.redis_kind != "container"):
        raise ConfigurationError(["The vault does not know Redis yet: deploy once with --redis use."])
    is_azures = there.redis_kind != "container"
    return _Redis(there.redis_kind, "skip", {}, is_new=False, speaks_tls=is_azures, is_seen=is_azures)


def _own_secrets(place: Place) -> dict[str, str]:
    host, password = place.app("redis"), secrets.by_chance()
    return _redis_secrets(f"redis://:{password}@{host}:6379/0", f"{host}:6379", password)


def _elsewhere(chosen: Chosen, there: There) -> _Redis:
    """A Redis that is not ours to make: REDIS_URL says where it is."""
    parts = urlsplit(chosen.redis_url)
    if not chosen.redis_url and "redis-url" in there.secrets:
        tls, seen = bool(there.parameter("redisTls", True)), bool(there.parameter("kedaReachesRedis", True))
        return _Redis(None, "skip", {}, is_new=False, speaks_tls=tls, is_seen=seen)
    if parts.scheme not in ("redis", "rediss") or (parts.hostname or "") in _LOOPBACK:
        raise ConfigurationError(["--redis skip needs a Redis that Azure reaches: write its address into REDIS_URL."])
    if not parts.password:
        raise ConfigurationError(["REDIS_URL has no password, and Redis would be open to all the world."])
    address = f"{parts.hostname}:{parts.port or 6379}"
    told = _redis_secrets(chosen.redis_url, address, unquote(parts.password))
    # The template gives KEDA an address and a password, and no more.
    is_plain = not parts.username and parts.path in ("", "/", "/0")
    return _Redis(None, "skip", told, is_new=False, speaks_tls=parts.scheme == "rediss", is_seen=is_plain)


def _redis_secrets(url: str, address: str, password: str) -> dict[str, str]:
    return {"redis-url": url, "redis-address": address, "redis-password": password}


def _ranges(choice: Choice, there: There) -> list[str]:
    if choice.closes:
        return []
    if not choice.allowed:
        return list(there.parameter("allowedRanges", []))
    try:
        return [str(ipaddress.IPv4Network(one)) for one in choice.allowed]
    except ValueError:
        raise ConfigurationError(
            ["--allow takes IPv4 addresses or ranges, such as 203.0.113.7 or 203.0.113.0/24."]
        ) from None


def _changes(parameters: dict[str, Any], there: There, writing: Writing) -> Iterator[str]:
    """What differs from the latest deployment, without any secret."""
    before = {one["name"]: one["value"] for one in there.parameter("settings", [])}
    after = {one["name"]: one["value"] for one in parameters["settings"]}
    for name, words in _SHOWN.items():
        yield from _change(words, there.parameter(name, ""), parameters[name], "nobody")
    for name in sorted({*before, *after}):
        yield from _change(name, before.get(name, ""), after.get(name, ""), "its default")
    yield from _moved(parameters, there, writing)
    anew = {name for name in writing.values if name in there.secrets}
    for how, names in (("into the vault", set(writing.values) - anew), ("anew into the vault", anew)):
        if names:
            yield f"{how}: {', '.join(sorted(names))}"


def _moved(parameters: dict[str, Any], there: There, writing: Writing) -> Iterator[str]:
    """Secrets that the apps are no longer given, and those they are given again as the vault still has them."""
    before, after = _read_by_apps(there.parameters), _read_by_apps(parameters)
    if gone := before - after:
        yield f"no longer given to the apps: {', '.join(sorted(gone))}"
    if there.parameters and (again := after - before - set(writing.values)):
        yield f"given to the apps again: {', '.join(sorted(again))}"


def _read_by_apps(parameters: dict[str, Any]) -> set[str]:
    named = {one["secret"] for one in parameters.get("secretSettings", [])}
    return named | {CASE_FILE} if parameters.get("hasCaseFile") else named


def _change(what: str, before: Any, after: Any, nothing: str) -> Iterator[str]:
    old, new = _plain(before), _plain(after)
    if old != new:
        yield f"{what}: {old} → {new or nothing}" if old else f"{what}: {new}"


def _plain(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else {"none": "left alone"}.get(value, str(value))


#: Parameters that an operator knows by these words.
_SHOWN = {
    "image": "image",
    "redisKind": "Redis",
    "redisSku": "size of Redis",
    "maxWorkers": "workers at most",
    "allowedRanges": "who may open Flower and the status page",
    "alertEmails": "who gets mail from Azure",
}
