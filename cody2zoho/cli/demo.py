"""`cody2zoho demo`: all of it, for real, with simulated Cody and Zoho."""

import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import redis

from cody2zoho.cli.demo_stage import Look, Stage
from cody2zoho.cli.demo_summary import Summary, memory_mb
from cody2zoho.cli.demo_view import View, print_addresses, print_summary, view_for
from cody2zoho.processes.supervisor import Interrupted, Supervisor
from cody2zoho.simulators.corpus import CorpusError, read_corpus

_LOOK_SECONDS = 0.1

_ERROR_LINE = re.compile(r"[\d:]+ (ERROR|CRITICAL) ")


@click.command()
@click.option("--corpus", type=click.Path(path_type=Path), help="Conversations as JSON lines; else made up.")
@click.option("--conversations", type=click.IntRange(1), help="How many; without it 240, or all of the corpus.")
@click.option("--json", "as_json", is_flag=True, help="Only the summary, as JSON, for scripts.")
@click.option("--keep", is_flag=True, help="Leave it running after the summary, until Ctrl-C.")
@click.option("--latency", type=click.FloatRange(0), default=20, show_default=True, help="Milliseconds of an answer.")
@click.option("--workers", type=click.IntRange(1, 32), default=1, show_default=True, help="Worker processes.")
@click.option("--timeout", type=click.FloatRange(1), default=300, show_default=True, help="Seconds until it gives up.")
def demo(
    corpus: Path | None,
    conversations: int | None,
    as_json: bool,
    keep: bool,
    latency: float,
    workers: int,
    timeout: float,
) -> None:
    """See it work, with simulated Cody and Zoho and nothing to set up.

    Exit code 0 only if every conversation in which something was said became exactly one case with every word.
    """
    began = time.monotonic()
    simulated = [*_corpus(corpus), "--latency", str(latency), "--requests-per-minute", "0"]
    if conversations is not None:
        simulated += ["--conversations", str(conversations)]
    with TemporaryDirectory(prefix="cody2zoho-demo-") as folder:
        stage = Stage(Path(folder))
        try:
            sys.exit(_run(stage, simulated, workers, began, began + timeout, as_json=as_json, keep=keep))
        except Interrupted as interrupted:
            click.echo("Stopped.", err=True)
            sys.exit(interrupted.exit_code)


def _corpus(file: Path | None) -> list[str]:
    """The simulators' options for it; a broken one ends us here, before anything runs."""
    if file is None:
        return []
    try:
        read_corpus(file)
    except CorpusError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    return ["--corpus", str(file.resolve())]


def _run(
    stage: Stage, simulated: list[str], workers: int, began: float, ends_at: float, *, as_json: bool, keep: bool
) -> int:
    with Supervisor(stage.logs, stage.environment(), stage.folder) as supervisor:
        with view_for(stage, silent=as_json) as view:
            stage.raise_curtain(supervisor, simulated, workers)
            with _whoever_ended(supervisor):
                summary = _watch(stage, supervisor, view, began, ends_at)
        _print(summary, as_json=as_json)
        if keep:
            _stay(stage, supervisor)
    return 1 if summary.problems else 0


def _watch(stage: Stage, supervisor: Supervisor, view: View, began: float, ends_at: float) -> Summary:
    """Until all is done or the time is up. Raises ChildFailed when a process ends meanwhile."""
    expected = stage.ask("audit")["expected"]
    first_case: float | None = None
    finished, quiet = False, False
    while not finished and time.monotonic() < ends_at:
        supervisor.pause(_LOOK_SECONDS)
        supervisor.check()
        look = stage.look()
        seconds = time.monotonic() - began
        if first_case is None and look.created and stage.ask("audit")["cases"]:
            first_case = seconds
        view.show(seconds, expected, look)
        # Twice in a row: between the queue and the ledger a message is in neither for a moment.
        finished = quiet and look.is_quiet and _is_complete(stage, supervisor, look)
        quiet = look.is_quiet
    return _summary(stage, supervisor, first_case, time.monotonic() - began, finished=finished)


@contextmanager
def _whoever_ended(supervisor: Supervisor) -> Iterator[None]:
    """Where nobody answers, whoever should have has most likely ended; that is the better sentence."""
    try:
        yield
    except (OSError, HTTPException, redis.RedisError):
        supervisor.pause(_LOOK_SECONDS)
        supervisor.check()
        raise


def _is_complete(stage: Stage, supervisor: Supervisor, look: Look) -> bool:
    """Whether nothing more will come; what is parked will not."""
    audit = stage.ask("audit")
    is_ready = all(child.role.is_ready() for child in supervisor.children)
    return is_ready and len(audit["missing"]) <= look.parked and look.found >= audit["conversations"]


def _summary(
    stage: Stage, supervisor: Supervisor, first_case: float | None, seconds: float, *, finished: bool
) -> Summary:
    audit, requests = stage.ask("audit"), stage.look().requests
    workers = [child for child in supervisor.children if child.role.name.startswith("worker")]
    memory = [memory_mb(child.process.pid) for child in workers]
    return Summary(
        conversations=audit["conversations"],
        with_something_said=audit["expected"],
        cases=audit["cases"],
        duplicates=audit["duplicates"],
        missing=audit["missing"],
        unexpected=audit["unexpected"],
        words_missing=audit["words_missing"],
        seconds_to_first_case=first_case,
        seconds=seconds,
        requests_to_cody=requests.get("cody", 0),
        requests_to_zoho=requests.get("zoho", 0),
        worker_memory_mb=max((one for one in memory if one is not None), default=None),
        errors=[line for worker in workers for line in worker.log.matching(_ERROR_LINE)],
        finished=finished,
    )


def _print(summary: Summary, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(summary.as_json(), indent=2))
    else:
        print_summary(summary)


def _stay(stage: Stage, supervisor: Supervisor) -> None:
    """Until Ctrl-C, which is the way this is meant to end."""
    try:
        stage.open_page(supervisor)
        click.echo("\nAll of it runs until Ctrl-C:\n", err=True)
        print_addresses(stage)
        while True:
            supervisor.check()
            supervisor.pause(0.2)
    except Interrupted:
        pass
