"""`cody2zoho parked`, `retry` and `dismiss`: what needs a person."""

import json
import sys
from collections import defaultdict
from collections.abc import Callable

import click

from cody2zoho.cli import asking
from cody2zoho.cli.local import services_at_hand
from cody2zoho.ledger.ledger import Ledger

#: Ids shown of a group; `--json` has all.
_SHOWN = 5

_which = (
    click.argument("conversation_ids", nargs=-1, metavar="[ID]..."),
    click.option("--cause", help="All whose reason contains this text."),
    click.option("--all", "everything", is_flag=True, help="All that are parked."),
)


def _choosing(command: Callable[..., None]) -> Callable[..., None]:
    for decorate in reversed(_which):
        command = decorate(command)
    return command


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def parked(as_json: bool) -> None:
    """Show what is parked, grouped by cause; exit code 1 while there is any."""
    with services_at_hand() as services:
        groups = _by_reason(services.ledger)
        paused = [pause.words(services.clock()) for pause in services.paused.current()]
    if as_json:
        click.echo(json.dumps(groups, indent=2, ensure_ascii=False))
    else:
        for reason, ids in sorted(groups.items(), key=lambda group: -len(group[1])):
            more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
            click.echo(f"{len(ids)} × {reason}\n    {' '.join(ids[:_SHOWN])}{more}")
        click.echo("" if groups else "Nothing is parked.")
        for words in paused:
            click.secho(f"{words}; what is retried waits until `cody2zoho resume`", fg="yellow")
    if groups:
        sys.exit(1)


@click.command()
@_choosing
def retry(conversation_ids: tuple[str, ...], cause: str | None, everything: bool) -> None:
    """Let parked conversations begin anew: by id, by cause, or all."""
    _decide(Ledger.retry, "waits again", conversation_ids, cause, everything=everything)


@click.command()
@_choosing
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
def dismiss(conversation_ids: tuple[str, ...], cause: str | None, everything: bool, is_sure: bool) -> None:
    """Decide that parked conversations get no case: by id, or asking first, by cause or all."""
    ask = None if is_sure or conversation_ids else _ask
    _decide(Ledger.dismiss, "is dismissed", conversation_ids, cause, everything=everything, ask=ask)


def _decide(
    move: Callable[[Ledger, str], bool],
    done: str,
    ids: tuple[str, ...],
    cause: str | None,
    *,
    everything: bool,
    ask: Callable[[int], None] | None = None,
) -> None:
    if sum((bool(ids), cause is not None, everything)) != 1:
        raise click.UsageError("Name conversation ids, or --cause, or --all.")
    if cause is not None and not cause.strip():
        raise click.UsageError("--cause is empty, which every reason contains; --all means all.")
    with services_at_hand() as services:
        chosen = ids or [
            one for reason, some in _by_reason(services.ledger).items() if (cause or "") in reason for one in some
        ]
        if ask and chosen:
            ask(len(chosen))
        moved = [one for one in chosen if move(services.ledger, one)]
    for one in moved:
        click.echo(f"{one} {done}")
    for one in set(ids) - set(moved):
        click.echo(f"{one} is not parked", err=True)
    if not moved:
        click.echo("Nothing was parked that fits.", err=True)
    if len(moved) < max(1, len(ids)):
        sys.exit(1)


def _ask(count: int) -> None:
    """Of a cause, or of all, there may be more than one thinks."""
    asking.must_ask("Dismissing a group")
    asking.go_on_if(click.confirm(f"Dismiss {count} of the parked, so that they get no case, now or later?", err=True))


def _by_reason(ledger: Ledger) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for one in ledger.parked():
        groups[one.reason].append(one.conversation_id)
    return dict(groups)
