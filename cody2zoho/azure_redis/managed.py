"""Azure Managed Redis, and what it came from, the Enterprise tiers of Azure Cache: a cluster with one database."""

from typing import Any

from cody2zoho.azure_redis.access import Azure, asking, finished
from cody2zoho.azure_redis.instance import Instance, Place, Service, group_of, word
from cody2zoho.errors import Refused

#: Azure lets it have no other name.
_DATABASE = "default"


class Managed:
    def __init__(self, azure: Azure) -> None:
        self._azure = azure

    def places(self, group: str) -> list[Place]:
        clusters = self._azure.enterprise.redis_enterprise
        with asking():
            found = list(clusters.list_by_resource_group(group) if group else clusters.list())
        return [Place(one.name, group_of(one.id), word(one.host_name), one) for one in found]

    def instance(self, place: Place) -> Instance:
        cluster, database = place.told, self._database(place.group, place.name)
        is_managed = not word(cluster.sku.name).startswith("Enterprise")
        return Instance(
            service=Service.MANAGED if is_managed else Service.ENTERPRISE,
            id=cluster.id,
            name=cluster.name,
            group=place.group,
            location=cluster.location,
            sku=" x".join(filter(None, (word(cluster.sku.name), word(cluster.sku.capacity)))),
            state=_state(cluster, database),
            version=word(database and database.redis_version) or word(cluster.redis_version),
            host=place.host,
            port=(database and database.port) or 10_000,
            plain_port=database.port if database and word(database.client_protocol) == "Plaintext" else None,
            minimum_tls=word(cluster.minimum_tls_version),
            # Older answers do not have it, and had no way to switch keys off.
            has_keys=word(database and database.access_keys_authentication) != "Disabled",
            has_entra=is_managed,
            is_public=_is_public(cluster),
            eviction=word(database and database.eviction_policy),
            persistence=_persistence(database),
            clustering=word(database and database.clustering_policy),
            has_replica=word(cluster.high_availability) != "Disabled",
            database_id=f"{cluster.id}/databases/{_DATABASE}",
        )

    def maintenance(self, _instance: Instance) -> str:
        return "when Azure chooses"

    def keys(self, instance: Instance) -> dict[str, str]:
        with asking():
            found = self._azure.enterprise.databases.list_keys(instance.group, instance.name, _DATABASE)
        return {"primary": found.primary_key, "secondary": found.secondary_key}

    def regenerate(self, instance: Instance, which: str) -> str:
        named, wanted = (instance.group, instance.name, _DATABASE), {"keyType": which.capitalize()}
        found = finished(lambda: self._azure.enterprise.databases.begin_regenerate_key(*named, wanted))
        return str(found.primary_key if which == "primary" else found.secondary_key)

    def reboot(self, instance: Instance, _nodes: str) -> None:
        raise Refused(
            f"{instance.service} cannot be rebooted: Azure replaces a sick node by itself. What a reboot is mostly "
            "wanted for, restarting worker and beat does: their connections are made anew."
        )

    def export(self, instance: Instance, container: str, _prefix: str) -> None:
        # It names the files itself.
        named, wanted = (instance.group, instance.name, _DATABASE), {"sasUri": container}
        finished(lambda: self._azure.enterprise.databases.begin_export(*named, wanted))

    def bring_in(self, instance: Instance, blobs: list[str]) -> None:
        named, wanted = (instance.group, instance.name, _DATABASE), {"sasUris": blobs}
        finished(lambda: self._azure.enterprise.databases.begin_import_method(*named, wanted))

    def _database(self, group: str, name: str) -> Any:
        """None while there is none."""
        with asking():
            found = list(self._azure.enterprise.databases.list_by_cluster(group, name))
        return found[0] if found else None


def _state(cluster: Any, database: Any) -> str:
    """Of the database; a cluster that runs and has none takes no connection."""
    state = word(cluster.resource_state)
    if database:
        return word(database.resource_state) or state
    return "without a database" if state == "Running" else state


def _is_public(cluster: Any) -> bool | None:
    said = word(cluster.public_network_access)
    return said != "Disabled" if said else None


def _persistence(database: Any) -> str:
    kept = database.persistence if database else None
    if kept and kept.aof_enabled:
        return f"AOF every {word(kept.aof_frequency)}"
    if kept and kept.rdb_enabled:
        return f"RDB every {word(kept.rdb_frequency)}"
    return ""
