"""`cody2zoho reconcile`: Cody against Zoho against the ledger."""

import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from cody2zoho.cli.local import services_at_hand
from cody2zoho.reconcile import nightly
from cody2zoho.reconcile import reconcile as comparing
from cody2zoho.reconcile.mismatches import Missing
from cody2zoho.reconcile.reconcile import Report
from cody2zoho.settings import Settings
from cody2zoho.text.transcript import at

if TYPE_CHECKING:
    from rich.table import Table


@click.command()
@click.option("--repair", is_flag=True, help="Queue what is missing, note what the ledger does not know.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def reconcile(repair: bool, as_json: bool) -> None:
    """Compare Cody, Zoho and the ledger; exit code 1 when something is off."""
    with services_at_hand() as services:
        report = comparing.reconcile(services, _tell)
        repaired = comparing.repair(report, services) if repair else None
        nightly.keep(services, report.figures | ({"missing": 0, "unrecorded": 0} if repair else {}))
    if as_json:
        click.echo(json.dumps(_as_json(report, repaired), indent=2, ensure_ascii=False))
    else:
        _show(report, repaired, services.settings)
    if not report.all_is_well:
        sys.exit(1)


def _tell(what: str) -> None:
    """It may take hours: Cody answers 900 conversations a minute."""
    if sys.stderr.isatty():
        click.echo(f"Now {what} …", err=True)


def _show(report: Report, repaired: tuple[int, int] | None, settings: Settings) -> None:
    # Its 3 MB are wanted when the comparison's own are free again.
    from rich.console import Console  # noqa: PLC0415

    console = Console(highlight=False, markup=False, emoji=False)
    for title, headings, rows in _groups(report, settings):
        if cells := list(rows):
            console.print(f"{len(cells)} {title}", style="bold red")
            console.print(_table(headings, cells), "")
    if report.all_is_well:
        console.print("Cody, Zoho and the ledger agree.", style="green")
    if report.unclear:
        console.print(
            f"{report.unclear} more cases are of conversations before SYNC_SINCE, or of none.", style="yellow"
        )
    if repaired is not None:
        console.print(f"{repaired[0]} queued, {repaired[1]} noted.")
    parked = f"; {report.parked} parked: see cody2zoho parked" if report.parked else ""
    console.print(f"{report.conversations} conversations, {report.cases} cases, {report.waiting} on their way{parked}")


def _groups(report: Report, settings: Settings) -> Iterable[tuple[str, tuple[str, ...], Iterable[tuple[str, ...]]]]:
    yield (
        "missing: a conversation has no case; --repair queues it",
        ("conversation", "bot", "began", "the ledger says"),
        (_missing(one, settings) for one in report.missing),
    )
    yield (
        "duplicate: a conversation has several cases; keep one in Zoho, delete the others",
        ("conversation", "cases"),
        ((one, " ".join(cases)) for one, cases in report.duplicates.items()),
    )
    yield (
        "orphaned: a case has no conversation; delete it in Zoho, or leave it",
        ("case", "conversation", "why"),
        ((one.case_id, one.conversation_id, one.why) for one in report.orphaned),
    )
    yield (
        "unrecorded: the ledger does not know of a case; --repair notes it",
        ("conversation", "case"),
        ((one.conversation_id, one.case_id) for one in report.unrecorded),
    )


def _missing(one: Missing, settings: Settings) -> tuple[str, ...]:
    said = f"case {one.case_id}, which Zoho does not have" if one.case_id else "nothing of a case"
    return one.conversation.id, one.conversation.bot_id, at(one.conversation.created_at, settings.zone), said


def _table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> "Table":
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _as_json(report: Report, repaired: tuple[int, int] | None) -> dict[str, object]:
    return {
        "conversations": report.conversations,
        "cases": report.cases,
        "waiting": report.waiting,
        "parked": report.parked,
        "missing": [
            {
                "conversation": one.conversation.id,
                "bot": one.conversation.bot_id,
                "created_at": one.conversation.created_at,
                "case": one.case_id,
            }
            for one in report.missing
        ],
        "duplicate": [{"conversation": one, "cases": cases} for one, cases in report.duplicates.items()],
        "orphaned": [
            {"case": one.case_id, "conversation": one.conversation_id, "why": one.why} for one in report.orphaned
        ],
        "unrecorded": [{"conversation": one, "case": case_id} for one, case_id, _ in report.unrecorded],
        "unclear": report.unclear,
        **({"queued": repaired[0], "noted": repaired[1]} if repaired else {}),
    }
