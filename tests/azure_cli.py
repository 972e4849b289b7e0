"""A stand-in for `az`: it keeps what it is told to make, and refuses commands and options that `az` 2.91 does not have.

The program is a few lines of bash that ask one server: a Python started for each of a test's thirty questions
costs twenty times as much.
"""

import json
import re
import stat
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"

COMMON = {"--output", "--only-show-errors", "--subscription", "--query"}
FLAGS = {"--only-show-errors", "--no-wait", "--follow", "--yes"}

#: Options of each command, those it needs first; as `az … --help` of release 2.91 has them.
COMMANDS = {
    "account show": ([], []),
    "login": ([], []),
    "ad signed-in-user show": ([], []),
    "ad sp show": (["--id"], []),
    "group exists": (["--name"], []),
    "group show": (["--name"], []),
    "group create": (["--name", "--location"], ["--tags"]),
    "resource list": ([], ["--resource-group", "--tag", "--name"]),
    "resource show": ([], ["--ids"]),
    "resource delete": ([], ["--ids", "--no-wait"]),
    "rest": (["--url"], ["--method", "--body", "--resource"]),
    "keyvault list-deleted": ([], ["--resource-type"]),
    "keyvault recover": ([], ["--name", "--location"]),
    "deployment group list": (["--resource-group"], []),
    "deployment group show": (["--resource-group", "--name"], []),
    "deployment group create": (
        ["--resource-group"],
        ["--name", "--template-file", "--parameters", "--no-wait", "--mode"],
    ),
    "deployment group what-if": (["--resource-group"], ["--name", "--template-file", "--parameters"]),
    "deployment operation group list": (["--resource-group", "--name"], []),
    "acr build": (["--registry"], ["--image", "--file", "PLACE"]),
    "containerapp list": ([], ["--resource-group"]),
    "containerapp show": (["--name", "--resource-group"], []),
    "containerapp replica list": (["--name", "--resource-group"], ["--revision"]),
    "containerapp revision restart": (["--revision"], ["--name", "--resource-group"]),
    "containerapp logs show": (["--name", "--resource-group"], ["--tail", "--type", "--format", "--follow"]),
}


class Refused(Exception):
    """What `az` says on its standard error; `code` is how it ends."""

    code = 1


class Misused(Refused):
    code = 2


def understood(words: list[str]) -> tuple[str, dict[str, Any]]:
    """The command, and its options. Raises Misused."""
    ends = next((at for at, word in enumerate(words) if word.startswith("-")), len(words))
    command = " ".join(words[:ends])
    if command not in COMMANDS:
        raise Misused(f"ERROR: '{command}' is misspelled or not recognized by the system.")
    needed, more = COMMANDS[command]
    options: dict[str, Any] = {}
    rest = words[ends:]
    while rest:
        name = rest.pop(0)
        if not name.startswith("-") and "PLACE" in more:
            options["PLACE"] = name
            continue
        if name not in {*needed, *more, *COMMON} or (command.startswith("ad ") and name == "--subscription"):
            raise Misused(f"ERROR: unrecognized arguments: {name}")
        options[name] = True if name in FLAGS else rest.pop(0)
    if missing := [name for name in needed if name not in options]:
        raise Misused(f"ERROR: the following arguments are required: {', '.join(missing)}")
    return command, options


