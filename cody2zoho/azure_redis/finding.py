"""Which instance is meant: the one that is named, or else the one whose host stands in REDIS_URL."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from cody2zoho.azure_redis.access import Azure
from cody2zoho.azure_redis.classic import Classic
from cody2zoho.azure_redis.instance import Administration, Instance, Place
from cody2zoho.azure_redis.managed import Managed
from cody2zoho.errors import ConfigurationError
from cody2zoho.settings.in_azure import InAzure


@dataclass(frozen=True)
class Found:
    """An instance, who administers it, and Azure as it was asked for it."""

    instance: Instance
    service: Administration
    azure: Azure


def find(settings: InAzure, name: str = "", group: str = "", subscription_id: str = "") -> Found:
    """Raises ConfigurationError where none or several are meant."""
    host = "" if name or group else _host(settings)
    azure = Azure(settings, subscription_id)
    services: tuple[Administration, ...] = (Classic(azure), Managed(azure))
    every = [(place, service) for service in services for place in service.places(group)]
    meant = [(place, service) for place, service in every if _is_meant(place, name, host)]
    if len(meant) != 1:
        raise ConfigurationError([_which(meant or every, host, azure, are_meant=bool(meant))])
    place, service = meant[0]
    return Found(service.instance(place), service, azure)


def _host(settings: InAzure) -> str:
    host = urlsplit(settings.redis_address).hostname or ""
    # Azure's hosts have a domain, and only they can be compared with what Azure says.
    if "." not in host or host.replace(".", "").isdigit():
        sentence = "REDIS_URL does not lead to a Redis in Azure: name the instance with --name."
        raise ConfigurationError([sentence])
    return host


def _is_meant(place: Place, name: str, host: str) -> bool:
    """Azure does not tell capitals from small letters in either."""
    asked = ((name, place.name), (host, place.host))
    return all(wanted.lower() == there.lower() for wanted, there in asked if wanted)


def _which(those: list[tuple[Place, Administration]], host: str, azure: Azure, *, are_meant: bool) -> str:
    names = ", ".join(f"--name {place.name} --resource-group {place.group}" for place, _ in those)
    if are_meant:
        return f"Several instances are meant; choose one: {names}."
    if not those:
        return f"There is no Redis in the Azure subscription {azure.subscription_id}: is it another --subscription?"
    what = f"has the host {host} of REDIS_URL" if host else "is named so"
    return f"No Redis in the Azure subscription {azure.subscription_id} {what}; there are: {names}."
