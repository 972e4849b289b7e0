"""An instance of Redis in Azure, of either service, and what can be done with it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class Service(StrEnum):
    CLASSIC = "Azure Cache for Redis"
    ENTERPRISE = "Azure Cache for Redis Enterprise"
    MANAGED = "Azure Managed Redis"


@dataclass(frozen=True)
class Instance:
    """What Azure says of one; empty or None where it does not say."""

    service: Service
    id: str
    name: str
    group: str
    location: str
    sku: str
    state: str
    version: str
    host: str
    port: int
    plain_port: int | None  # without TLS, where it is open
    minimum_tls: str
    has_keys: bool
    has_entra: bool | None
    is_public: bool | None
    eviction: str
    persistence: str
    clustering: str
    has_replica: bool
    database_id: str = ""  # Azure Managed Redis keeps its data, keys and connection logs there

    @property
    def is_running(self) -> bool:
        return self.state == "Running"

    @property
    def is_classic(self) -> bool:
        return self.service is Service.CLASSIC


@dataclass(frozen=True)
class Place:
    """Where an instance is, before more is asked about it."""

    name: str
    group: str
    host: str
    told: Any


class Administration(Protocol):
    """What one of the two services offers. All raise our errors; what takes Azure minutes is waited for."""

    def places(self, group: str, /) -> list[Place]:
        """All of a resource group, or of the subscription; some sign-ins may see no more than a group."""

    def instance(self, place: Place, /) -> Instance:
        """What Azure knows of it now."""

    def maintenance(self, instance: Instance, /) -> str:
        """When Azure may patch it; empty where nobody has said."""

    def keys(self, instance: Instance, /) -> dict[str, str]:
        """`primary` and `secondary`."""

    def regenerate(self, instance: Instance, which: str, /) -> str:
        """The new key; the old one no longer opens anything."""

    def reboot(self, instance: Instance, nodes: str, /) -> None:
        """Begins; Azure does not tell when it is over. Raises Refused where there is no such thing."""

    def export(self, instance: Instance, container: str, prefix: str, /) -> None:
        """All data into a container of Azure Blob, given with its SAS."""

    def bring_in(self, instance: Instance, blobs: list[str], /) -> None:
        """Replaces all data by that of these blobs, given with their SAS."""


def group_of(id_: str) -> str:
    """The resource group that an id names: Azure writes its parts in capitals or not."""
    parts = id_.split("/")
    return next((parts[at + 1] for at, part in enumerate(parts[:-1]) if part.lower() == "resourcegroups"), "")


def word(value: object) -> str:
    """An enum of Azure's libraries or a plain text, as text; empty for None."""
    return str(getattr(value, "value", value) or "")
