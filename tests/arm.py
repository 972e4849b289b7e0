"""The far end of Azure: its Resource Manager, Log Analytics and the managed identity of an app, over TLS.

It answers in the shapes of Azure's published specifications, for one subscription, and remembers what it was asked.
"""

import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import trustme

SUBSCRIPTION = "00000000-0000-0000-0000-0000000000aa"
TOKEN = "a-token-that-nobody-may-see"
_BELOW = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shop/providers/Microsoft.Cache"
CACHE_ID = f"{_BELOW}/Redis/shop-cache"
CLUSTER_ID = f"{_BELOW}/redisEnterprise/shop-managed"
DATABASE_ID = f"{CLUSTER_ID}/databases/default"
WORKSPACE_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shop/providers/Microsoft.OperationalInsights/workspaces/w"

#: Instead of a status: the request was taken, and no answer comes.
HUNG_UP = 0

Answer = tuple[int, Any, dict[str, str]]


def cache(**properties: Any) -> dict[str, Any]:
    """A Premium instance of Azure Cache for Redis with nothing to mend but that Azure ends the service."""
    every = {
        "provisioningState": "Succeeded",
        "redisVersion": "6.0.20",
        "sku": {"name": "Premium", "family": "P", "capacity": 1},
        "enableNonSslPort": False,
        "hostName": "shop-cache.redis.cache.windows.net",
        "port": 6379,
        "sslPort": 6380,
        "minimumTlsVersion": "1.2",
        "publicNetworkAccess": "Disabled",
        "disableAccessKeyAuthentication": False,
        "redisConfiguration": {
            "maxmemory-policy": "noeviction",
            "aad-enabled": "true",
            "rdb-backup-enabled": "true",
            "rdb-backup-frequency": "60",
        },
    }
    named = {"id": CACHE_ID, "name": "shop-cache", "type": "Microsoft.Cache/Redis", "location": "West Europe"}
    return {**named, "properties": every | properties}


def cluster(**properties: Any) -> dict[str, Any]:
    """The cluster of an instance of Azure Managed Redis."""
    every = {
        "hostName": "shop-managed.westeurope.redis.azure.net",
        "minimumTlsVersion": "1.2",
        "provisioningState": "Succeeded",
        "publicNetworkAccess": "Disabled",
        "redisVersion": "7.4",
        "resourceState": "Running",
        "highAvailability": "Enabled",
    }
    sku = {"name": properties.pop("sku", "Balanced_B1")}
    named = {"id": CLUSTER_ID, "name": "shop-managed", "type": "Microsoft.Cache/redisEnterprise", "sku": sku}
    return {**named, "location": "West Europe", "properties": every | properties}


def database(**properties: Any) -> dict[str, Any]:
    """Its database, set up as cody2zoho wants it."""
    every = {
        "accessKeysAuthentication": "Enabled",
        "clientProtocol": "Encrypted",
        "clusteringPolicy": "NoCluster",
        "evictionPolicy": "NoEviction",
        "persistence": {"aofEnabled": True, "aofFrequency": "1s"},
        "port": 10000,
        "provisioningState": "Succeeded",
        "redisVersion": "7.4",
        "resourceState": "Running",
    }
    named = {"id": DATABASE_ID, "name": "default", "type": "Microsoft.Cache/redisEnterprise/databases"}
    return {**named, "properties": every | properties}


def rule(name: str = "memory-high", scope: str = CLUSTER_ID, **properties: Any) -> dict[str, Any]:
    """A rule on a metric that tells one action group."""
    criterion = {
        "name": "one",
        "metricName": "usedmemorypercentage",
        "operator": "GreaterThan",
        "threshold": 80,
        "timeAggregation": "Maximum",
        "criterionType": "StaticThresholdCriterion",
    }
    every = {
        "severity": 2,
        "enabled": True,
        "scopes": [scope],
        "evaluationFrequency": "PT1M",
        "windowSize": "PT5M",
        "criteria": {
            "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
            "allOf": [criterion],
        },
        "actions": [{"actionGroupId": "/subscriptions/x/providers/microsoft.insights/actionGroups/a"}],
    }
    return {"id": f"/rules/{name}", "name": name, "location": "global", "properties": every | properties}


