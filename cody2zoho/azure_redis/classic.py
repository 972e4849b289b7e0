"""Azure Cache for Redis: Basic, Standard and Premium. Azure ends it on 30 September 2028."""

from typing import Any

from cody2zoho.azure_redis.access import Azure, asking, finished
from cody2zoho.azure_redis.instance import Instance, Place, Service, group_of, word
from cody2zoho.errors import Refused

_NODES = {"all": "AllNodes", "primary": "PrimaryNode", "secondary": "SecondaryNode"}


class Classic:
    def __init__(self, azure: Azure) -> None:
        self._azure = azure

    def places(self, group: str) -> list[Place]:
        caches = self._azure.redis.redis
        with asking():
            found = list(caches.list_by_resource_group(group) if group else caches.list_by_subscription())
        return [Place(one.name, group_of(one.id), word(one.host_name), one) for one in found]

    def instance(self, place: Place) -> Instance:
        one = place.told
        tier = word(one.sku.name)
        written = one.redis_configuration
        return Instance(
            service=Service.CLASSIC,
            id=one.id,
            name=one.name,
            group=place.group,
            location=one.location,
            sku=f"{tier} {word(one.sku.family)}{one.sku.capacity}",
            state="Running" if one.provisioning_state == "Succeeded" else word(one.provisioning_state),
            version=word(one.redis_version),
            host=place.host,
            port=one.ssl_port or 6380,
            plain_port=one.port if one.enable_non_ssl_port else None,
            minimum_tls=word(one.minimum_tls_version),
            has_keys=not one.disable_access_key_authentication,
            has_entra=_is_true(written and written.aad_enabled),
            is_public=word(one.public_network_access) != "Disabled",
            # What Azure sets where nobody chose.
            eviction=word(written and written.maxmemory_policy) or "volatile-lru",
            persistence=_persistence(written),
            clustering=f"{one.shard_count} shards" if one.shard_count else "",
            has_replica=tier != "Basic",
        )

    def maintenance(self, instance: Instance) -> str:
        with asking():
            found = list(self._azure.redis.patch_schedules.list_by_redis_resource(instance.group, instance.name))
        entries = [entry for one in found for entry in one.schedule_entries or []]
        return ", ".join(f"{word(one.day_of_week)} {one.start_hour_utc:02}:00 UTC" for one in entries)

    def keys(self, instance: Instance) -> dict[str, str]:
        with asking():
            found = self._azure.redis.redis.list_keys(instance.group, instance.name)
        return {"primary": found.primary_key, "secondary": found.secondary_key}

    def regenerate(self, instance: Instance, which: str) -> str:
        with asking(changes=True):
            found = self._azure.redis.redis.regenerate_key(
                instance.group, instance.name, {"keyType": which.capitalize()}
            )
        return str(found.primary_key if which == "primary" else found.secondary_key)

    def reboot(self, instance: Instance, nodes: str) -> None:
        with asking(changes=True):
            self._azure.redis.redis.force_reboot(instance.group, instance.name, {"rebootType": _NODES[nodes]})

    def export(self, instance: Instance, container: str, prefix: str) -> None:
        _ensure_premium(instance)
        wanted = {"format": "RDB", "prefix": prefix, "container": container}
        finished(lambda: self._azure.redis.redis.begin_export_data(instance.group, instance.name, wanted))

    def bring_in(self, instance: Instance, blobs: list[str]) -> None:
        _ensure_premium(instance)
        wanted = {"format": "RDB", "files": blobs}
        finished(lambda: self._azure.redis.redis.begin_import_data(instance.group, instance.name, wanted))


def _persistence(written: Any) -> str:
    if written and _is_true(written.aof_backup_enabled):
        return "AOF"
    if written and _is_true(written.rdb_backup_enabled):
        return f"RDB every {written.rdb_backup_frequency} minutes"
    return ""


def _is_true(value: Any) -> bool:
    """Azure writes these as text."""
    return str(value).lower() == "true"


def _ensure_premium(instance: Instance) -> None:
    tier = instance.sku.partition(" ")[0]
    if tier != "Premium":
        raise Refused(
            f"Azure exports and imports no {tier} instance, only Premium ones: use `cody2zoho backup create`, which "
            "needs nothing of Azure."
        )
