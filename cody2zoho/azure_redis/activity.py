"""What happened to an instance, as Azure's two logs tell it.

The activity log has what people and Azure did to it, for 90 days, always. Log Analytics has who connected, but only
where a diagnostic setting sends that there; it comes some minutes late.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cody2zoho.azure_redis.access import asking
from cody2zoho.azure_redis.finding import Found
from cody2zoho.azure_redis.instance import word
from cody2zoho.errors import Cody2ZohoError, Refused, Transient

LEVELS = ("INFO", "WARNING", "ERROR", "CRITICAL")
_LEVELS = {"critical": "CRITICAL", "error": "ERROR", "warning": "WARNING"}

#: So much later than it happened a line of Log Analytics may still come.
_LATE_SECONDS = 15 * 60

_LOOK_SECONDS = 30.0

#: Azure's tables of what Redis itself logs; those that a workspace does not have are passed over.
_TABLES = "ACRConnectedClientList, ACREntraAuthenticationAuditLog, REDConnectionEvents, AzureDiagnostics"

#: The newest, where there are more.
_MOST_LINES = 5_000

#: Where a workspace has none of the tables yet, a union of nothing would be an error.
_QUERY = f"""let Nothing = datatable(TimeGenerated: datetime)[];
union isfuzzy=true withsource=Source Nothing, {_TABLES}
| project TimeGenerated, Source, Level = column_ifexists("Level", ""),
    OperationName = column_ifexists("OperationName", ""), Fields = pack_all()
| top {_MOST_LINES} by TimeGenerated desc"""

#: Of every row, and of no use to a reader.
_APART = {
    "BilledSize",
    "CacheName",
    "Category",
    "IsBillable",
    "Level",
    "Location",
    "OperationName",
    "ResourceId",
    "Source",
    "SourceSystem",
    "SubscriptionId",
    "TenantId",
    "TimeGenerated",
    "Type",
}


@dataclass(frozen=True)
class Line:
    """`at` is a Unix second; `who` a person or an app, as Azure names them."""

    at: float
    level: str
    source: str
    what: str
    outcome: str = ""
    who: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    id: str = ""


def lines(found: Found, hours: float, now: float, level: str = "INFO") -> tuple[list[Line], list[Refused]]:
    """Both logs, at this level and worse, the newest last; and why one is not there, or not whole."""
    until = datetime.fromtimestamp(now, UTC)
    since = until - timedelta(hours=hours)
    # Once each, should Azure tell of the database where the cluster was asked for.
    told: dict[Line, None] = {}
    missing = []
    for log in (_activity, _connections):
        try:
            for line in log(found, since, until):
                told[line] = None
        except Refused as error:
            missing.append(error)
    return sorted((line for line in told if is_at_least(line, level)), key=lambda line: line.at), missing


def following(
    found: Found,
    seen: list[Line],
    missing: list[Refused],
    clock: Callable[[], float],
    wait: Callable[[float], None],
    level: str = "INFO",
) -> Iterator[Line | Cody2ZohoError]:
    """New lines as they come, for ever; each once, also those that come late.

    A fault that passes is told each time, what is refused, when it begins.
    """
    known, looked_at = set(seen), clock()
    refused = {str(error) for error in missing}
    while True:
        wait(_LOOK_SECONDS)
        now = clock()
        since = looked_at - _LATE_SECONDS
        try:
            told, missing = lines(found, (now - since) / 3600, now, level)
        except Transient as error:
            yield error
            continue
        yield from (error for error in missing if str(error) not in refused)
        yield from (line for line in told if line not in known)
        refused = {str(error) for error in missing}
        known, looked_at = {line for line in known.union(told) if line.at >= since}, now


def is_at_least(line: Line, level: str) -> bool:
    return LEVELS.index(line.level) >= LEVELS.index(level)


def destinations(found: Found) -> Iterator[tuple[str, Any]]:
    """Each diagnostic setting of the instance, with the id of what it is set on."""
    for id_ in _ids(found):
        with asking():
            every = list(found.azure.monitor.diagnostic_settings.list(id_))
        yield from ((id_, one) for one in every)


def _ids(found: Found) -> list[str]:
    """Azure Managed Redis has keys and connections in its database, and all else in its cluster."""
    return [id_ for id_ in (found.instance.id, found.instance.database_id) if id_]


def _activity(found: Found, since: datetime, until: datetime) -> Iterator[Line]:
    span = f"eventTimestamp ge '{_iso(since)}' and eventTimestamp le '{_iso(until)}'"
    every = []
    for id_ in _ids(found):
        with asking():
            every += found.azure.monitor.activity_logs.list(f"{span} and resourceUri eq '{id_}'")
    for one in every:
        yield Line(
            at=one.event_timestamp.timestamp(),
            level=_LEVELS.get(word(one.level).lower(), "INFO"),
            source="activity",
            what=_in_words(one.operation_name),
            outcome=_in_words(one.status),
            who=one.caller or "",
            id=one.event_data_id or "",
        )


def _connections(found: Found, since: datetime, until: datetime) -> Iterator[Line]:
    sent = {id_ for id_, setting in destinations(found) if setting.workspace_id}
    for id_ in sorted(sent):
        with asking():
            told = found.azure.logs.query_resource(id_, _QUERY, timespan=(since, until))
        tables = getattr(told, "tables", None) or getattr(told, "partial_data", None) or []
        yield from (_connection(dict(zip(table.columns, row, strict=True))) for table in tables for row in table.rows)
        if getattr(told, "partial_error", None):
            raise Refused("Log Analytics tells a part of who connected, and no more: ask for fewer --hours.")


def _connection(row: dict[str, Any]) -> Line:
    fields: dict[str, Any] = json.loads(row["Fields"] or "{}")
    return Line(
        at=row["TimeGenerated"].timestamp(),
        level=_LEVELS.get(str(row["Level"]).lower(), "INFO"),
        source=row["Source"],
        what=row["OperationName"].rpartition("/")[2],
        fields=tuple(
            (name, str(value))
            for name, value in sorted(fields.items())
            if name.lstrip("_") not in _APART and value not in (None, "")
        ),
    )


def _in_words(told: Any) -> str:
    """Azure's words for a person, else its name."""
    return (told.localized_value or told.value or "") if told else ""


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