def fired(
    at: float, condition: str = "Fired", severity: str = "Sev2", rule: str = "memory-high", state: str = "New"
) -> dict[str, Any]:
    """An alert that a rule raised."""
    essentials = {
        "severity": severity,
        "signalType": "Metric",
        "alertState": state,
        "monitorCondition": condition,
        "targetResource": CLUSTER_ID,
        "alertRule": f"/subscriptions/x/providers/microsoft.insights/metricAlerts/{rule}",
        "startDateTime": _iso(at),
    }
    return {"id": "/alerts/1", "name": rule, "properties": {"essentials": essentials}}


def sent(name: str = "to-the-workspace", workspace: str = WORKSPACE_ID) -> dict[str, Any]:
    """A diagnostic setting that sends logs to Log Analytics."""
    logs = [{"category": None, "categoryGroup": "allLogs", "enabled": True}]
    return {"id": f"/settings/{name}", "name": name, "properties": {"workspaceId": workspace, "logs": logs}}


def event(at: float, level: str = "Informational", name: str = "Regenerate key", id_: str = "1") -> Any:
    """A line of the activity log."""
    return {
        "eventDataId": id_,
        "eventTimestamp": _iso(at),
        "level": level,
        "operationName": {"value": "Microsoft.Cache/redis/regenerateKey/action", "localizedValue": name},
        "status": {"value": "Succeeded", "localizedValue": "Succeeded"},
        "caller": "ann@shop.example",
    }


def connection(at: float, kind: str = "new_conn", ip: str = "10.1.2.3") -> list[Any]:
    """A row of Log Analytics, as our query asks for it."""
    fields = {"ClientIp": ip, "EventType": kind, "TenantId": "t", "_ResourceId": DATABASE_ID, "EventStatus": None}
    return [_iso(at), "REDConnectionEvents", "", "Microsoft.Cache/redisEnterprise/connectionEvents", json.dumps(fields)]


