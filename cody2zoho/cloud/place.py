"""Where an installation is in Azure, and what its parts are called."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from cody2zoho.cloud.az import Az
from cody2zoho.errors import ConfigurationError

#: The roles that run as container apps of their own, in the order in which they are shown.
ROLES = ("worker", "beat", "flower", "ops")

_NAME = re.compile(r"[a-z](?:-?[a-z0-9]){2,14}")


@dataclass(frozen=True)
class Place:
    """One installation; several may share a resource group."""

    resource_group: str
    name: str
    #: The id of the subscription.
    subscription: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.name) > 15:
            raise ConfigurationError(
                [f'"{self.name}" cannot be the name: 3 to 15 small letters, digits and single hyphens, a letter first.']
            )

    @property
    def unique(self) -> str:
        """Makes names unique that all the world shares, and is the same each time."""
        whole = f"{self.subscription}/{self.resource_group}/{self.name}".lower()
        return hashlib.sha256(whole.encode()).hexdigest()[:8]

    @property
    def vault(self) -> str:
        return f"{self.name}-{self.unique}"

    @property
    def registry(self) -> str:
        return f"{self.name.replace('-', '')}{self.unique}"

    @property
    def vault_id(self) -> str:
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.KeyVault/vaults/{self.vault}"
        )

    @property
    def before_the_apps(self) -> str:
        """What the deployment is called that makes the registry in which their image is built."""
        return f"{self.name}-first"

    def app(self, role: str) -> str:
        return f"{self.name}-{role}"


@dataclass(frozen=True)
class Resource:
    """Something of ours that is there."""

    id: str
    name: str
    type: str


def resources(az: Az, place: Place) -> list[Resource]:
    """All that carries the tag of this installation; nothing where there is no such group."""
    if not az.ask("group", "exists", "--name", place.resource_group):
        return []
    listed: list[dict[str, Any]] = az.ask("resource", "list", "--resource-group", place.resource_group)
    return [
        Resource(one["id"], one["name"], one["type"])
        for one in listed
        if (one.get("tags") or {}).get("installation") == place.name
    ]
