"""What `cody2zoho backup` shows."""

import json
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import click

from cody2zoho.backup.container import Header, Totals
from cody2zoho.backup.making import Made
from cody2zoho.backup.restoring import Figures, Rehearsal
from cody2zoho.backup.shelf import Item, Shown
from cody2zoho.ledger.records import State
from cody2zoho.text.times import span


def show_made(made: Made, *, as_json: bool, removed: int = 0) -> None:
    if as_json:
        facts = _facts(made.item.name, made.size, made.header, made.totals)
        _print({**facts, "to": made.item.place.address, "seconds": round(made.seconds, 2), "removed": removed})
        return
    closed = "encrypted" if made.header.sealed else "not encrypted"
    click.echo(f"{made.item.place.address}/{made.item.name}")
    click.echo(
        f"{made.totals.conversations} conversations, {size(made.size)}, {closed}, in {made.seconds:.1f} s, "
        "and read once more"
    )
    if removed:
        click.echo(f"{removed} older ones are deleted.")


def print_failure(sentence: str) -> None:
    """For the worker that has called us."""
    _print({"failed": sentence})


def show_list(found: list[Shown], address: str, *, as_json: bool) -> None:
    if as_json:
        _print([_listed(one) for one in found])
        return
    if not found:
        click.echo(f"There is no backup in {address}.")
        return
    rows: list[tuple[str, ...]] = [("name", "made (UTC)", "size", "conversations", "format", "encrypted", "")]
    rows += [_row(one) for one in found]
    for row, one in zip(_aligned(rows), [None, *found], strict=True):
        click.secho(row, fg="red" if one and one.wrong else None, bold=one is None)


def show_verified(item: Item, header: Header, totals: Totals, *, is_opened: bool, as_json: bool) -> None:
    if as_json:
        _print({**_facts(item.name, None, header, totals), "opened": is_opened})
        return
    opened = "" if is_opened else "; it is encrypted, and was not opened: its key is not at hand"
    click.echo(f"{item.name} is intact, of {_when(header.made_at)} UTC{opened}")
    click.echo("  ".join(f"{count} {state}" for state, count in totals.states.items()) or "no conversations")


def show_changes(rehearsal: Rehearsal, *, is_merged: bool) -> None:
    figures = rehearsal.figures
    age = span(time.time() - rehearsal.header.made_at)
    click.echo(f"{rehearsal.item.name} is intact, made {age} ago, {_when(rehearsal.header.made_at)} UTC\n")
    heads = ("", "backup", "Redis now", "added", "known to both", "kept" if is_merged else "lost")
    rows = [heads, *(_state_row(state.value, figures) for state in State if _is_any(state, figures))]
    for line in _aligned(rows, right=True) if len(rows) > 1 else ():
        click.echo(line)
    click.echo("")
    for sentence in _sentences(figures, is_merged=is_merged):
        click.echo(sentence)


def end_rehearsal(rehearsal: Rehearsal, sentence: str, *, is_merged: bool, as_json: bool) -> None:
    """A rehearsal touches nothing, so nothing stands against it; what stands against a restore is said."""
    if as_json:
        print_changes(rehearsal, is_merged=is_merged, refused=sentence)
    elif sentence:
        click.secho(sentence, fg="yellow", err=True)


def show_restored(restored: int, copy: Made | None) -> None:
    if copy:
        click.echo(f"What was there before lies in {copy.item.place.address}/{copy.item.name}")
    click.secho(f"{restored} conversations are put back.", fg="green")
    click.echo("The next worker brings them up to date from Zoho before any case is made.")


def print_changes(rehearsal: Rehearsal, *, is_merged: bool, **done: Any) -> None:
    """For scripts."""
    figures = rehearsal.figures
    _print(
        {
            "name": rehearsal.item.name,
            "made_at": rehearsal.header.made_at,
            "backup": figures.backup,
            "now": figures.now,
            "added": figures.added,
            "replaced": {} if is_merged else figures.both,
            "lost": {} if is_merged else figures.lost,
            "barred": figures.barred,
            "bars": figures.bars,
            **done,
        }
    )


def show_going(going: Iterable[Shown]) -> None:
    for line in _aligned([_row(one) for one in going]):
        click.echo(line)


def tell(lines: int) -> None:
    """On a terminal, how far it is."""
    if sys.stderr.isatty() and lines % 10_000 == 0:
        click.echo(f"Now at line {lines} …", err=True)


def size(count: int) -> str:
    return f"{count / 2**20:.1f} MB" if count >= 2**20 else f"{max(1, round(count / 2**10))} KB"


def _listed(one: Shown) -> dict[str, Any]:
    return {
        **_facts(one.entry.name, one.entry.size, one.header, one.totals),
        "intact": not one.wrong,
        "wrong": one.wrong,
    }


def _facts(name: str, bytes_: int | None, header: Header | None, totals: Totals | None) -> dict[str, Any]:
    return {
        "name": name,
        **({} if bytes_ is None else {"bytes": bytes_}),
        "made_at": header.made_at if header else None,
        "version": header.version if header else "",
        "format": header.format if header else None,
        "encrypted": bool(header and header.sealed),
        "conversations": totals.conversations if totals else None,
        "states": totals.states if totals else {},
    }


def _row(one: Shown) -> tuple[str, ...]:
    return (
        one.entry.name,
        _when(one.made_at),
        size(one.entry.size),
        str(one.totals.conversations) if one.totals else "?",
        str(one.header.format) if one.header else "?",
        ("yes" if one.header.sealed else "no") if one.header else "?",
        one.wrong.partition(": ")[2].partition(". ")[0] if ": " in one.wrong else one.wrong,
    )


def _is_any(state: State, figures: Figures) -> bool:
    return bool(figures.backup.get(state) or figures.now.get(state))


def _state_row(state: str, figures: Figures) -> tuple[str, ...]:
    counts = (figures.backup, figures.now, figures.added, figures.both, figures.lost)
    return (state, *(str(count.get(state, 0)) for count in counts))


def _sentences(figures: Figures, *, is_merged: bool) -> Iterable[str]:
    added, both, lost = (sum(part.values()) for part in (figures.added, figures.both, figures.lost))
    if is_merged:
        but = f", but for the {figures.bars} that were erased when the backup was made" if figures.bars else ""
        yield f"{added} are added; what Redis knows stays as it is{but}."
    else:
        yield f"{added} are added, {both} replaced; {figures.moved} of these change their state."
    if lost and not is_merged:
        yield f"{lost} that only Redis knows are dropped: Zoho tells of those that have a case, Cody of the others."
    if figures.barred:
        yield f"{figures.barred} were erased by a person since, and stay away."


def _when(second: float) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M}"


def _aligned(rows: list[tuple[str, ...]], *, right: bool = False) -> list[str]:
    """In columns; the first to the left, the others where `right` is said to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if right and place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _print(facts: Any) -> None:
    click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