class Arm:
    """What stands in the subscription, and what was asked of it. `refuses` answers first where a path fits."""

    def __init__(self) -> None:
        self.subscriptions = [{"subscriptionId": SUBSCRIPTION, "displayName": "Shop", "state": "Enabled"}]
        self.caches: list[dict[str, Any]] = []
        self.clusters = [cluster()]
        self.databases = [database()]
        self.patched: list[dict[str, Any]] = []
        self.keys = {"primaryKey": "p" * 43 + "=", "secondaryKey": "s" * 43 + "="}
        self.grains = ["PT5M", "PT1H"]
        self.metrics: dict[str, list[float | None]] = {}
        self.took = ""
        self.rules = [rule()]
        self.alerts: list[dict[str, Any]] = []
        self.clock: Callable[[], float] = time.time
        self.settings: dict[str, list[dict[str, Any]]] = {DATABASE_ID: [sent()]}
        self.events: list[dict[str, Any]] = []
        self.rows: list[list[Any]] = []
        self.is_partial = False
        self.refuses: list[tuple[str, int, str, dict[str, str]]] = []
        self.asked: list[tuple[str, str, Any]] = []
        self.queries: list[dict[str, str]] = []
        self.operation: dict[str, Any] = {"status": "Succeeded"}
        self.hidden = "(?!)"
        self.strangers = 0
        self.url = ""

    def answer(self, method: str, path: str, query: dict[str, str], body: Any, token: str) -> Answer:
        if token != f"Bearer {TOKEN}":
            self.strangers += 1
            return _wrong(401, "InvalidAuthenticationToken", "Who are you?")
        self.asked.append((method, path, body))
        self.queries.append(query)
        for pattern, status, code, headers in self.refuses:
            if re.search(pattern, path, re.IGNORECASE):
                return (*_wrong(status, *code.split("|"))[:2], headers)
        if re.search(self.hidden, path, re.IGNORECASE):
            return 200, b"<html>Log in here.</html>", {"Content-Type": "text/html"}
        for pattern, told in self._ways():
            if re.fullmatch(pattern, f"{method} {path}", re.IGNORECASE):
                return told(path, query, body)
        return _wrong(404, "ResourceNotFound", f"No {path}")

    def _ways(self) -> list[tuple[str, Callable[[str, dict[str, str], Any], Answer]]]:
        every, group = [f"/subscriptions/{SUBSCRIPTION}{part}/providers" for part in ("", "/resourceGroups/shop")]
        below, insights = f"/subscriptions/{SUBSCRIPTION}/providers", "/providers/Microsoft.Insights"
        one = rf"/subscriptions/{SUBSCRIPTION}/resourceGroups/shop/providers/Microsoft.Cache"
        cache, base = f"{one}/redis/shop-cache", f"{one}/redisEnterprise/shop-managed/databases"
        return [
            (r"GET /subscriptions", lambda *_: _every(self.subscriptions)),
            (rf"GET ({every}|{group})/Microsoft.Cache/redis", lambda *_: _every(self.caches)),
            (rf"GET ({every}|{group})/Microsoft.Cache/redisEnterprise", lambda *_: _every(self.clusters)),
            (rf"GET {base}", lambda *_: _every(self.databases)),
            (rf"GET {cache}/patchSchedules", lambda *_: _every(self.patched)),
            (rf"POST ({cache}|{base}/default)/listKeys", lambda *_: (200, self.keys, {})),
            (rf"POST ({cache}|{base}/default)/regenerateKey", self._regenerated),
            (rf"POST {cache}/forceReboot", lambda *_: (200, {"message": "on its way"}, {})),
            (rf"POST ({cache}|{base}/default)/(import|export)", self._accepted),
            (r"GET /operations/1", lambda *_: (200, self.operation, {})),
            (rf"GET .*{insights}/metricDefinitions", lambda *_: _every([self._defined(name) for name in self.metrics])),
            (rf"GET .*{insights}/metrics", self._measured),
            (rf"GET {below}/Microsoft.Insights/metricAlerts", lambda *_: _every(self.rules)),
            (rf"GET {below}/Microsoft.AlertsManagement/alerts", self._raised),
            (rf"GET .*{insights}/diagnosticSettings", self._settings),
            (rf"GET {below}/Microsoft.Insights/eventtypes/management/values", self._happened),
            (r"POST /v1/subscriptions/.*/query", self._logged),
        ]

    def _regenerated(self, _path: str, _query: Any, body: Any) -> Answer:
        self.keys = self.keys | {f"{body['keyType'].lower()}Key": "n" * 43 + "="}
        return 200, self.keys, {}

    def _accepted(self, *_: Any) -> Answer:
        """What takes minutes: done by the first time anybody looks."""
        return 202, None, {"Azure-AsyncOperation": f"{self.url}/operations/1", "Location": f"{self.url}/operations/1"}

    def _defined(self, name: str) -> dict[str, Any]:
        grains = [{"timeGrain": grain, "retention": "P93D"} for grain in self.grains]
        return {"id": f"/definitions/{name}", "name": _local(name), "metricAvailabilities": grains}

    def _measured(self, _path: str, query: dict[str, str], _body: Any) -> Answer:
        begins = datetime.fromisoformat(query["timespan"].partition("/")[0])
        interval = self.took or query["interval"]
        number, unit = re.fullmatch(r"PT(\d+)([MH])", interval).groups()
        step = int(number) * {"M": 60, "H": 3600}[unit]
        value = [self._series(name, begins, step) for name in query["metricnames"].split(",")]
        return 200, {"timespan": query["timespan"], "interval": interval, "value": value}, {}

    def _series(self, name: str, begins: datetime, step: int) -> dict[str, Any]:
        rows = [
            {"timeStamp": _iso((begins + timedelta(seconds=at * step)).timestamp())}
            | ({} if value is None else {"average": value / 2, "maximum": value, "total": value})
            for at, value in enumerate(self.metrics[name])
        ]
        series = [{"metadatavalues": [], "data": rows}] if rows else []
        return {"id": name, "type": "Microsoft.Insights/metrics", "name": _local(name), "timeseries": series}

    def _raised(self, _path: str, query: dict[str, str], _body: Any) -> Answer:
        """Only what began within the span that was asked for, whether it goes on or not."""
        hours = {"1h": 1, "1d": 24, "7d": 7 * 24, "30d": 30 * 24}[query.get("timeRange", "1d")]
        since = _iso(self.clock() - hours * 3600)
        return _every([one for one in self.alerts if one["properties"]["essentials"]["startDateTime"] >= since])

    def _settings(self, path: str, *_: Any) -> Answer:
        id_ = path.rpartition("/providers/")[0]
        return _every(next((every for known, every in self.settings.items() if known.lower() == id_.lower()), []))

    def _happened(self, _path: str, query: dict[str, str], _body: Any) -> Answer:
        since, until = re.findall(r"eventTimestamp [gl]e '([^']+)'", query["$filter"])
        return _every([one for one in self.events if since <= one["eventTimestamp"] <= until])

    def _logged(self, _path: str, _query: Any, body: Any) -> Answer:
        since, until = (datetime.fromisoformat(moment) for moment in body["timespan"].split("/"))
        rows = [row for row in self.rows if since <= datetime.fromisoformat(row[0]) <= until]
        kinds = {"TimeGenerated": "datetime", "Source": "string", "Level": "string"}
        kinds |= {"OperationName": "string", "Fields": "dynamic"}
        columns = [{"name": name, "type": kind} for name, kind in kinds.items()]
        error = {"error": {"code": "PartialError", "message": "Too much."}} if self.is_partial else {}
        return 200, {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}], **error}, {}


