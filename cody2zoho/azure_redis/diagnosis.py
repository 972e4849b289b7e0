"""How an instance is set up in Azure, looked at with the eyes of cody2zoho: one small function a question.

What nobody can see from inside, because Azure hides CONFIG: `cody2zoho doctor` asks Redis itself.
"""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from cody2zoho.azure_redis import activity, alarms
from cody2zoho.azure_redis.finding import Found
from cody2zoho.azure_redis.instance import Instance, Service, word
from cody2zoho.checks.finding import Finding, Level
from cody2zoho.errors import Cody2ZohoError
from cody2zoho.settings import Settings

_SETTINGS = "in the Azure portal, under the instance's settings"


def findings(found: Found, settings: Settings) -> Iterator[Finding]:
    """Of the instance as it is set up, then of what watches it; what cannot be asked is said."""
    for check in _OF_THE_INSTANCE:
        yield check(found.instance)
    yield from _address(found.instance, settings)
    for about, look in (("Azure logs", _logs), ("Azure alerts", _alerts)):
        try:
            yield look(found)
        except Cody2ZohoError as error:
            yield Finding(about, Level.WARNING, str(error))


def _state(instance: Instance) -> Finding:
    if instance.is_running:
        return Finding("State", Level.OK, "Running")
    return Finding(
        "State", Level.FAILED, f"is {instance.state}, not Running", "wait while Azure works on it, or see its activity"
    )


def _eviction(instance: Instance) -> Finding:
    if instance.eviction.lower() == "noeviction":
        return Finding("Eviction", Level.OK, "none: what the ledger knows is never thrown away")
    if not instance.eviction:
        return Finding("Eviction", Level.OK, "Azure does not say")
    return Finding(
        "Eviction",
        Level.FAILED,
        f"is {instance.eviction}: when memory is short, Redis may throw away what the ledger knows",
        f"choose {'noeviction as maxmemory-policy' if instance.is_classic else 'NoEviction'} {_SETTINGS}",
    )


def _clustering(instance: Instance) -> Finding:
    policy = instance.clustering
    if policy == "OSSCluster" or policy.endswith("shards"):
        return Finding(
            "Clustering",
            Level.FAILED,
            f"is {policy}, which wants clients that know of clusters; Celery's does not",
            f"make one {'without shards' if instance.is_classic else 'with NoCluster'}, and move: docs/azure-redis.md",
        )
    return Finding("Clustering", Level.OK, policy or "none")


def _persistence(instance: Instance) -> Finding:
    if instance.persistence:
        return Finding("Persistence", Level.OK, instance.persistence)
    premium = ", which Premium has," if instance.is_classic else ""
    return Finding(
        "Persistence",
        Level.WARNING,
        "is off: when Azure loses the instance, the ledger is filled anew from Zoho",
        f"switch AOF on{premium} or run `cody2zoho backup create` every night",
    )


def _replica(instance: Instance) -> Finding:
    if instance.has_replica:
        return Finding("Replica", Level.OK, "a second node takes over when one fails")
    return Finding(
        "Replica",
        Level.WARNING,
        "there is none: Redis is away while Azure patches it",
        f"choose {'Standard or Premium' if instance.is_classic else 'high availability'} {_SETTINGS}",
    )


def _tls(instance: Instance) -> Finding:
    if instance.plain_port:
        return Finding(
            "TLS",
            Level.WARNING,
            f"port {instance.plain_port} is open without it: keys and customers' words can be read on their way",
            f"close it {_SETTINGS}",
        )
    if instance.minimum_tls in ("1.0", "1.1"):
        return Finding(
            "TLS", Level.WARNING, f"{instance.minimum_tls} is taken, which is broken", f"choose 1.2 {_SETTINGS}"
        )
    return Finding("TLS", Level.OK, f"only, {instance.minimum_tls or '1.2'} or newer")


def _keys(instance: Instance) -> Finding:
    if not instance.has_keys:
        return Finding("Access keys", Level.OK, "off; Microsoft Entra ID alone lets in")
    return Finding(
        "Access keys", Level.OK, "on; whoever has one has everything" + (", Entra ID too" if instance.has_entra else "")
    )


