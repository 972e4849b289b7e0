"""An Azure that is a file, and our commands asked about it."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from cody2zoho.cli import main

ENV = """
CODY_API_KEY=cody-key-that-is-secret
CODY_BOT_ID=bot
ZOHO_CLIENT_ID=1000.CLIENT
ZOHO_CLIENT_SECRET=zoho-secret-that-is-secret
ZOHO_REFRESH_TOKEN=1000.token-that-is-secret
ZOHO_DATA_CENTER=eu
"""


class Cloud:
    """What stands in it, and one of our commands asked about it."""

    def __init__(self, state: Path) -> None:
        self._path = state

    @property
    def state(self) -> dict[str, Any]:
        return json.loads(self._path.read_text()) if self._path.exists() else {}

    def has(self, **more: Any) -> None:
        self._path.write_text(json.dumps(self.state | more))

    def is_deploying(self) -> None:
        """The latest deployment has not ended yet."""
        deployments = self.state["deployments"]
        deployments["cody2zoho"]["properties"]["provisioningState"] = "Running"
        self.has(deployments=deployments)

    def azure(self, *words: str, typed: str = "") -> Result:
        return CliRunner().invoke(main, ["azure", *words, "-g", "support"], input=typed)

    def deploy(self, *words: str) -> Result:
        return self.azure("deploy", "--yes", *words)

    def first(self, *words: str) -> Result:
        return self.deploy("--location", "westeurope", "--image", "registry.example/cody2zoho:1.0.0", *words)

    @property
    def parameters(self) -> dict[str, Any]:
        """Of the latest deployment."""
        given = self.state["deployments"]["cody2zoho"]["properties"]["parameters"]
        return {name: part["value"] for name, part in given.items()}

    @property
    def vault(self) -> dict[str, dict[str, Any]]:
        return self.state["vault"]

    @property
    def names(self) -> set[str]:
        return {one["name"] for one in self.state.get("resources", {}).values()}

    @property
    def calls(self) -> list[str]:
        return [" ".join(words) for words in self.state["calls"]]

    def at_a_terminal(self, *words: str, typed: str) -> tuple[int, str]:
        """Exit code and all that was said, where somebody sits there and types."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "cody2zoho", "azure", *words, "-g", "support"],
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self._path.parent,
        )
        os.write(ours, typed.encode())
        said, _ = process.communicate(timeout=120)
        os.close(theirs)
        os.close(ours)
        return process.returncode, said