def _every(values: list[Any]) -> Answer:
    return 200, {"value": values}, {}


def _local(name: str) -> dict[str, str]:
    return {"value": name, "localizedValue": name}


def _wrong(status: int, code: str, message: str = "Something is wrong.") -> Answer:
    return status, {"error": {"code": code, "message": message}}, {}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _handler(arm: Arm) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body in one packet: the client would wait 40 ms for the second.
        wbufsize = -1

        def do_GET(self) -> None:
            self._serve(None)

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._serve(json.loads(text) if text else None)

        def _serve(self, body: Any) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == "/msi/token":
                token = {"access_token": TOKEN, "expires_on": "4102444800", "resource": query["resource"]}
                self._send(200, token | {"token_type": "Bearer"}, {})
                return
            told = arm.answer(self.command, parts.path, query, body, self.headers.get("Authorization", ""))
            if told[0] == HUNG_UP:
                self.close_connection = True
                return
            self._send(*told)

        def _send(self, status: int, told: Any, headers: dict[str, str]) -> None:
            # What is bytes is no answer of Azure's, but of something on the way there.
            text = told if isinstance(told, bytes) else b"" if told is None else json.dumps(told).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
            self.wfile.flush()

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """Whoever does not trust us hangs up; that is no news."""


@contextmanager
def arm(folder: Path, port: int = 0) -> Iterator[Arm]:
    """Serves it; its authority's certificate is `folder/ca.pem`."""
    far_end = Arm()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = _Server(("127.0.0.1", port), _handler(far_end))
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    far_end.url = f"https://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield far_end
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def environment(far_end: Arm, folder: Path) -> dict[str, str]:
    """How a process finds it, signed in as an app in Azure is: by the managed identity that it is given."""
    return {
        "AZURE_MANAGEMENT_URL": far_end.url,
        "AZURE_LOGS_URL": far_end.url,
        "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
        "IDENTITY_ENDPOINT": f"{far_end.url}/msi/token",
        "IDENTITY_HEADER": "this-app",
        "REQUESTS_CA_BUNDLE": str(folder / "ca.pem"),
        "REDIS_URL": f"rediss://:{'p' * 43}%3D@shop-managed.westeurope.redis.azure.net:10000/0",
    }
