"""Which instance is meant: the one that is named, or else the one whose host stands in REDIS_URL."""

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from cody2zoho.azure_redis.access import Azure
from cody2zoho.azure_redis.classic import Classic
from cody2zoho.azure_redis.instance import Administration, Instance, Place
from cody2zoho.azure_redis.managed import Managed
from cody2zoho.errors import ConfigurationError, Refused
from cody2zoho.settings import Settings


@dataclass(frozen=True)
class Found:
    """An instance, who administers it, and Azure as it was asked for it."""

    instance: Instance
    service: Administration
    azure: Azure


def find(settings: Settings, name: str = "", group: str = "", subscription_id: str = "") -> Found:
    """Raises ConfigurationError where none or several are meant."""
    host = "" if name or group else _host(settings)
    azure = Azure(settings, subscription_id)
    services: tuple[Administration, ...] = (Classic(azure), Managed(azure))
    every = [(place, service) for service in services for place in service.places(group)]
    meant = [(place, service) for place, service in every if _is_meant(place, name, host)]
    if not every:
        where = f"resource group {group}" if group else f"Azure subscription {azure.subscription_id}"
        raise ConfigurationError([f"There is no Redis in the {where}: is it another --subscription?"])
    if len(meant) != 1:
        raise ConfigurationError([_which(meant or every, host, are_meant=bool(meant))])
    place, service = meant[0]
    return Found(service.instance(place), service, azure)


def again(found: Found) -> Found:
    """The same instance, as Azure knows it now."""
    one = found.instance
    places = [place for place in found.service.places(one.group) if place.name == one.name]
    if not places:
        raise Refused(f"{one.name} is not in Azure any more: has somebody deleted it?")
    return replace(found, instance=found.service.instance(places[0]))


def _host(settings: Settings) -> str:
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


def _which(those: list[tuple[Place, Administration]], host: str, *, are_meant: bool) -> str:
    names = ", ".join(f"--name {place.name} --resource-group {place.group}" for place, _ in those)
    if are_meant:
        return f"Several instances are meant; choose one: {names}."
    what = f"has the host {host} of REDIS_URL" if host else "is named so"
    return f"No Redis there {what}; choose one of these, or another --subscription: {names}."