def _network(instance: Instance) -> Finding:
    if instance.is_public is None or not instance.is_public:
        return Finding("Network", Level.OK, "private" if instance.is_public is False else "Azure does not say")
    return Finding(
        "Network",
        Level.WARNING,
        "it can be reached from the whole internet: only its keys protect it",
        "add a private endpoint and switch public access off",
    )


def _retirement(instance: Instance) -> Finding:
    """Azure's announcements, as of 2026."""
    if instance.is_classic:
        return Finding(
            "Service",
            Level.WARNING,
            "Azure Cache for Redis ends on 30 September 2028",
            "move to Azure Managed Redis: see docs/azure-redis.md",
        )
    if instance.service is Service.ENTERPRISE:
        return Finding(
            "Service",
            Level.WARNING,
            "the Enterprise tiers of Azure Cache for Redis end on 31 March 2027",
            "move to Azure Managed Redis: see docs/azure-redis.md",
        )
    return Finding("Service", Level.OK, instance.service)


_OF_THE_INSTANCE: tuple[Callable[[Instance], Finding], ...] = (
    _state,
    _eviction,
    _clustering,
    _persistence,
    _replica,
    _tls,
    _keys,
    _network,
    _retirement,
)


def _address(instance: Instance, settings: Settings) -> Iterator[Finding]:
    """Only where REDIS_URL leads to this instance."""
    address = urlsplit(settings.redis_address)
    if (address.hostname or "").lower() != instance.host.lower():
        return
    if address.scheme != "rediss" and not instance.plain_port:
        yield Finding("REDIS_URL", Level.FAILED, "speaks no TLS, and Azure takes nothing else", "write rediss://")
    elif address.scheme == "rediss" and (address.port or 6379) != instance.port:
        mend = f"write rediss://…@{instance.host}:{instance.port}/0"
        yield Finding("REDIS_URL", Level.FAILED, f"names port {address.port or 6379}, Azure {instance.port}", mend)
    elif not instance.is_classic and address.path.strip("/") not in ("", "0"):
        yield Finding("REDIS_URL", Level.FAILED, "names a database other than 0, which is the only one", "write /0")
    else:
        yield Finding("REDIS_URL", Level.OK, f"{instance.host}:{address.port}")


def _logs(found: Found) -> Finding:
    """Whether who connects is written down anywhere."""
    sent = [setting for _, setting in activity.destinations(found) if any(one.enabled for one in setting.logs or [])]
    if not sent:
        return Finding(
            "Azure logs",
            Level.WARNING,
            "go nowhere: who connects is not written down",
            "add a diagnostic setting that sends them to Log Analytics; `cody2zoho azure redis logs` shows them then",
        )
    return Finding("Azure logs", Level.OK, "; ".join(f"{one.name} to {_destination(one)}" for one in sent))


def _destination(setting: object) -> str:
    kinds = (
        ("workspace_id", "Log Analytics"),
        ("storage_account_id", "a storage account"),
        ("event_hub_authorization_rule_id", "an event hub"),
    )
    there = [
        f"{kind} {word(getattr(setting, name)).rpartition('/')[2]}" for name, kind in kinds if getattr(setting, name)
    ]
    return ", ".join(there) or "a partner"


def _alerts(found: Found) -> Finding:
    watching = [rule for rule in alarms.rules(found) if rule.is_on]
    if not watching:
        return Finding(
            "Azure alerts",
            Level.WARNING,
            "no rule watches it: nobody is told when memory runs full",
            "add rules on memory used and server load in the Azure portal, under Alerts",
        )
    if all(rule.tells == 0 for rule in watching):
        return Finding(
            "Azure alerts",
            Level.WARNING,
            "rules watch it, and none of them tells anybody",
            "give them an action group in the Azure portal, under Alerts",
        )
    return Finding("Azure alerts", Level.OK, ", ".join(rule.name for rule in watching))
