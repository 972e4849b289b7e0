"""`cody2zoho prove`: break everything, and see one case a conversation all the same."""

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.padding import Padding

from cody2zoho.processes.supervisor import Interrupted
from cody2zoho.prove.guards import GUARDS
from cody2zoho.prove.nemesis import FAULTS
from cody2zoho.prove.report import Result, table, totals
from cody2zoho.prove.run import run
from cody2zoho.prove.trial import Wanted
from cody2zoho.prove.view import view_for

_LARGEST_SEED = 10**6


@click.command()
@click.option("--seed", type=click.IntRange(0), help="Of the first run; without it a random one. It is printed.")
@click.option("--seeds", type=click.IntRange(1), default=1, show_default=True, help="Runs in a row, each its own seed.")
@click.option("--seconds", type=click.FloatRange(1), default=10, show_default=True, help="How long things are broken.")
@click.option("--conversations", type=click.IntRange(2), default=240, show_default=True, help="How many.")
@click.option("--workers", type=click.IntRange(1, 32), default=2, show_default=True, help="Worker processes.")
@click.option("--only", type=click.Choice(list(FAULTS)), multiple=True, metavar="FAULT", help="This fault; repeatable.")
@click.option("--list", "show_list", is_flag=True, help="Show all faults, and do nothing.")
@click.option("--within", type=click.FloatRange(1), default=60, show_default=True, help="Seconds to recover in.")
@click.option("--without", type=click.Choice(list(GUARDS)), help="Switch a guard off, to see the proof fail.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Folder for all logs, also of success.")
@click.option("--json", "as_json", is_flag=True, help="Only the results, as JSON, for scripts.")
def prove(
    seed: int | None,
    seeds: int,
    seconds: float,
    conversations: int,
    workers: int,
    only: tuple[str, ...],
    show_list: bool,
    within: float,
    without: str | None,
    keep: Path | None,
    as_json: bool,
) -> None:
    """Prove that exactly one case a conversation results, whatever breaks.

    Real workers and beats, a real Redis with its data on disk, simulated Cody and Zoho; processes are killed, Redis is
    wiped, connections are cut, APIs misbehave. The simulators are then asked what they hold.
    """
    if show_list:
        _show_faults()
        return
    wanted = Wanted(seconds, conversations, workers, within, only, without or "")
    first = random.randrange(_LARGEST_SEED) if seed is None else seed
    try:
        results = list(_results(range(first, first + seeds), wanted, keep, as_json=as_json))
    except (Interrupted, KeyboardInterrupt) as interrupted:
        click.echo("Stopped.", err=True)
        sys.exit(getattr(interrupted, "exit_code", 130))
    if as_json:
        click.echo(json.dumps({"ok": all(one.ok for one in results), "runs": [one.as_json() for one in results]}))
    elif seeds > 1:
        _print_all(results)
    sys.exit(0 if all(one.ok for one in results) else 1)


def _show_faults() -> None:
    for name, fault in FAULTS.items():
        click.echo(f"{name:<18}{fault.words}")


def _results(seeds: range, wanted: Wanted, keep: Path | None, *, as_json: bool) -> Iterator[Result]:
    """Each is shown when it is there."""
    for seed in seeds:
        if not as_json:
            click.echo(f"seed {seed}")
        folder = keep / f"seed-{seed}" if keep else None
        with view_for(silent=as_json) as view:
            result = run(seed, wanted, view, folder)
        if not as_json:
            _print(result)
        yield result


def _print(result: Result) -> None:
    _print_lines(result.lines())
    for one in result.broken:
        click.secho(f"✗ {one.promise}: {one.sentence}", fg="red")
    if result.folder:
        click.echo(f"  all of it lies in {result.folder}")
    mark, colour = ("✓", "green") if result.ok else ("✗", "red")
    click.secho(f"{mark} {result.verdict}\n", fg=colour)


def _print_lines(lines: Iterator[tuple[str, str]]) -> None:
    for name, figure in lines:
        click.echo(f"  {name:<20}{figure}")


def _print_all(results: list[Result]) -> None:
    Console(highlight=False).print(Padding(table(results), (0, 2)))
    click.echo()
    _print_lines(totals(results))
    proven = sum(one.ok for one in results)
    click.secho(
        f"{'✓' if proven == len(results) else '✗'} {proven} of {len(results)} runs perfect",
        fg="green" if proven == len(results) else "red",
    )
