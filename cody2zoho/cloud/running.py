"""What runs in Azure: the apps of an installation as Azure tells of them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from cody2zoho.cloud.az import Az
from cody2zoho.cloud.choice import kind_of
from cody2zoho.cloud.place import ROLES, Place, Resource, resources
from cody2zoho.errors import NotSetUp


@dataclass(frozen=True)
class App:
    """One container app. A new revision is not `ready` while it starts, or where it cannot."""

    role: str
    #: As Azure says it, such as `Running`.
    state: str
    replicas: int
    least: int
    most: int
    revision: str
    ready_revision: str
    image: str
    #: Where it answers; empty where nobody can ask it.
    address: str
    is_open: bool

    @property
    def is_well(self) -> bool:
        return self.state == "Running" and self.revision == self.ready_revision and self.replicas >= self.least


@dataclass(frozen=True)
class Running:
    place: Place
    apps: tuple[App, ...]
    redis: tuple[Resource, ...]

    @property
    def is_well(self) -> bool:
        return {app.role for app in self.apps} >= set(ROLES) and all(app.is_well for app in self.apps)

    def as_json(self) -> dict[str, Any]:
        return {
            "resource_group": self.place.resource_group,
            "name": self.place.name,
            "well": self.is_well,
            "apps": [asdict(app) | {"well": app.is_well} for app in self.apps],
            "redis": [{"name": one.name, "kind": kind_of(one)} for one in self.redis],
            "vault": self.place.vault,
        }


def look(az: Az, place: Place) -> Running:
    """Raises NotSetUp where nothing of ours is there."""
    found = resources(az, place)
    if not found:
        raise NotSetUp(f"There is no {place.name} in resource group {place.resource_group}: `cody2zoho azure deploy`.")
    listed = az.ask("containerapp", "list", "--resource-group", place.resource_group)
    ours = {place.app(role): role for role in (*ROLES, "redis")}
    apps = [one for one in listed if one["name"] in ours]
    with ThreadPoolExecutor(max_workers=5) as pool:
        replicas = list(pool.map(lambda one: _replicas(az, place, one["name"]), apps))
    told = [_app(ours[one["name"]], one, count) for one, count in zip(apps, replicas, strict=True)]
    redis = tuple(one for one in found if kind_of(one))
    return Running(place, tuple(sorted(told, key=lambda app: [*ROLES, "redis"].index(app.role))), redis)


def restart(az: Az, place: Place, roles: Sequence[str]) -> Iterator[str]:
    """Restarts the revision of each role that is ready, and says which as it goes."""
    group = ("--resource-group", place.resource_group)
    for role in roles:
        app = az.ask("containerapp", "show", "--name", place.app(role), *group)
        revision = app["properties"].get("latestReadyRevisionName") or app["properties"]["latestRevisionName"]
        az.ask("containerapp", "revision", "restart", "--name", place.app(role), *group, "--revision", revision)
        yield role


def _replicas(az: Az, place: Place, app: str) -> int:
    group = ("--resource-group", place.resource_group)
    listed = az.ask("containerapp", "replica", "list", "--name", app, *group) or []
    return sum((one["properties"].get("runningState") or "Running") == "Running" for one in listed)


def _app(role: str, told: dict[str, Any], replicas: int) -> App:
    about, template = told["properties"], told["properties"]["template"]
    ingress = about["configuration"].get("ingress") or {}
    return App(
        role=role,
        state=about.get("runningStatus") or about.get("provisioningState") or "unknown",
        replicas=replicas,
        least=template["scale"].get("minReplicas") or 0,
        most=template["scale"].get("maxReplicas") or 1,
        revision=about.get("latestRevisionName") or "",
        ready_revision=about.get("latestReadyRevisionName") or "",
        image=template["containers"][0]["image"],
        address=f"https://{ingress['fqdn']}" if ingress.get("fqdn") and role != "redis" else "",
        is_open=bool(ingress.get("external")),
    )
