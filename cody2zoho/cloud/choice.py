"""What the operator asks `cody2zoho azure deploy` for, and what is there already."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cody2zoho.cloud import secrets
from cody2zoho.cloud.az import Az
from cody2zoho.cloud.place import Place, Resource, resources
from cody2zoho.errors import ConfigurationError

RedisAction = Literal["use", "recreate", "skip"]
RedisKind = Literal["managed", "cache", "container"]


@dataclass(frozen=True)
class Choice:
    """The options of one deployment; None and empty mean: as it is."""

    env_file: Path = Path(".env")
    location: str = ""
    image: str = ""
    builds: bool = False
    redis: RedisAction | None = None
    redis_kind: RedisKind | None = None
    redis_sku: str = ""
    allowed: tuple[str, ...] = ()
    closes: bool = False
    emails: tuple[str, ...] = ()
    forces_settings: bool = False

    def __post_init__(self) -> None:
        if self.image and self.builds:
            raise ConfigurationError(["--image and --build exclude one another: name an image, or have one built."])
        if self.image and not is_pinned(self.image):
            raise ConfigurationError([f'The image "{self.image}" has no tag of its own: write one such as …:1.2.0.'])
        if self.allowed and self.closes:
            raise ConfigurationError(["--allow and --close exclude one another."])


def is_pinned(image: str) -> bool:
    """Whether the same name means the same image tomorrow."""
    name = image.rpartition("/")[2]
    return "@sha256:" in name or bool(re.search(r":(?!latest$)[\w.-]+$", name))


@dataclass(frozen=True)
class There:
    """What a deployment finds."""

    resources: list[Resource]
    #: Of the latest deployment that was begun.
    parameters: dict[str, Any]
    #: Names in the vault, with digests.
    secrets: dict[str, str]
    location: str = ""
    redis: list[Resource] = field(default_factory=list)
    vault_is_deleted: bool = False
    #: Of that deployment, as Azure says it; empty where there was none.
    state: str = ""

    @property
    def is_under_way(self) -> bool:
        return not is_over(self.state)

    @property
    def redis_is_unfinished(self) -> bool:
        """Whether the vault may still have the address and key of the one before."""
        return bool(self.parameter("redisIsNew", False)) and self.state != "Succeeded"

    @property
    def redis_data(self) -> list[Resource]:
        """Where a Redis container keeps what it knows; nothing else of ours has a storage account."""
        return [one for one in self.resources if one.type.lower() == "microsoft.storage/storageaccounts"]

    @property
    def redis_kind(self) -> RedisKind | None:
        return kind_of(self.redis[0]) if self.redis else None

    def parameter(self, name: str, default: Any) -> Any:
        return self.parameters.get(name, default)


def look(az: Az, place: Place) -> There:
    """Asks Azure what is there."""
    found = resources(az, place)
    parameters, state = latest(az, place) if found else ({}, "")
    return There(
        resources=found,
        parameters=parameters,
        state=state,
        secrets=secrets.kept(az, place) if any(one.name == place.vault for one in found) else {},
        location=_location(az, place),
        redis=[one for one in found if kind_of(one)],
        vault_is_deleted=_is_deleted(az, place) if not any(one.name == place.vault for one in found) else False,
    )


def is_over(state: str) -> bool:
    """Whether Azure is done with a deployment of which it says so, or there was none."""
    return state in ("", "Succeeded", "Failed", "Canceled")


def kind_of(resource: Resource) -> RedisKind | None:
    kinds: dict[str, RedisKind] = {"microsoft.cache/redisenterprise": "managed", "microsoft.cache/redis": "cache"}
    if resource.type.lower() == "microsoft.app/containerapps" and resource.name.endswith("-redis"):
        return "container"
    return kinds.get(resource.type.lower())


def _location(az: Az, place: Place) -> str:
    if not az.ask("group", "exists", "--name", place.resource_group):
        return ""
    return str(az.ask("group", "show", "--name", place.resource_group)["location"])


def latest(az: Az, place: Place) -> tuple[dict[str, Any], str]:
    """The latest deployment's parameters, without secret ones, which Azure does not keep; and how it ended."""
    listed = az.ask("deployment", "group", "list", "--resource-group", place.resource_group)
    found = {one["name"]: one["properties"] for one in listed}
    about = found.get(place.name) or found.get(place.before_the_apps)
    if not about:
        return {}, ""
    given = about.get("parameters") or {}
    return {name: part["value"] for name, part in given.items() if "value" in part}, about["provisioningState"]


def _is_deleted(az: Az, place: Place) -> bool:
    """A deleted vault keeps its name for a month, and can be had back."""
    return any(one["name"] == place.vault for one in az.ask("keyvault", "list-deleted", "--resource-type", "vault"))