class Azure:
    """All that is there."""

    def __init__(self, state: dict[str, Any]) -> None:
        self.state = state
        self.group: dict[str, Any] = state.setdefault("group", {})
        self.resources: dict[str, dict[str, Any]] = state.setdefault("resources", {})
        self.vault: dict[str, dict[str, Any]] = state.setdefault("vault", {})
        self.deployments: dict[str, dict[str, Any]] = state.setdefault("deployments", {})

    def answer(self, command: str, options: dict[str, Any]) -> Any:
        if not self.state.get("signed_in", True) and command != "login":
            raise Refused("ERROR: Please run 'az login' to setup account.")
        return getattr(self, command.replace(" ", "_").replace("-", "_"))(options)

    def account_show(self, _: dict[str, Any]) -> Any:
        kind = self.state.get("user_type", "user")
        return {"id": SUBSCRIPTION, "name": "Support", "user": {"type": kind, "name": "somebody"}}

    def login(self, _: dict[str, Any]) -> None:
        self.state["signed_in"] = True

    def ad_signed_in_user_show(self, _: dict[str, Any]) -> Any:
        return {"id": "who-deploys"}

    def ad_sp_show(self, _: dict[str, Any]) -> Any:
        if why := self.state.get("entra_is_silent"):
            raise Refused(f"ERROR: {why}")
        return {"id": "which-pipeline-deploys"}

    def group_exists(self, _: dict[str, Any]) -> bool:
        return bool(self.group)

    def group_show(self, _: dict[str, Any]) -> Any:
        return self.group

    def group_create(self, options: dict[str, Any]) -> Any:
        self.group.update(name=options["--name"], location=options["--location"])
        return self.group

    def resource_list(self, _: dict[str, Any]) -> Any:
        return list(self.resources.values())

    def resource_delete(self, options: dict[str, Any]) -> None:
        gone = self.resources.pop(options["--ids"])
        self.state.setdefault("deleted", []).append(gone["name"])
        if gone["type"] == "Microsoft.KeyVault/vaults":
            self.state["deleted_vault"] = gone["name"]

    def resource_show(self, options: dict[str, Any]) -> Any:
        return {"properties": {"AppId": f"app-of-{self.resources[options['--ids']]['name']}"}}

    def rest(self, options: dict[str, Any]) -> Any:
        if options["--url"].startswith("https://api.applicationinsights.io/v1/apps/"):
            assert options["--resource"] == "https://api.applicationinsights.io"
            self.state["asked"] = {
                "app": options["--url"].split("/")[5],
                "body": Path(options["--body"].removeprefix("@")).read_text(),
            }
            return self.state["insights"]
        return self._secrets(options)

    def _secrets(self, options: dict[str, Any]) -> Any:
        """Those of a vault, two a page, as Azure itself gives them: without their values."""
        vault, _, query = options["--url"].partition("/secrets?")
        if vault not in self.resources:
            raise Refused("ERROR: Not Found")
        begin = int(query.partition("&from=")[2] or 0)
        names = sorted(self.vault)
        page = [{"name": name, "tags": self.vault[name]["tags"]} for name in names[begin : begin + 2]]
        more = begin + 2 < len(names)
        return {"value": page, **({"nextLink": f"{vault}/secrets?x&from={begin + 2}"} if more else {})}

    def keyvault_list_deleted(self, _: dict[str, Any]) -> Any:
        return [{"name": self.state["deleted_vault"]}] if self.state.get("deleted_vault") else []

    def keyvault_recover(self, options: dict[str, Any]) -> None:
        name = self.state.pop("deleted_vault")
        assert name == options["--name"]
        self._make("Microsoft.KeyVault/vaults", name)

    def deployment_group_list(self, _: dict[str, Any]) -> Any:
        return list(self.deployments.values())

    def deployment_group_show(self, options: dict[str, Any]) -> Any:
        found = self.deployments[options["--name"]]
        found["looks"] = found.get("looks", 0) + 1
        ended = found["looks"] > self.state.get("takes_its_time", 0)
        return found if ended else {**found, "properties": {**found["properties"], "provisioningState": "Running"}}

    def deployment_operation_group_list(self, options: dict[str, Any]) -> Any:
        name = f"{options['--name']}-vault"
        return [{"properties": {"provisioningState": "Succeeded", "targetResource": {"resourceName": name}}}]

    def deployment_group_what_if(self, options: dict[str, Any]) -> None:
        self._given(options)
        self.state["said"] = "Resource changes: 1 to create."

    def deployment_group_create(self, options: dict[str, Any]) -> None:
        given = self._given(options)
        shown = {name: {"value": value} for name, value in given.items() if name != "secretValues"}
        properties: dict[str, Any] = {"provisioningState": "Succeeded", "parameters": shown, "outputs": {}}
        failures = self.state.get("failures", [])
        # What fails has made what the failed part does not need.
        self._vault_and_registry(given)
        if self.state.pop("fails_after_redis", False):
            self._redis({**given, "redisIsNew": False})
            failures = ["The secrets could not be written"]
        if failures:
            properties |= {"provisioningState": "Failed", "error": {"details": [{"message": failures.pop(0)}]}}
        else:
            self._redis(given)
            self._apps(given)
        self.deployments[options["--name"]] = {"name": options["--name"], "properties": properties}

    def acr_build(self, options: dict[str, Any]) -> None:
        if not any(one["name"] == options["--registry"] for one in self.resources.values()):
            raise Refused("ERROR: The resource with name and type 'registry' could not be found.")
        assert Path(options["--file"]).is_file()
        assert Path(options["PLACE"]).is_dir()
        if self.state.pop("build_fails", False):
            raise Refused("ERROR: failed to build the image")
        self.state.setdefault("built", []).append(options["--image"])

    def containerapp_list(self, _: dict[str, Any]) -> Any:
        return [one["app"] for one in self.resources.values() if "app" in one]

    def containerapp_show(self, options: dict[str, Any]) -> Any:
        return self._app(options["--name"])

    def containerapp_replica_list(self, options: dict[str, Any]) -> Any:
        count = self.state.get("replicas", {}).get(options["--name"], 1)
        return [{"properties": {"runningState": "Running"}}] * count

    def containerapp_revision_restart(self, options: dict[str, Any]) -> None:
        assert self._app(options["--name"])["properties"]["latestReadyRevisionName"] == options["--revision"]
        self.state.setdefault("restarted", []).append(options["--name"])

    def containerapp_logs_show(self, options: dict[str, Any]) -> None:
        if options["--type"] == "system" and options["--format"] != "json":
            raise Misused("ERROR: --type: only json logs supported for system logs")
        self._app(options["--name"])
        self.state["said"] = f"{options['--tail']} lines of {options['--name']} ({options['--type']})"

    def _app(self, name: str) -> Any:
        for one in self.resources.values():
            if one["name"] == name and "app" in one:
                return one["app"]
        raise Refused(f"ERROR: (ResourceNotFound) The containerapp '{name}' does not exist")

    def _given(self, options: dict[str, Any]) -> dict[str, Any]:
        """The parameters, as the template wants them."""
        path = Path(options["--parameters"].removeprefix("@"))
        if stat.S_IMODE(path.stat().st_mode) != 0o600:
            raise Refused("ERROR: somebody else may read the parameters")
        given = {name: part["value"] for name, part in json.loads(path.read_text())["parameters"].items()}
        template = Path(options["--template-file"]).read_text()
        declared = dict(re.findall(r"^param (\w+) \w+( =)?", template, re.MULTILINE))
        if unknown := set(given) - set(declared):
            raise Refused(f"ERROR: the following parameters do not exist in the template: {sorted(unknown)}")
        missing = {name for name, default in declared.items() if not default} - set(given)
        if missing:
            raise Refused(f"ERROR: the following parameters are missing: {sorted(missing)}")
        assert {one["name"] for one in given["changedSecrets"]} == set(given["secretValues"])
        return given

    def _make(self, kind: str, name: str, **more: Any) -> None:
        group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{self.group['name']}"
        id_ = f"{group}/providers/{kind}/{name}"
        before = self.resources.get(id_, {})
        tags = {"application": "cody2zoho", "installation": self.state.get("installation", "cody2zoho")}
        self.resources[id_] = {"id": id_, "name": name, "type": kind, "tags": tags, **before, **more}

    def _vault_and_registry(self, given: dict[str, Any]) -> None:
        self.state["installation"] = given["name"]
        self._make("Microsoft.KeyVault/vaults", f"{given['name']}-{given['unique']}")
        self._make("Microsoft.App/managedEnvironments", f"{given['name']}-environment")
        self._make("Microsoft.Insights/components", f"{given['name']}-insights")
        if given["ownRegistry"]:
            self._make("Microsoft.ContainerRegistry/registries", f"{given['name'].replace('-', '')}{given['unique']}")
        for one in given["changedSecrets"]:
            before = self.vault.get(one["name"], {"versions": 0})
            value = given["secretValues"][one["name"]]
            assert value, f"Key Vault takes no empty secret: {one['name']}"
            self.vault[one["name"]] = {
                "tags": {"digest": one["digest"]},
                "value": value,
                "versions": before["versions"] + 1,
            }

    def _redis(self, given: dict[str, Any]) -> None:
        kinds = {"managed": "Microsoft.Cache/redisEnterprise", "cache": "Microsoft.Cache/redis"}
        if given["redisKind"] in kinds:
            self._make(kinds[given["redisKind"]], f"{given['name']}-redis-{given['unique']}")
            if given["redisIsNew"]:
                made = self.state["redis_made"] = self.state.get("redis_made", 0) + 1
                for name in ("redis-url", "redis-address", "redis-password"):
                    self.vault[name] = {"tags": None, "value": f"{name} {made}", "versions": made}
        if given["redisKind"] == "container":
            self._make("Microsoft.Storage/storageAccounts", f"{given['name']}{given['unique']}")
            self._container(f"{given['name']}-redis", "docker.io/library/redis:7.4-alpine", 1, ingress=None)

    def _apps(self, given: dict[str, Any]) -> None:
        if not given["image"]:
            return
        for one in given["secretSettings"]:
            if one["secret"] not in self.vault:
                raise Refused(f"ERROR: unable to fetch secret '{one['secret']}'")
        for role in ("worker", "beat", "flower", "ops"):
            most = given["maxWorkers"] if role == "worker" else 1
            fqdn = f"{given['name']}-{role}.example.azurecontainerapps.io"
            opened = {"external": bool(given["allowedRanges"]), "fqdn": fqdn}
            self._container(
                f"{given['name']}-{role}", given["image"], most, opened if role in ("flower", "ops") else None
            )

    def _container(self, name: str, image: str, most: int, ingress: Any) -> None:
        revision = f"{name}--{abs(hash((image, most))) % 10**6}"
        app = {
            "name": name,
            "properties": {
                "runningStatus": "Running",
                "provisioningState": "Succeeded",
                "latestRevisionName": revision,
                "latestReadyRevisionName": revision,
                "configuration": {"ingress": ingress},
                "template": {"containers": [{"image": image}], "scale": {"minReplicas": 1, "maxReplicas": most}},
            },
        }
        self._make("Microsoft.App/containerApps", name, app=app)


