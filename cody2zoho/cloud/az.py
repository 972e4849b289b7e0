"""Azure's own command line, `az`, asked as a process: it knows how people sign in and what Azure wants.

What it refuses becomes one sentence. What it was given is never shown, for there are secrets among it.
"""

import json
import re
import shutil
import subprocess
from typing import Any

from cody2zoho.errors import NotSetUp, Refused

#: Azure thinks for minutes about some things; those that take longer are not waited for in one question.
_SECONDS = 600.0

#: Messages may hold messages.
_MESSAGE = re.compile(r'"message": ?("(?:[^"\\]|\\.)*")')

#: What Azure says, and what to do about it.
_REMEDIES = {
    r"az login|AADSTS|token has expired": "Azure does not know you: run `az login`.",
    r"AuthorizationFailed|does not have authorization": (
        "You may not do that in Azure: the role Owner, or Contributor and User Access Administrator, is needed."
    ),
    r"MissingSubscriptionRegistration": (
        "The subscription lacks a resource provider; docs/azure.md says how to register those that are needed."
    ),
    r"ResourceGroupNotFound": "There is no such resource group; see --resource-group and --subscription.",
    r"SubscriptionNotFound": "There is no such subscription; `az account list` shows yours.",
}


class Az:
    """Asks `az` about one subscription, or about the one that is chosen there."""

    def __init__(self, subscription: str = "") -> None:
        found = shutil.which("az")
        if not found:
            raise NotSetUp("The program `az` is missing: install the Azure CLI, see docs/azure.md.")
        self._program = found
        self._subscription = ("--subscription", subscription) if subscription else ()

    def ask(self, *words: str) -> Any:
        """What it answers, as JSON has it; None where it answers nothing. Raises NotSetUp, Refused."""
        try:
            done = self._run(*words, "--output", "json", "--only-show-errors", is_shown=False)
        except subprocess.TimeoutExpired:
            raise Refused(f"`az {_shown(words)}` did not end within {_SECONDS:.0f} seconds; try again.") from None
        if done.returncode:
            raise _refusal(done.stderr, words)
        try:
            return json.loads(done.stdout) if done.stdout.strip() else None
        except ValueError:
            raise _unreadable(words) from None

    def account(self) -> dict[str, Any]:
        """The subscription, and who asks. The first question of every command, so it also tells what `az` is worth."""
        words = ("account", "show")
        told = self.ask(*words)
        match told:
            case {"id": str(), "name": str(), "user": {"type": str(), "name": str()}}:
                return dict(told)
        raise _unreadable(words)

    def show(self, *words: str) -> None:
        """The same, with its own words on the terminal, for as long as it takes."""
        if self._run(*words, is_shown=True).returncode:
            raise Refused(f"`az {_shown(words)}` did not succeed; it said why above.")

    def _run(self, *words: str, is_shown: bool) -> subprocess.CompletedProcess[str]:
        place = () if words[0] in ("login", "ad") else self._subscription
        return subprocess.run(
            [self._program, *words, *place],
            capture_output=not is_shown,
            # A question that nobody sees would never be answered.
            stdin=None if is_shown else subprocess.DEVNULL,
            text=True,
            # A name in Azure may have a letter that this terminal's encoding does not.
            errors="replace",
            timeout=None if is_shown else _SECONDS,
            check=False,
        )


def refusal_words(text: str) -> str:
    """The innermost of what Azure said, as one line, without what may stand behind an address's `?`."""
    while told := _MESSAGE.findall(text):
        text = json.loads(told[-1], strict=False)
    line = " ".join(text.replace("ERROR:", " ").split())
    return re.sub(r"\?\S*", "", line)[:400].strip(' ."')


def _refusal(text: str, words: tuple[str, ...]) -> Refused | NotSetUp:
    known = next((pattern for pattern in _REMEDIES if re.search(pattern, text)), None)
    if known:
        return NotSetUp(_REMEDIES[known])
    return Refused(f"Azure refuses `az {_shown(words)}`: {refusal_words(text) or 'it ended without a word'}.")


def _unreadable(words: tuple[str, ...]) -> NotSetUp:
    return NotSetUp(f"`az {_shown(words)}` answers what nobody can read: bring the Azure CLI up to date.")


def _shown(words: tuple[str, ...]) -> str:
    """The command without what it was given."""
    options = [at for at, word in enumerate(words) if word.startswith("-")]
    return " ".join(words[: min(options, default=len(words))])
