"""One deployment, from what there is to what there should be. Begun again after anything, it goes on where it stopped.

Azure itself compares: what is as the template says stays as it is. So the steps are few:

1. a vault that was deleted is had back
2. an image is built, where one is wanted
3. a Redis to be recreated is deleted, as late as can be, for nobody works without it
4. the template is deployed, with only those secrets that differ
"""

import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cody2zoho import __version__
from cody2zoho.cloud.az import Az, refusal_words
from cody2zoho.cloud.choice import There
from cody2zoho.cloud.place import Place
from cody2zoho.cloud.plan import Plan
from cody2zoho.cloud.templates import main_template
from cody2zoho.errors import ConfigurationError, Refused

#: How soon it is looked again, and again; the last one from then on.
_LOOK_SECONDS = (1.0, 2.0, 5.0, 10.0)

#: A role that was just given takes a while to be known everywhere; until then no secret can be read.
_NOT_KNOWN_YET = re.compile(r"Managed identity|ForbiddenByRbac|PrincipalNotFound", re.IGNORECASE)
_TRIES = 5
_AGAIN_SECONDS = 60.0


@dataclass(frozen=True)
class Deploying:
    """The means of a deployment; `say` shows one line."""

    az: Az
    place: Place
    say: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def prepare(self, plan: Plan, there: There) -> None:
        """Where it goes."""
        location = plan.parameters["location"]
        if not there.location:
            self.az.ask("group", "create", "--name", self.place.resource_group, "--location", location)
            self.say(f"made resource group {self.place.resource_group}")
        if there.vault_is_deleted:
            self.az.ask("keyvault", "recover", "--name", self.place.vault)
            self.say(f"had the deleted vault {self.place.vault} back")

    def delete_redis(self, there: There) -> None:
        """With what it keeps."""
        for one in (*there.redis, *there.redis_data):
            self.az.ask("resource", "delete", "--ids", one.id)
            self.say(f"deleted {one.name}")

    def build(self, plan: Plan, there: There, folder: Path) -> str:
        """The name of an image built of a working copy, in a registry of our own that is made where it is missing."""
        if not (folder / "docker" / "Dockerfile").is_file():
            raise ConfigurationError(
                ["--build needs the working copy as the present folder: docker/Dockerfile is not here."]
            )
        if not any(one.name == self.place.registry for one in there.resources):
            self.say("making all but the apps first, so that there is a registry to build in")
            # Under another name, for what the latest deployment had is what the next one goes by.
            self._deploy_at_last({**plan.parameters, "image": ""}, plan.secret_values, self.place.before_the_apps)
        image = f"cody2zoho:{__version__}-{self.now():%Y%m%d%H%M%S}"
        self.az.show(
            "acr", "build", "--registry", self.place.registry, "--image", image,
            "--file", str(folder / "docker" / "Dockerfile"), str(folder),
        )  # fmt: skip
        return f"{self.place.registry}.azurecr.io/{image}"

    def deploy(self, plan: Plan) -> None:
        """Deploys the template and waits for it. Raises Refused with what Azure says."""
        self._deploy_at_last(plan.parameters, plan.secret_values, self.place.name)

    def _deploy_at_last(self, parameters: dict[str, Any], secret_values: dict[str, str], called: str) -> None:
        for _ in range(_TRIES - 1):
            try:
                self._deploy(parameters, secret_values, called)
                return
            except Refused as refused:
                if not _NOT_KNOWN_YET.search(str(refused)):
                    raise
            self.say(f"Azure does not know yet who may read the vault; again in {_AGAIN_SECONDS:.0f} seconds")
            self.sleep(_AGAIN_SECONDS)
        self._deploy(parameters, secret_values, called)

    def preview(self, plan: Plan) -> None:
        """Azure's own word on what would change."""
        with _written(plan.parameters, plan.secret_values) as file:
            self.az.show("deployment", "group", "what-if", *self._words(file, self.place.name))

    def _words(self, file: Path, called: str) -> tuple[str, ...]:
        return (*self._ours(called), "--template-file", str(main_template()), "--parameters", f"@{file}")

    def _deploy(self, parameters: dict[str, Any], secret_values: dict[str, str], called: str) -> None:
        with _written(parameters, secret_values) as file:
            self.az.ask("deployment", "group", "create", *self._words(file, called), "--no-wait")
        told: set[str] = set()
        waits = chain(_LOOK_SECONDS, repeat(_LOOK_SECONDS[-1]))
        while not self._is_over(called, told):
            self.sleep(next(waits))

    def _is_over(self, called: str, told: set[str]) -> bool:
        """Raises Refused where it ended, and not well."""
        found = self.az.ask("deployment", "group", "show", *self._ours(called))["properties"]
        self._tell_progress(called, told)
        state = found["provisioningState"]
        if state in ("Failed", "Canceled"):
            words = refusal_words(json.dumps(found.get("error") or state, ensure_ascii=False))
            raise Refused(f"Azure did not finish the deployment: {words}.")
        return bool(state == "Succeeded")

    def _tell_progress(self, called: str, told: set[str]) -> None:
        for one in self.az.ask("deployment", "operation", "group", "list", *self._ours(called)):
            target = one["properties"].get("targetResource") or {}
            name = target.get("resourceName", "")
            if name and name not in told and one["properties"]["provisioningState"] == "Succeeded":
                told.add(name)
                self.say(f"  done  {name}")

    def _ours(self, called: str) -> tuple[str, ...]:
        return ("--resource-group", self.place.resource_group, "--name", called)


@contextmanager
def _ends_in_order() -> Iterator[None]:
    """A pipeline that is cancelled, or a terminal that is closed, leaves no file with secrets behind."""

    def end(number: int, _: object) -> None:
        sys.exit(128 + number)

    numbers = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, one in before.items():
            signal.signal(number, one)


@contextmanager
def _written(parameters: dict[str, Any], secret_values: dict[str, str]) -> Iterator[Path]:
    """A file of parameters that nobody else may read, for as long as `az` reads it."""
    whole = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {
            name: {"value": value} for name, value in (parameters | {"secretValues": secret_values}).items()
        },
    }
    with _ends_in_order(), TemporaryDirectory(prefix="cody2zoho-") as folder:
        path = Path(folder, "parameters.json")
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump(whole, file)
        yield path
