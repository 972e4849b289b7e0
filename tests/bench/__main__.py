"""`python -m tests.bench [--only NAME] [--json]`: exit code 1 when a limit is missed."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from cody2zoho import configuration
from cody2zoho.processes.supervisor import Interrupted
from cody2zoho.settings import Settings

from . import (
    backfill,
    backlog,
    backup,
    first_case,
    idle_poll,
    live_day,
    memory,
    ops,
    overhead,
    per_case,
    promptness,
    reconcile,
    scale,
    state,
    telemetry,
    watching,
)
from .figures import Figure

BENCHMARKS: dict[str, Callable[[], Iterator[Figure]]] = {
    "backlog": backlog.measure,
    "idle_poll": idle_poll.measure,
    "memory": memory.measure,
    "state": state.measure,
    "scale": scale.measure,
    "promptness": promptness.measure,
    "overhead": overhead.measure,
    "first_case": first_case.measure,
    "reconcile": reconcile.measure,
    "backup": backup.measure,
    "watching": watching.measure,
    "telemetry": telemetry.measure,
    "per_case": per_case.measure,
    "live_day": live_day.measure,
    "backfill": backfill.measure,
    "ops": ops.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", choices=BENCHMARKS, action="append", help="may be given several times")
    parser.add_argument("--json", action="store_true", help="the figures as JSON, nothing else")
    parser.add_argument("--corpus", type=Path, help="conversations of live_day, as JSON lines; else made up")
    chosen = parser.parse_args()
    BENCHMARKS["live_day"] = partial(live_day.measure, chosen.corpus and chosen.corpus.resolve())
    _forget_settings()
    measured = {name: _figures(name, silent=chosen.json) for name in chosen.only or BENCHMARKS}
    if chosen.json:
        print(json.dumps({name: [one.as_json() for one in figures] for name, figures in measured.items()}, indent=2))
    missed = [figure for figures in measured.values() for figure in figures if not figure.holds]
    if not chosen.json:
        print(f"\n{len(missed)} limits missed" if missed else "\nevery limit held")
    return 1 if missed else 0


def _figures(name: str, *, silent: bool) -> list[Figure]:
    """Shown as they come."""
    if not silent:
        print(f"\n{name}", flush=True)
    figures = []
    for figure in BENCHMARKS[name]():
        figures.append(figure)
        if not silent:
            print(figure.line(), flush=True)
    return figures


def _forget_settings() -> None:
    """No setting of the caller's shell or `.env` reaches a benchmark, and no proxy."""
    for field in Settings.model_fields:
        for name in configuration.names(field):
            os.environ.pop(name, None)
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    os.chdir(tempfile.gettempdir())


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Interrupted as interrupted:
        sys.exit(interrupted.exit_code)