def answered(state_file: Path, words: list[str]) -> tuple[int, str, str]:
    """How `az` ends, what it prints, and what it says on its standard error."""
    state = json.loads(state_file.read_text()) if state_file.exists() else {}
    state.setdefault("calls", []).append(words)
    try:
        command, options = understood(words)
        answer = Azure(state).answer(command, options)
    except Refused as refused:
        return refused.code, "", f"{refused}\n"
    except Exception:  # noqa: BLE001 - `az` too says its own faults in a traceback
        return 1, "", traceback.format_exc()
    finally:
        said = state.pop("said", "")
        state_file.write_text(json.dumps(state))
    return 0, f"{said}\n" if said else "" if answer is None else json.dumps(answer) + "\n", ""


#: Each word ends with a NUL, and so does each part of the answer.
PROGRAM = r"""#!/usr/bin/env bash
exec 3<>/dev/tcp/127.0.0.1/{port}
printf '%s\0' "$(($# + 1))" {state_file} "$@" >&3
IFS= read -r -d '' code <&3
IFS= read -r -d '' said <&3
IFS= read -r -d '' refused <&3
printf '%s' "$said"
printf '%s' "$refused" >&2
exit "$code"
"""


class _Asked(StreamRequestHandler):
    #: Each cloud is one file.
    lock = threading.Lock()

    def handle(self) -> None:
        state_file, *words = [self._word() for _ in range(int(self._word()))]
        with self.lock:
            parts = answered(Path(state_file), words)
        self.wfile.write("".join(f"{part}\0" for part in parts).encode())

    def _word(self) -> str:
        read = b""
        while (byte := self.rfile.read(1)) not in (b"\0", b""):
            read += byte
        return read.decode()


@contextmanager
def served() -> Iterator[int]:
    """The port at which each `az` asks."""
    with ThreadingTCPServer(("127.0.0.1", 0), _Asked) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()
