"""What the commands for Redis in Azure share: which instance, asking before something is lost, files."""

import functools
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import click

from cody2zoho import configuration
from cody2zoho.azure_redis import finding
from cody2zoho.azure_redis.finding import Found
from cody2zoho.cli import asking
from cody2zoho.errors import Refused


def at_instance(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command `found` instead of the three options that say which instance is meant."""

    @click.option("--name", default="", help="The instance; else the one that REDIS_URL leads to.")
    @click.option("--resource-group", "-g", "group", default="", help="The resource group it is in.")
    @click.option("--subscription", default="", help="Id of it; else AZURE_SUBSCRIPTION_ID, or the only one.")
    @functools.wraps(command)
    def found_first(*words: Any, name: str, group: str, subscription: str, **options: Any) -> Any:
        found = finding.find(configuration.provisional(), name, group, subscription)
        return command(*words, found=found, **options)

    return found_first


as_json_option = click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
yes_option = click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")


def folder_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option("--output", "folder", type=click.Path(path_type=Path, file_okay=False), help=what)


def ask(found: Found, question: str, *, is_sure: bool, by_name: bool = False) -> None:
    """Goes on only with a yes; `by_name` wants the instance's name typed, where all its data is at stake."""
    if is_sure:
        return
    asking.must_ask("This")
    if by_name:
        agreed = click.prompt(f"{question} Type its name to go on", default="", show_default=False)
        is_agreed = agreed.strip() == found.instance.name
    else:
        is_agreed = click.confirm(question)
    asking.go_on_if(is_agreed)


class BlobAddress(click.ParamType):  # type: ignore[type-arg]
    """An address of Azure Blob with its SAS, which is a key; `-` asks for it, so that no shell's history has it."""

    name = "blob-sas"

    def convert(self, value: Any, _param: click.Parameter | None, _ctx: click.Context | None) -> str:
        address = (_typed() if value == "-" else str(value)).strip()
        if not _has_sas(address):
            raise click.UsageError(
                "That is no address of Azure Blob with a SAS: write https://ACCOUNT.blob.core.windows.net/CONTAINER"
                "?sv=…&sig=…, in quotes, or - to type it."
            )
        return address


def _has_sas(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.path.strip("/")) and "sig" in parse_qs(parts.query)


def _typed() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    return str(click.prompt("Address with its SAS", hide_input=True))


def without_sas(address: str) -> str:
    """Fit to be shown."""
    return address.partition("?")[0]


def write(folder: Path, name: str, text: str, at: float) -> Path:
    """A new file with its moment in its name, for nobody else to read."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
    stem, _, ending = name.rpartition(".")
    path = folder / f"{stem}-{stamp}.{ending}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Nothing that lies there already is written into, nor where a link of somebody else's leads.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}.") from None
    return path


def plain(words: str) -> str:
    """Of a file's name, only what every system takes."""
    return re.sub(r"[^\w-]+", "-", words)
